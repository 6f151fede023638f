"""One training: own decisions beside the corpus, an honest comparison with the model in use, a new version on disk. Nothing is put in use."""

import errno
import hashlib
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from voc import audit
from voc.clock import now, today
from voc.config import Settings
from voc.db import Database
from voc.errors import Refused, VocError
from voc.learning import decisions
from voc.readings import models
from voc.readings.tables import ModelVersion

if TYPE_CHECKING:
    from voc.classifier.learn import Learnt, OwnReply
    from voc.classifier.train import Example

LEAST = 30
"""Decisions under which nothing is trained: it could not be said what came of it."""
NEEDED_BYTES = 200 << 20
HARM = "health_harm"
MAKING = "model-in-making-"


class TrainingFailed(VocError):
    """A training that cannot succeed; the sentence says what to do."""

    status = 503


def train(
    db: Database,
    settings: Settings,
    *,
    by: int | None = None,
    version: str | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> str:
    """Train a new version; its name. What ``progress`` raises ends it, and nothing is left behind.

    Raises
    ------
    Refused
        There are too few decisions.
    TrainingFailed
        Disk, memory or the corpus are in the way.
    """
    with db.transaction() as session:
        current = models.register(session, settings)
        if current is None:
            raise TrainingFailed("比べる相手のモデルがありません。models/ フォルダーを入れ直してください。")
        name = _free_name(session, settings, version)
    with db.reading() as session:
        own = decisions.own_replies(session)
        until = decisions.standing(session).latest
    if (usable := sum(one.learnable for one in own)) < LEAST:
        raise Refused(f"学習に使える決定が{usable}件です。{LEAST}件になると学習できます。確認を続けてください。")
    _check_disk(settings)
    try:
        learnt = _learnt(own, current, name, progress)
        compared = _compared(own, learnt, current, settings)
        learnt.card |= {"compared": compared, "trained_at": now().isoformat(), "decisions_until": until.isoformat() if until else None}
        folder = _save(settings, name, own, learnt)
    except MemoryError:
        raise TrainingFailed(
            "メモリーが足りず、学習を終えられませんでした。2 GB 以上の空きメモリーのある機械で、もう一度始めてください。"
        ) from None
    except OSError as error:
        raise _disk_problem(error, settings) from error
    with db.transaction() as session:
        models.register(session, settings)
        audit.record(session, "model.trained", user_id=by, version=folder.name, own=len(own), verdict=compared["verdict"])
    return folder.name


def _free_name(session: Session, settings: Settings, wanted: str | None) -> str:
    """A name that nobody has: versions stay on every reading for ever."""
    taken = set(models.folders(settings)) | set(session.scalars(sa.select(ModelVersion.version)))
    if wanted is not None:
        if wanted in taken:
            raise Refused(f"モデル {wanted} はすでにあります。別の名前にしてください。")
        return wanted
    day = f"own-{today().isoformat()}"
    names = (day, *(f"{day}-{n}" for n in range(2, 1000)))
    return next(name for name in names if name not in taken)


def _corpus() -> "list[Example]":
    from voc.classifier import corpus
    from voc.classifier.train import examples

    try:
        return examples(corpus.load())
    except corpus.CorpusError as error:
        raise TrainingFailed(
            f"学習用の文例(models/corpus/replies.jsonl)を読めません。voc を入れ直してから、もう一度始めてください。({error})"
        ) from None


def _learnt(own: "list[OwnReply]", current: ModelVersion, name: str, progress: Callable[[int, int], None]) -> "Learnt":
    from voc.classifier.learn import learn
    from voc.classifier.vectors import available

    return learn(_corpus(), own, version=name, floor=_harm_recall(current.card), encoder=available(), progress=progress)


def _harm_recall(card: dict[str, Any]) -> float | None:
    """Share of the harms in the corpus's held-out hands that a model finds, by its card."""
    found = card.get("left_hands_out", {}).get("alerts", {}).get(HARM, {}).get("recall")
    return None if found is None else float(found)


def _compared(own: "list[OwnReply]", learnt: "Learnt", current: ModelVersion, settings: Settings) -> dict[str, Any]:
    from voc.classifier.compare import compare

    before = models.reader_for(current, settings).read([one.text for one in own], [one.purchase_type for one in own])
    harms = _harm_recall(current.card), _harm_recall(learnt.card)
    return {"with": current.version} | compare(own, list(before), learnt.readings, corpus=harms)


# -- on disk --------------------------------------------------------------------------------------------------------------


def _save(settings: Settings, name: str, own: "list[OwnReply]", learnt: "Learnt") -> Path:
    """The model's folder, which gets its name only when it is whole."""
    from voc.classifier import artefact, honest

    home = models.own_home(settings)
    home.mkdir(parents=True, exist_ok=True)
    for left in settings.instance_dir.glob(f"{MAKING}*"):  # by a worker that was killed
        shutil.rmtree(left, ignore_errors=True)
    making = Path(tempfile.mkdtemp(prefix=MAKING, dir=settings.instance_dir))
    try:
        kept = honest.dumps([one.text for one in own], [one.purchase_type for one in own], learnt.readings)
        (making / honest.FILE).write_bytes(kept)
        artefact.save(learnt.model, making, learnt.card | {"held_out_sha256": hashlib.sha256(kept).hexdigest()})
        making.replace(home / name)
    finally:
        shutil.rmtree(making, ignore_errors=True)
    return home / name


def _check_disk(settings: Settings) -> None:
    free = shutil.disk_usage(settings.instance_dir).free
    if free < NEEDED_BYTES:
        raise TrainingFailed(_full(settings, free))


def _disk_problem(error: OSError, settings: Settings) -> TrainingFailed:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return TrainingFailed(_full(settings, shutil.disk_usage(settings.instance_dir).free))
    return TrainingFailed(
        f"{models.own_home(settings)} に書き込めません({error.strerror})。フォルダーの所有者と権限を確かめて、もう一度始めてください。"
    )


def _full(settings: Settings, free: int) -> str:
    return f"{settings.instance_dir} の空き容量が {free >> 20:,} MB しかなく、新しいモデルを置けません。{NEEDED_BYTES >> 20} MB 以上空けて、もう一度始めてください。"
