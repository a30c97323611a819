"""Alembic's door to the database: takes the connection it is given, so no ini file is needed."""

from typing import Any, Literal

from alembic import context
from sqlalchemy import JSON, Connection, text

from store.base import UtcDateTime

connection: Connection = context.config.attributes["connection"]
metadata = context.config.attributes["metadata"]

# Safe while the old code runs: never wait long for a lock, never hold one long.
if connection.dialect.name == "postgresql":
    connection.execute(text("SET LOCAL lock_timeout = '4s'"))
    connection.execute(text("SET LOCAL statement_timeout = '5s'"))


def render(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """Column types of ours by their own name, so that revisions read well on both databases."""
    if kind == "type" and isinstance(item, JSON):
        return "store.base.JsonValue"
    if kind == "type" and isinstance(item, UtcDateTime):
        return "store.base.UtcDateTime()"
    return False


context.configure(
    connection=connection,
    target_metadata=metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    compare_type=True,
    render_item=render,
)
with context.begin_transaction():
    context.run_migrations()
