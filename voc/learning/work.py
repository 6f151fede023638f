"""Jobs of this room."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from voc.config import Settings
from voc.jobs import Context
from voc.learning import drift, service, training
from voc.learning.drift import Month
from voc.readings import models, queries

log = logging.getLogger("voc.learning")


class _Stopped(Exception):
    """The worker ends: the training begins anew with the next one."""


def train(context: Context) -> None:
    """Train a new version from own decisions and compare it. A person decides whether it is used."""

    def progress(done: int, total: int) -> None:
        if context.stopping.is_set():
            raise _Stopped
        context.progress(done, total)

    try:
        version = training.train(context.db, context.settings, by=context.payload.get("by"), progress=progress)
    except _Stopped:
        return
    log.info("trained %s", version)


def watch(context: Context) -> None:
    """Once a day: look at the last months; once a month: have a new version proposed."""
    with context.db.reading() as session:
        model = queries.in_use(session)
        ready = model is not None and not queries.anything_unread(session, model.version)
    if model is not None and ready:
        _look(context, model.version)
    with context.transaction() as session:
        service.propose(session)


def _look(context: Context, version: str) -> None:
    found: dict[str, Month] = {}
    with context.db.reading() as session:
        months = drift.to_look_at(session, version)
    strange = _Strangeness(context.settings, version)
    for name in months:
        if context.stopping.is_set():
            return
        with context.db.reading() as session:
            month, texts = drift.figures(session, name, version), drift.sample(session, name)
        found[name] = replace(month, sample=len(texts), unlike=strange.count(texts)) if strange.known else month
    with context.transaction() as session:
        if told := drift.keep(session, version, found):
            log.warning("the readings of last month: %s", ", ".join(told))


class _Strangeness:
    """How many texts are unlike what the model was trained on. The model is loaded when the first text comes."""

    def __init__(self, settings: Settings, version: str) -> None:
        self.known = models.problem(settings, version) is None  # the database's figures are worth keeping all the same
        self._folder = models.folders(settings).get(version)
        self._model: Any = None

    def count(self, texts: Sequence[str]) -> int:
        if not texts or self._folder is None:
            return 0
        from voc.classifier import artefact, unlike

        self._model = self._model or artefact.load(self._folder)
        return int((unlike.unknown_shares(self._model, texts) > unlike.UNLIKE).sum())
