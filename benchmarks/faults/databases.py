"""Databases of their own for fault runs: files in memory, or databases on a PostgreSQL server."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from core.errors import InvalidInput
from store.session import normal_url


class Databases(Protocol):
    """Makes databases by name; each is known by its URL."""

    kind: str

    def create(self, name: str) -> str: ...
    def copy(self, source: str, name: str) -> str:
        """A copy of a database that nobody has open."""
        ...

    def drop(self, name: str) -> None: ...


class SqliteFiles:
    """One file each, in a folder."""

    kind = "sqlite"

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def create(self, name: str) -> str:
        return f"sqlite:///{self._folder / name}.db"

    def copy(self, source: str, name: str) -> str:
        shutil.copyfile(self._folder / f"{source}.db", self._folder / f"{name}.db")
        return self.create(name)

    def drop(self, name: str) -> None:
        for left in self._folder.glob(f"{name}.db*"):
            left.unlink()


class PostgresDatabases:
    """Databases of a server on which we may create some; names are ours by process id."""

    kind = "postgresql"

    def __init__(self, url: str) -> None:
        self._url = make_url(normal_url(url))
        self._admin = create_engine(self._url, isolation_level="AUTOCOMMIT")
        self._made: set[str] = set()

    def create(self, name: str) -> str:
        self._make(name, "")
        return self._url.set(database=self._own(name)).render_as_string(hide_password=False)

    def copy(self, source: str, name: str) -> str:
        self._make(name, f' TEMPLATE "{self._own(source)}"')
        return self._url.set(database=self._own(name)).render_as_string(hide_password=False)

    def drop(self, name: str) -> None:
        self._run(f'DROP DATABASE IF EXISTS "{self._own(name)}" WITH (FORCE)')
        self._made.discard(name)

    def close(self) -> None:
        for name in sorted(self._made):
            self.drop(name)
        self._admin.dispose()

    def _make(self, name: str, more: str) -> None:
        self._run(f'CREATE DATABASE "{self._own(name)}"{more}')
        self._made.add(name)

    def _run(self, statement: str) -> None:
        with self._admin.connect() as connection:
            connection.execute(text(statement))
        self._admin.dispose()  # a forked process must not share our connection

    def _own(self, name: str) -> str:
        return f"lanewise_faults_{os.getpid()}_{name}"


@contextmanager
def open_databases(where: str | None) -> Iterator[tuple[Databases, Path]]:
    """The databases, and a folder for what else a run keeps.

    `where` is the URL of a PostgreSQL server; without one they are SQLite files, in memory where
    there is such a place: SIGKILL loses no page of the system, loss of power would.
    """
    memory = Path("/dev/shm")
    parent = memory if os.access(memory, os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=parent, prefix="lanewise-faults-") as name:
        folder = Path(name)
        if where is None:
            yield SqliteFiles(folder), folder
            return
        if not normal_url(where).startswith("postgresql"):
            raise InvalidInput("--database takes the URL of a PostgreSQL server")
        server = PostgresDatabases(where)
        try:
            yield server, folder
        finally:
            server.close()
