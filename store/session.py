"""Opens the database and hands out sessions that know their tenant, the time and new ids."""

import copy
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, TypeVar, cast
from uuid import UUID

from sqlalchemy import Connection, Engine, Table, create_engine, event, insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.exc import (
    ArgumentError,
    DatabaseError,
    DBAPIError,
    IntegrityError,
    InterfaceError,
    NoSuchModuleError,
    OperationalError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import ORMExecuteState, Session, with_loader_criteria

from core.clock import Clock
from core.errors import LanewiseError, NotFound, Unavailable, invalid
from core.ids import Entropy, TenantId, time_ordered_id
from store.base import Base, OfTenant

Row = TypeVar("Row", bound=Base)

BUSY_TIMEOUT_S = 5  # how long a writer on SQLite waits for another one
_READ_ONLY = "lanewise_read_only"
_UNFLUSHED = "lanewise_unflushed"
_URL = "LANEWISE_DATABASE_URL"


def normal_url(url: str) -> str:
    """The URL with our drivers: `postgresql://` means psycopg 3."""
    for short in ("postgresql://", "postgres://"):
        if url.startswith(short):
            return "postgresql+psycopg://" + url[len(short) :]
    return url


def open_engine(
    url: str, *, pool_size: int = 10, durable: bool = True, busy_timeout_s: float = BUSY_TIMEOUT_S
) -> Engine:
    """An engine for SQLite (WAL, full sync, foreign keys) or PostgreSQL.

    Without `durable` SQLite leaves writing to the disk to the system: for rehearsals only, whose
    database can be made again.

    Raises InvalidInput for a URL that is neither.
    """
    try:
        parsed = make_url(normal_url(url))
        backend = parsed.get_backend_name()
    except (ArgumentError, NoSuchModuleError) as error:
        raise invalid(_URL, f"{error}".splitlines()[0]) from None
    if backend == "sqlite":
        engine = create_engine(
            parsed, connect_args={"timeout": busy_timeout_s, "check_same_thread": False}
        )
        _prepare_sqlite(engine, "FULL" if durable else "OFF")
        return engine
    if backend == "postgresql":
        engine = create_engine(
            parsed,
            pool_size=pool_size,
            max_overflow=pool_size,
            pool_pre_ping=True,
            connect_args={"connect_timeout": 5, "options": "-c timezone=UTC"},
        )
        _prepare_postgresql(engine)
        return engine
    raise invalid(_URL, f"{backend!r} is not supported; use sqlite or postgresql")


def _prepare_sqlite(engine: Engine, synchronous: str) -> None:
    """Make pysqlite leave transactions to us: writers begin IMMEDIATE, readers DEFERRED."""

    @event.listens_for(engine, "connect")
    def on_connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", f"synchronous={synchronous}", "foreign_keys=ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def on_begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        wanted = "NORMAL" if options.get(_UNFLUSHED) and synchronous == "FULL" else synchronous
        if connection.info.get("synchronous", synchronous) != wanted:
            connection.exec_driver_sql(f"PRAGMA synchronous={wanted}")
            connection.info["synchronous"] = wanted
        read_only = options.get(_READ_ONLY, False)
        connection.exec_driver_sql("BEGIN DEFERRED" if read_only else "BEGIN IMMEDIATE")


def _prepare_postgresql(engine: Engine) -> None:
    @event.listens_for(engine, "begin")
    def on_begin(connection: Connection) -> None:
        if connection.get_execution_options().get(_UNFLUSHED):
            connection.exec_driver_sql("SET LOCAL synchronous_commit TO off")


class Sessions:
    """Opens sessions on one database: `with sessions(tenant) as session: …` commits or rolls back.

    The clock and the source of random bytes travel with each session, so that flows take neither.
    """

    def __init__(self, engine: Engine, clock: Clock, entropy: Entropy, master_key: bytes) -> None:
        self.engine = engine
        self.clock = clock
        self.entropy = entropy
        self.master_key = master_key
        """32 bytes that wrap the keys of persons."""
        self._last_act: Callable[[Session], None] | None = None

    def before_each_commit(self, act: Callable[[Session], None]) -> "Sessions":
        """The same factory, whose sessions do this last thing in each transaction they commit."""
        other = copy.copy(self)
        other._last_act = act
        return other

    @contextmanager
    def __call__(
        self,
        tenant: TenantId,
        *,
        read_only: bool = False,
        flushed: bool = True,
        actor: str = "system",
    ) -> Iterator[Session]:
        """A session that sees and writes only rows of `tenant`.

        Without `flushed` the commit does not wait for the disk: when the power fails, the last
        moments of such transactions may be gone, each whole. A killed process loses none, and a
        flushed commit carries all that were before it. Raises Unavailable when the database is
        locked or gone; nothing is half-written.
        """
        with self._open(tenant, read_only=read_only, flushed=flushed, actor=actor) as session:
            yield session

    @contextmanager
    def system(self, *, read_only: bool = False) -> Iterator[Session]:
        """A session over all tenants, for the job loop, keys and upkeep only."""
        with self._open(None, read_only=read_only, flushed=True, actor="system") as session:
            yield session

    @contextmanager
    def _open(
        self, tenant: TenantId | None, *, read_only: bool, flushed: bool, actor: str
    ) -> Iterator[Session]:
        bind: Engine = self.engine
        if read_only or not flushed:
            bind = bind.execution_options(**{_READ_ONLY: read_only, _UNFLUSHED: not flushed})
        session = Session(
            bind,
            autoflush=True,
            expire_on_commit=False,
            info={"tenant": tenant, "actor": actor, "sessions": self},
        )
        try:
            yield session
            if read_only:
                session.expunge_all()  # rows that were read stay readable
                session.rollback()
            else:
                if self._last_act is not None:
                    self._last_act(session)
                session.commit()
        except DBAPIError as error:
            session.rollback()
            if not _is_away(error):
                raise
            raise no_answer(self.engine, error) from error
        except PoolTimeout as error:
            session.rollback()
            raise Unavailable(
                "every connection to the database is taken", code="database_unavailable"
            ) from error
        except BaseException:
            session.rollback()
            raise
        finally:
            session.close()


def _is_away(error: DBAPIError) -> bool:
    """Locked, gone or unreadable; not a statement that breaks a rule of the tables."""
    return isinstance(error, OperationalError | InterfaceError) or type(error) is DatabaseError


def no_answer(engine: Engine, error: DBAPIError) -> Unavailable:
    """That the database is away, in the driver's words; SQLite's do not name the file."""
    said = str(error.orig).splitlines()[0] if error.orig is not None else "no connection"
    file = f" ({engine.url.database})" if engine.dialect.name == "sqlite" else ""
    return Unavailable(f"the database did not answer: {said}{file}", code="database_unavailable")


@event.listens_for(Session, "do_orm_execute")
def _only_own_rows(state: ORMExecuteState) -> None:
    """The one place where queries are filtered by tenant."""
    tenant = state.session.info.get("tenant")
    if tenant is None or state.is_column_load or state.is_relationship_load:
        return
    if state.is_select or state.is_update or state.is_delete:
        state.statement = state.statement.options(
            with_loader_criteria(
                OfTenant, lambda row: row.tenant_id == tenant, include_aliases=True
            )
        )


@event.listens_for(Session, "before_flush")
def _stamp_tenant(session: Session, _context: Any, _instances: Any) -> None:
    tenant = session.info.get("tenant")
    for row in session.new:
        if not isinstance(row, OfTenant):
            continue
        own: UUID | None = getattr(row, "tenant_id", None)
        if own is None:
            if tenant is None:
                raise LanewiseError("a row needs a tenant")
            row.tenant_id = tenant
        elif tenant is not None and own != tenant:
            raise LanewiseError("a row of another tenant cannot be written here")


def sessions_of(session: Session) -> Sessions:
    """The factory that opened this session."""
    factory: Sessions = session.info["sessions"]
    return factory


def now(session: Session) -> datetime:
    """The present instant, UTC."""
    return sessions_of(session).clock.now()


def tenant_of(session: Session) -> TenantId:
    """The tenant whose rows this session sees; raises on a system session."""
    tenant: TenantId | None = session.info["tenant"]
    if tenant is None:
        raise LanewiseError("this session has no tenant")
    return tenant


def new_id(session: Session) -> UUID:
    """A fresh time-ordered id."""
    factory = sessions_of(session)
    return time_ordered_id(factory.clock.now(), factory.entropy)


def lock(session: Session, row: type[Row], identity: Any) -> Row:
    """The row, locked until the transaction ends (SQLite: its one writer holds all locks).

    Raises NotFound when there is none, or it is another tenant's.
    """
    found = session.get(row, identity, with_for_update=True, populate_existing=True)
    if found is None:
        raise NotFound(f"no such {row.__tablename__.removesuffix('s').replace('_', ' ')}")
    return found


def add_rows(session: Session, row: type[Row], values: Sequence[dict[str, Any]]) -> None:
    """Insert many rows in one statement, with the session's tenant, past the unit of work."""
    if not values:
        return
    tenant = tenant_of(session) if issubclass(row, OfTenant) else None
    stamped = [{**value, "tenant_id": tenant} for value in values] if tenant else list(values)
    session.connection().execute(insert(cast("Table", row.__table__)), stamped)


def add_if_new(session: Session, row: type[Row], values: dict[str, Any], key: list[str]) -> bool:
    """Insert unless a row with the same `key` columns stands; True when it was new.

    Works under concurrency: the unique constraint decides, without breaking the transaction.
    """
    if issubclass(row, OfTenant):
        values = {**values, "tenant_id": tenant_of(session)}
    backend = session.get_bind().dialect.name
    for_dialect = postgresql if backend == "postgresql" else sqlite
    table = cast("Table", row.__table__)
    column = next(iter(table.primary_key.columns))
    statement = (
        for_dialect.insert(table)
        .values(**values)
        .on_conflict_do_nothing(index_elements=key)
        .returning(column)
    )
    return session.connection().execute(statement).first() is not None


def is_taken(error: IntegrityError, row: type[Base], key: list[str]) -> bool:
    """Whether it was the unique constraint on these columns that refused the row."""
    table = row.__tablename__
    diagnosis = getattr(error.orig, "diag", None)  # psycopg tells the name, SQLite the columns
    if diagnosis is not None:
        return bool(diagnosis.constraint_name == f"uq_{table}_{'_'.join(key)}")
    columns = ", ".join(f"{table}.{column}" for column in key)
    return str(error.orig) == f"UNIQUE constraint failed: {columns}"


def exists(session: Session, row: type[Row], **equals: Any) -> bool:
    """Whether a row with these column values stands."""
    return session.scalar(select(row).filter_by(**equals).limit(1)) is not None
