"""`lanewise upgrade`: bring the database to the present schema."""

import shutil
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from api.commands.output import emit, progress
from api.models import metadata
from api.wiring import from_environment, make_var
from core.errors import Conflict
from store import schema
from store.session import open_engine

app = typer.Typer()


@app.command()
def upgrade(
    check: Annotated[
        bool, typer.Option("--check", help="Only verify that migrations and tables agree.")
    ] = False,
    write: Annotated[
        str | None,
        typer.Option("--write", help="Write a new migration with this message.", hidden=True),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Run the missing migrations; SQLite files are backed up first."""
    if check or write:
        _develop(write)
        return
    lanewise = from_environment()
    make_var(lanewise.settings)
    engine = open_engine(lanewise.settings.resolved_database_url)
    before = schema.current(engine)
    backup = None
    if before is not None and before != schema.newest() and engine.dialect.name == "sqlite":
        path = Path(str(engine.url.database))
        backup = path.with_suffix(f".before-{schema.newest()}.db")
        with engine.connect() as connection:
            connection.exec_driver_sql("ROLLBACK")
            connection.exec_driver_sql("VACUUM INTO ?", (str(backup),))
            connection.exec_driver_sql("BEGIN")
        progress(f"backed up to {backup}")
    schema.upgrade(engine, metadata)
    emit(
        {"before": before, "now": schema.current(engine), "backup": backup and str(backup)},
        as_json=json,
        text=f"database at {schema.current(engine)}",
    )


def _develop(message: str | None) -> None:
    """Migrate an empty SQLite file, compare with the tables, and perhaps write the difference."""
    folder = Path(tempfile.mkdtemp(prefix="lanewise-schema-"))
    try:
        engine = open_engine(f"sqlite:///{folder / 'check.db'}")
        schema.upgrade(engine, metadata)
        found = schema.differences(engine, metadata)
        if message:
            last = schema.newest()
            revision = f"{int(last) + 1:04d}" if last else "0001"
            schema.write_revision(engine, metadata, message, revision)
            progress(f"wrote revision {revision}")
        elif found:
            raise Conflict(f"migrations and tables differ: {found[0]} (and {len(found) - 1} more)")
        else:
            progress("migrations and tables agree")
        engine.dispose()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
