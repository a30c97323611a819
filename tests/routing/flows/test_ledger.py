"""Sealing and checking the promise ledger on both databases."""

from datetime import date

from sqlalchemy import delete, update

from core.clock import ManualClock
from core.ids import TenantId
from core.places import Address, Destination
from routing.cart import Cart, CartLine
from routing.flows.commit_option import Committed, commit_option
from routing.flows.quote_cart import quote_cart
from routing.flows.seal_promises import seal_promises
from routing.flows.verify_ledger import verify_ledger
from routing.ledger import LedgerFaultKind
from routing.tables import PromiseRow, PromiseSealRow
from store.session import Sessions, now

HOME = Address("Jan Voorbeeld", "Damrak 1", "Amsterdam", "1012 LG", "NL")


def _buy(sessions: Sessions, market: TenantId, key: str) -> None:
    with sessions(market) as session:
        lines = (CartLine("1", "COFFEE-01", 1),)
        quote = quote_cart(session, Cart(Destination("NL", "1012 LG"), lines, now(session)))
        assert isinstance(commit_option(session, quote.id, "cheapest", HOME, key=key), Committed)


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
        session.execute(
            update(PromiseRow)
            .where(PromiseRow.id == first[0])
            .values(promised_date=date(2030, 1, 1))
        )
        session.execute(delete(PromiseRow).where(PromiseRow.id == second[0]))
        session.expire_all()
        faults = {fault.promise: fault.kind for fault in verify_ledger(session).faults}
    assert faults == {
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
