"""Rows of tracking: followed parcels, their events and incidents, webhooks, links, notices."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Index,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    func,
    select,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from carriers.booking import Direction
from carriers.status import Party, Reason, Status, TimeBasis
from core.ids import OrderId, ParcelId, SubjectId
from store.base import Base, OfTenant
from store.locks import lock_name
from store.session import add_if_new, new_id, now
from tracking.delivery import terms_from_plain
from tracking.event import CarrierEvent
from tracking.incidents import IncidentKind
from tracking.journey import Journey
from tracking.notices.occasions import Occasion, Told
from tracking.parcel import JOINS_SELLERS, ParcelPlan, TransitQuantiles
from tracking.views import ParcelView


class TrackedParcelRow(OfTenant, Base):
    """A parcel that is followed: its plan, and the last folded state of its journey."""

    __tablename__ = "tracked_parcels"
    __table_args__ = (
        Index("ix_tracked_parcels_number", "tenant_id", "carrier", "tracking_number"),
        Index("ix_tracked_parcels_order", "tenant_id", "order_id"),
        Index("ix_tracked_parcels_open", "tenant_id", "is_over", "state"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    order_id: Mapped[UUID]
    order_reference: Mapped[str] = mapped_column(String(100))
    seller: Mapped[str] = mapped_column(String(2000))
    seller_name: Mapped[str] = mapped_column(String(2000))
    direction: Mapped[str] = mapped_column(String(10))
    notices: Mapped[str] = mapped_column(Text, default="{}")
    """The marketplace's rules for notices when it was ordered, JSON."""
    carrier: Mapped[str] = mapped_column(String(100))
    service: Mapped[str] = mapped_column(String(100))
    tracking_number: Mapped[str] = mapped_column(String(100))
    consignee_id: Mapped[UUID | None]
    language: Mapped[str] = mapped_column(String(10))
    zone: Mapped[str] = mapped_column(String(50))
    departs_at: Mapped[datetime]
    promised_by: Mapped[datetime]
    level: Mapped[str] = mapped_column(String(10))
    transit: Mapped[dict[str, Any]]
    delivery: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """Delivery days and what it is held for; empty: any time."""
    followed_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(30))
    since: Mapped[datetime | None]
    reason: Mapped[str | None] = mapped_column(String(50))
    party: Mapped[str | None] = mapped_column(String(20))
    handed_over_at: Mapped[datetime | None]
    moved_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    is_over: Mapped[bool]
    attempts: Mapped[int]
    unknown_events: Mapped[int]
    eta_earliest: Mapped[datetime | None]
    eta_likely: Mapped[datetime | None]
    eta_latest: Mapped[datetime | None]
    late_permille: Mapped[int | None]
    lost_permille: Mapped[int | None]
    """Odds that it never arrives."""
    eta_because: Mapped[str | None] = mapped_column(String(30))
    refreshed_at: Mapped[datetime]
    told_occasion: Mapped[str | None] = mapped_column(String(30))
    told_day: Mapped[date | None]
    told_detail: Mapped[str] = mapped_column(String(40), default="")

    @property
    def sellers(self) -> tuple[str, ...]:
        """The codes of those whose goods are in it."""
        return tuple(self.seller.split(JOINS_SELLERS))


