"""An order and its parcels as people see them: plan, journey, today's estimate, what was told."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core.ids import SubjectId
from tracking.journey import Journey, OrderJourney
from tracking.notices.occasions import Told
from tracking.parcel import ParcelPlan


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
