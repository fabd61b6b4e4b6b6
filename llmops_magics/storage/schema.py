"""Bring a database to this version's schema, or refuse one that is newer.

Alembic costs a third of a second to import, so it is asked only when the revision stored in the
database is not the one this code was written for.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text

from llmops_magics.errors import StoreVersionError

HEAD = "0019"
MIGRATIONS = Path(__file__).parent / "migrations"


def ensure_schema(engine: Engine) -> None:
    """Migrate up to ``HEAD``; do nothing when the database is there already."""
    with engine.connect() as connection:
        if _revision(connection) == HEAD:
            return
    with engine.connect().execution_options(llmops_write=True) as connection, connection.begin():
        revision = _revision(connection)  # another process may have been quicker
        if revision != HEAD:
            _migrate(connection, revision)


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return found


def _migrate(connection: Connection, revision: str | None) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if revision is not None and revision not in known:
        raise StoreVersionError(
            f"this workspace was written by a newer llmops_magics (schema {revision}, "
            f"this version knows {HEAD}).",
            hint="Upgrade: pip install --upgrade llmops-magics.",
        )
    command.upgrade(config, "head")
