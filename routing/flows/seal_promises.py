"""Seals what the promise ledger has gathered since the last seal."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from routing.ledger import FIRST, next_seal
from routing.tables import PromiseRow, PromiseSealRow, SealedPromiseRow, promise_hash
from store.session import new_id, now


def seal_promises(session: Session) -> int:
    """Close one batch with every promise that is in none; returns how many it holds.

    With nothing new no seal is made. Two at once: the second fails on the seal's number and runs
    again.
    """
    sealed = select(SealedPromiseRow.promise_id)
    rows = session.scalars(select(PromiseRow).where(PromiseRow.id.not_in(sealed))).all()
    if not rows:
        return 0
    last = session.scalars(
        select(PromiseSealRow).order_by(PromiseSealRow.number.desc()).limit(1)
    ).first()
    number, previous = (1, FIRST) if last is None else (last.number + 1, last.hash)
    seal = next_seal(
        number, now(session), previous, {str(row.id): promise_hash(row) for row in rows}
    )
    session.add(
        PromiseSealRow(
            id=new_id(session),
            number=seal.number,
            sealed_at=seal.sealed_at,
            previous=seal.previous,
            hash=seal.hash,
        )
    )
    ids = {str(row.id): row.id for row in rows}
    session.add_all(
        SealedPromiseRow(promise_id=ids[entry.promise], seal=seal.number, hash=entry.hash)
        for entry in seal.entries
    )
    session.flush()
    return len(rows)
