"""How far shares are known, the draw that makes one of them better known, and the watch over missed reports of harm."""

import random
from dataclasses import replace

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests import factories as make
from voc import clock
from voc.db import Database
from voc.errors import Conflict, NotFound, Refused
from voc.insights import report
from voc.planning import missed, precision, service
from voc.planning.precision import Precision
from voc.readings.tables import Alert
from voc.replies import harm, queries, reviews
from voc.replies.selection import Selection
from voc.reviews import sampling
from voc.reviews.tables import AuditDraw, AuditWave

LEAVES = ("unused_stock", "price", "no_effect", "quality", "competitor")
ALL = Selection()


def fill(session: Session, n: int, *, seed: int = 1, **values: object) -> None:
    rng = random.Random(seed)
    for _ in range(n):
        answer = make.answer(session, **values)
        make.prediction(session, answer=answer, primary_leaf=rng.choice(LEAVES), confidence=round(rng.uniform(0.3, 0.99), 3))


def review(session: Session, *, wave: str | None = None, most: int = 10_000, right: float = 0.8) -> None:
    """Decide what waits, in order; the machine is right so often."""
    rng, me = random.Random(3), make.user(session)
    wanted = sa.select(AuditDraw).where(~sa.exists().where(make.Decision.answer_id == AuditDraw.answer_id)).order_by(AuditDraw.id)
    for draw in session.scalars(wanted.where(AuditDraw.wave == wave) if wave else wanted).all()[:most]:
        read = session.scalars(sa.select(make.Prediction).where(make.Prediction.answer_id == draw.answer_id)).one()
        leaf = read.primary_leaf if rng.random() < right else rng.choice(LEAVES)
        answer = session.get_one(make.Answer, draw.answer_id)
        make.decision(session, answer=answer, by=me, stream="audit", primary_leaf=leaf, probability=draw.probability, prediction_id=read.id)


def look(session: Session, selection: Selection = ALL, within: float = 0.05) -> Precision:
    return precision.look(session, queries.read(session), selection, within=within)


def draw(session: Session, focus: str, selection: Selection = ALL, within: float = 0.05) -> AuditWave:
    who = make.user(session).id
    return service.draw_for_precision(session, queries.read(session), selection, focus=focus, within=within, by=who, seed=5)


def test_nothing_read_is_nothing_known(db: Database) -> None:
    with db.transaction() as session:
        make.answer(session)
        assert look(session).aims == ()
        with pytest.raises(Refused):
            draw(session, "other")


def test_before_the_first_review_it_says_how_many_are_missing(db: Database) -> None:
    with db.transaction() as session:
        fill(session, 600)
        found = look(session)
        assert (found.replies, found.reviewed, found.waiting) == (600, 0, 0)
        assert {aim.state for aim in found.aims} == {"reviews"}
        assert all(50 <= aim.more < 600 and aim.half is None for aim in found.aims)
        assert {aim.focus for aim in found.leaves["other"]} == {"other/price"} if "other" in found.leaves else True


def test_it_draws_exactly_what_it_said_shows_the_progress_and_does_not_draw_twice(db: Database) -> None:
    with db.transaction() as session:
        fill(session, 600)
        more = look(session).find("no_effect").more
        wave = draw(session, "no_effect")
        assert session.scalar(sa.select(sa.func.count()).select_from(AuditDraw)) == more
        assert (wave.focus, wave.within, wave.scope) == ("no_effect", 0.05, {})
        with pytest.raises(Conflict, match=f"0/{more}"):
            draw(session, "no_effect")
        review(session, most=12)
        aim = look(session).find("no_effect")
        assert aim.wave is not None
        assert (aim.state, aim.wave.decided, aim.wave.drawn) == ("drawn", 12, more)


def test_the_precision_is_about_reached_when_all_is_reviewed(db: Database) -> None:
    with db.transaction() as session:
        fill(session, 900)
        draw(session, "no_effect")
        review(session)
        half = look(session).find("no_effect").half
        assert half is not None
        assert half == pytest.approx(0.05, abs=0.012)
        assert look(session, within=0.02).find("no_effect").more > 0 or look(session, within=0.02).find("no_effect").state == "replies"


def test_what_was_drawn_for_one_reason_counts_for_the_others(db: Database) -> None:
    with db.transaction() as session:
        fill(session, 600)
        before = {aim.focus: aim.more for aim in look(session).aims}
        draw(session, "no_effect")
        after = {aim.focus: aim.more for aim in look(session).aims}
        assert all(after[focus] < before[focus] for focus in before)


