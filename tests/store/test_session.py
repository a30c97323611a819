"""Sessions: tenants see only their own rows, nothing is half-written, times keep their zone."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, event, select, text, update

from api.models import metadata
from core.clock import ManualClock
from core.errors import InvalidInput, LanewiseError, NotFound, Unavailable
from core.ids import TenantId
from store.base import Base, OfTenant
from store.keys import create_key, create_tenant, find_caller, revoke_key
from store.session import Sessions, add_rows, lock, new_id, open_engine
from store.tables import ApiKeyRow, AuditRow, JobRow
from tests.conftest import MASTER_KEY, seeded_entropy


def test_a_tenant_sees_only_its_own_rows(sessions: Sessions, tenant: TenantId) -> None:
    with sessions.system() as session:
        other = create_tenant(session, "other")
    with sessions(tenant) as session:
        key_id, _ = create_key(session, "mine")
    with sessions(other) as session:
        assert session.scalars(select(ApiKeyRow)).all() == []
        assert session.get(ApiKeyRow, key_id) is None
        with pytest.raises(NotFound):
            lock(session, ApiKeyRow, key_id)
        session.execute(update(ApiKeyRow).values(name="stolen"))
    with sessions(tenant) as session:
        assert session.scalars(select(ApiKeyRow)).one().name == "mine"


def test_only_the_transaction_that_says_so_does_not_wait_for_the_disk(
    sessions: Sessions, tenant: TenantId
) -> None:
    engine = open_engine(sessions.engine.url.render_as_string(hide_password=False))
    if engine.dialect.name == "sqlite":
        asked, full, less = "PRAGMA synchronous", 2, 1
    else:
        asked, full, less = "SHOW synchronous_commit", "on", "off"

        @event.listens_for(engine, "connect")
        def on_connect(connection: Any, _record: Any) -> None:  # the tests' server never waits
            connection.execute("SET synchronous_commit TO on")
            connection.commit()

    own = Sessions(engine, sessions.clock, sessions.entropy, MASTER_KEY)
    for flushed, wanted in ((True, full), (False, less), (True, full), (False, less)):
        with own(tenant, flushed=flushed) as session:
            assert session.scalar(text(asked)) == wanted
            create_key(session, f"{flushed}")
    with own(tenant, read_only=True) as session:
        assert session.scalar(text(asked)) == full
        assert len(session.scalars(select(ApiKeyRow)).all()) == 4
    engine.dispose()


def test_a_row_of_another_tenant_cannot_be_written(sessions: Sessions, tenant: TenantId) -> None:
    with sessions.system() as session:
        other = create_tenant(session, "other")
    with pytest.raises(LanewiseError), sessions(tenant) as session:
        session.add(
            ApiKeyRow(
                id=new_id(session),
                tenant_id=other,
                name="x",
                prefix="x",
                hash=b"1" * 32,
                scopes=[],
                created_at=datetime.now(UTC),
            )
        )
        session.flush()


def test_bulk_rows_carry_the_tenant(sessions: Sessions, tenant: TenantId) -> None:
    with sessions(tenant) as session:
        values = [
            {
                "id": new_id(session),
                "at": sessions.clock.now(),
                "actor": "a",
                "action": "b",
                "subject_kind": "c",
                "subject_id": str(n),
                "details": {},
            }
            for n in range(3)
        ]
        add_rows(session, AuditRow, values)
    with sessions(tenant) as session:
        assert len(session.scalars(select(AuditRow)).all()) == 3


def test_an_exception_leaves_nothing_behind(sessions: Sessions, tenant: TenantId) -> None:
    with pytest.raises(ZeroDivisionError), sessions(tenant) as session:
        create_key(session, "lost")
        _ = 1 / 0
    with sessions(tenant) as session:
        assert session.scalars(select(ApiKeyRow)).all() == []


def test_instants_come_back_in_utc_and_naive_ones_are_refused(
    sessions: Sessions, tenant: TenantId, clock: ManualClock
) -> None:
    local = datetime(2026, 7, 1, 12, 30, tzinfo=timezone(timedelta(hours=2)))
    with sessions(tenant) as session:
        job = {
            "id": new_id(session),
            "kind": "k",
            "key": "1",
            "payload": {},
            "state": "queued",
            "run_at": local,
            "attempts": 0,
            "max_attempts": 1,
            "created_at": clock.now(),
        }
        add_rows(session, JobRow, [job])
    with sessions(tenant) as session:
        run_at = session.scalars(select(JobRow)).one().run_at
        assert run_at == local
        assert run_at.utcoffset() == timedelta(0)
    naive = {**job, "key": "2", "run_at": datetime(2026, 1, 1)}
    with pytest.raises(Exception, match="naive"), sessions(tenant) as session:
        add_rows(session, JobRow, [{**naive, "id": new_id(session)}])


def test_a_key_is_known_by_its_hash_until_it_is_revoked(
    sessions: Sessions, tenant: TenantId
) -> None:
    with sessions(tenant) as session:
        key_id, secret = create_key(session, "checkout", scopes=["quote"], seller="s1")
    with sessions.system() as session:
        caller = find_caller(session, secret)
        assert caller is not None
        assert caller.tenant == tenant
        assert caller.may("quote")
        assert not caller.may("stock")
        assert find_caller(session, secret + "x") is None
    with sessions(tenant) as session:
        assert secret.encode() not in session.scalars(select(ApiKeyRow)).one().hash
        revoke_key(session, key_id)
    with sessions.system() as session:
        assert find_caller(session, secret) is None


@pytest.mark.parametrize("url", ["mysql://x/y", "nonsense", "sqlite:"])
def test_a_foreign_database_url_is_refused_by_name(url: str) -> None:
    if url == "sqlite:":
        url = "oracle://x"
    with pytest.raises(InvalidInput, match="LANEWISE_DATABASE_URL"):
        open_engine(url)


def test_a_database_that_is_gone_is_unavailable(clock: ManualClock) -> None:
    engine = open_engine("postgresql://nobody@127.0.0.1:1/none")
    gone = Sessions(engine, clock, lambda n: b"0" * n, b"0" * 32)
    with pytest.raises(Unavailable), gone.system() as session:
        session.execute(select(JobRow))


def test_a_taken_pool_and_an_unreadable_file_are_told_as_unavailable(
    sqlite_engine: Engine, clock: ManualClock, tmp_path: Path
) -> None:
    url = sqlite_engine.url.render_as_string(hide_password=False)
    narrow = create_engine(url, pool_size=1, max_overflow=0, pool_timeout=0)
    sessions = Sessions(narrow, clock, seeded_entropy(), MASTER_KEY)
    with sessions.system(read_only=True) as holder:
        holder.connection()
        with pytest.raises(Unavailable) as caught, sessions.system(read_only=True) as session:
            session.connection()
    assert caught.value.code == "database_unavailable"
    narrow.dispose()
    junk = tmp_path / "junk.db"
    junk.write_bytes(b"not a database, not at all" * 50)
    broken = open_engine(f"sqlite:///{junk}")
    with (
        pytest.raises(Unavailable, match="not a database"),
        Sessions(broken, clock, seeded_entropy(), MASTER_KEY).system() as session,
    ):
        session.connection()
    broken.dispose()


def test_no_table_is_reached_through_a_relationship() -> None:
    """The tenant's filter looks at statements; what a relationship loads would pass it by."""
    assert metadata.tables
    reached = {
        mapper.class_.__name__: list(mapper.relationships.keys())
        for mapper in Base.registry.mappers
        if mapper.relationships
    }
    assert reached == {}


def test_every_row_but_the_house_s_own_belongs_to_a_tenant() -> None:
    """`OfTenant` is what the filter goes by."""
    free = {
        mapper.class_.__tablename__
        for mapper in Base.registry.mappers
        if not issubclass(mapper.class_, OfTenant)
    }
    assert free == {"tenants", "leases", "number_series"}
