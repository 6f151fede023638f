"""Replies as data: the reason given, the real one and by whom, in pages that begin after the last id."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from voc.customers.tables import Product
from voc.exports.rows import chosen
from voc.privacy.masking import mask
from voc.readings.tables import Alert
from voc.reasons import codebook
from voc.replies.selection import Selection
from voc.reviews.queries import effective
from voc.surveys.tables import Answer, FollowUp


def page(
    session: Session, selection: Selection, *, after: int, limit: int, leaf: str | None = None, group: str | None = None
) -> dict[str, Any]:
    """Up to ``limit`` replies with an id above ``after``; ``next`` is what to ask for next, ``null`` at the end."""
    real = effective().subquery()
    wanted = (
        sa.select(Answer, Product.code, Product.name, FollowUp.text, real.c.leaf, real.c.source, real.c.confidence)
        .outerjoin(real, real.c.answer_id == Answer.id)
        .outerjoin(Product, Product.id == Answer.product_id)
        .outerjoin(FollowUp, FollowUp.answer_id == Answer.id)
        .where(Answer.id > after, *chosen(selection), *_reasons(real, leaf, group))
        .order_by(Answer.id)
        .limit(limit + 1)
    )
    rows = session.execute(wanted).all()
    shown = rows[:limit]
    alerts = _alerts(session, [row[0].id for row in shown])
    return {
        "replies": [_reply(row, alerts=alerts[row[0].id]) for row in shown],
        "next": shown[-1][0].id if len(rows) > limit else None,
    }


def _reasons(real: sa.Subquery, leaf: str | None, group: str | None) -> list[sa.ColumnElement[bool]]:
    found = [] if leaf is None else [real.c.leaf == leaf]
    if group is not None:
        pairs = [
            sa.and_(
                Answer.purchase_type == bought,
                real.c.leaf.in_([one.code for one in codebook.LEAVES.values() if one.group(bought) == group]),
            )
            for bought in codebook.PURCHASE_TYPES
        ]
        found.append(sa.or_(*pairs))
    return found


def _reply(row: sa.Row[*tuple[Any, ...]], *, alerts: Sequence[str]) -> dict[str, Any]:
    answer, code, product, more, leaf, source, confidence = row
    group = None if leaf is None else codebook.group_of(leaf, answer.purchase_type)
    return {
        "id": answer.id,
        "answered_at": answer.answered_at.isoformat(timespec="seconds"),
        "source": answer.source,
        "purchase_type": answer.purchase_type,
        "product": None if code is None else {"code": code, "name": product},
        "stated": answer.stated,
        "expectation": answer.expectation,
        "text": mask(answer.text),
        "follow_up": mask(more) if more else None,
        "real": None if leaf is None else {"leaf": leaf, "group": group, "decided_by": source, "confidence": confidence},
        "alerts": list(alerts),
    }


def _alerts(session: Session, ids: Sequence[int]) -> defaultdict[int, list[str]]:
    found: defaultdict[int, list[str]] = defaultdict(list)
    rows = session.execute(sa.select(Alert.answer_id, Alert.code).where(Alert.answer_id.in_(ids), Alert.status != "dismissed"))
    for answer_id, code in sorted(rows, key=lambda row: list(codebook.ALERTS).index(row[1])):
        found[answer_id].append(code)
    return found