def test_few_replies_cannot_be_known_well_by_reviewing_them(db: Database) -> None:
    with db.transaction() as session:
        fill(session, 120)
        aim = look(session, within=0.02).find("no_effect")
        assert aim.state == "replies"
        assert aim.best > 0.02
        with pytest.raises(Refused, match="回答が増えるまで"):
            draw(session, "no_effect", within=0.02)
        with pytest.raises(NotFound):
            draw(session, "nothing")


def test_a_leaf_has_its_own_number_and_draw(db: Database) -> None:
    with db.transaction() as session:
        fill(session, 500, purchase_type="one_off")
        found = look(session)
        leaves = found.leaves["dissatisfaction"]
        assert {leaf.code for leaf in leaves} == {"price", "no_effect", "quality"}
        wave = draw(session, "dissatisfaction/price")
        assert wave.focus == "dissatisfaction/price"
        assert look(session).find("dissatisfaction/price").state == "drawn"


def test_a_draw_among_some_replies_knows_whom_it_was_open_to(db: Database) -> None:
    with db.transaction() as session:
        fill(session, 300)
        fill(session, 300, seed=2, purchase_type="one_off")
        one_off = Selection(purchase_type="one_off")
        draw(session, "competitor", one_off)
        sampling.draw_audit(session, 60, seed=1)
        review(session)
        assert session.scalars(sa.select(AuditWave).order_by(AuditWave.id)).first().scope == {"type": "one_off"}  # type: ignore[union-attr]
        everything = queries.read(session)
        found = reviews.audits(session, everything.columns)
        single = everything.columns.purchase_type[found.place] == 0
        rates = {row.answer_id: row.probability for row in session.scalars(sa.select(AuditDraw))}
        own = [rates[int(answer)] for answer in everything.columns.answer[found.place]]
        assert [chance for chance, alone in zip(found.chance, ~single, strict=True) if alone] == pytest.approx(
            [rate for rate, alone in zip(own, ~single, strict=True) if alone]
        ), "subscribers were open to the second draw only"
        assert all(chance > rate - 1e-9 for chance, rate, alone in zip(found.chance, own, single, strict=True) if alone)
        assert sum(1 / found.chance[single]) == pytest.approx(300, rel=0.1), "those drawn stand for all of them"


def test_a_closed_draw_frees_the_reason_and_its_rest_is_never_drawn_again(db: Database) -> None:
    with db.transaction() as session:
        fill(session, 600)
        wave = draw(session, "no_effect")
        review(session, most=20)
        sampling.close(session, wave.id, by=make.user(session).id)
        found = look(session)
        assert (found.reviewed, found.waiting, found.find("no_effect").state) == (20, 0, "reviews")
        draw(session, "no_effect")
        assert session.scalar(sa.select(sa.func.count(AuditDraw.answer_id.distinct()))) == session.scalar(
            sa.select(sa.func.count()).select_from(AuditDraw)
        )


def test_the_reading_of_another_model_does_not_change_what_was_drawn(db: Database) -> None:
    with db.transaction() as session:
        make.model(session, "test")
        fill(session, 300)
        sampling.draw_audit(session, 60, seed=1)
        draw(session, "other", within=0.05)
        before = reviews.audits(session, queries.read(session).columns).chance
        for row in session.scalars(sa.select(make.Prediction)).all():
            row.current = False
            session.flush()
            answer = session.get_one(make.Answer, row.answer_id)
            make.prediction(session, answer=answer, model_version="newer", primary_leaf="unclear", confidence=0.5)
        assert reviews.audits(session, queries.read(session).columns).chance == pytest.approx(before)


# -- harm -----------------------------------------------------------------------------------------------------------------


def test_missed_reports_are_estimated_from_unflagged_replies_drawn_at_random(db: Database) -> None:
    with db.transaction() as session:
        fill(session, 400)
        flagged = session.scalars(sa.select(make.Answer).limit(20)).all()
        for answer in flagged:
            make.alert(session, answer=answer)
        watch = missed.look(session, queries.read(session))
        assert (watch.unflagged, watch.missed, watch.goal) == (380, None, 3)
        assert 150 < watch.more < 380
        wave = service.draw_unflagged(session, queries.read(session), by=make.user(session).id, seed=1)
        assert (wave.focus, wave.unflagged) == ("health_harm", True)
        drawn = session.scalars(sa.select(AuditDraw.answer_id)).all()
        assert len(drawn) == watch.more
        assert not set(drawn) & {answer.id for answer in flagged}
        with pytest.raises(Conflict):
            service.draw_unflagged(session, queries.read(session), by=make.user(session).id)
        review(session)
        session.add(Alert(answer_id=drawn[0], code="health_harm", source="reviewer", due_at=clock.now()))
        session.flush()
        estimated = missed.look(session, queries.read(session)).missed
        assert estimated is not None
        assert (estimated.unflagged, estimated.audited, estimated.found) == (380, len(drawn), 1)
        assert estimated.low <= estimated.estimate <= estimated.high
        told = report.as_json(report.make(session, ALL))["missed_harm"]
        assert (told["unflagged"], told["reviewed"], told["found"]) == (380, len(drawn), 1)
        assert told["unseen"] == pytest.approx(estimated.estimate - 1)


