"""Sealing and checking the promise ledger on both databases."""

from datetime import date, datetime, timedelta
from typing import cast
from uuid import UUID

import pytest
from sqlalchemy import Connection, Engine, delete, event, select, update
from sqlalchemy.orm import Session
from structlog.testing import capture_logs

from api.wiring import Lanewise
from api.worker import HANDLERS, SCHEDULE
from core.clock import ManualClock
from core.ids import JobId, TenantId
from core.places import Address, Destination
from routing.cart import Cart, CartLine
from routing.flows.close_seal import close_seal
from routing.flows.commit_option import Committed, commit_option
from routing.flows.find_unsealed import LATEST, find_unsealed
from routing.flows.quote_cart import quote_cart
from routing.flows.seal_promises import seal_promises
from routing.flows.verify_ledger import verify_ledger
from routing.ledger import LedgerFaultKind, LedgerHead, parse_head
from routing.tables import LedgerHeadRow, PromiseRow, PromiseSealRow, SealedPromiseRow
from store.jobs import Job
from store.session import Sessions, add_rows, new_id, now

HOME = Address("Jan Voorbeeld", "Damrak 1", "Amsterdam", "1012 LG", "NL")


def _buy(sessions: Sessions, market: TenantId, key: str) -> UUID:
    with sessions(market) as session:
        lines = (CartLine("1", "COFFEE-01", 1),)
        quote = quote_cart(session, Cart(Destination("NL", "1012 LG"), lines, now(session)))
        answer = commit_option(session, quote.id, "cheapest", HOME, key=key)
        assert isinstance(answer, Committed)
        return answer.order_id


def _seal(session: Session) -> int:
    """Within one session, whatever was done in it before."""
    return close_seal(session, find_unsealed(session))


def test_every_promise_is_sealed_once_and_the_chain_holds(
    sessions: Sessions, market: TenantId, clock: ManualClock
) -> None:
    for batch in range(2):
        _buy(sessions, market, f"k{batch}")
        with sessions(market) as session:
            assert _seal(session) == 1
    _buy(sessions, market, "k2")
    with sessions(market) as session:
        report = verify_ledger(session)
        assert (report.seals, report.sealed, report.unsealed, report.faults) == (2, 2, 1, ())
        assert _seal(session) == 1
        assert _seal(session) == 0
        assert verify_ledger(session).unsealed == 0


def _copy_promise(session: Session, made_at: datetime, count: int) -> list[UUID]:
    """So many more promises like the first one, past checkout."""
    row = session.scalars(select(PromiseRow).limit(1)).one()
    values = {each.key: getattr(row, each.key) for each in PromiseRow.__table__.columns}
    ids = [new_id(session) for _ in range(count)]
    add_rows(session, PromiseRow, [{**values, "id": one, "made_at": made_at} for one in ids])
    return ids


def test_a_promise_dated_long_ago_is_sealed_by_the_look_at_the_whole_ledger(
    sessions: Sessions, market: TenantId
) -> None:
    _buy(sessions, market, "k0")
    assert seal_promises(sessions, market) == 1
    with sessions(market) as session:
        _copy_promise(session, now(session) - LATEST, 1)
        _copy_promise(session, now(session) - LATEST - timedelta(seconds=1), 2)
    assert seal_promises(sessions, market) == 1
    assert seal_promises(sessions, market) == 0
    assert seal_promises(sessions, market, whole=True) == 2
    assert seal_promises(sessions, market, whole=True) == 0
    with sessions(market) as session:
        report = verify_ledger(session)
    assert (report.seals, report.sealed, report.unsealed, report.faults) == (3, 4, 0, ())


