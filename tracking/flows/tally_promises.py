"""Counts promised against kept month by month, so that nobody who looks waits for all promises."""

from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import ColumnElement, String, delete, func, or_, select, type_coerce
from sqlalchemy.orm import Session, undefer

from core.errors import NotFound
from core.ids import TenantId
from routing.flows.load_snapshot import load_snapshot
from routing.tables import PromiseRow
from store.locks import lock_name
from store.session import Sessions, new_id, now
from tracking.first_promise import UnreadablePromise, outcome_of
from tracking.flows.read_first_promises import read_first_promises
from tracking.tables import NO_MONTH, TOTAL, CalibrationTallyRow
from tracking.tallies import Tallies, tallies_from, tallies_json

log = structlog.get_logger("tracking")

RESTS = 1 / 60  # of the time since a month's end, between two counts of it: the older, the rarer
REST_EACH = timedelta(
    seconds=0.05
)  # per promise of a month: a hundred times what counting it takes
FEW = 1_000  # promises of a month that are counted without such a rest
SETTLED_AFTER = timedelta(days=180)  # scans and cancellations that come later change no figure
FIRST = datetime(2000, 1, 1, tzinfo=UTC)  # what stands before it was written past this program

_Span = tuple[datetime, datetime]


def tally_promises(sessions: Sessions, tenant: TenantId) -> None:
    """Count the months that may have changed, and add all months up for `view_calibration`.

    A month is counted anew until it is settled, the longer ago it ended and the more promises it has
    the more seldom (after two months daily; with 72 000 every hour, with 500 000 every 7); one that
    has ended at once where its number of promises is another one. A month that no promise is left
    in is forgotten. Rows that can't be read are left out, counted and told: the log's
    `promise_not_readable`. Reads month by month, and writes a row at a time: nobody waits for it.
    """
    with sessions(tenant, read_only=True) as session:
        instant = now(session)
        spans = _months(session, instant)
        present = {month: _promises(session, _within(*span)) for month, span in spans.items()}
        known = {
            row.month: (row.promises, row.counted_at)
            for row in session.scalars(select(CalibrationTallyRow))
        }
        regions = _regions(session)
        misplaced = _misplaced(session, spans)
    for month, (start, end) in spans.items():
        if _is_due(known.get(month), present[month], end, instant):
            with sessions(tenant, read_only=True) as session:
                tallies, broken = _count(session, regions, (start, end), instant)
            _save(sessions, tenant, month, present[month], broken, tallies)
    for name in misplaced:
        log.error("promise_not_readable", promise=name)
    _save(sessions, tenant, NO_MONTH, len(misplaced), len(misplaced), Tallies())
    _add_up(sessions, tenant, spans)


def _months(session: Session, instant: datetime) -> dict[str, _Span]:
    """From the first promise to the month after the present one, so that no clock is too fast."""
    first = session.scalar(
        select(type_coerce(func.min(PromiseRow.made_at), String)).where(PromiseRow.made_at >= FIRST)
    )
    if first is None:
        return {}
    try:
        start = datetime.fromisoformat(f"{str(first)[:7]}-01").replace(tzinfo=UTC)
    except ValueError:
        start = FIRST
    found: dict[str, _Span] = {}
    while start <= instant + timedelta(days=31):
        end = (start + timedelta(days=31)).replace(day=1)
        found[f"{start:%Y-%m}"] = (start, end)
        start = end
    return found


def _is_due(
    known: tuple[int, datetime] | None, promises: int, end: datetime, instant: datetime
) -> bool:
    if known is None:
        return True
    if known[0] != promises and instant >= end:
        return True
    rest = max((instant - end) * RESTS, max(promises - FEW, 0) * REST_EACH)
    return instant < end + SETTLED_AFTER and instant - known[1] >= rest


def _within(start: datetime, end: datetime) -> ColumnElement[bool]:
    return (PromiseRow.made_at >= start) & (PromiseRow.made_at < end)


def _promises(session: Session, which: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count()).select_from(PromiseRow).where(which)) or 0


def _misplaced(session: Session, spans: Mapping[str, _Span]) -> list[str]:
    """Rows in no month, by name: their instant was written past this program."""
    outside = PromiseRow.made_at < FIRST
    if spans:
        last = max(end for _, end in spans.values())
        outside = or_(outside, PromiseRow.made_at >= last)
    ids = session.scalars(select(type_coerce(PromiseRow.id, String)).where(outside))
    return sorted(str(each) for each in ids)


def _regions(session: Session) -> dict[str, str]:
    """The region of each place of the active network."""
    try:
        places = load_snapshot(session).network.locations
    except NotFound:
        return {}
    return {
        place.code: f"{place.address.country} {place.address.region}".strip() for place in places
    }


def _count(
    session: Session, regions: Mapping[str, str], span: _Span, instant: datetime
) -> tuple[Tallies, int]:
    tallies, unreadable = Tallies(), 0
    for promise in read_first_promises(session, _within(*span)):
        if isinstance(promise, UnreadablePromise):
            log.error("promise_not_readable", promise=promise.name)
            unreadable += 1
        elif promise.probability is None:
            tallies.count_elsewhere(outcome_of(promise, regions), instant)
        else:
            tallies.count(outcome_of(promise, regions), instant)
    return tallies, unreadable


def _save(
    sessions: Sessions,
    tenant: TenantId,
    month: str,
    promises: int,
    unreadable: int,
    tallies: Tallies,
) -> None:
    with sessions(tenant) as session:
        lock_name(session, "calibration_tallies")
        _write(session, month, promises, unreadable, tallies)


def _write(session: Session, month: str, promises: int, unreadable: int, tallies: Tallies) -> None:
    values: dict[str, Any] = {
        "promises": promises,
        "unreadable": unreadable,
        "counted_at": now(session),
        "tallies": tallies_json(tallies),
    }
    row = session.scalar(select(CalibrationTallyRow).where(CalibrationTallyRow.month == month))
    if row is None:
        session.add(CalibrationTallyRow(id=new_id(session), month=month, **values))
        return
    for name, value in values.items():
        setattr(row, name, value)


def _add_up(sessions: Sessions, tenant: TenantId, months: Collection[str]) -> None:
    """All that was counted of these months; what was of others is deleted, their promises are gone."""
    total, promises, unreadable = Tallies(), 0, 0
    with sessions(tenant) as session:
        lock_name(session, "calibration_tallies")
        kept = (*months, NO_MONTH, TOTAL)
        session.execute(delete(CalibrationTallyRow).where(CalibrationTallyRow.month.not_in(kept)))
        for row in _months_counted(session):
            total.add(tallies_from(row.tallies))
            promises += row.promises
            unreadable += row.unreadable
        _write(session, TOTAL, promises, unreadable, total)


def _months_counted(session: Session) -> Iterator[CalibrationTallyRow]:
    months = select(CalibrationTallyRow).where(CalibrationTallyRow.month != TOTAL)
    return iter(session.scalars(months.options(undefer(CalibrationTallyRow.tallies))))
