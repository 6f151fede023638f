"""Jobs of this area."""

from voc.jobs import Context


def send_due(context: Context) -> None:
    """Send what waits in the outbox."""
