"""Short ways to a row with plausible values. Each takes a session, adds, flushes, returns the row."""

import itertools
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from voc.accounts import service as accounts
from voc.accounts.tables import User
from voc.campaigns.tables import Campaign, Invitation
from voc.clock import now
from voc.customers.tables import Consent, Customer, Order, OrderLine, Product, Shop, Subscription
from voc.links import new_token
from voc.readings.tables import Alert, ModelVersion, Prediction
from voc.reasons import codebook
from voc.reviews.tables import AuditDraw, AuditWave, Decision
from voc.surveys.tables import Answer

_count = itertools.count(1)
Row = TypeVar("Row")


def _add(session: Session, row: Row) -> Row:
    session.add(row)
    session.flush()
    return row


def shop(session: Session, **values: Any) -> Shop:
    return _add(session, Shop(**{"name": f"店{next(_count)}"} | values))


def product(session: Session, *, shop: Shop, **values: Any) -> Product:
    n = next(_count)
    return _add(session, Product(**{"shop_id": shop.id, "code": f"P{n}", "name": f"青汁{n}", "days_supply": 30} | values))


def customer(session: Session, *, shop: Shop, may_mail: bool = True, **values: Any) -> Customer:
    n = next(_count)
    row = _add(
        session,
        Customer(
            **{"shop_id": shop.id, "external_id": str(n), "email": f"c{n}@example.jp", "name": "山田 花子", "opt_out_token": new_token()}
            | values
        ),
    )
    if may_mail:
        _add(session, Consent(customer_id=row.id, channel="mail", basis="business_relation", source="test"))
    return row


def order(session: Session, *, customer: Customer, product: Product, at: datetime | None = None, **values: Any) -> Order:
    row = _add(
        session,
        Order(
            **{
                "shop_id": customer.shop_id,
                "number": f"N{next(_count)}",
                "customer_id": customer.id,
                "ordered_at": at or now(),
                "status": "purchased",
            }
            | values
        ),
    )
    _add(session, OrderLine(order_id=row.id, product_id=product.id, quantity=1, unit_price=3980))
    return row


def subscription(session: Session, *, customer: Customer, product: Product | None = None, **values: Any) -> Subscription:
    return _add(
        session,
        Subscription(
            **{
                "shop_id": customer.shop_id, "external_id": f"S{next(_count)}", "customer_id": customer.id, "product_id": product.id if product else None,
                "status": "cancelled", "started_at": now() - timedelta(days=120), "cancelled_at": now() - timedelta(days=2), "deliveries": 4,
            } | values
        ),
    )  # fmt: skip


def campaign(session: Session, **values: Any) -> Campaign:
    return _add(session, Campaign(**{"name": f"解約した方へ {next(_count)}", "purchase_type": "subscription", "status": "active"} | values))


def invitation(session: Session, *, customer: Customer, campaign: Campaign | None = None, **values: Any) -> Invitation:
    campaign = campaign or globals()["campaign"](session)
    defaults = {
        "campaign_id": campaign.id, "customer_id": customer.id, "token": new_token(), "channel": "mail",
        "purchase_type": campaign.purchase_type, "expires_at": now() + timedelta(days=30), "asked_at": now(),
    }  # fmt: skip
    return _add(session, Invitation(**defaults | values))


def answer(session: Session, text: str = "飲み忘れて余ってしまいました", **values: Any) -> Answer:
    return _add(session, Answer(**{"source": "import", "purchase_type": "subscription", "text": text, "answered_at": now()} | values))


def prediction(session: Session, *, answer: Answer, **values: Any) -> Prediction:
    defaults = {
        "answer_id": answer.id, "model_version": "test", "codebook_version": codebook.VERSION, "primary_leaf": "unused_stock", "confidence": 0.7,
        "suggestions": [["unused_stock", 0.7], ["no_effect", 0.2], ["price", 0.05]],
    }  # fmt: skip
    return _add(session, Prediction(**defaults | values))


def user(session: Session, role: str = "staff", **values: Any) -> User:
    """A person who is known to the house and cannot log in (``log_in`` of conftest makes those who can)."""
    n = next(_count)
    defaults = {"email": f"person{n}@example.co.jp", "name": f"担当{n}", "password": "-", "fs_uniquifier": f"u{n}"}
    return _add(session, User(**defaults | {"roles": [accounts.role_row(session, role)]} | values))


def model(session: Session, version: str = "test", **values: Any) -> ModelVersion:
    return _add(session, ModelVersion(**{"version": version, "path": "-", "sha256": "-", "in_use": True} | values))


def alert(session: Session, *, answer: Answer, code: str = "health_harm", **values: Any) -> Alert:
    defaults = {"answer_id": answer.id, "code": code, "source": "machine", "score": 0.8, "due_at": now() + timedelta(days=1)}
    return _add(session, Alert(**defaults | values))


def wave(session: Session, name: str = "2026-11-22/1", **values: Any) -> AuditWave:
    """The wave of this name, made where there is none."""
    found = session.query(AuditWave).filter_by(name=name).one_or_none()
    return found or _add(session, AuditWave(**{"name": name, "last_answer_id": 1_000_000_000, "double_share": 0.2} | values))


def draw(session: Session, *, answer: Answer, **values: Any) -> AuditDraw:
    defaults = {"answer_id": answer.id, "wave": "2026-11-22/1", "stratum": "unused_stock:0.600-0.800", "probability": 0.1}
    wave(session, (defaults | values)["wave"])
    return _add(session, AuditDraw(**defaults | values))


def decision(session: Session, *, answer: Answer, by: User, **values: Any) -> Decision:
    return _add(
        session, Decision(**{"answer_id": answer.id, "reviewer_id": by.id, "stream": "search", "primary_leaf": "unused_stock"} | values)
    )