def test_the_worker_seals_promises_dated_long_ago_once_a_day(
    sessions: Sessions, market: TenantId
) -> None:
    (every_s,) = [each.every_s for each in SCHEDULE if each.kind == "routing.seal_all_promises"]
    assert every_s == 86_400
    _buy(sessions, market, "k0")
    seal_promises(sessions, market)
    with sessions(market) as session:
        _copy_promise(session, now(session) - 2 * LATEST, 1)
        job = Job(JobId(new_id(session)), market, "seal", "", {}, 1, 1, 1)
    lanewise = cast("Lanewise", None)  # these handlers need none
    HANDLERS["routing.seal_promises"](lanewise)(sessions, job)
    with sessions(market) as session:
        assert verify_ledger(session).unsealed == 1
    HANDLERS["routing.seal_all_promises"](lanewise)(sessions, job)
    with sessions(market) as session:
        assert verify_ledger(session).unsealed == 0


def test_the_look_of_each_minute_costs_the_same_however_many_are_sealed(
    sessions: Sessions, market: TenantId
) -> None:
    """Counted in a hundred steps of SQLite's machine each, which every row read takes some of."""

    def steps() -> int:
        count = 0

        def step() -> int:
            nonlocal count
            count += 1
            return 0

        with sessions(market, read_only=True) as session:
            connection = session.connection().connection.driver_connection
            assert connection is not None
            connection.set_progress_handler(step, 100)
            assert find_unsealed(session).hashes == {}
            connection.set_progress_handler(None, 100)
        return count

    _buy(sessions, market, "k0")
    with sessions(market) as session:
        if session.get_bind().dialect.name != "sqlite":
            pytest.skip("only SQLite counts its steps")
    seal_promises(sessions, market)
    few = steps()
    with sessions(market) as session:
        _copy_promise(session, now(session) - 2 * LATEST, 3000)
    assert seal_promises(sessions, market, whole=True) == 3000
    assert steps() <= few + 1


def test_two_that_seal_at_once_seal_each_promise_once(sessions: Sessions, market: TenantId) -> None:
    _buy(sessions, market, "k0")
    with sessions(market, read_only=True) as session:
        first = find_unsealed(session)
    _buy(sessions, market, "k1")
    with sessions(market, read_only=True) as session:
        second = find_unsealed(session)
    assert (len(first.hashes), len(second.hashes)) == (1, 2)
    with sessions(market) as session:
        assert close_seal(session, first) == 1
    with sessions(market) as session:
        assert close_seal(session, second) == 1  # the other is in a seal by now
    with sessions(market) as session:
        assert close_seal(session, first) == 0
        report = verify_ledger(session)
    assert (report.seals, report.sealed, report.unsealed, report.faults) == (2, 2, 0, ())