def test_a_reply_that_was_flagged_was_not_open_to_the_watch(db: Database) -> None:
    with db.transaction() as session:
        fill(session, 300)
        for answer in session.scalars(sa.select(make.Answer).limit(100)).all():
            make.alert(session, answer=answer)
        service.draw_unflagged(session, queries.read(session), by=make.user(session).id, seed=1)
        sampling.draw_audit(session, 80, seed=1)
        review(session)
        columns = queries.read(session).columns
        found = reviews.audits(session, columns)
        flagged = harm.read(session, columns).flagged[found.place]
        rates = {row.answer_id: row.probability for row in session.scalars(sa.select(AuditDraw))}
        own = [rates[int(answer)] for answer in columns.answer[found.place]]
        assert all(chance == pytest.approx(rate) for chance, rate, flag in zip(found.chance, own, flagged, strict=True) if flag)
        assert all(chance > rate - 1e-9 for chance, rate, flag in zip(found.chance, own, flagged, strict=True) if not flag)
        assert sum(found.chance[~flagged]) > sum(rate for rate, flag in zip(own, flagged, strict=True) if not flag) + 5


# -- pages ----------------------------------------------------------------------------------------------------------------


def test_staff_see_how_many_reviews_are_missing_and_no_button(as_staff: FlaskClient, db: Database) -> None:
    with db.transaction() as session:
        fill(session, 600)
    page = as_staff.get("/review/precision?within=5").text
    assert "件の確認で ±5pt" in page
    assert "件を確認に回す" not in page
    assert as_staff.post("/review/precision", data={"focus": "no_effect"}).status_code == 403
    assert as_staff.post("/alerts/missed").status_code == 403
    assert "見逃しの見積もり" in as_staff.get("/alerts/missed").text
    assert 'hx-get="/alerts/missed"' in as_staff.get("/alerts").text
    assert 'hx-get="/review/precision"' in as_staff.get("/review").text


def test_a_manager_draws_follows_and_ends_a_draw(as_manager: FlaskClient, db: Database) -> None:
    with db.transaction() as session:
        fill(session, 600)
    form = {"focus": "no_effect", "within": "5", "period": "all"}
    drawn = as_manager.post("/review/precision", data=form)
    assert drawn.status_code == 303
    page = as_manager.get(drawn.location).text
    assert "確認に回しました" in page
    assert "件を確認</span>" in page
    assert "もうあります" in as_manager.get(as_manager.post("/review/precision", data=form).location).text
    with db.reading() as session:
        wave = session.scalars(sa.select(AuditWave)).one()
    queue = as_manager.get("/review").text
    assert "「効果を実感できない」を詳しく知る" in queue
    assert as_manager.post(f"/review/draws/{wave.id}", data={"action": "close"}).status_code == 303
    assert "再開する" in as_manager.get("/review").text
    assert "すでに終わっています" in as_manager.get(as_manager.post(f"/review/draws/{wave.id}").location).text
    as_manager.post(f"/review/draws/{wave.id}", data={"action": "reopen"})
    assert "ここで終える" in as_manager.get("/review").text


def test_a_manager_has_the_unflagged_checked(as_manager: FlaskClient, db: Database) -> None:
    assert "まだないため" in as_manager.get("/alerts/missed").text
    with db.transaction() as session:
        fill(session, 200)
    assert as_manager.post("/alerts/missed").status_code == 303
    assert "件を確認" in as_manager.get("/alerts/missed").text
    part = as_manager.get("/alerts/missed", headers={"HX-Request": "true"}).text
    assert part.lstrip().startswith("<section")


def test_the_width_is_one_of_three() -> None:
    assert [precision.width(asked) for asked in ("2", "3", "5", "4", "x", None)] == [0.02, 0.03, 0.05, 0.03, 0.03, 0.03]


def test_a_selection_is_told_and_read_back() -> None:
    for selection in (
        ALL,
        Selection(purchase_type="one_off", product_id=3, way="mail"),
        replace(ALL, start=clock.today(), end=clock.today()),
    ):
        assert Selection.of(selection.query()) == selection
