"""Seals what the promise ledger has gathered since the last seal."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy import String, select, type_coerce
from sqlalchemy.orm import Session

from core.ids import TenantId
from routing.flows.read_promise_hashes import BROKEN_VALUES, read_promise_hashes, written_id
from routing.ledger import FIRST, Seal, next_seal
from routing.tables import LedgerHeadRow, PromiseRow, PromiseSealRow, SealedPromiseRow
from store.locks import lock_name
from store.session import Sessions, add_rows, new_id, now

log = structlog.get_logger("routing")

LATEST = timedelta(days=1)
"""How long before the newest seal a promise may be dated that it missed: of a long transaction, of a
clock that is slow. One dated earlier (imported) is found by the next look at the whole ledger."""
MOST = 20_000  # promises in one seal, so that its writing is short


@dataclass(frozen=True, slots=True)
class Unsealed:
    """Promises that were in no seal up to number `after`, with their hashes."""

    after: int
    hashes: Mapping[str, str]


def seal_promises(sessions: Sessions, tenant: TenantId, *, whole: bool = False) -> int:
    """Close every promise that is in no seal; returns how many that were.

    Looks back to `LATEST` before the newest seal, or at the `whole` ledger. Finding and hashing hold
    up no writer. With nothing new no seal is made. Two at once: neither seals what the other did.
    """
    with sessions(tenant, read_only=True) as session:
        found = find_unsealed(session, whole=whole)
    names, count = sorted(found.hashes), 0
    for start in range(0, len(names), MOST):
        batch = {name: found.hashes[name] for name in names[start : start + MOST]}
        with sessions(tenant) as session:
            count += close_seal(session, Unsealed(found.after, batch))
    return count


def find_unsealed(session: Session, *, whole: bool = False) -> Unsealed:
    """What is in no seal yet; changes nothing.

    A promise that can't be read any more is left out and told: the log's `promise_not_readable`,
    and `verify_ledger` names it.
    """
    after, _ = _newest(session)  # read first: what is sealed from here on has a higher number
    which = [~select(SealedPromiseRow).where(SealedPromiseRow.promise_id == PromiseRow.id).exists()]
    since = None if whole else _sealed_at(session)
    if since is not None:
        which.append(PromiseRow.made_at >= since - LATEST)
    found = read_promise_hashes(session, *which)
    hashes = {promise: digest for promise, digest in found.items() if digest is not None}
    for promise in sorted(found.keys() - hashes.keys()):
        log.error("promise_not_readable", promise=promise)
    return Unsealed(after, hashes)


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
    _note_head(session, seal)
    session.flush()
    entries = [
        {"promise_id": UUID(entry.promise), "seal": seal.number, "hash": entry.hash}
        for entry in seal.entries
    ]
    add_rows(session, SealedPromiseRow, entries)
    log.info("promises_sealed", seal=seal.number, hash=seal.hash, promises=len(hashes))
    return len(hashes)


def _sealed_at(session: Session) -> datetime | None:
    """When the newest seal was closed; None without one, or where its instant can't be read."""
    with suppress(*BROKEN_VALUES):
        newest = select(PromiseSealRow.sealed_at).order_by(PromiseSealRow.number.desc()).limit(1)
        return session.scalar(newest)
    return None


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
