"""Sealing and checking the promise ledger on both databases."""

from datetime import date
from uuid import UUID

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session
from structlog.testing import capture_logs

from core.clock import ManualClock
from core.ids import TenantId
from core.places import Address, Destination
from routing.cart import Cart, CartLine
from routing.flows.commit_option import Committed, commit_option
from routing.flows.quote_cart import quote_cart
from routing.flows.seal_promises import seal_promises
from routing.flows.verify_ledger import verify_ledger
from routing.ledger import LedgerFaultKind, LedgerHead, parse_head
from routing.tables import LedgerHeadRow, PromiseRow, PromiseSealRow, SealedPromiseRow
from store.session import Sessions, now

HOME = Address("Jan Voorbeeld", "Damrak 1", "Amsterdam", "1012 LG", "NL")


def _buy(sessions: Sessions, market: TenantId, key: str) -> UUID:
    with sessions(market) as session:
        lines = (CartLine("1", "COFFEE-01", 1),)
        quote = quote_cart(session, Cart(Destination("NL", "1012 LG"), lines, now(session)))
        answer = commit_option(session, quote.id, "cheapest", HOME, key=key)
        assert isinstance(answer, Committed)
        return answer.order_id


def test_every_promise_is_sealed_once_and_the_chain_holds(
    sessions: Sessions, market: TenantId, clock: ManualClock
) -> None:
    for batch in range(2):
        _buy(sessions, market, f"k{batch}")
        with sessions(market) as session:
            assert seal_promises(session) == 1
    _buy(sessions, market, "k2")
    with sessions(market) as session:
        report = verify_ledger(session)
        assert (report.seals, report.sealed, report.unsealed, report.faults) == (2, 2, 1, ())
        assert seal_promises(session) == 1
        assert seal_promises(session) == 0
        assert verify_ledger(session).unsealed == 0


def test_a_changed_or_deleted_promise_is_named(sessions: Sessions, market: TenantId) -> None:
    _buy(sessions, market, "k0")
    _buy(sessions, market, "k1")
    with sessions(market) as session:
        seal_promises(session)
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
        seal_promises(session)
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
            seal_promises(session)
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
        seal_promises(session)
        session.expire_all()
        assert [row.number for row in session.scalars(select(PromiseSealRow))] == [1, 3]
        assert [str(fault) for fault in verify_ledger(session).faults] == faults


def test_a_ledger_rewound_with_its_head_and_orders_is_missed_by_a_head_kept_outside(
    sessions: Sessions, market: TenantId
) -> None:
    _buy(sessions, market, "k0")
    with sessions(market) as session:
        with capture_logs() as logs:
            seal_promises(session)
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
        seal_promises(session)
        other = LedgerHead(kept.number, "0" * 64)
        assert [str(fault) for fault in verify_ledger(session, other).faults] == [
            "seal 1: seal changed"
        ]


def test_a_ledger_whose_head_is_gone_says_so_and_sealing_goes_on(
    sessions: Sessions, market: TenantId
) -> None:
    _buy(sessions, market, "k0")
    with sessions(market) as session:
        seal_promises(session)
        session.execute(delete(LedgerHeadRow))
        session.expire_all()
        assert [str(fault) for fault in verify_ledger(session).faults] == ["seal 1: head missing"]
    _buy(sessions, market, "k1")
    with sessions(market) as session:
        seal_promises(session)
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
        seal_promises(session)
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
            assert seal_promises(session) == 1
            assert seal_promises(session) == 0
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
        seal_promises(session)
        _write_past(session, table, column, "garbage", "")
        kinds = [fault.kind for fault in verify_ledger(session).faults]
        assert kinds[0] is LedgerFaultKind.SEAL_CHANGED
        session.rollback()
    _buy(sessions, market, "k1")
    with sessions(market) as session:
        _write_past(session, table, column, "garbage", "")
        assert seal_promises(session) >= 1
        session.rollback()
