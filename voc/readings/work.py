"""Jobs of this area."""

from voc.jobs import Context


def read_pending(context: Context) -> None:
    """Read the answers that the model in use has not read yet."""