def test_many_promises_are_sealed_in_several_seals(
    sessions: Sessions, market: TenantId, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("routing.flows.seal_promises.MOST", 2)
    for number in range(5):
        _buy(sessions, market, f"k{number}")
    assert seal_promises(sessions, market) == 5
    with sessions(market) as session:
        report = verify_ledger(session)
    assert (report.seals, report.sealed, report.unsealed, report.faults) == (3, 5, 0, ())


def test_promises_sealed_while_the_ledger_is_checked_are_no_fault(
    sessions: Sessions, market: TenantId, engine: Engine
) -> None:
    """Before each statement of the check somebody else makes a promise and seals it."""
    _buy(sessions, market, "k0")
    seal_promises(sessions, market)
    turns, busy = 0, False

    def seal_meanwhile(_c: Connection, _cursor: object, statement: str, *_: object) -> None:
        nonlocal turns, busy
        if busy or not statement.startswith("SELECT"):
            return
        busy = True
        with sessions(market) as session:
            _copy_promise(session, now(session), 1)
        assert seal_promises(sessions, market) == 1
        turns, busy = turns + 1, False

    with sessions(market, read_only=True) as session:
        event.listen(engine, "before_cursor_execute", seal_meanwhile)
        report = verify_ledger(session)
        event.remove(engine, "before_cursor_execute", seal_meanwhile)
    assert turns >= 5
    assert report.faults == ()
    with sessions(market, read_only=True) as session:
        report = verify_ledger(session)
    assert (report.seals, report.unsealed, report.faults) == (1 + turns, 0, ())


def test_a_changed_or_deleted_promise_is_named(sessions: Sessions, market: TenantId) -> None:
    _buy(sessions, market, "k0")
    _buy(sessions, market, "k1")
    with sessions(market) as session:
        _seal(session)
        first, second = sorted(session.query(PromiseRow.id).all())
        orders = {str(row.id): row.order_id for row in session.scalars(select(PromiseRow))}
        session.execute(
            update(PromiseRow)
            .where(PromiseRow.id == first[0])
            .values(promised_date=date(2030, 1, 1))
        )
        session.execute(delete(PromiseRow).where(PromiseRow.id == second[0]))
        session.expire_all()
        faults = {
            fault.promise or fault.order: fault.kind for fault in verify_ledger(session).faults
        }
    assert faults == {
        str(orders[str(second[0])]): LedgerFaultKind.ORDER_WITHOUT_PROMISE,
        str(first[0]): LedgerFaultKind.ENTRY_CHANGED,
        str(second[0]): LedgerFaultKind.ENTRY_MISSING,
    }


def test_a_changed_seal_is_named(sessions: Sessions, market: TenantId) -> None:
    _buy(sessions, market, "k0")
    with sessions(market) as session:
        _seal(session)
        session.execute(update(PromiseSealRow).values(hash="0" * 64))
        session.expire_all()
        faults = verify_ledger(session).faults
    assert [(fault.kind, fault.seal) for fault in faults] == [(LedgerFaultKind.SEAL_CHANGED, 1)]


@pytest.mark.parametrize("with_promises", [True, False])
def test_the_newest_seal_cut_off_with_all_its_rows_is_missed(
    sessions: Sessions, market: TenantId, with_promises: bool
) -> None:
    """Not by the chain, which is whole without it: by the head, and by the orders behind it."""
    orders = []
    for batch in range(2):
        orders.append(_buy(sessions, market, f"k{batch}"))
        with sessions(market) as session:
            _seal(session)
    with sessions(market) as session:
        session.execute(delete(PromiseSealRow).where(PromiseSealRow.number == 2))
        session.execute(delete(SealedPromiseRow).where(SealedPromiseRow.seal == 2))
        if with_promises:
            session.execute(delete(PromiseRow).where(PromiseRow.order_id == orders[1]))
        faults = [str(fault) for fault in verify_ledger(session).faults]
    orphan = [f"order {orders[1]}: order without promise"] if with_promises else []
    assert faults == ["seal 2: seal missing", *orphan]
    _buy(sessions, market, "k2")
    with sessions(market) as session:  # a further seal does not hide it
        _seal(session)
        session.expire_all()
        assert [row.number for row in session.scalars(select(PromiseSealRow))] == [1, 3]
        assert [str(fault) for fault in verify_ledger(session).faults] == faults


def test_a_ledger_rewound_with_its_head_and_orders_is_missed_by_a_head_kept_outside(
    sessions: Sessions, market: TenantId
) -> None:
    _buy(sessions, market, "k0")
    with sessions(market) as session:
        with capture_logs() as logs:
            _seal(session)
        (told,) = [log for log in logs if log["event"] == "promises_sealed"]
        kept = parse_head(f"{told['seal']}:{told['hash']}")
        assert verify_ledger(session, kept).faults == ()
        for table in (LedgerHeadRow, PromiseSealRow, SealedPromiseRow):
            session.execute(delete(table))
        session.expire_all()
        assert verify_ledger(session).faults == ()
        assert [str(fault) for fault in verify_ledger(session, kept).faults] == [
            "seal 1: seal missing"
        ]
        _seal(session)
        other = LedgerHead(kept.number, "0" * 64)
        assert [str(fault) for fault in verify_ledger(session, other).faults] == [
            "seal 1: seal changed"
        ]


def test_a_ledger_whose_head_is_gone_says_so_and_sealing_goes_on(
    sessions: Sessions, market: TenantId
) -> None:
    _buy(sessions, market, "k0")
    with sessions(market) as session:
        _seal(session)
        session.execute(delete(LedgerHeadRow))
        session.expire_all()
        assert [str(fault) for fault in verify_ledger(session).faults] == ["seal 1: head missing"]
    _buy(sessions, market, "k1")
    with sessions(market) as session:
        _seal(session)
        assert verify_ledger(session).faults == ()


GARBAGE = [
    ("promises", "made_at", "garbage"),
    ("promises", "parcels", "[{"),
    ("promises", "promised_date", "2018-13-99"),
    ("promises", "ends_at", 7),
    ("promises", "id", "nobody"),
]


def _write_past(session: Session, table: str, column: str, value: str | int, where: str) -> None:
    """As an editor of the file could: no type of this program is asked."""
    session.connection().exec_driver_sql("PRAGMA foreign_keys = OFF")
    session.connection().exec_driver_sql(f"UPDATE {table} SET {column} = ? {where}", (value,))
    session.expire_all()


@pytest.mark.parametrize(("table", "column", "value"), GARBAGE)
def test_a_row_that_does_not_parse_is_named_and_the_others_are_checked(
    sessions: Sessions, market: TenantId, table: str, column: str, value: str | int
) -> None:
    for number in range(3):
        _buy(sessions, market, f"k{number}")
    with sessions(market) as session:
        if session.get_bind().dialect.name != "sqlite":
            pytest.skip("its columns have types that refuse such values")
        _seal(session)
        first, second, _ = sorted(id_ for (id_,) in session.query(PromiseRow.id))
        _write_past(session, table, column, value, f"WHERE id = '{first.hex}'")
        session.execute(delete(PromiseRow).where(PromiseRow.id == second))
        report = verify_ledger(session)
        faults = {fault.promise: fault.kind for fault in report.faults if fault.promise}
        gone = LedgerFaultKind.ENTRY_MISSING
        if column == "id":
            assert faults.pop("nobody") is LedgerFaultKind.ENTRY_CHANGED
            assert faults == {str(first): gone, str(second): gone}
        else:
            assert faults == {str(first): LedgerFaultKind.ENTRY_CHANGED, str(second): gone}
        session.rollback()


@pytest.mark.parametrize(("table", "column", "value"), GARBAGE)
def test_sealing_goes_on_past_a_row_that_does_not_parse(
    sessions: Sessions, market: TenantId, table: str, column: str, value: str | int
) -> None:
    for number in range(2):
        _buy(sessions, market, f"k{number}")
    with sessions(market) as session:
        if session.get_bind().dialect.name != "sqlite":
            pytest.skip("its columns have types that refuse such values")
        first, _ = sorted(id_ for (id_,) in session.query(PromiseRow.id))
        _write_past(session, table, column, value, f"WHERE id = '{first.hex}'")
        with capture_logs() as logs:
            assert _seal(session) == 1
            assert _seal(session) == 0
        name = "nobody" if column == "id" else str(first)
        told = [log["promise"] for log in logs if log["event"] == "promise_not_readable"]
        assert told == [name] * 2
        report = verify_ledger(session)
        assert (report.sealed, report.unsealed) == (1, 1)
        assert [str(fault) for fault in report.faults] == [
            f"not sealed yet, promise {name}: entry changed"
        ]
        session.rollback()


@pytest.mark.parametrize(
    ("table", "column"), [("promise_seals", "sealed_at"), ("sealed_promises", "promise_id")]
)
def test_a_seal_that_does_not_parse_is_named_and_sealing_goes_on(
    sessions: Sessions, market: TenantId, table: str, column: str
) -> None:
    _buy(sessions, market, "k0")
    with sessions(market) as session:
        if session.get_bind().dialect.name != "sqlite":
            pytest.skip("its columns have types that refuse such values")
        _seal(session)
        _write_past(session, table, column, "garbage", "")
        kinds = [fault.kind for fault in verify_ledger(session).faults]
        assert kinds[0] is LedgerFaultKind.SEAL_CHANGED
        session.rollback()
    _buy(sessions, market, "k1")
    with sessions(market) as session:
        _write_past(session, table, column, "garbage", "")
        assert _seal(session) >= 1
        session.rollback()
