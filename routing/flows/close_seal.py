"""Closes one seal of the promise ledger."""

from uuid import UUID

import structlog
from sqlalchemy import String, select, type_coerce
from sqlalchemy.orm import Session

from routing.flows.find_unsealed import Unsealed
from routing.flows.newest_seal import newest_seal
from routing.ledger import Seal, next_seal, written_id
from routing.tables import LedgerHeadRow, PromiseSealRow, SealedPromiseRow
from store.locks import lock_name
from store.session import add_rows, new_id, now

log = structlog.get_logger("routing")


def close_seal(session: Session, found: Unsealed) -> int:
    """Close one seal with these, but for those sealed meanwhile; returns how many it holds.

    One that follows a seal that was cut off takes the number after it and its hash, so that the
    gap stays.
    """
    lock_name(session, "promise_ledger")
    meanwhile = select(type_coerce(SealedPromiseRow.promise_id, String)).where(
        SealedPromiseRow.seal > found.after
    )
    sealed = {written_id(each) for each in session.scalars(meanwhile)}
    hashes = {name: digest for name, digest in found.hashes.items() if name not in sealed}
    if not hashes:
        return 0
    number, previous = newest_seal(session)
    seal = next_seal(number + 1, now(session), previous, hashes)
    session.add(
        PromiseSealRow(
            id=new_id(session),
            number=seal.number,
            sealed_at=seal.sealed_at,
            previous=seal.previous,
            hash=seal.hash,
        )
    )
    _note_head(session, seal)
    session.flush()
    entries = [
        {"promise_id": UUID(entry.promise), "seal": seal.number, "hash": entry.hash}
        for entry in seal.entries
    ]
    add_rows(session, SealedPromiseRow, entries)
    log.info("promises_sealed", seal=seal.number, hash=seal.hash, promises=len(hashes))
    return len(hashes)


def _note_head(session: Session, seal: Seal) -> None:
    """Where the newest seal is known by, apart from the seals; the log tells it outside the database."""
    row = session.scalar(select(LedgerHeadRow))
    if row is None:
        row = LedgerHeadRow(id=new_id(session), sealed=0)
        session.add(row)
    row.number, row.hash, row.sealed_at = seal.number, seal.hash, seal.sealed_at
    row.sealed += len(seal.entries)
