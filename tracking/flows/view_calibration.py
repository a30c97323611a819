"""Promised against kept, from the promise ledger and what was tracked since."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from carriers.booking import Direction
from routing.tables import PromiseRow
from store.session import now
from tracking.calibration import CalibrationReport, PromiseOutcome, report_calibration
from tracking.past_order import PROMISED_ELSEWHERE
from tracking.tables import TrackedParcelRow


def view_calibration(session: Session) -> CalibrationReport:
    """The report as of now. The first promise of an order is the one that counts.

    Only our own: what another marketplace promised stated no level that could be met.

    A promise has as many parcels as the ledger says; one that is not followed yet has not arrived.
    """
    parcels: dict[UUID, list[TrackedParcelRow]] = {}
    elsewhere = select(PromiseRow.order_id).where(PromiseRow.model == PROMISED_ELSEWHERE)
    own = select(PromiseRow).where(PromiseRow.model != PROMISED_ELSEWHERE)
    followed = select(TrackedParcelRow).where(
        TrackedParcelRow.order_id.not_in(elsewhere),
        TrackedParcelRow.direction == Direction.OUTBOUND.value,
    )
    for row in session.scalars(followed):
        parcels.setdefault(row.order_id, []).append(row)
    first: dict[UUID, PromiseRow] = {}
    for promise in session.scalars(own.order_by(PromiseRow.made_at, PromiseRow.id)):
        first.setdefault(promise.order_id, promise)
    outcomes = [
        _outcome(promise, parcels.get(order, [])) for order, promise in sorted(first.items())
    ]
    return report_calibration(outcomes, now(session))


def _outcome(promise: PromiseRow, parcels: list[TrackedParcelRow]) -> PromiseOutcome:
    arrivals = [row.delivered_at for row in parcels if row.delivered_at is not None]
    all_there = len(arrivals) >= max(len(promise.parcels), 1)
    return PromiseOutcome(
        level=float(promise.level),
        made_at=promise.made_at,
        ends_at=promise.ends_at,
        month=f"{promise.made_at:%Y-%m}",
        services=tuple(sorted({str(parcel["service"]) for parcel in promise.parcels})),
        sellers=tuple(sorted({seller for row in parcels for seller in row.sellers})),
        promised_days=(promise.promised_date - promise.made_at.date()).days,
        arrived_at=max(arrivals) if all_there else None,
        is_over=bool(parcels) and any(row.is_over and row.delivered_at is None for row in parcels),
    )
