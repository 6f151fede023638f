"""Which model reads: models found on disk, the one in use, and its classifier in memory."""

import gc
import json
import logging
from functools import lru_cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from voc import audit, jobs
from voc.clock import now
from voc.config import ROOT, Settings
from voc.errors import NotFound, Refused, VocError
from voc.readings import queries
from voc.readings.reader import Reader
from voc.readings.tables import ModelVersion

SHIPPED = ROOT / "models"
CARD = "card.json"

log = logging.getLogger("voc.readings")


class ModelMissing(VocError):
    """The artefact is not where the database says, or was changed since."""

    status = 503


def folders(settings: Settings) -> dict[str, Path]:
    """The models on disk by version: those that voc ships, then those trained here."""
    found = {}
    for home in (SHIPPED, own_home(settings)):
        for card in sorted(home.glob(f"*/{CARD}")):
            found[card.parent.name] = card.parent
    return found


def own_home(settings: Settings) -> Path:
    """Where models trained here are kept; backups hold it."""
    return settings.instance_dir / "models"


def register(session: Session, settings: Settings) -> ModelVersion | None:
    """Make the models on disk known. The model in use: where there is none, the newest that voc ships."""
    known = {model.version: model for model in session.scalars(sa.select(ModelVersion))}
    for version, card in _cards(settings).items():
        row = known.get(version) or ModelVersion(version=version, path=_path(version))
        row.sha256, row.card = str(card.get("sha256", "")), card
        session.add(row)
    session.flush()
    current, newest = queries.in_use(session), _newest_shipped()
    if newest is not None and (current is None or _left_behind(current, newest)):
        current = use(session, newest)
    return current


def needs_registering(session: Session, settings: Settings) -> bool:
    """Whether ``register`` would change anything: asked in a session that only reads."""
    known = {model.version: model.sha256 for model in session.scalars(sa.select(ModelVersion))}
    on_disk = {version: str(card.get("sha256", "")) for version, card in _cards(settings).items()}
    current, newest = queries.in_use(session), _newest_shipped()
    return not on_disk.items() <= known.items() or current is None or (newest is not None and _left_behind(current, newest))


def _cards(settings: Settings) -> dict[str, dict[str, Any]]:
    """What can be read of them. A damaged own model hinders no other; a damaged one of voc's own is an installation to be mended."""
    found = {}
    for version, folder in folders(settings).items():
        try:
            found[version] = read_card(folder)
        except ModelMissing as error:
            if folder.parent == SHIPPED:
                raise
            log.warning("%s", error.message)
    return found


def _path(version: str) -> str:
    return f"models/{version}" if (SHIPPED / version / CARD).exists() else f"instance/models/{version}"


def _newest_shipped() -> str | None:
    return max((card.parent.name for card in SHIPPED.glob(f"*/{CARD}")), default=None)


def _left_behind(current: ModelVersion, newest: str) -> bool:
    """A model that an earlier voc shipped and this one does not: reading must go on. Never back to an older one: another
    host may already run the newer voc."""
    return current.path == f"models/{current.version}" and not (SHIPPED / current.version / CARD).exists() and newest > current.version


def read_card(folder: Path) -> dict[str, Any]:
    try:
        card: dict[str, Any] = json.loads((folder / CARD).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelMissing(f"モデル {folder.name} の説明({CARD})を読めません。モデルを入れ直してください。({error})") from None
    return card


def use(session: Session, version: str, *, by: int | None = None) -> ModelVersion:
    """Put a model in use; every answer is then read again by a job. What the one before read is kept for the way back."""
    model = session.get(ModelVersion, version)
    if model is None:
        raise NotFound(f"モデル {version} はこの環境にありません。一覧から選んでください。")
    before = queries.in_use(session)
    if before is not model:
        session.execute(sa.update(ModelVersion).where(ModelVersion.in_use).values(in_use=False))
        model.in_use, model.in_use_since, model.declined_at = True, now(), None
        session.flush()
        audit.record(session, "model.put_in_use", user_id=by, version=version, before=before.version if before else None)
    jobs.enqueue(session, "readings.read")
    return model


def switch(session: Session, settings: Settings, version: str, *, by: int | None = None) -> ModelVersion:
    """A person puts a model in use, if its files are whole.

    Raises
    ------
    Refused
        They are not; the sentence says what to do.
    """
    if session.get(ModelVersion, version) is None:
        raise NotFound(f"モデル {version} はこの環境にありません。一覧から選んでください。")
    if wrong := problem(settings, version):
        raise Refused(wrong)
    return use(session, version, by=by)


def problem(settings: Settings, version: str) -> str | None:
    """What is wrong with a model's files, in a sentence. Quick: nothing is loaded."""
    from voc.classifier import files, honest

    folder = folders(settings).get(version)
    if folder is None:
        return f"モデル {version} のファイルがありません。モデルを入れ直すか、別のモデルに切り替えてください。"
    try:
        files.checked(folder)
        honest.checked(folder, files.read_card(folder))
    except VocError as error:
        return error.message
    return None


@lru_cache(maxsize=1)
def _load(folder: str, sha256: str) -> Reader:
    # scikit-learn takes a second to import: only the worker pays for it.
    from voc.classifier import artefact, honest

    reader: Reader = artefact.load(Path(folder))
    gc.freeze()  # a pass over many answers makes and drops millions of objects: what stays need not be looked through each time
    held_out = honest.load(Path(folder), artefact.read_card(Path(folder)))
    return honest.HonestReader(reader, held_out) if held_out else reader


def reader_for(model: ModelVersion, settings: Settings) -> Reader:
    """The classifier of a model, kept in memory as long as it is in use."""
    folder = folders(settings).get(model.version)
    if folder is None:
        raise ModelMissing(f"モデル {model.version} のファイルがありません。モデルを入れ直すか、別のモデルに切り替えてください。")
    return _load(str(folder), model.sha256)
