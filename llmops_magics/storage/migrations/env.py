"""Alembic's entry: run the migrations on the connection that ``schema`` opened."""

from alembic import context

from llmops_magics.storage.table import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transaction_per_migration=False,
)
context.run_migrations()
