"""Alembic's entry: runs the migrations over the connection that `store.migrate` hands in."""

from alembic import context
from sqlmodel import SQLModel

from calamity.store import tables  # noqa: F401 - fills the metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=SQLModel.metadata,
    render_as_batch=True,
    user_module_prefix=None,
    include_name=lambda name, kind, _: kind != "table" or name in SQLModel.metadata.tables,
)
with context.begin_transaction():
    context.run_migrations()
