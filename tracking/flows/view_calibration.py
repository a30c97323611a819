"""Promised against kept, from the promise ledger and what was tracked since."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from carriers.booking import Direction
from core.errors import NotFound
from routing.flows.load_snapshot import load_snapshot
from routing.quote_text import destination_in
from routing.tables import OrderRow, PromiseRow, QuoteRow
from store.session import now
from tracking.calibration import CalibrationReport, PromiseOutcome, report_calibration
from tracking.past_order import PROMISED_ELSEWHERE
from tracking.tables import TrackedParcelRow

BEGINNING = 1000  # of a quote's text: its destination stands there

Arrivals = Mapping[UUID, list[TrackedParcelRow]]


def view_calibration(session: Session) -> CalibrationReport:
    """The report as of now. The first promise of an order is the one that counts.

    Ours are judged; what another marketplace promised stated no level that could be met, and is
    only compared with: how early, how often kept.

    A cancelled order counts nowhere. A promise has as many parcels as the ledger says; one that is not followed yet has not arrived.
    """
    parcels: dict[UUID, list[TrackedParcelRow]] = {}
    outbound = TrackedParcelRow.direction == Direction.OUTBOUND.value
    for row in session.scalars(select(TrackedParcelRow).where(outbound)):
        parcels.setdefault(row.order_id, []).append(row)
    first: dict[UUID, PromiseRow] = {}
    promises = (
        select(PromiseRow)
        .join(OrderRow, OrderRow.id == PromiseRow.order_id)
        .where(OrderRow.state != "cancelled")
        .order_by(PromiseRow.made_at, PromiseRow.id)
    )
    for promise in session.scalars(promises):
        first.setdefault(promise.order_id, promise)
    own = {id_: one for id_, one in first.items() if one.model != PROMISED_ELSEWHERE}
    ends, starts = _destinations(session), _origins(session)
    outcomes = [
        _outcome(promise, parcels, ends.get(order, ""), starts)
        for order, promise in sorted(own.items())
    ]
    elsewhere = [
        _outcome(promise, parcels, "", starts)
        for order, promise in first.items()
        if order not in own
    ]
    return report_calibration(outcomes, now(session), elsewhere)


def _destinations(session: Session) -> dict[UUID, str]:
    """The region, or the beginning of the postal code, that each of our orders went to."""
    rows = session.execute(
        select(OrderRow.id, func.substr(QuoteRow.content, 1, BEGINNING))
        .join(QuoteRow, QuoteRow.id == OrderRow.quote_id)
        .where(OrderRow.option != "imported")
    )
    found = {}
    for order, beginning in rows:
        to = destination_in(beginning)
        if to is not None:
            found[order] = f"{to.country} {to.region or to.postcode[:2]}".strip()
    return found


def _origins(session: Session) -> dict[str, str]:
    """The region of each place of the active network."""
    try:
        places = load_snapshot(session).network.locations
    except NotFound:
        return {}
    return {
        place.code: f"{place.address.country} {place.address.region}".strip() for place in places
    }


def _outcome(
    promise: PromiseRow, parcels: Arrivals, end: str, starts: Mapping[str, str]
) -> PromiseOutcome:
    own = parcels.get(promise.order_id, [])
    arrivals = [row.delivered_at for row in own if row.delivered_at is not None]
    all_there = len(arrivals) >= max(len(promise.parcels), 1)
    origins = {starts.get(str(parcel["origin"]), "?") for parcel in promise.parcels}
    return PromiseOutcome(
        level=float(promise.level),
        made_at=promise.made_at,
        ends_at=promise.ends_at,
        month=f"{promise.made_at:%Y-%m}",
        services=tuple(sorted({str(parcel["service"]) for parcel in promise.parcels})),
        sellers=tuple(sorted({row.seller for row in own})),
        promised_days=(promise.promised_date - promise.made_at.date()).days,
        arrived_at=max(arrivals) if all_there else None,
        is_over=bool(own) and any(row.is_over and row.delivered_at is None for row in own),
        lanes=tuple(f"{start} → {end}" for start in sorted(origins)),
        model=promise.model,
        probability=None if promise.model == PROMISED_ELSEWHERE else float(promise.probability),
        destination=end,
    )
