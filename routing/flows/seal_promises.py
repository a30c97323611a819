"""Seals what the promise ledger has gathered since the last seal."""

from uuid import UUID

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from routing.flows.read_promise_hashes import read_promise_hashes
from routing.ledger import FIRST, Seal, next_seal
from routing.tables import LedgerHeadRow, PromiseRow, PromiseSealRow, SealedPromiseRow
from store.session import new_id, now

log = structlog.get_logger("routing")


def seal_promises(session: Session) -> int:
    """Close one batch with every promise that is in none; returns how many it holds.

    With nothing new no seal is made. One that follows a seal that was cut off takes the number after
    it and its hash, so that the gap stays. A promise that can't be read any more is left out and told:
    the log's `promise_not_readable`, and `verify_ledger` names it. Two at once: the second fails on
    the seal's number and runs again.
    """
    sealed = select(SealedPromiseRow.promise_id)
    found = read_promise_hashes(session, PromiseRow.id.not_in(sealed))
    hashes = {promise: digest for promise, digest in found.items() if digest is not None}
    for promise in sorted(found.keys() - hashes.keys()):
        log.error("promise_not_readable", promise=promise)
    if not hashes:
        return 0
    number, previous = _newest(session)
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
    session.add_all(
        SealedPromiseRow(promise_id=UUID(entry.promise), seal=seal.number, hash=entry.hash)
        for entry in seal.entries
    )
    _note_head(session, seal)
    session.flush()
    log.info("promises_sealed", seal=seal.number, hash=seal.hash, promises=len(hashes))
    return len(hashes)


def _newest(session: Session) -> tuple[int, str]:
    """Number and hash of the newest seal there is, or that the head knows of."""
    last = session.execute(
        select(PromiseSealRow.number, PromiseSealRow.hash)
        .order_by(PromiseSealRow.number.desc())
        .limit(1)
    ).first()
    head = session.execute(select(LedgerHeadRow.number, LedgerHeadRow.hash)).first()
    known = [(row[0], row[1]) for row in (last, head) if row is not None]
    return max(known, key=lambda one: one[0], default=(0, FIRST))


def _note_head(session: Session, seal: Seal) -> None:
    """Where the newest seal is known by, apart from the seals; the log tells it outside the database."""
    row = session.scalar(select(LedgerHeadRow))
    if row is None:
        row = LedgerHeadRow(id=new_id(session), sealed=0)
        session.add(row)
    row.number, row.hash, row.sealed_at = seal.number, seal.hash, seal.sealed_at
    row.sealed += len(seal.entries)
