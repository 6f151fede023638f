"""Jobs of this room."""

import logging

from voc.jobs import Context
from voc.readings import automatic as rule

log = logging.getLogger("voc.acceptance")


def check(context: Context) -> None:
    """Look again at the reasons that the machine settles alone: monthly, and when the model or the target has changed."""
    with context.db.reading() as session:
        if not any(row.wanted for row in rule.switched(session).values()):  # as a rule: numpy is not even loaded
            return
    from voc.acceptance import evidence, service

    with context.db.reading() as session:
        known = evidence.read(session)
    if known is None:
        return
    with context.transaction() as session:
        lost = service.check(session, known)
    if lost:
        log.warning("no longer accepted without review: %s", ", ".join(lost))
