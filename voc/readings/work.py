"""Jobs of this area."""

import logging

from threadpoolctl import threadpool_limits

from voc import jobs
from voc.jobs import Context
from voc.readings import automatic, models, processes, queries, service

log = logging.getLogger("voc.readings")


def read_pending(context: Context) -> None:
    """Read the answers that the model in use has not read yet."""
    with context.db.reading() as session:
        model = queries.in_use(session)
        unknown = models.needs_registering(session, context.settings)
    if unknown:
        with context.transaction() as session:
            model = models.register(session, context.settings)
    if model is None:
        log.warning("no model to read with: models/ is empty")
        return
    with context.db.reading() as session:
        if not queries.anything_unread(session, model.version):  # most calls: the classifier is not even loaded
            return
    reader = models.reader_for(model, context.settings)
    count = context.settings.reading_processes or processes.available()
    with threadpool_limits(1):  # threads of a product this small wait for each other: six times as slow when the machine is busy
        service.read_pending(context.db, reader, model.version, progress=context.progress, stopping=context.stopping, processes=count)
    with context.db.reading() as session:
        out_of_date = automatic.of_another_model(session, model.version)
    if out_of_date:  # what was shown of the model before says nothing about this one
        with context.transaction() as session:
            jobs.enqueue(session, "insights.check_automatic")
    if context.stopping.is_set():  # the rest is for the next worker
        with context.transaction() as session:
            jobs.enqueue(session, "readings.read")
