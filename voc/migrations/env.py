"""Alembic's entry: runs with the connection that voc.migrate hands over."""

from alembic import context

from voc.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
