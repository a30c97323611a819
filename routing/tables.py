"""Rows of this room: networks, stock, capacity, quotes, orders, parcels, reservations, promises."""

import hashlib
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    Select,
    String,
    Text,
    UniqueConstraint,
    and_,
    func,
    select,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from core.errors import NotFound
from core.ids import OrderId, ParcelId, ShipmentId
from core.money import Money
from routing.cart import OfferKey
from routing.ledger import entry_hash
from routing.network.canonical import from_plain
from routing.order import OrderParcel
from routing.quote import CostLine, InboundLeg, OptionContent, Promise
from routing.tours.plan import RELOAD, Need, Plan, Unserved, Visit
from routing.tours.problem import Problem
from store.base import Base, OfTenant

ACTIVE_MODEL = "active"
GONE = ""  # the content of a network state that is no longer kept: its name stays taken
UNSTATED_RULE = "unstated"  # the rule of a promise made elsewhere, without a reliability
CODE = 80  # the longest code that the import lets through


class NetworkVersionRow(OfTenant, Base):
    """One imported version of the network, as canonical JSON; one is active."""

    __tablename__ = "network_versions"
    __table_args__ = (
        UniqueConstraint("tenant_id", "number"),
        Index("ix_network_versions_active", "tenant_id", "active"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int]
    content_hash: Mapped[str] = mapped_column(String(64))
    content: Mapped[str] = mapped_column(Text, deferred=True)
    active: Mapped[bool]
    imported_at: Mapped[datetime]


class StockRow(OfTenant, Base):
    """Units of an offer: on hand as last counted by the source, and reserved by orders."""

    __tablename__ = "stock"
    __table_args__ = (
        UniqueConstraint("tenant_id", "sku", "seller", "location"),
        CheckConstraint("on_hand >= 0", name="on_hand_not_negative"),
        CheckConstraint("reserved >= 0", name="reserved_not_negative"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    seller: Mapped[str] = mapped_column(String(CODE))
    sku: Mapped[str] = mapped_column(String(CODE))
    location: Mapped[str] = mapped_column(String(CODE))
    on_hand: Mapped[int]
    reserved: Mapped[int] = mapped_column(default=0)
    counted_at: Mapped[datetime]

    @property
    def key(self) -> OfferKey:
        return self.seller, self.sku, self.location

    @property
    def free(self) -> int:
        """Units that may be promised; never negative, even when the count fell below orders."""
        return max(0, self.on_hand - self.reserved)


class CapacityRow(OfTenant, Base):
    """Parcels planned to leave a place (or by a service there) on a local date."""

    __tablename__ = "capacity_used"
    __table_args__ = (UniqueConstraint("tenant_id", "place", "day"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    place: Mapped[str] = mapped_column(String(2 * CODE + 1))
    day: Mapped[date]
    used: Mapped[int] = mapped_column(default=0)


class QuoteRow(OfTenant, Base):
    """A quote as it was told, canonical JSON."""

    __tablename__ = "quotes"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    network_hash: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    content: Mapped[str] = mapped_column(Text)


class OrderRow(OfTenant, Base):
    """A committed option. `key` makes a repeated commit the same order; a quote is bought once."""

    __tablename__ = "orders"
    __table_args__ = (
        UniqueConstraint("tenant_id", "key"),
        UniqueConstraint("tenant_id", "quote_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    quote_id: Mapped[UUID] = mapped_column(ForeignKey("quotes.id"))
    option: Mapped[str] = mapped_column(String(20))
    key: Mapped[str] = mapped_column(String(200))
    subject_id: Mapped[UUID]
    network_hash: Mapped[str] = mapped_column(String(64))
    policy: Mapped[str] = mapped_column(String(CODE))
    policy_version: Mapped[int]
    country: Mapped[str] = mapped_column(String(2))
    zones: Mapped[list[Any]]
    currency: Mapped[str] = mapped_column(String(3))
    cost_minor: Mapped[int]
    charge: Mapped[dict[str, Any]]
    promised_date: Mapped[date]
    promise_ends_at: Mapped[datetime]
    level: Mapped[str] = mapped_column(String(12))
    state: Mapped[str] = mapped_column(String(20), index=True)
    placed_at: Mapped[datetime]


class OrderLineRow(OfTenant, Base):
    """Units of a SKU from one seller in an order."""

    __tablename__ = "order_lines"
    __table_args__ = (UniqueConstraint("order_id", "line", "seller"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"), index=True)
    shipment_id: Mapped[UUID] = mapped_column(ForeignKey("shipments.id"))
    line: Mapped[str] = mapped_column(String(CODE))
    sku: Mapped[str] = mapped_column(String(CODE))
    name: Mapped[str] = mapped_column(String(500))
    seller: Mapped[str] = mapped_column(String(CODE), index=True)
    qty: Mapped[int]
    price_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))


class ShipmentRow(OfTenant, Base):
    """Goods from one seller to one consignee under one promise: the trade grouping."""

    __tablename__ = "shipments"
    __table_args__ = (UniqueConstraint("order_id", "seller"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"), index=True)
    seller: Mapped[str] = mapped_column(String(CODE), index=True)


class PlannedParcelRow(OfTenant, Base):
    """A parcel to be made: planned → released → booked → handed_over, or cancelled.

    A booking that was voided leads back to planned.
    """

    __tablename__ = "parcels"
    __table_args__ = (UniqueConstraint("order_id", "number"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"), index=True)
    number: Mapped[int]
    origin: Mapped[str] = mapped_column(String(CODE), index=True)
    through_hub: Mapped[bool]
    service: Mapped[str] = mapped_column(String(CODE))
    carrier: Mapped[str] = mapped_column(String(CODE))
    box: Mapped[str] = mapped_column(String(CODE))
    length_mm: Mapped[int]
    width_mm: Mapped[int]
    height_mm: Mapped[int]
    weight_g: Mapped[int]
    contents: Mapped[list[Any]]
    """[{line, sku, name, qty, seller, location}]"""
    legs: Mapped[list[Any]]
    """Inbound legs to a hub: [{location, ready_at, departs_at}]"""
    sellers: Mapped[list[Any]]
    shipment_ids: Mapped[list[Any]]
    ready_at: Mapped[datetime]
    leaves_at: Mapped[datetime] = mapped_column(index=True)
    own_date: Mapped[date]
    promised_date: Mapped[date]
    promise_ends_at: Mapped[datetime]
    transit: Mapped[dict[str, Any]]
    """{levels: [text], minutes: [int]}"""
    customs: Mapped[str] = mapped_column(String(4))
    cost_minor: Mapped[int]
    cost_lines: Mapped[list[Any]]
    carrier_note: Mapped[str] = mapped_column(String(100), default="")
    """What its carrier is asked to heed: a day, a window."""
    state: Mapped[str] = mapped_column(String(20), index=True)
    booking_id: Mapped[UUID | None]


class ReservationRow(OfTenant, Base):
    """Units held for a parcel: reserved → shipped or released."""

    __tablename__ = "reservations"
    __table_args__ = (Index("ix_reservations_shipped", "tenant_id", "sku", "shipped_at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    parcel_id: Mapped[UUID] = mapped_column(ForeignKey("parcels.id"), index=True)
    seller: Mapped[str] = mapped_column(String(CODE))
    sku: Mapped[str] = mapped_column(String(CODE))
    location: Mapped[str] = mapped_column(String(CODE))
    qty: Mapped[int]
    state: Mapped[str] = mapped_column(String(20))
    shipped_at: Mapped[datetime | None]
    """When the units left the shelf: a count from before that instant still holds them."""

    @property
    def key(self) -> OfferKey:
        return self.seller, self.sku, self.location


class PromiseRow(OfTenant, Base):
    """The promise ledger, append-only: what was promised, when, on which model and data."""

    __tablename__ = "promises"
    __table_args__ = (
        Index("ix_promises_order", "tenant_id", "order_id"),
        Index("ix_promises_made", "tenant_id", "made_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"))
    made_at: Mapped[datetime]
    promised_date: Mapped[date]
    ends_at: Mapped[datetime]
    level: Mapped[str] = mapped_column(String(12))
    probability: Mapped[str] = mapped_column(String(12))
    rule: Mapped[str] = mapped_column(String(12))
    """How the day was chosen: level, cost, later; UNSTATED_RULE where it was promised elsewhere."""
    model: Mapped[str] = mapped_column(String(CODE))
    network_hash: Mapped[str] = mapped_column(String(64))
    policy: Mapped[str] = mapped_column(String(CODE))
    policy_version: Mapped[int]
    parcels: Mapped[list[Any]]
    """[{id, service, origin, date}]"""


class PromiseSealRow(OfTenant, Base):
    """A batch of the promise ledger, closed; each holds the hash of the one before."""

    __tablename__ = "promise_seals"
    __table_args__ = (UniqueConstraint("tenant_id", "number"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int]
    sealed_at: Mapped[datetime]
    previous: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))


class LedgerHeadRow(OfTenant, Base):
    """The newest seal of the promise ledger, noted apart: one that was cut off is missed."""

    __tablename__ = "ledger_heads"
    __table_args__ = (UniqueConstraint("tenant_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int]
    hash: Mapped[str] = mapped_column(String(64))
    sealed_at: Mapped[datetime]
    sealed: Mapped[int]
    """Promises in all seals so far."""


class SealedPromiseRow(OfTenant, Base):
    """A promise's place in a seal. No foreign key: a promise that is gone must be found missing."""

    __tablename__ = "sealed_promises"
    __table_args__ = (Index("ix_sealed_promises_seal", "tenant_id", "seal"),)

    promise_id: Mapped[UUID] = mapped_column(primary_key=True)
    seal: Mapped[int]
    hash: Mapped[str] = mapped_column(String(64))


class TourPlanRow(OfTenant, Base):
    """A day of tours: queued → planning → done, cancelled or failed."""

    __tablename__ = "tour_plans"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    document: Mapped[str] = mapped_column(Text, deferred=True)
    """The day as it was sent, in the tours format."""
    day_starts: Mapped[datetime]
    """The instant of second 0."""
    zone: Mapped[str] = mapped_column(String(CODE))
    hub: Mapped[str | None] = mapped_column(String(CODE), index=True)
    """Set for a collection round."""
    sources: Mapped[dict[str, Any]]
    """Of a collection round: stop number to {place, parcels}; else empty."""
    seconds: Mapped[int]
    seed: Mapped[int]
    task: Mapped[dict[str, Any] | None] = mapped_column(default=None)
    """What is asked beyond planning it alone: {change} of a running day; {inbound, sources,
    handling_s} of a leg that goes out with what another brings in; {outbound} of that other. Beside
    it {run}, which planner it is given to, and {died}, how many were lost over it."""
    state: Mapped[str] = mapped_column(String(20), index=True)
    cancel_asked: Mapped[bool] = mapped_column(default=False)
    beat_at: Mapped[datetime | None]
    """When the planner last said that it is at work."""
    progress: Mapped[dict[str, Any] | None]
    """{tours, unserved, cost_minor, engine} of the best so far."""
    answer: Mapped[dict[str, Any] | None] = mapped_column(deferred=True)
    """{sequences: [[vehicle, [stop index]]], unserved: [`unserved_as_json`], engine, notes};
    of a day that was changed also {hours: {vehicle: [leaves, is back]}, churn, moves: [[stop,
    vehicle before, after]]}; of a leg that goes out {two_legs}"""
    error: Mapped[str | None] = mapped_column(String(500))
    created_at: Mapped[datetime] = mapped_column(index=True)
    ended_at: Mapped[datetime | None]


class TourVisitRow(OfTenant, Base):
    """A stop of a planned tour, and what the driver did there: planned → done or failed."""

    __tablename__ = "tour_visits"
    __table_args__ = (UniqueConstraint("plan_id", "vehicle", "position"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    plan_id: Mapped[UUID] = mapped_column(ForeignKey("tour_plans.id"), index=True)
    vehicle: Mapped[int]
    position: Mapped[int]
    """From 1, in the tour's order."""
    stop: Mapped[int]
    """The caller's number; 0 is a reload at the depot."""
    name: Mapped[str] = mapped_column(String(200))
    what: Mapped[str] = mapped_column(String(10))
    lat: Mapped[float | None]
    lon: Mapped[float | None]
    arrives_at: Mapped[datetime]
    starts_at: Mapped[datetime]
    leaves_at: Mapped[datetime]
    place: Mapped[str] = mapped_column(String(CODE), index=True)
    """Code of the location in a collection round, else empty."""
    parcel_ids: Mapped[list[Any]]
    """Parcels that wait for what is collected here."""
    state: Mapped[str] = mapped_column(String(20))
    ended_at: Mapped[datetime | None]
    proof: Mapped[str] = mapped_column(String(20), default="")
    """code, signature or nothing; the content is sealed."""
    sealed_proof: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    sealed_photo: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    note: Mapped[str] = mapped_column(String(200), default="")


class TourLinkRow(OfTenant, Base):
    """The link by which a driver sees one vehicle's tour; only the hash of its token is kept."""

    __tablename__ = "tour_links"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    plan_id: Mapped[UUID] = mapped_column(ForeignKey("tour_plans.id"), index=True)
    vehicle: Mapped[int]
    expires_at: Mapped[datetime]


class LeadTimeModelRow(OfTenant, Base):
    """A learned model: judged, then active → retired or withdrawn; or refused and never active."""

    __tablename__ = "lead_time_models"
    __table_args__ = (
        UniqueConstraint("tenant_id", "number"),
        Index("ix_lead_time_models_state", "tenant_id", "state"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int]
    state: Mapped[str] = mapped_column(String(20))
    fitted_at: Mapped[datetime]
    data_from: Mapped[date]
    data_to: Mapped[date]
    """The first and the last local day whose events taught it."""
    orders: Mapped[int]
    seed: Mapped[int]
    code_version: Mapped[str] = mapped_column(String(CODE))
    metrics: Mapped[dict[str, Any]]
    """What the shadow week said, figures as text."""
    content_hash: Mapped[str] = mapped_column(String(64))
    content: Mapped[str] = mapped_column(Text, deferred=True)


class NetworkStateRow(OfTenant, Base):
    """How the network moves as of one morning; the newest serves, older ones replay quotes."""

    __tablename__ = "network_states"
    __table_args__ = (
        UniqueConstraint("tenant_id", "number"),
        UniqueConstraint("tenant_id", "day", "revision"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int]
    """Rises with each publication."""
    day: Mapped[date]
    revision: Mapped[int]
    """From 1 within a day, never used again; with the day it is the name that quotes bear."""
    published_at: Mapped[datetime]
    content_hash: Mapped[str] = mapped_column(String(64))
    content: Mapped[str] = mapped_column(Text, deferred=True)


def newest_state() -> Select[UUID]:
    """Ids of the network states that serve: the last published of each tenant."""
    last = (
        select(NetworkStateRow.tenant_id, func.max(NetworkStateRow.number).label("number"))
        .group_by(NetworkStateRow.tenant_id)
        .subquery()
    )
    return select(NetworkStateRow.id).join(
        last,
        and_(
            last.c.tenant_id == NetworkStateRow.tenant_id, last.c.number == NetworkStateRow.number
        ),
    )


def active_network(session: Session) -> NetworkVersionRow:
    """The active version, without its content; raises NotFound before the first import."""
    row = session.scalar(select(NetworkVersionRow).where(NetworkVersionRow.active.is_(True)))
    if row is None:
        raise NotFound("no network has been imported yet", code="no_network")
    return row


def network_content(session: Session, content_hash: str) -> str:
    """The canonical text of a version by its hash."""
    text = session.scalar(
        select(NetworkVersionRow.content)
        .where(NetworkVersionRow.content_hash == content_hash)
        .limit(1)
    )
    if text is None:
        raise NotFound("no such network version", code="unknown_network")
    return text


def free_stock(session: Session, skus: list[str]) -> dict[OfferKey, int]:
    """Units free to promise of every offer of these SKUs."""
    rows = session.execute(
        select(
            StockRow.seller,
            StockRow.sku,
            StockRow.location,
            StockRow.on_hand,
            StockRow.reserved,
        ).where(StockRow.sku.in_(skus))
    )
    return {
        (seller, sku, location): max(0, on_hand - reserved)
        for seller, sku, location, on_hand, reserved in rows
    }


def used_capacity(session: Session, since: date) -> dict[tuple[str, date], int]:
    """Parcels planned by place and local date from `since` on."""
    rows = session.execute(
        select(CapacityRow.place, CapacityRow.day, CapacityRow.used).where(CapacityRow.day >= since)
    )
    return {(place, day): used for place, day, used in rows}


def promise_of(session: Session, order: OrderRow) -> Promise:
    """The promise that the ledger keeps for an order: the first one, which counts."""
    row = session.scalars(
        select(PromiseRow).where(PromiseRow.order_id == order.id).order_by(PromiseRow.made_at)
    ).first()
    if row is None:
        raise NotFound("the order has no promise", code="no_promise")
    level = Decimal(row.level)
    return Promise(row.promised_date, row.ends_at, level, row.probability, row.rule)


def promise_hash(row: PromiseRow) -> str:
    """The ledger's hash of a promise: every column that says what was promised to whom."""
    return entry_hash(
        {
            "id": str(row.id),
            "order_id": str(row.order_id),
            "made_at": row.made_at.isoformat(),
            "promised_date": row.promised_date.isoformat(),
            "ends_at": row.ends_at.isoformat(),
            "level": row.level,
            "probability": row.probability,
            "rule": row.rule,
            "model": row.model,
            "network_hash": row.network_hash,
            "policy": row.policy,
            "policy_version": row.policy_version,
            "parcels": row.parcels,
        }
    )


def order_parcel(row: PlannedParcelRow, currency: str, *, seller: str | None) -> OrderParcel:
    """A parcel as a reader may see it: a seller sees only their own contents."""
    contents = from_plain(tuple[OptionContent, ...], row.contents)
    legs = from_plain(tuple[InboundLeg, ...], row.legs)
    own = tuple(content for content in contents if seller in (None, content.seller))
    places = {content.location for content in own}
    alone = seller is None or row.sellers == [seller]
    pairs = zip(row.sellers, row.shipment_ids, strict=True)
    return OrderParcel(
        id=ParcelId(row.id),
        order_id=OrderId(row.order_id),
        number=row.number,
        state=row.state,
        origin=row.origin,
        through_hub=row.through_hub,
        carrier=row.carrier,
        service=row.service,
        box=row.box,
        weight_g=row.weight_g,
        contents=own,
        legs=tuple(leg for leg in legs if leg.location in places),
        sellers=tuple(code for code in row.sellers if seller in (None, code)),
        shipment_ids=tuple(ShipmentId(UUID(id_)) for code, id_ in pairs if seller in (None, code)),
        ready_at=row.ready_at,
        leaves_at=row.leaves_at,
        own_date=row.own_date,
        promised_date=row.promised_date,
        promise_ends_at=row.promise_ends_at,
        cost=Money(row.cost_minor, currency) if alone else None,
        cost_lines=from_plain(tuple[CostLine, ...], row.cost_lines) if alone else (),
        booking_id=row.booking_id,
    )


def open_tour_plans(session: Session) -> int:
    """How many days of tours wait or are being planned."""
    query = select(func.count()).where(TourPlanRow.state.in_(("queued", "planning")))
    return session.scalar(query.select_from(TourPlanRow)) or 0


def tour_visit(row: TourPlanRow, problem: Problem, visit: Visit) -> dict[str, Any]:
    """A visit's columns but for its id, vehicle and position."""

    def instant(second: int) -> datetime:
        return row.day_starts + timedelta(seconds=second)

    stop = None if visit.stop == RELOAD else problem.stops[visit.stop]
    source = row.sources.get(str(stop.number), {}) if stop is not None else {}
    lon, lat = (None, None) if stop is None or stop.at is None else stop.at
    return {
        "stop": 0 if stop is None else stop.number,
        "name": "" if stop is None else stop.name[:200],
        "what": "reload" if stop is None else stop.kind.value,
        "lat": lat,
        "lon": lon,
        "arrives_at": instant(visit.arrive_s),
        "starts_at": instant(visit.start_s),
        "leaves_at": instant(visit.leave_s),
        "place": source.get("place", ""),
        "parcel_ids": source.get("parcels", []),
        "state": "planned",
        "proof": "",
        "note": "",
    }


def tour_progress(problem: Problem, plan: Plan) -> dict[str, Any]:
    """What `TourPlanRow.progress` holds of the best plan so far."""
    return {
        "tours": len(plan.tours),
        "unserved": len(plan.unserved),
        "cost_minor": round(plan.cost / problem.scale),
        "engine": plan.engine,
    }


def unserved_as_json(note: Unserved) -> list[Any]:
    """What `TourPlanRow.answer` holds of a stop left out."""
    needs = [[need.rule, need.amount, need.stop, need.dimension, need.what] for need in note.needs]
    return [note.stop, note.reason, note.detail, note.vehicle, needs]


def unserved_from_json(kept: list[Any]) -> Unserved:
    """And back; days planned before needs were kept have none."""
    stop, reason, detail, vehicle, needs = (*kept, None, ())[:5]
    return Unserved(stop, reason, detail, vehicle, tuple(Need(*need) for need in needs))


def hash_token(token: str) -> str:
    """What is kept of a link's token."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
