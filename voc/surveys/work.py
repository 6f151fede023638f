"""Jobs of this area."""

from voc.customers.runs import work_off
from voc.jobs import Context
from voc.surveys.imports import import_replies


def run_import(context: Context) -> None:
    """Take in the uploaded file of old replies of one import run."""
    work_off(context, import_replies)
