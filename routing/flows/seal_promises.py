"""Seals what the promise ledger has gathered since the last seal."""

from uuid import UUID

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from routing.flows.read_promise_hashes import read_promise_hashes
from routing.ledger import FIRST, next_seal
from routing.tables import PromiseRow, PromiseSealRow, SealedPromiseRow
from store.session import new_id, now

log = structlog.get_logger("routing")


def seal_promises(session: Session) -> int:
    """Close one batch with every promise that is in none; returns how many it holds.

    With nothing new no seal is made. A promise that can't be read any more is left out and told:
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
    last = session.execute(
        select(PromiseSealRow.number, PromiseSealRow.hash)
        .order_by(PromiseSealRow.number.desc())
        .limit(1)
    ).first()
    number, previous = (1, FIRST) if last is None else (last[0] + 1, last[1])
    seal = next_seal(number, now(session), previous, hashes)
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
    session.flush()
    return len(hashes)
