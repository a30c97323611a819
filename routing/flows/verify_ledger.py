"""Checks the promise ledger against its seals, and names what was changed."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from routing.ledger import LedgerFault, Seal, SealedEntry, check_chain
from routing.tables import PromiseRow, PromiseSealRow, SealedPromiseRow, promise_hash


@dataclass(frozen=True, slots=True)
class LedgerReport:
    """What was checked; `unsealed` promises wait for the next seal."""

    seals: int
    sealed: int
    unsealed: int
    faults: tuple[LedgerFault, ...]


def verify_ledger(session: Session) -> LedgerReport:
    """Recompute every hash of the ledger; changes nothing."""
    entries: dict[int, list[SealedEntry]] = {}
    for row in session.scalars(select(SealedPromiseRow)):
        entries.setdefault(row.seal, []).append(SealedEntry(str(row.promise_id), row.hash))
    seals = [
        Seal(
            row.number,
            row.sealed_at,
            row.previous,
            tuple(sorted(entries.get(row.number, ()), key=lambda entry: entry.promise)),
            row.hash,
        )
        for row in session.scalars(select(PromiseSealRow))
    ]
    present = {str(row.id): promise_hash(row) for row in session.scalars(select(PromiseRow))}
    sealed = {entry.promise for batch in entries.values() for entry in batch}
    return LedgerReport(
        seals=len(seals),
        sealed=len(sealed),
        unsealed=len(present.keys() - sealed),
        faults=tuple(check_chain(seals, present)),
    )
