"""`lanewise restore`: put a backup in place of the database."""

import sqlite3
from pathlib import Path
from typing import Annotated

import typer

from api.commands.backup import run_client, url_of
from api.commands.output import emit
from api.wiring import from_environment, make_var
from core.errors import Conflict, InvalidInput
from store import schema
from store.session import open_engine

app = typer.Typer()


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="A file that `lanewise backup` wrote.")],
    force: Annotated[bool, typer.Option("--force", help="Replace what is there.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Load FILE into the database; refuses to replace data without --force. Stop `serve` first."""
    if not file.is_file():
        raise InvalidInput(f"{file} is not a file")
    settings = from_environment().settings
    make_var(settings)
    engine = open_engine(settings.resolved_database_url)
    if schema.current(engine) is not None and not force:
        raise Conflict("the database holds data; --force replaces it")
    if engine.dialect.name == "sqlite":
        engine.dispose()
        _restore_sqlite(file, Path(str(engine.url.database)))
    else:
        run_client(
            "pg_restore",
            "--clean",
            "--if-exists",
            "--no-owner",
            "--single-transaction",
            f"--dbname={url_of(engine)}",
            str(file),
        )
    found = schema.current(open_engine(settings.resolved_database_url))
    emit({"revision": found}, as_json=json, text=f"restored; database at revision {found}")


def _restore_sqlite(file: Path, target: Path) -> None:
    """Check the copy whole, then let SQLite copy it page by page in one transaction."""
    try:
        source = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
        (verdict,) = source.execute("PRAGMA integrity_check").fetchone()
        source.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.DatabaseError:
        raise InvalidInput(f"{file} is not a backup of Lanewise") from None
    if verdict != "ok":
        raise InvalidInput(f"{file} is damaged: {verdict}")
    into = sqlite3.connect(target)
    with into:
        source.backup(into)
    into.close()
    source.close()
