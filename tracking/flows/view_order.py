"""Shows where an order is: one state, one next step, and each parcel with its estimate."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from core.errors import NotFound
from core.ids import SubjectId
from tracking.flows.refresh_parcel import told_of
from tracking.journey import Journey, OrderJourney, fold, fold_by_parcel, order_journey
from tracking.notices.occasions import Told
from tracking.parcel import ParcelPlan
from tracking.tables import TrackedParcelRow, events_of, parcels_of_order, plan_of


@dataclass(frozen=True, slots=True)
class ParcelView:
    """A parcel as people see it. The estimate is None when it will not arrive any more."""

    plan: ParcelPlan
    journey: Journey
    earliest: datetime | None
    likely: datetime | None
    latest: datetime | None
    late_permille: int | None
    because: str | None
    told: Told
    refreshed_at: datetime


@dataclass(frozen=True, slots=True)
class OrderView:
    """An order over all its sellers and parcels."""

    order: UUID
    reference: str
    journey: OrderJourney
    parcels: tuple[ParcelView, ...]

    @property
    def consignee(self) -> SubjectId | None:
        return next((p.plan.consignee for p in self.parcels if p.plan.consignee), None)

    @property
    def promised_by(self) -> datetime:
        return max(parcel.plan.promised_by for parcel in self.parcels)


def view_order(session: Session, order_id: UUID, *, seller: str | None = None) -> OrderView:
    """The order's view; with `seller` only that seller's parcels.

    Raises NotFound when nothing of it is followed (or nothing of that seller).
    """
    rows = [
        row for row in parcels_of_order(session, order_id) if seller is None or row.seller == seller
    ]
    if not rows:
        raise NotFound("no such order is followed")
    journeys = fold_by_parcel(events_of(session, [row.id for row in rows]))
    views = tuple(_view(row, journeys.get(str(row.id))) for row in rows)
    by_parcel = {str(view.plan.parcel): view.journey for view in views}
    return OrderView(order_id, rows[0].order_reference, order_journey(by_parcel), views)


def view_parcel(session: Session, parcel_id: UUID, *, seller: str | None = None) -> ParcelView:
    """One parcel's view; raises NotFound for an unknown one, or another seller's."""
    row = session.get(TrackedParcelRow, parcel_id)
    if row is None or (seller is not None and row.seller != seller):
        raise NotFound("no such parcel is followed")
    return _view(row, fold_by_parcel(events_of(session, [row.id])).get(str(row.id)))


def _view(row: TrackedParcelRow, journey: Journey | None) -> ParcelView:
    return ParcelView(
        plan=plan_of(row),
        journey=journey or fold(()),
        earliest=row.eta_earliest,
        likely=row.eta_likely,
        latest=row.eta_latest,
        late_permille=row.late_permille,
        because=row.eta_because,
        told=told_of(row),
        refreshed_at=row.refreshed_at,
    )
