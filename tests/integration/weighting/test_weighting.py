"""Shares of all who were asked, or all who left, and not of those only who happened to answer; the same numbers everywhere."""

import csv
import io
import json
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests import factories as make
from voc.campaigns.tables import Invitation
from voc.cli import main
from voc.clock import now
from voc.customers.tables import Customer, Subscription
from voc.db import Database
from voc.exports import service as exports
from voc.insights import findings, report
from voc.insights.report import Report
from voc.replies.selection import Selection
from voc.surveys.tables import Answer
from voc.weighting import people

ASKED = Selection(weight="asked")


class Asking:
    """Asks many people at once; those who answer give one reason, which a person confirms for every reply drawn."""

    def __init__(self, session: Session) -> None:
        self.session, self.shop = session, make.shop(session)
        self.campaign = make.campaign(session)
        self.person = make.user(session)

    def ask(self, number: int, *, answering: int, leaf: str, product: int | None = None, days: int = 100, **values: object) -> list[Answer]:
        moment, answers = now() - timedelta(days=3), []
        for n in range(number):
            customer = make.customer(self.session, shop=self.shop, may_mail=False, first_order_at=moment - timedelta(days=days))
            answered = moment + timedelta(days=1) if n < answering else None
            asked = make.invitation(
                self.session, customer=customer, campaign=self.campaign, asked_at=moment, answered_at=answered, product_id=product, **values
            )
            make.subscription(self.session, customer=customer, cancelled_at=moment - timedelta(days=1))
            if answered:
                answers.append(
                    self.reply(leaf, answered, invitation_id=asked.id, customer_id=customer.id, product_id=product, source="web")
                )
        return answers

    def reply(self, leaf: str, at: datetime, **values: object) -> Answer:
        answer = make.answer(self.session, answered_at=at, **values)
        make.prediction(self.session, answer=answer, primary_leaf=leaf, confidence=0.9)
        make.draw(self.session, answer=answer, stratum="unused_stock:0.800-1.000", probability=0.9)
        make.decision(self.session, answer=answer, by=self.person, stream="audit", primary_leaf=leaf)
        return answer


@pytest.fixture
def uneven(db: Database) -> None:
    """200 asked by mail and 200 by letter; of the first 80 answer, mostly price, of the second 40, mostly leftovers."""
    with db.transaction() as session:
        asking = Asking(session)
        asking.ask(200, answering=80, leaf="unused_stock", channel="mail")
        asking.ask(200, answering=40, leaf="no_effect", channel="paper", days=200)


def made(db: Database, selection: Selection, by: str | None = None) -> Report:
    with db.reading() as session:
        return report.make(session, selection, by=by)


def test_a_group_that_answers_less_counts_as_much_as_it_was_asked(db: Database, uneven: None) -> None:
    plain, weighted = made(db, Selection()), made(db, ASKED)
    assert plain.weighting is None
    assert plain.breakdown.line("unused_stock").corrected_share == pytest.approx(2 / 3, abs=0.01)
    line = weighted.breakdown.line("unused_stock")
    assert line.corrected_share == pytest.approx(1 / 2, abs=0.01)
    assert (line.raw_count, line.machine_share) == (80, pytest.approx(2 / 3))
    assert weighted.weighting is not None
    assert weighted.weighting.weights is not None
    assert (weighted.weighting.people, weighted.weighting.margins) == (400, ("tenure", "way"))
    assert weighted.weighting.weights.effective_n == pytest.approx(120 / 1.125, abs=0.5)


def test_the_interval_is_as_wide_as_the_weights_make_it(db: Database, uneven: None) -> None:
    plain, weighted = (made(db, selection).breakdown.line("no_effect") for selection in (Selection(), ASKED))
    assert weighted.effective_n <= 120 / 1.125 + 0.5
    assert weighted.effective_n < plain.effective_n
    assert (weighted.low or 0) < 0.5 < (weighted.high or 1)


def test_it_says_what_it_changed(db: Database, uneven: None) -> None:
    with db.reading() as session:
        sentences = findings.weighted(report.make(session, ASKED))
    assert "66.7% → 50.0%" in sentences[0]
    assert sentences[1].startswith("いちばん偏っていたのは")
    assert "依頼した方の50%" in sentences[1]
    assert "107件分" in sentences[2]


