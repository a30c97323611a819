"""`lanewise backup`: a consistent copy of the database while it is in use."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import Engine

from api.commands.output import emit
from api.preconditions import check_revision
from api.wiring import from_environment
from core.errors import Conflict, Unavailable

app = typer.Typer()


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(help="Where to write; must not exist.")],
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Copy the database to FILE: a SQLite file, or a PostgreSQL custom dump (`pg_dump`).

    The secret key is not in it: keep `secret.key` elsewhere, or nobody's data can be read.
    """
    if file.exists():
        raise Conflict(f"{file} exists already")
    lanewise = from_environment()
    check_revision(lanewise)
    engine = lanewise.sessions.engine
    if engine.dialect.name == "sqlite":
        copy_sqlite(engine, file)
    else:
        run_client("pg_dump", "--format=custom", f"--file={file}", url_of(engine))
    file.chmod(0o600)
    size = file.stat().st_size
    emit({"file": str(file), "bytes": size}, as_json=json, text=f"{file}: {size} bytes")


def copy_sqlite(engine: Engine, file: Path) -> None:
    """A consistent copy by SQLite itself, without stopping writers."""
    raw = engine.raw_connection()
    try:
        raw.cursor().execute("VACUUM INTO ?", (str(file),))
    except Exception as error:
        raise Unavailable(f"cannot write {file}: {error}") from None
    finally:
        raw.close()


def url_of(engine: Engine) -> str:
    """The URL as PostgreSQL's own programs read it."""
    plain = engine.url.set(drivername="postgresql")
    return plain.render_as_string(hide_password=False)


def run_client(program: str, *arguments: str) -> None:
    """Run one of PostgreSQL's programs; raises Unavailable when it is absent or fails."""
    path = shutil.which(program)
    if path is None:
        raise Unavailable(f"{program} is not installed; it comes with PostgreSQL's client")
    done = subprocess.run([path, *arguments], capture_output=True, text=True, env=dict(os.environ))
    if done.returncode:
        raise Unavailable((done.stderr.strip() or f"{program} failed").splitlines()[0])
