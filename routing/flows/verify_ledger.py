"""Checks the promise ledger against its seals, and names what was changed."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import String, select, type_coerce
from sqlalchemy.orm import Session

from routing.flows.read_promise_hashes import BROKEN_VALUES, read_promise_hashes
from routing.ledger import (
    NOT_SEALED,
    LedgerFault,
    LedgerFaultKind,
    LedgerHead,
    Seal,
    SealedEntry,
    check_chain,
    check_head,
    written_id,
)
from routing.tables import LedgerHeadRow, OrderRow, PromiseRow, PromiseSealRow, SealedPromiseRow

UNREADABLE = "unreadable"  # in the place of a hash; no hash is written so
BEFORE_ALL = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class LedgerReport:
    """What was checked; `unsealed` promises wait for the next seal."""

    seals: int
    sealed: int
    unsealed: int
    faults: tuple[LedgerFault, ...]


def verify_ledger(session: Session, witness: LedgerHead | None = None) -> LedgerReport:
    """Recompute every hash of the ledger; changes nothing.

    A row that can't be read any more is named as changed, also one that no seal holds yet. The newest
    seal must be the one that the ledger's head notes, and an order without any promise is named:
    so a batch at the end that was deleted is missed. `witness` is a head that somebody kept outside.
    """
    # Seals may be added meanwhile, and seen by one statement and not by the one before: the head
    # first, then the seals, then what they hold and nothing of a later one, the promises last.
    head = session.scalar(select(LedgerHeadRow))
    seals, entries = _seals(session)
    present = read_promise_hashes(session)
    sealed = {entry.promise for batch in entries.values() for entry in batch}
    unsealed = present.keys() - sealed
    faults = check_chain(seals, {name: digest or UNREADABLE for name, digest in present.items()})
    faults += [
        LedgerFault(LedgerFaultKind.ENTRY_CHANGED, NOT_SEALED, name)
        for name in sorted(unsealed)
        if present[name] is None
    ]
    if head is None and seals:
        faults.append(LedgerFault(LedgerFaultKind.HEAD_MISSING, max(s.number for s in seals)))
    known = None if head is None else LedgerHead(head.number, head.hash)
    for noted in dict.fromkeys((known, witness)):
        faults += [] if noted is None else check_head(seals, noted)
    faults += [
        LedgerFault(LedgerFaultKind.ORDER_WITHOUT_PROMISE, NOT_SEALED, order=order)
        for order in _orders_without_promise(session)
    ]
    faults = list(dict.fromkeys(faults))
    return LedgerReport(len(seals), len(sealed), len(unsealed), tuple(faults))


def _orders_without_promise(session: Session) -> list[str]:
    """An order and its promise are written together: one alone was never written by this program."""
    promised = select(PromiseRow.id).where(PromiseRow.order_id == OrderRow.id).exists()
    found = session.scalars(select(type_coerce(OrderRow.id, String)).where(~promised))
    return sorted(written_id(each) for each in found)


def _entries(session: Session, newest: int) -> dict[int, list[SealedEntry]]:
    """What the seals hold up to the newest one that was read, by seal."""
    held = select(
        type_coerce(SealedPromiseRow.promise_id, String),
        SealedPromiseRow.seal,
        SealedPromiseRow.hash,
    ).where(SealedPromiseRow.seal <= newest)
    found: dict[int, list[SealedEntry]] = {}
    for promise, seal, digest in session.execute(held):
        found.setdefault(seal, []).append(SealedEntry(written_id(promise), digest))
    return found


def _seals(session: Session) -> tuple[list[Seal], Mapping[int, list[SealedEntry]]]:
    """Every seal, and what they hold, also under the number of one that is gone.

    One whose instant can't be read has the first instant of all, which it can't be.
    """
    held = select(PromiseSealRow.number, PromiseSealRow.previous, PromiseSealRow.hash)
    rows = session.execute(held).all()
    closed = select(PromiseSealRow.number, PromiseSealRow.sealed_at)
    try:
        instants = {row.number: row.sealed_at for row in session.execute(closed)}
    except BROKEN_VALUES:
        instants = {}
        for number, _, _ in rows:
            with suppress(*BROKEN_VALUES):
                one = session.execute(closed.where(PromiseSealRow.number == number))
                instants[number] = one.one().sealed_at
    entries = _entries(session, max((number for number, _, _ in rows), default=0))
    seals = [
        Seal(
            number,
            instants.get(number, BEFORE_ALL),
            previous,
            tuple(sorted(entries.get(number, ()), key=lambda entry: entry.promise)),
            digest,
        )
        for number, previous, digest in rows
    ]
    return seals, entries
