"""Jobs of this area."""

from voc.jobs import Context


def run_import(context: Context) -> None:
    """Take in the uploaded file of one import run."""