def test_screen_export_and_json_tell_the_same_numbers(
    db: Database, uneven: None, as_manager: FlaskClient, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VOC_DATABASE_URL", database_url)
    for weight in ("", "asked", "left"):
        chosen = ["--weight", weight] if weight else []
        told = CliRunner().invoke(main, ["report", "breakdown", "--by", "channel", "--json", *chosen])
        assert told.exit_code == 0, told.output
        data = json.loads(told.output)
        file = io.BytesIO()
        with db.reading() as session:
            manifest = exports.write(session, exports.Order(kind="breakdown", selection=Selection(weight=weight or None)), file)
        rows = list(csv.DictReader(io.StringIO(file.getvalue().decode("utf-8-sig"))))
        page = as_manager.get("/reasons", query_string={"period": "all", "by": "channel", "weight": weight}).text
        for group in data["groups"]:
            row = next(
                row for row in rows if row["分け方"] == "全体" and row["段"] == "グループ" and row["理由グループコード"] == group["group"]
            )
            assert int(row["件数"]) == group["raw_count"]
            for column, name in (("補正した割合", "corrected_share"), ("下限(95%)", "low"), ("上限(95%)", "high")):
                assert (float(row[column]) if row[column] else None) == group[name]
            assert (int(row["無作為の確認"]), int(row["依頼"]), int(row["依頼への回答"])) == (
                group["reviewed"],
                group["asked"],
                group["answered"],
            )
            assert (row["方法"], row["モデル"], row["理由の定義"]) == (group["method"], data["model_version"], data["codebook_version"])
            if group["corrected_share"] is not None:
                n = group["effective_n"]
                assert f"<b>{findings.percent(group['corrected_share'], n)}</b>" in page
                assert findings.span(group["low"], group["high"], n) in page
        assert ("weighted to" in data["method"]) == bool(weight)
        assert ("weighted to" in manifest.method) == bool(weight)
        assert manifest.as_data()["filters"].get("重み付け") == {"asked": "依頼した方全体", "left": "やめた方全体"}.get(weight)
        segments = {segment["key"]: segment for segment in data["segments"]}
        part = [row for row in rows if row["分け方"] == "聞き方" and row["区分コード"] == "paper" and row["段"] == "グループ"]
        assert [int(row["件数"]) for row in part] == [group["raw_count"] for group in segments["paper"]["groups"]]


def test_the_plain_report_tells_it_too(db: Database, uneven: None, database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOC_DATABASE_URL", database_url)
    told = CliRunner().invoke(main, ["report", "breakdown", "--weight", "asked"])
    assert told.exit_code == 0, told.output
    assert "66.7% → 50.0%" in told.output


def test_the_page_switches_and_every_link_keeps_the_weights(db: Database, uneven: None, as_manager: FlaskClient) -> None:
    plain = as_manager.get("/reasons?period=all&by=channel").text
    assert "weight=asked" in plain
    assert "依頼した方全体の割合に補正する" in plain
    page = as_manager.get("/reasons?period=all&by=channel&weight=asked").text
    assert "回答者の偏りを補正すると" in page
    assert '<input type="hidden" name="weight" value="asked">' in page
    assert "依頼した方全体の割合に補正する" not in page
    assert as_manager.get("/reasons/compare?period=all&by=channel&weight=asked").status_code == 200
    assert as_manager.get("/reasons/replies?period=all&group=no_effect&weight=asked").status_code == 200
    assert as_manager.get("/reasons?weight=nonsense").status_code == 200


def test_nobody_was_asked(db: Database, as_manager: FlaskClient) -> None:
    with db.transaction() as session:
        asking = Asking(session)
        for _ in range(60):
            asking.reply("price", now())
    found = made(db, ASKED)
    assert found.weighting is not None
    assert (found.weighting.weights, found.weighting.why) == (None, "nobody")
    assert found.breakdown.line("other").corrected_share == pytest.approx(1)
    assert made(db, Selection(weight="left")).weighting.why == "unknown"  # type: ignore[union-attr]
    assert "補正できません" in as_manager.get("/reasons?weight=asked").text
    assert "weighted" not in report.as_json(found)["method"]


def test_too_few_replies_are_left_as_they_are(db: Database) -> None:
    with db.transaction() as session:
        asking = Asking(session)
        asking.ask(60, answering=30, leaf="price", channel="mail")
        asking.ask(60, answering=5, leaf="price", channel="paper")
    found = made(db, ASKED).weighting
    assert found is not None
    assert (found.why, found.known) == ("few", 35)


def test_people_who_are_all_alike_leave_nothing_to_weigh(db: Database) -> None:
    with db.transaction() as session:
        Asking(session).ask(100, answering=60, leaf="price", channel="mail")
    found = made(db, ASKED).weighting
    assert found is not None
    assert (found.why, found.people) == ("alike", 100)


def test_a_level_that_nobody_answered_from_is_told(db: Database, uneven: None) -> None:
    with db.transaction() as session:
        campaign = session.scalars(sa.select(Invitation)).first()
        assert campaign is not None
        for customer in session.scalars(sa.select(Customer).limit(50)).all():
            make.invitation(session, customer=customer, campaign=make.campaign(session), channel="sms")
        found = report.make(session, ASKED)
    assert found.weighting is not None
    assert found.weighting.weights is not None
    assert found.weighting.weights.unanswered == (("way", "SMS"),)
    with db.reading() as session:
        assert "「SMS」の方からは回答がなく" in "".join(findings.weighted(found))


def test_replies_of_people_who_were_not_asked_keep_their_share(db: Database, uneven: None) -> None:
    with db.transaction() as session:
        asking = Asking(session)
        for _ in range(60):
            asking.reply("competitor", now())
    found = made(db, ASKED)
    assert found.weighting is not None
    assert found.weighting.known == 120
    assert found.breakdown.line("competitor").corrected_share == pytest.approx(60 / 180, abs=0.01)


def test_all_who_left_are_those_who_cancelled(db: Database) -> None:
    with db.transaction() as session:
        asking = Asking(session)
        juice, lotion = (make.product(session, shop=asking.shop).id for _ in range(2))
        asking.ask(60, answering=50, leaf="price", product=juice)
        asking.ask(20, answering=20, leaf="no_effect", product=lotion)
        for row in session.scalars(sa.select(Subscription)).all():
            asked = session.scalar(sa.select(Invitation.product_id).where(Invitation.customer_id == row.customer_id))
            row.product_id = asked
        for _ in range(120):  # never asked
            customer = make.customer(session, shop=asking.shop, may_mail=False, first_order_at=now() - timedelta(days=100))
            make.subscription(session, customer=customer, product=None, product_id=lotion)
    found = made(db, Selection(weight="left"))
    assert found.weighting is not None
    assert (found.weighting.people, found.weighting.margins) == (200, ("product",))
    assert found.breakdown.line("no_effect").corrected_share == pytest.approx(140 / 200, abs=0.01)


def test_tenure_and_the_first_price_are_margins(db: Database) -> None:
    with db.transaction() as session:
        asking = Asking(session)
        asking.ask(80, answering=40, leaf="price")
        long_ago = asking.ask(80, answering=40, leaf="no_effect")
        goods = make.product(session, shop=asking.shop)
        for answer in long_ago:
            customer = session.get_one(Customer, answer.customer_id)
            customer.first_order_at = now() - timedelta(days=400)
            make.order(session, customer=customer, product=goods, at=customer.first_order_at, total=9_800)
        session.flush()
        found = report.make(session, ASKED)
    assert found.weighting is not None
    assert found.weighting.margins == ("tenure", "price")


def test_weights_follow_new_replies(db: Database, uneven: None) -> None:
    made(db, ASKED)
    with db.transaction() as session:
        answer = make.answer(
            session, invitation_id=session.scalar(sa.select(Invitation.id).where(Invitation.answered_at.is_(None)).limit(1))
        )
        make.prediction(session, answer=answer)
    with db.reading() as session:
        found = report.make(session, ASKED)
        assert found.weighting is not None
        assert found.weighting.known == 121
        assert people.read(session) is people.read(session)
