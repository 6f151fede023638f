"""Which model reads: models found on disk, the one in use, and its classifier in memory."""

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from voc import audit, jobs
from voc.config import ROOT, Settings
from voc.errors import NotFound, VocError
from voc.readings import queries
from voc.readings.reader import Reader
from voc.readings.tables import ModelVersion

SHIPPED = ROOT / "models"
CARD = "card.json"


class ModelMissing(VocError):
    """The artefact is not where the database says, or was changed since."""

    status = 503


def folders(settings: Settings) -> dict[str, Path]:
    """The models on disk by version: those that voc ships, then those trained here."""
    found = {}
    for home in (SHIPPED, settings.instance_dir / "models"):
        for card in sorted(home.glob(f"*/{CARD}")):
            found[card.parent.name] = card.parent
    return found


def register(session: Session, settings: Settings) -> ModelVersion | None:
    """Make the models on disk known; where none is in use, use the newest that voc ships. The model in use."""
    known = set(session.scalars(sa.select(ModelVersion.version)))
    for version, folder in folders(settings).items():
        if version not in known:
            card = read_card(folder)
            session.add(ModelVersion(version=version, path=str(folder), sha256=str(card.get("sha256", "")), card=card))
    session.flush()
    current = queries.in_use(session)
    if current is None:
        shipped = [version for version, folder in folders(settings).items() if folder.parent == SHIPPED]
        if shipped:
            current = use(session, max(shipped))
    return current


def needs_registering(session: Session, settings: Settings) -> bool:
    """Whether ``register`` would change anything: asked in a session that only reads."""
    known = set(session.scalars(sa.select(ModelVersion.version)))
    return bool(folders(settings).keys() - known) or queries.in_use(session) is None


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
        model.in_use = True
        session.flush()
        audit.record(session, "model.put_in_use", user_id=by, version=version, before=before.version if before else None)
    jobs.enqueue(session, "readings.read")
    return model


@lru_cache(maxsize=1)
def _load(folder: str, sha256: str) -> Reader:
    # scikit-learn takes a second to import: only the worker pays for it.
    from voc.classifier import artefact

    reader: Reader = artefact.load(Path(folder))
    return reader


def reader_for(model: ModelVersion, settings: Settings) -> Reader:
    """The classifier of a model, kept in memory as long as it is in use."""
    folder = folders(settings).get(model.version)
    if folder is None:
        raise ModelMissing(f"モデル {model.version} のファイルがありません。モデルを入れ直すか、別のモデルに切り替えてください。")
    return _load(str(folder), model.sha256)
