"""The rows of the exports, read some thousand at a time: a million replies need no more memory than a page of them."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from voc.accounts.tables import User
from voc.campaigns.tables import Campaign, Invitation
from voc.clock import end_of_day, start_of_day
from voc.customers.tables import Customer, Product, Shop
from voc.exports.layout import Column, Table, in_japan, joined
from voc.privacy.masking import mask
from voc.readings.automatic import settled
from voc.readings.tables import Alert, Prediction
from voc.reasons import codebook
from voc.replies.selection import WAY_LABELS, Selection
from voc.reviews.queries import stands
from voc.reviews.tables import AuditDraw, Decision
from voc.spreadsheet import Cell
from voc.surveys.questions import EXPECTATION, FOLLOW_UPS, stated_label
from voc.surveys.tables import SOURCES, Answer, FollowUp

BATCH = 2_000
PERSON, LEAD, MACHINE, SETTLED = "人の確認", "責任者の決定", "機械の読み取り", "自動で確定"
ROUNDS = {"first": "1回目", "second": "2回目(独立)", "adjudication": "責任者の決定"}
STREAMS = {"audit": "無作為", "hard": "迷うもの", "alert": "至急", "search": "選んで", "passed_on": "相談"}

Words = Callable[[str], str]


def chosen(selection: Selection) -> Iterator[sa.ColumnElement[bool]]:
    """The same replies as replies.selected.chosen, in SQL."""
    if selection.start is not None:
        yield Answer.answered_at >= start_of_day(selection.start)
    if selection.end is not None:
        yield Answer.answered_at < end_of_day(selection.end)
    if selection.purchase_type is not None:
        yield Answer.purchase_type == selection.purchase_type
    if selection.product_id is not None:
        yield Answer.product_id == selection.product_id
    asked = sa.exists().where(Invitation.id == Answer.invitation_id, Invitation.answered_at.is_not(None))
    if selection.campaign_id is not None:
        yield asked.where(Invitation.campaign_id == selection.campaign_id)
    if selection.way is not None:
        came = sa.and_(Answer.invitation_id.is_(None), Answer.source == selection.way) if selection.way in SOURCES else sa.false()
        yield sa.or_(asked.where(Invitation.channel == selection.way), came)


def count(session: Session, kind: str, selection: Selection) -> int:
    """Rows that an export will have."""
    wanted = sa.select(sa.func.count(Answer.id)).where(*chosen(selection))
    if kind == "decisions":
        wanted = sa.select(sa.func.count(Decision.id)).join(Answer, Answer.id == Decision.answer_id).where(*chosen(selection))
    return session.scalar(wanted) or 0


def words(*, unmasked: bool) -> Words:
    return (lambda text: text) if unmasked else mask


# -- replies --------------------------------------------------------------------------------------------------------------

REPLIES = (
    Column("回答番号", 10), Column("回答日時", 17), Column("経路", 9), Column("聞き方", 10), Column("配信", 20), Column("ショップ", 14),
    Column("顧客ID", 14), Column("商品コード", 13), Column("商品", 22), Column("買い方", 10), Column("選んだ理由コード", 15),
    Column("選んだ理由", 24), Column("お客様のことば", 60), Column("追加の質問", 24), Column("追加の答え", 40), Column("期待との比較(1〜5)", 10),
    Column("期待との比較", 14), Column("理由グループコード", 16), Column("理由グループ", 20), Column("本当の理由コード", 16), Column("本当の理由", 26),
    Column("決め方", 14), Column("自動で確定", 9), Column("副次の理由コード", 18), Column("知らせコード", 16), Column("機械の理由コード", 16), Column("機械の理由", 26),
    Column("読み取りの確信度", 10, "0.00"), Column("確認者", 12), Column("確認日時", 17), Column("無作為抽出", 9), Column("抽出確率", 10, "0.0000"),
    Column("モデル", 14), Column("理由の定義", 10), Column("外部の回答ID", 14), Column("元の列", 30),
)  # fmt: skip


def replies(session: Session, selection: Selection, *, unmasked: bool = False) -> Table:
    """Every reply with the reason given and the real one, by whom it was decided, and what the machine read."""
    return Table("回答", REPLIES, _replies(session, selection, unmasked))


def _replies(session: Session, selection: Selection, unmasked: bool) -> Iterator[Sequence[Cell]]:
    cover = words(unmasked=unmasked)
    for ids in _batches(session, sa.select(Answer.id).where(*chosen(selection)), Answer.id):
        alerts = _alerts(session, ids)
        for row in session.execute(_reply_select().where(Answer.id.in_(ids)).order_by(Answer.id)):
            yield _reply(row, alerts.get(row.id, ()), cover, unmasked)


def _batches(session: Session, statement: sa.Select[Any], key: Any) -> Iterator[list[int]]:
    """Ids in their order, a batch at a time; each batch begins after the last id, so that no cursor stays open."""
    last = 0
    while ids := list(session.scalars(statement.where(key > last).order_by(key).limit(BATCH))):
        yield ids
        last = ids[-1]


def _reply_select() -> sa.Select[Any]:
    first, lead, reviewer = aliased(Decision), aliased(Decision), aliased(User)
    return (
        sa.select(
            Answer.id, Answer.answered_at, Answer.source, Answer.external_id, Answer.purchase_type, Answer.stated, Answer.text,
            Answer.expectation, Answer.extra, Invitation.channel, Campaign.name.label("campaign"), Shop.name.label("shop"),
            Customer.external_id.label("customer"), Product.code.label("product_code"), Product.name.label("product"),
            FollowUp.question, FollowUp.text.label("follow_up"),
            Prediction.primary_leaf.label("read"), Prediction.secondary.label("read_secondary"), Prediction.confidence,
            Prediction.model_version, Prediction.codebook_version,
            settled(Answer.id).label("settled"), sa.func.coalesce(lead.primary_leaf, first.primary_leaf).label("decided"), lead.id.label("lead_id"),
            sa.case((lead.id.is_not(None), lead.secondary), else_=first.secondary).label("decided_secondary"),
            sa.func.coalesce(lead.decided_at, first.decided_at).label("decided_at"), reviewer.name.label("reviewer"),
            reviewer.email.label("reviewer_email"), AuditDraw.probability,
        )
        .select_from(Answer)
        .outerjoin(Invitation, Invitation.id == Answer.invitation_id)
        .outerjoin(Campaign, Campaign.id == Invitation.campaign_id)
        .outerjoin(Shop, Shop.id == Answer.shop_id)
        .outerjoin(Customer, Customer.id == Answer.customer_id)
        .outerjoin(Product, Product.id == Answer.product_id)
        .outerjoin(FollowUp, FollowUp.answer_id == Answer.id)
        .outerjoin(Prediction, sa.and_(Prediction.answer_id == Answer.id, Prediction.current))
        .outerjoin(first, stands(first, Answer.id, "first"))
        .outerjoin(lead, stands(lead, Answer.id, "adjudication"))
        .outerjoin(reviewer, reviewer.id == sa.func.coalesce(lead.reviewer_id, first.reviewer_id))
        .outerjoin(AuditDraw, AuditDraw.answer_id == Answer.id)
    )  # fmt: skip


def _reply(row: Any, alerts: Sequence[str], cover: Words, unmasked: bool) -> Sequence[Cell]:
    leaf = row.decided or row.read
    group = codebook.group_of(leaf, row.purchase_type) if leaf else None
    auto = bool(row.settled and not row.decided)
    who = LEAD if row.lead_id else PERSON if row.decided else SETTLED if auto else MACHINE if row.read else None
    secondary = row.decided_secondary if row.decided else row.read_secondary
    return (
        row.id, in_japan(row.answered_at), WAY_LABELS.get(row.source, row.source), WAY_LABELS.get(row.channel, row.channel), row.campaign,
        row.shop, row.customer, row.product_code, row.product, codebook.PURCHASE_TYPE_LABELS[row.purchase_type], row.stated,
        stated_label(row.stated, row.purchase_type), cover(row.text), FOLLOW_UPS.get(row.question or "", row.question), cover(row.follow_up or ""),
        row.expectation, "".join(EXPECTATION[row.expectation]) if row.expectation in EXPECTATION else None,
        group, _group_label(group), leaf, _leaf_label(leaf), who, int(auto), joined(secondary), joined(alerts), row.read, _leaf_label(row.read),
        row.confidence, row.reviewer or (row.reviewer_email or "").split("@")[0], in_japan(row.decided_at), int(row.probability is not None),
        row.probability, row.model_version, row.codebook_version, row.external_id,
        json.dumps(row.extra, ensure_ascii=False) if unmasked and row.extra else None,
    )  # fmt: skip


def _alerts(session: Session, ids: Sequence[int]) -> dict[int, list[str]]:
    """Alerts that stand: raised, and not dismissed by a person."""
    found = defaultdict(set)
    for answer_id, code in session.execute(
        sa.select(Alert.answer_id, Alert.code).where(Alert.answer_id.in_(ids), Alert.status != "dismissed")
    ):
        found[answer_id].add(code)
    return {answer_id: [code for code in codebook.ALERTS if code in codes] for answer_id, codes in found.items()}


def _leaf_label(code: str | None) -> str | None:
    return codebook.LEAVES[code].label if code in codebook.LEAVES else code


def _group_label(code: str | None) -> str | None:
    return codebook.GROUPS[code].label if code in codebook.GROUPS else code


# -- decisions ------------------------------------------------------------------------------------------------------------

DECISIONS = (
    Column("判断番号", 10), Column("回答番号", 10), Column("回答日時", 17), Column("商品", 22), Column("買い方", 10), Column("お客様のことば", 60),
    Column("追加の答え", 40), Column("判断日時", 17), Column("確認者", 12), Column("回", 13), Column("順番の決め方", 12), Column("抽出回", 14),
    Column("層", 24), Column("抽出確率", 10, "0.0000"), Column("理由グループコード", 16), Column("理由グループ", 20), Column("理由コード", 16),
    Column("理由", 26), Column("副次の理由コード", 18), Column("知らせコード", 16), Column("メモ", 30), Column("秒数", 8, "0.0"),
    Column("見せた読み取り", 16), Column("読み取りの確信度", 10, "0.00"), Column("モデル", 14), Column("取り消し日時", 17),
)  # fmt: skip


def decisions(session: Session, selection: Selection, *, unmasked: bool = False) -> Table:
    """Every decision about the chosen replies, undone ones and second codings too, with the probability of the draw."""
    return Table("判断", DECISIONS, _decisions(session, selection, unmasked))


def _decisions(session: Session, selection: Selection, unmasked: bool) -> Iterator[Sequence[Cell]]:
    cover = words(unmasked=unmasked)
    wanted = sa.select(Decision.id).join(Answer, Answer.id == Decision.answer_id).where(*chosen(selection))
    for ids in _batches(session, wanted, Decision.id):
        for row in session.execute(_decision_select().where(Decision.id.in_(ids)).order_by(Decision.id)):
            yield _decision(row, cover)


def _decision_select() -> sa.Select[*tuple[Any, ...]]:
    return (
        sa.select(
            Decision, Answer.answered_at, Answer.purchase_type, Answer.text, FollowUp.text.label("follow_up"), Product.name.label("product"),
            User.name.label("reviewer"), User.email, AuditDraw.wave, AuditDraw.stratum, Prediction.primary_leaf.label("read"),
            Prediction.confidence, Prediction.model_version,
        )
        .join(Answer, Answer.id == Decision.answer_id)
        .outerjoin(FollowUp, FollowUp.answer_id == Answer.id)
        .outerjoin(Product, Product.id == Answer.product_id)
        .outerjoin(User, User.id == Decision.reviewer_id)
        .outerjoin(AuditDraw, AuditDraw.answer_id == Answer.id)
        .outerjoin(Prediction, Prediction.id == Decision.prediction_id)
    )  # fmt: skip


def _decision(row: Any, cover: Words) -> Sequence[Cell]:
    found: Decision = row.Decision
    group = codebook.group_of(found.primary_leaf, row.purchase_type)
    return (
        found.id, found.answer_id, in_japan(row.answered_at), row.product, codebook.PURCHASE_TYPE_LABELS[row.purchase_type], cover(row.text),
        cover(row.follow_up or ""), in_japan(found.decided_at), row.reviewer or (row.email or "").split("@")[0], ROUNDS[found.round],
        STREAMS.get(found.stream, found.stream), row.wave, row.stratum, found.probability, group, _group_label(group), found.primary_leaf,
        _leaf_label(found.primary_leaf), joined(found.secondary), joined(found.alerts), cover(found.note), found.seconds, row.read,
        row.confidence, row.model_version, in_japan(found.undone_at),
    )  # fmt: skip
