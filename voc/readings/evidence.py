"""Which words speak for what was read. A pass over all answers leaves it out (``again``), since nobody looks at most of them: it is made here
when somebody does, by the model that read the answer."""

import logging
import threading
from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

from sqlalchemy.orm import Session

from voc.config import Settings
from voc.errors import VocError
from voc.readings import models
from voc.readings.tables import ModelVersion, Prediction

log = logging.getLogger("voc.readings")

_one_at_a_time = threading.Lock()
"""A model is loaded once a process, and asked by one thread at a time."""


@runtime_checkable
class ExplainingReader(Protocol):
    """A classifier that tells the words of a text that speak for a leaf, without reading it again."""

    def explain(self, texts: Sequence[str], leaves: Sequence[str]) -> Sequence[Sequence[tuple[int, int, str]]]: ...


def spans(session: Session, prediction: Prediction, text: str, settings: Settings) -> Sequence[Sequence[Any]]:
    """The evidence of a reading of ``text``; nothing where it was left out and the model that read it is gone."""
    if prediction.evidence is not None:
        return prediction.evidence
    model = session.get(ModelVersion, prediction.model_version)
    if model is None or not text.strip():
        return []
    try:
        with _one_at_a_time:
            reader = models.reader_for(model, settings)
            return reader.explain([text], [prediction.primary_leaf])[0] if isinstance(reader, ExplainingReader) else []
    except VocError as error:
        log.warning("no evidence of what %s read: %s", model.version, error.message)
        return []
