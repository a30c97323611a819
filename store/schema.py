"""Brings a database to the present schema, and says whether it is there already."""

from pathlib import Path
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, MetaData
from sqlalchemy.exc import DBAPIError

from store.session import no_answer

SCRIPTS = Path(__file__).parent / "migrations"


def _config(connection: Connection | None = None, metadata: MetaData | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.attributes["connection"] = connection
    config.attributes["metadata"] = metadata
    return config


def newest() -> str | None:
    """The revision that this code needs."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def current(engine: Engine) -> str | None:
    """The revision of the database; None when it is empty."""
    try:
        with engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()
    except DBAPIError as error:
        raise no_answer(engine, error) from None


def upgrade(engine: Engine, metadata: MetaData, revision: str = "head") -> None:
    """Run the missing migrations; raises Unavailable when the database cannot be opened."""
    try:
        with engine.begin() as connection:
            command.upgrade(_config(connection, metadata), revision)
    except DBAPIError as error:
        raise no_answer(engine, error) from None


def differences(engine: Engine, metadata: MetaData) -> list[Any]:
    """What the tables in code and in the database disagree on; empty is good."""
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        found: list[Any] = compare_metadata(context, metadata)
        return found


def write_revision(engine: Engine, metadata: MetaData, message: str, revision: str) -> None:
    """Write a new migration from the difference (for developers)."""
    with engine.begin() as connection:
        config = _config(connection, metadata)
        command.revision(config, message, autogenerate=True, rev_id=revision)