class EventRow(OfTenant, Base):
    """A tracking event, append-only; the same thing heard twice is one row."""

    __tablename__ = "tracking_events"
    __table_args__ = (UniqueConstraint("tenant_id", "parcel_id", "event_key"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    parcel_id: Mapped[UUID] = mapped_column(index=True)
    event_key: Mapped[str] = mapped_column(String(64))
    carrier: Mapped[str] = mapped_column(String(100))
    state: Mapped[str] = mapped_column(String(30))
    reason: Mapped[str | None] = mapped_column(String(50))
    party: Mapped[str | None] = mapped_column(String(20))
    occurred_at: Mapped[datetime]
    occurred_local: Mapped[str] = mapped_column(String(40))
    utc_offset: Mapped[str | None] = mapped_column(String(10))
    time_basis: Mapped[str] = mapped_column(String(20))
    received_at: Mapped[datetime]
    place: Mapped[str] = mapped_column(String(200))
    code: Mapped[str] = mapped_column(String(100))
    text: Mapped[str] = mapped_column(String(500))
    source: Mapped[str] = mapped_column(String(100))


class IncidentRow(OfTenant, Base):
    """Something wrong with a parcel: open until it is over; one row a kind and parcel."""

    __tablename__ = "incidents"
    __table_args__ = (
        UniqueConstraint("tenant_id", "parcel_id", "kind"),
        Index("ix_incidents_open", "tenant_id", "closed_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    parcel_id: Mapped[UUID]
    order_id: Mapped[UUID]
    kind: Mapped[str] = mapped_column(String(30))
    harm: Mapped[int]
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    times: Mapped[int]


DRIFT = "drift"  # the alarm of a destination whose levels had to move far
ALARM_KINDS = (DRIFT, "destination", "lane", "seller")  # the others keep less than stated


class CalibrationAlarmRow(OfTenant, Base):
    """A group whose promises went off what they state: open until it is back; one row a group."""

    __tablename__ = "calibration_alarms"
    __table_args__ = (UniqueConstraint("tenant_id", "kind", "group_name"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    """drift (levels had to move far), seller, lane, destination (kept too seldom)."""
    group_name: Mapped[str] = mapped_column(String(200))
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    times: Mapped[int]
    facts: Mapped[dict[str, Any]]
    """Figures as text: what is aimed at, or stated and kept with the interval's end."""


TOTAL = "total"  # in the place of a month
NO_MONTH = ""  # of rows whose instant can't be read


class CalibrationTallyRow(OfTenant, Base):
    """The promises made in a month (UTC) as counted last, or in all of them: figures, no promise."""

    __tablename__ = "calibration_tallies"
    __table_args__ = (UniqueConstraint("tenant_id", "month"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    month: Mapped[str] = mapped_column(String(7))
    """YYYY-MM, TOTAL or NO_MONTH."""
    promises: Mapped[int]
    """Rows of the ledger that were found there; another number later: they are counted anew."""
    unreadable: Mapped[int]
    counted_at: Mapped[datetime]
    tallies: Mapped[dict[str, Any]] = mapped_column(deferred=True)
    """As `tracking.tallies.tallies_json` writes them."""


class WebhookSourceRow(OfTenant, Base):
    """Who may send us scans: an unguessable id in the address, and a secret that signs."""

    __tablename__ = "webhook_sources"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    carrier: Mapped[str] = mapped_column(String(100))
    account_zone: Mapped[str] = mapped_column(String(50))
    sealed_secret: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]
    stopped_at: Mapped[datetime | None]


class WebhookRow(OfTenant, Base):
    """A webhook as received: verified, its raw body sealed; read later by a job."""

    __tablename__ = "webhooks_in"
    __table_args__ = (UniqueConstraint("tenant_id", "source_id", "message_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    source_id: Mapped[UUID]
    message_id: Mapped[str] = mapped_column(String(200))
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    received_at: Mapped[datetime]
    read_at: Mapped[datetime | None]
    scans: Mapped[int]
    strays: Mapped[int]
    fault: Mapped[str | None] = mapped_column(String(500))


class StrayScanRow(OfTenant, Base):
    """A scan of a number that no followed parcel has yet; taken in when one gets it."""

    __tablename__ = "stray_scans"
    __table_args__ = (UniqueConstraint("tenant_id", "carrier", "tracking_number", "event_key"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    carrier: Mapped[str] = mapped_column(String(100))
    tracking_number: Mapped[str] = mapped_column(String(100))
    event_key: Mapped[str] = mapped_column(String(64))
    event: Mapped[dict[str, Any]]
    received_at: Mapped[datetime]


class LinkRow(OfTenant, Base):
    """A link for one customer and order: only the token's hash is kept; it expires."""

    __tablename__ = "customer_links"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    purpose: Mapped[str] = mapped_column(String(20))
    order_id: Mapped[UUID] = mapped_column(index=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class NoticeRow(OfTenant, Base):
    """A notice to one person: intended → sending → sent; or dropped, failed, unknown."""

    __tablename__ = "notices"
    __table_args__ = (
        UniqueConstraint("tenant_id", "key"),
        Index("ix_notices_order", "tenant_id", "order_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(200))
    occasion: Mapped[str] = mapped_column(String(30))
    parcel_id: Mapped[UUID | None]
    order_id: Mapped[UUID]
    person_id: Mapped[UUID | None]
    language: Mapped[str] = mapped_column(String(10))
    zone: Mapped[str] = mapped_column(String(50))
    facts: Mapped[dict[str, Any]]
    state: Mapped[str] = mapped_column(String(10))
    why: Mapped[str | None] = mapped_column(String(200))
    channel: Mapped[str | None] = mapped_column(String(30))
    attempts: Mapped[int]
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]


class NoticePreferenceRow(OfTenant, Base):
    """What a person wants to hear of: per occasion or for all (`*`), and when not at all."""

    __tablename__ = "notice_preferences"
    __table_args__ = (UniqueConstraint("tenant_id", "person_id", "occasion"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID]
    occasion: Mapped[str] = mapped_column(String(30))
    is_wanted: Mapped[bool]
    quiet_from_min: Mapped[int | None]
    quiet_to_min: Mapped[int | None]
    changed_at: Mapped[datetime]


class SellerContactRow(OfTenant, Base):
    """Whom to tell at a seller."""

    __tablename__ = "seller_contacts"
    __table_args__ = (UniqueConstraint("tenant_id", "seller"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seller: Mapped[str] = mapped_column(String(100))
    person_id: Mapped[UUID]
    language: Mapped[str] = mapped_column(String(10))
    zone: Mapped[str] = mapped_column(String(50))


def is_of_seller(seller: str) -> ColumnElement[bool]:
    """Whether a followed parcel holds goods of this seller, alone or joined with others'."""
    listed = JOINS_SELLERS + TrackedParcelRow.seller + JOINS_SELLERS
    # `replace` minds the case on both databases; LIKE does not on SQLite.
    return func.replace(listed, f"{JOINS_SELLERS}{seller}{JOINS_SELLERS}", "") != listed


def plan_of(row: TrackedParcelRow) -> ParcelPlan:
    """The plan that a row keeps."""
    levels = tuple(float(level) for level in row.transit["levels"])
    return ParcelPlan(
        parcel=ParcelId(row.id),
        order=OrderId(row.order_id),
        order_reference=row.order_reference,
        seller=row.seller,
        seller_name=row.seller_name,
        carrier=row.carrier,
        service=row.service,
        tracking_number=row.tracking_number,
        departs_at=row.departs_at,
        promised_by=row.promised_by,
        level=float(row.level),
        zone=row.zone,
        transit=TransitQuantiles(levels, tuple(row.transit["minutes"])),
        consignee=SubjectId(row.consignee_id) if row.consignee_id else None,
        language=row.language,
        notices=row.notices,
        delivery=terms_from_plain(row.delivery),
        direction=Direction(row.direction),
    )


def told_of(row: TrackedParcelRow) -> Told:
    """What the consignee was last told of this parcel."""
    occasion = Occasion(row.told_occasion) if row.told_occasion else None
    return Told(occasion, row.told_day, row.told_detail)


def times_intended(session: Session, parcel: TrackedParcelRow, occasion: Occasion) -> int:
    """How often this was to be told of the parcel so far."""
    count = select(func.count()).where(
        NoticeRow.order_id == parcel.order_id,
        NoticeRow.parcel_id == parcel.id,
        NoticeRow.occasion == occasion.value,
    )
    return session.scalar(count) or 0


def view_of(row: TrackedParcelRow, journey: Journey, *, seller: str | None = None) -> ParcelView:
    """The parcel as people see it; a seller does not see whose goods lie beside their own."""
    plan = plan_of(row)
    if seller is not None and plan.seller != seller:
        plan = replace(plan, seller=seller, seller_name=seller)
    return ParcelView(
        plan=plan,
        journey=journey,
        earliest=row.eta_earliest,
        likely=row.eta_likely,
        latest=row.eta_latest,
        late_permille=row.late_permille,
        because=row.eta_because,
        told=told_of(row),
        refreshed_at=row.refreshed_at,
    )


def hash_token(token: str) -> bytes:
    """What is kept of a link's token. SHA-256 suffices: nobody guesses 192 bits."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def transit_json(transit: TransitQuantiles) -> dict[str, Any]:
    """Quantiles as JSON: levels as text, minutes as whole numbers."""
    return {"levels": [str(level) for level in transit.levels], "minutes": list(transit.minutes)}


def add_event(session: Session, event: CarrierEvent) -> bool:
    """Keep an event; False when it was already heard."""
    values = event_values(event, new_id(session), event.received_at or now(session))
    return add_if_new(session, EventRow, values, ["tenant_id", "parcel_id", "event_key"])


def event_values(event: CarrierEvent, id_: UUID, received_at: datetime) -> dict[str, Any]:
    """The columns of an event's row, but for the tenant."""
    return {
        "id": id_,
        "parcel_id": UUID(event.parcel),
        "event_key": event.id,
        "carrier": event.carrier,
        "state": event.state.value,
        "reason": event.reason.value if event.reason else None,
        "party": event.party.value if event.party else None,
        "occurred_at": event.occurred_at,
        "occurred_local": event.occurred_local[:40],
        "utc_offset": event.offset,
        "time_basis": event.time_basis.value,
        "received_at": received_at,
        "place": event.place[:200],
        "code": event.code[:100],
        "text": event.text[:500],
        "source": event.source[:100],
    }


def events_of(session: Session, parcels: Sequence[UUID]) -> list[CarrierEvent]:
    """The events of these parcels, by occurrence."""
    rows = session.scalars(
        select(EventRow)
        .where(EventRow.parcel_id.in_(parcels))
        .order_by(EventRow.occurred_at, EventRow.event_key)
    )
    return [event_of(row) for row in rows]


def event_of(row: EventRow) -> CarrierEvent:
    """The value that a row keeps."""
    return CarrierEvent(
        id=row.event_key,
        parcel=str(row.parcel_id),
        carrier=row.carrier,
        state=Status(row.state),
        occurred_at=row.occurred_at,
        occurred_local=row.occurred_local,
        offset=row.utc_offset,
        time_basis=TimeBasis(row.time_basis),
        received_at=row.received_at,
        reason=Reason(row.reason) if row.reason else None,
        party=Party(row.party) if row.party else None,
        place=row.place,
        code=row.code,
        text=row.text,
        source=row.source,
    )


def open_incidents(session: Session, parcel: UUID) -> dict[IncidentKind, IncidentRow]:
    """All incident rows of a parcel, open or closed, by kind."""
    rows = session.scalars(select(IncidentRow).where(IncidentRow.parcel_id == parcel))
    return {IncidentKind(row.kind): row for row in rows}


def parcels_of_order(session: Session, order: UUID) -> Sequence[TrackedParcelRow]:
    """The followed parcels of an order on their way to the consignee, oldest first."""
    return session.scalars(
        select(TrackedParcelRow)
        .where(
            TrackedParcelRow.order_id == order,
            TrackedParcelRow.direction == Direction.OUTBOUND.value,
        )
        .order_by(TrackedParcelRow.id)
    ).all()


def find_by_number(session: Session, carrier: str, number: str) -> TrackedParcelRow | None:
    """The latest followed parcel with that number: carriers use numbers again after months."""
    return session.scalars(
        select(TrackedParcelRow)
        .where(
            TrackedParcelRow.carrier == carrier,
            TrackedParcelRow.tracking_number == number,
        )
        .order_by(TrackedParcelRow.followed_at.desc(), TrackedParcelRow.id.desc())
        .limit(1)
    ).first()


def lock_number(session: Session, carrier: str, number: str) -> None:
    """Between a scan that finds no parcel of this number and a parcel that gets it, one goes first."""
    lock_name(session, "tracking_number", carrier, number)


def open_alarms(session: Session, kind: str | None = None) -> Sequence[CalibrationAlarmRow]:
    """Groups whose promises are not kept as stated now, those that stand longest first."""
    query = select(CalibrationAlarmRow).where(CalibrationAlarmRow.closed_at.is_(None))
    if kind is not None:
        query = query.where(CalibrationAlarmRow.kind == kind)
    return session.scalars(
        query.order_by(CalibrationAlarmRow.opened_at, CalibrationAlarmRow.id)
    ).all()
