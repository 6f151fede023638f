"""Replies that a model has learnt from are read as if it had not: what is written beside the model when it is made."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from voc.classifier.documents import Document, document
from voc.classifier.files import ArtefactError
from voc.classifier.reading import RaisedAlert, Reading
from voc.text import Normalised

FILE = "held_out.json"


def key(normal: Normalised, purchase_type: str) -> str:
    """A reply's name in the file, which holds nobody's words. The length of the original keeps evidence in its place."""
    return hashlib.sha256(f"{purchase_type}\0{normal.offsets[-1]}\0{normal.text}".encode()).hexdigest()


def dumps(texts: Sequence[str], purchase_types: Sequence[str], readings: Sequence[Reading]) -> bytes:
    kept = {
        key(document(text).normal, bought): asdict(reading) for text, bought, reading in zip(texts, purchase_types, readings, strict=True)
    }
    return json.dumps(kept, ensure_ascii=False, sort_keys=True).encode()


def checked(folder: Path, card: Mapping[str, Any]) -> bytes | None:
    """The file beside a model, if it is the one that belongs to it; none where the model has learnt from no company.

    Raises
    ------
    ArtefactError
        When the file is missing, damaged or changed.
    """
    if "held_out_sha256" not in card:
        return None
    try:
        data = (folder / FILE).read_bytes()
    except OSError as error:
        raise ArtefactError(
            f"モデル {folder.name} のファイル({FILE})を読めません。モデルを作り直してください。({error.strerror})"
        ) from None
    if hashlib.sha256(data).hexdigest() != card["held_out_sha256"]:
        raise ArtefactError(f"モデル {folder.name} のファイル({FILE})が壊れているか、書き換えられています。モデルを作り直してください。")
    return data


def load(folder: Path, card: Mapping[str, Any]) -> dict[str, Reading]:
    """The held-out readings beside a model, by ``key``. Raises as ``checked`` does."""
    data = checked(folder, card)
    return {} if data is None else {name: _reading(values) for name, values in json.loads(data).items()}


def _reading(values: dict[str, Any]) -> Reading:
    alerts = tuple(RaisedAlert(a["code"], a["score"], tuple((int(s[0]), int(s[1])) for s in a["evidence"])) for a in values["alerts"])
    return Reading(
        primary=values["primary"], group=values["group"], secondary=tuple(values["secondary"]), confidence=values["confidence"],
        suggestions=tuple((str(code), float(p)) for code, p in values["suggestions"]),
        evidence=tuple((int(start), int(end), role) for start, end, role in values["evidence"]), alerts=alerts,
    )  # fmt: skip


class HonestReader:
    """A model that reads what it has learnt from as it read it before. Alerts that it raises now are raised all the same."""

    def __init__(self, model: Any, held_out: Mapping[str, Reading]) -> None:
        self._model = model
        self._held_out = held_out

    def read(self, texts: Sequence[str], purchase_types: Sequence[str], **options: Any) -> list[Reading]:
        readings = self._model.read(texts, purchase_types, **options)
        return self._told([document(text) for text in texts], purchase_types, readings)

    def read_prepared(self, batch: Any, purchase_types: Sequence[str], **options: Any) -> list[Reading]:
        return self._told(batch.documents, purchase_types, self._model.read_prepared(batch, purchase_types, **options))

    def read_columns(self, batch: Any, purchase_types: Sequence[str]) -> Any:
        columns = self._model.read_columns(batch, purchase_types)
        known = [key(doc.normal, bought) in self._held_out for doc, bought in zip(batch.documents, purchase_types, strict=True)]
        return replace(columns, known=np.array(known, dtype=bool))

    def _told(self, documents: Sequence[Document], purchase_types: Sequence[str], readings: Sequence[Reading]) -> list[Reading]:
        kept = [self._held_out.get(key(doc.normal, bought)) for doc, bought in zip(documents, purchase_types, strict=True)]
        return [now if before is None else _joined(before, now) for before, now in zip(kept, readings, strict=True)]

    def __reduce__(self) -> Any:
        return HonestReader, (self._model, self._held_out)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)


def _joined(before: Reading, now: Reading) -> Reading:
    raised = {alert.code for alert in now.alerts}
    return replace(before, alerts=(*now.alerts, *(alert for alert in before.alerts if alert.code not in raised)))
