"""The whole way: decisions, a training by the worker, the comparison, a person who puts it in use, and back."""

import errno
import json
import threading
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result
from flask.testing import FlaskClient

from tests import factories
from voc import jobs
from voc.classifier import corpus, vectors
from voc.classifier.train import examples
from voc.cli import main
from voc.clock import JST, frozen, now
from voc.config import Settings
from voc.db import Database
from voc.errors import Conflict, Refused, VocError
from voc.jobs import Context, Job
from voc.learning import decisions, queries, service, training, work
from voc.readings import models
from voc.readings import queries as readings
from voc.readings import work as reading_work
from voc.readings.tables import ModelVersion, Prediction
from voc.upkeep import backup
from voc.worker import Worker

WORDS = ("ホゲフガ", "ピヨピヨ", "ムニャムニャ")


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """A training of seconds: two hands, no sentence vectors."""
    replies = corpus.load()
    hands = sorted({reply.hand for reply in replies})[1:3]
    few = [one for hand in hands for one in examples([reply for reply in replies if reply.hand == hand][:40])]
    monkeypatch.setattr(training, "_corpus", lambda: few)
    monkeypatch.setattr(vectors, "available", lambda: None)


@pytest.fixture(scope="module")
def shipped_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small model as voc would ship it."""
    from voc.classifier import artefact, train

    replies = corpus.load()
    hands = sorted({reply.hand for reply in replies})[1:3]
    few = [one for hand in hands for one in examples([reply for reply in replies if reply.hand == hand][:40])]
    trained = train.train(few, version="2026-11-22")
    home = tmp_path_factory.mktemp("shipped")
    artefact.save(trained.model, home / "2026-11-22", trained.card)
    return home


@pytest.fixture
def shipped(shipped_once: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(models, "SHIPPED", shipped_once)
    return shipped_once


def decide(db: Database, number: int = 36, *, first: int = 0, drawn: bool = True) -> None:
    """Decisions about words that no corpus knows."""
    with db.transaction() as session:
        person = factories.user(session)
        for n in range(first, first + number):
            answer = factories.answer(session, f"{WORDS[n % 3]}{n}なので")
            leaf = ("competitor", "goal_met", "service")[n % 3]
            factories.decision(session, answer=answer, by=person, primary_leaf=leaf, stream="audit" if drawn else "hard")
            if drawn:
                factories.draw(session, answer=answer, probability=0.5)


def run(db: Database, settings: Settings, name: str = "learning.train", stopping: threading.Event | None = None) -> Job:
    """Run the waiting job as a worker does."""
    with db.transaction() as session:
        session.execute(sa.update(Job).where(Job.name == name).values(run_at=now()))
    worker = Worker(db, settings)
    with db.transaction() as session:
        held = jobs.claim(session, worker.name, {name})
    assert held is not None
    worker._run(held)
    with db.reading() as session:
        return session.get_one(Job, held.id)


def context(db: Database, settings: Settings, name: str) -> Context:
    with db.transaction() as session:
        jobs.enqueue(session, name, unique_key=f"{name}-{now()}")
        held = jobs.claim(session, "test", {name})
    assert held is not None
    return Context(db=db, settings=settings, payload={}, claim=held, stopping=threading.Event())


def read_all(db: Database, settings: Settings) -> None:
    reading_work.read_pending(context(db, settings, "readings.read"))


def predictions(db: Database) -> dict[str, set[str]]:
    with db.reading() as session:
        rows = session.execute(sa.select(Prediction.model_version, Prediction.primary_leaf).where(Prediction.current))
        found: dict[str, set[str]] = {}
        for version, leaf in rows:
            found.setdefault(version, set()).add(leaf)
        return found


def test_a_manager_has_a_model_trained_and_puts_it_in_use_and_goes_back(
    as_manager: FlaskClient, db: Database, settings: Settings, shipped: Path
) -> None:
    decide(db)
    read_all(db, settings)
    assert as_manager.post("/models/train").status_code == 303
    assert "まもなく始まります" in as_manager.get("/models").text
    ended = run(db, settings)
    assert (ended.status, ended.error) == ("done", None)
    assert ended.progress == {"done": 12, "total": 12}

    with db.reading() as session:
        current = readings.in_use(session)
        assert current is not None
        assert current.version == "2026-11-22"  # nothing changes until a person decides
        new = service.last_own(session)
        assert new is not None
        version, card = new.version, new.card
    assert card["trained_on"]["own"] == 36
    assert card["compared"]["with"] == "2026-11-22"
    assert card["compared"]["verdict"] == "few"
    page = as_manager.get("/models").text
    assert "あと64件で比べられます" in page
    assert "うち自社の決定 36件" in page

    assert as_manager.post("/models", data={"version": version}).status_code == 303
    read_all(db, settings)
    assert set(predictions(db)) == {version}
    assert "このモデルに戻す" in as_manager.get("/models").text
    assert as_manager.post("/models", data={"version": "2026-11-22"}).status_code == 303
    read_all(db, settings)
    assert set(predictions(db)) == {"2026-11-22"}
    with db.reading() as session:  # what the other one read is kept
        assert session.scalar(sa.select(sa.func.count()).where(Prediction.model_version == version)) == 36


def test_replies_learnt_from_are_read_as_if_they_had_not_been(db: Database, settings: Settings, shipped: Path) -> None:
    with db.transaction() as session:
        person = factories.user(session)
        for _ in range(40):  # the same words: held out together, so nobody can know them
            answer = factories.answer(session, "ホゲフガピヨ")
            factories.decision(session, answer=answer, by=person, primary_leaf="goal_met")
    version = training.train(db, settings)
    with db.transaction() as session:
        models.switch(session, settings, version)
        fresh = factories.answer(session, "ホゲフガピヨ!").id
    read_all(db, settings)
    with db.reading() as session:
        rows = {row.answer_id: row.primary_leaf for row in session.scalars(sa.select(Prediction).where(Prediction.current))}
    assert rows.pop(fresh) == "goal_met"
    assert "goal_met" not in rows.values()


def test_people_s_data_is_not_learnt(db: Database) -> None:
    with db.transaction() as session:
        person = factories.user(session)
        for text in ("山田太郎と申します。090-1234-5678まで", "高いので"):
            factories.decision(session, answer=factories.answer(session, text), by=person, primary_leaf="price")
    with db.reading() as session:
        assert {one.text: one.learnable for one in decisions.own_replies(session)} == {
            "山田太郎と申します。090-1234-5678まで": False,
            "高いので": True,
        }


def test_the_adjudication_counts_and_undone_decisions_do_not(db: Database) -> None:
    with db.transaction() as session:
        one, two = factories.user(session), factories.user(session)
        judged, undone = factories.answer(session, "効かない"), factories.answer(session, "高い")
        factories.decision(session, answer=judged, by=one, primary_leaf="quality")
        factories.decision(session, answer=judged, by=two, primary_leaf="price", round="second")
        factories.decision(session, answer=judged, by=two, primary_leaf="no_effect", round="adjudication", alerts=["winback"])
        factories.decision(session, answer=undone, by=one, undone_at=now())
    with db.reading() as session:
        (found,) = decisions.own_replies(session)
        assert (found.text, found.primary, found.alerts, found.probability) == ("効かない", "no_effect", ("winback",), None)
        assert decisions.standing(session).decided == 1


def test_too_few_decisions_are_refused_with_how_many_are_missing(as_manager: FlaskClient, db: Database, shipped: Path) -> None:
    decide(db, 12)
    with db.transaction() as session:
        factories.model(session)
    assert "あと18件で学習できます" in as_manager.get("/models").text
    with db.transaction() as session, pytest.raises(Refused, match="30件になると"):
        service.ask(session, by=factories.user(session).id)


def test_one_training_at_a_time(db: Database, shipped: Path) -> None:
    decide(db, 30)
    with db.transaction() as session:
        person = factories.user(session).id
        service.ask(session, by=person)
        with pytest.raises(Conflict, match="すでに始まっています"):
            service.ask(session, by=person)


def test_a_full_disk_is_told_in_a_sentence_and_leaves_nothing(
    db: Database, settings: Settings, shipped: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    decide(db, 30)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    from voc.classifier import artefact

    monkeypatch.setattr(artefact, "save", full)
    with db.transaction() as session:
        service.ask(session, by=factories.user(session).id)
    ended = run(db, settings)
    assert ended.status == "failed"
    assert "空き容量" in (ended.error or "")
    assert not list(settings.instance_dir.glob("model-*"))
    with db.reading() as session:
        assert queries.training(session).failed == ended.error


def test_little_memory_is_told_in_a_sentence(db: Database, settings: Settings, shipped: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    decide(db, 30)

    def no_memory(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(training, "_learnt", no_memory)
    with pytest.raises(VocError, match="メモリーが足りず"):
        training.train(db, settings)


def test_a_worker_that_must_stop_leaves_the_training_to_the_next(db: Database, settings: Settings, shipped: Path) -> None:
    decide(db, 30)
    asked = context(db, settings, "learning.train")
    asked.stopping.set()
    work.train(asked)
    with db.reading() as session:
        assert service.last_own(session) is None


def test_a_damaged_model_is_not_put_in_use_and_the_page_says_why(as_manager: FlaskClient, db: Database, shipped: Path) -> None:
    with db.transaction() as session:
        factories.model(session, "2026-11-22")
        factories.model(session, "gone", in_use=False)
    assert "モデル gone のファイルがありません" in as_manager.get("/models").text
    refused = as_manager.post("/models", data={"version": "gone"})
    assert refused.status_code == 422
    assert as_manager.post("/models", data={"version": "nonsense"}).status_code == 404


def test_a_damaged_own_model_does_not_stop_the_reading(db: Database, settings: Settings, shipped: Path) -> None:
    broken = models.own_home(settings) / "own-2026-10-01"
    broken.mkdir(parents=True)
    (broken / "card.json").write_text("{")
    with db.transaction() as session:
        factories.answer(session)
    read_all(db, settings)
    assert set(predictions(db)) == {"2026-11-22"}


def test_a_changed_artefact_is_known_by_its_hash(db: Database, settings: Settings, shipped: Path) -> None:
    folder = models.own_home(settings) / "own-2026-10-01"
    folder.mkdir(parents=True)
    (folder / "model.skops").write_bytes(b"changed")
    (folder / "card.json").write_text(json.dumps({"version": folder.name, "sha256": "0" * 64}))
    assert "書き換えられています" in (models.problem(settings, folder.name) or "")


def test_staff_do_not_see_the_page(as_staff: FlaskClient) -> None:
    assert as_staff.get("/models").status_code == 403
    assert as_staff.post("/models/train").status_code == 403


def test_a_model_without_scores_says_so(as_manager: FlaskClient, db: Database) -> None:
    with db.transaction() as session:
        factories.model(session, "one", card={"left_hands_out": {"n": 800, "leaf": 0.75, "group": 0.84, "top3": 0.94}})
        factories.model(session, "two", in_use=False)
    page = as_manager.get("/models").text
    assert "回答800件では、理由が合ったのは75%" in page
    assert "このモデルには成績の記録がありません" in page


# -- proposals ------------------------------------------------------------------------------------------------------------


def test_a_training_is_planned_for_the_night_when_enough_was_decided(db: Database) -> None:
    decide(db, 99)
    with db.transaction() as session:
        assert service.propose(session) is False
    decide(db, 1, first=99)
    with db.transaction() as session:
        assert service.propose(session) is True
        planned = session.scalars(sa.select(Job.run_at)).one()
        assert planned > now()
        assert planned.astimezone(JST).hour == 3
        assert service.propose(session) is False  # once a month


def test_only_decisions_since_the_last_training_count(db: Database) -> None:
    decide(db, 120)
    with db.transaction() as session:
        card = {"trained_on": {"own": 120}, "decisions_until": now().isoformat()}
        factories.model(session, "own-1", in_use=False, path="instance/models/own-1", card=card, added_at=now() - timedelta(days=40))
    with frozen(now() + timedelta(hours=1)):
        with db.transaction() as session:
            assert service.propose(session) is False
        decide(db, 100, first=200)
        with db.transaction() as session:
            assert service.propose(session) is True


def better(session: object, version: str = "own-1", **values: object) -> ModelVersion:
    share = {"n": 300, "before": 0.7, "after": 0.78, "gain": 0.08, "low": 0.03, "high": 0.13, "won": 40, "lost": 16, "p": 0.002}
    compared = {
        "with": "2026-11-22", "drawn": 300, "reviewed": 400, "leaf": share, "group": share, "reasons": {"price": share}, "worse_for": [],
        "harm": {"n": 20, "before": 18, "after": 19, "corpus_before": 0.96, "corpus_after": 0.97}, "verdict": "better",
    }  # fmt: skip
    card = {"trained_on": {"own": 400, "replies": 5000}, "compared": compared | values, "trained_at": now().isoformat()}
    return factories.model(session, version, in_use=False, path=f"instance/models/{version}", card=card)  # type: ignore[arg-type]


def test_a_better_model_is_proposed_on_home_until_somebody_decides(as_manager: FlaskClient, db: Database) -> None:
    with db.transaction() as session:
        factories.model(session, "2026-11-22")
        factories.answer(session)
        better(session)
    assert "新しい読み取りのモデルの提案" in as_manager.get("/").text
    page = as_manager.get("/models").text
    assert "比べたモデルより正確です" in page
    assert "+8.0ポイント、95%の幅 +3.0〜+13.0" in page
    assert "見つけたのは18件から19件へ" in page
    assert as_manager.post("/models/decline", data={"version": "own-1"}).status_code == 303
    assert "新しい読み取りのモデルの提案" not in as_manager.get("/").text


def test_a_model_that_finds_fewer_harms_is_never_proposed(as_manager: FlaskClient, db: Database) -> None:
    with db.transaction() as session:
        factories.model(session, "2026-11-22")
        factories.answer(session)
        better(session, harm={"n": 20, "before": 19, "after": 18, "corpus_before": 0.96, "corpus_after": 0.97}, verdict="worse")
    assert "新しい読み取りのモデルの提案" not in as_manager.get("/").text
    assert "使うことは勧めません" in as_manager.get("/models").text


# -- by command -----------------------------------------------------------------------------------------------------------


def test_the_commands_agree_with_the_page(
    as_manager: FlaskClient, db: Database, settings: Settings, shipped: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VOC_DATABASE_URL", settings.database_url)
    monkeypatch.setenv("VOC_INSTANCE_DIR", str(settings.instance_dir))
    decide(db)

    def voc(*words: str) -> Result:
        return CliRunner().invoke(main, ["model", *words])

    trained = voc("train", "--version", "mine")
    assert trained.exit_code == 0, trained.output
    assert "うち自社の決定 36 件" in trained.output
    assert "まだ言えません" in trained.output
    assert "書き手を除いた検証" not in trained.output
    assert "2026-11-22 と比べて" in voc("evaluate", "mine").output
    assert "mine と比べて" not in as_manager.get("/models").text
    assert "2026-11-22 と比べて" in as_manager.get("/models").text
    assert voc("use", "mine").exit_code == 0
    listed = voc("list").output.splitlines()
    assert listed[0].startswith("* mine\t")
    assert "自社 36 件" in listed[0]
    assert voc("train", "--version", "mine").exit_code == 2
    (models.own_home(settings) / "mine" / "model.skops").write_bytes(b"changed")
    assert "書き換えられています" in voc("list").output
    assert voc("use", "2026-11-22").exit_code == 0
    assert voc("use", "mine").exit_code == 2


def test_own_models_are_in_the_backup(db: Database, settings: Settings, shipped: Path, tmp_path: Path) -> None:
    decide(db, 30)
    version = training.train(db, settings)
    backup.backup(db, settings, tmp_path / "kept.voc")
    with zipfile.ZipFile(tmp_path / "kept.voc") as kept:
        names = " ".join(kept.namelist())
    assert all(f"models/{version}/{name}" in names for name in ("card.json", "model.skops", "held_out.json"))
