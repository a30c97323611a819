"""Finds and hashes the promises that are in no seal yet."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from routing.flows.newest_seal import newest_seal
from routing.flows.read_promise_hashes import BROKEN_VALUES, read_promise_hashes
from routing.tables import PromiseRow, PromiseSealRow, SealedPromiseRow

log = structlog.get_logger("routing")

LATEST = timedelta(days=1)
"""How long before the newest seal a promise may be dated that it missed: of a long transaction, of a
clock that is slow. One dated earlier (imported) is found by the next look at the whole ledger."""


@dataclass(frozen=True, slots=True)
class Unsealed:
    """Promises that were in no seal up to number `after`, with their hashes."""

    after: int
    hashes: Mapping[str, str]


def find_unsealed(session: Session, *, whole: bool = False) -> Unsealed:
    """What is in no seal yet; changes nothing.

    A promise that can't be read any more is left out and told: the log's `promise_not_readable`,
    and `verify_ledger` names it.
    """
    after, _ = newest_seal(session)  # read first: what is sealed from here on has a higher number
    which = [~select(SealedPromiseRow).where(SealedPromiseRow.promise_id == PromiseRow.id).exists()]
    since = None if whole else _sealed_at(session)
    if since is not None:
        which.append(PromiseRow.made_at >= since - LATEST)
    found = read_promise_hashes(session, *which)
    hashes = {promise: digest for promise, digest in found.items() if digest is not None}
    for promise in sorted(found.keys() - hashes.keys()):
        log.error("promise_not_readable", promise=promise)
    return Unsealed(after, hashes)


def _sealed_at(session: Session) -> datetime | None:
    """When the newest seal was closed; None without one, or where its instant can't be read."""
    with suppress(*BROKEN_VALUES):
        newest = select(PromiseSealRow.sealed_at).order_by(PromiseSealRow.number.desc()).limit(1)
        return session.scalar(newest)
    return None
