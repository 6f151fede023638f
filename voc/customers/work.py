"""Jobs of this area."""

from voc.customers.imports import import_file
from voc.customers.runs import work_off
from voc.jobs import Context


def run_import(context: Context) -> None:
    """Take in the uploaded file of one import run: orders, customers or subscriptions."""
    work_off(context, import_file)
