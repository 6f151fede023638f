"""Jobs of this area."""

from voc.jobs import Context


def invite_due(context: Context) -> None:
    """Make the invitations of all active campaigns that are due now."""
