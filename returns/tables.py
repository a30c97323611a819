"""Rows of returns: RMAs with their lines, and the refunds that were instructed."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from carriers.booking import Direction
from carriers.status import Status
from core.calendars import local_day, zone_ending_last
from core.errors import NotFound
from core.ids import SubjectId
from core.money import Money
from returns.eligibility import BoughtLine
from returns.policy import ReturnPolicy
from returns.refund import RefundLine
from returns.rules import ReturnRules, read_rules
from routing.flows.load_snapshot import load_snapshot
from routing.network.network import Network
from routing.tables import OrderLineRow, OrderRow, PlannedParcelRow
from store.base import Base, OfTenant
from tracking.tables import TrackedParcelRow

REQUESTED, IN_TRANSIT, ARRIVED = "requested", "in_transit", "arrived"
RECEIVED, CANCELLED = "received", "cancelled"
OPEN = (REQUESTED, IN_TRANSIT, ARRIVED)
STANDING = (*OPEN, RECEIVED)
GONE = tuple(
    state.value for state in (Status.LOST, Status.RETURNING, Status.RETURNED, Status.CANCELLED)
)
"""States of a parcel's journey in which its goods do not come."""


class RmaRow(OfTenant, Base):
    """A return of goods to one seller: requested → in_transit → arrived → received, or cancelled.

    Its carrier's scans move it as far as `arrived`; `received` it is when somebody has counted.
    """

    __tablename__ = "rmas"
    __table_args__ = (
        UniqueConstraint("tenant_id", "key", "seller"),
        Index("ix_rmas_order", "tenant_id", "order_id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(200))
    request_hash: Mapped[str] = mapped_column(String(64))
    """Of order and wishes: the same key for anything else is refused."""
    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"))
    seller: Mapped[str] = mapped_column(String(100), index=True)
    state: Mapped[str] = mapped_column(String(20), index=True)
    policy: Mapped[str] = mapped_column(String(100))
    policy_version: Mapped[int]
    noticed_at: Mapped[datetime]
    send_by: Mapped[date]
    refund_by: Mapped[date]
    zone: Mapped[str] = mapped_column(String(50))
    received_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]


class RmaLineRow(OfTenant, Base):
    """Units of an order line in a return, with the ground they stand on."""

    __tablename__ = "rma_lines"
    __table_args__ = (UniqueConstraint("rma_id", "line"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    rma_id: Mapped[UUID] = mapped_column(ForeignKey("rmas.id"), index=True)
    line: Mapped[str] = mapped_column(String(200))
    sku: Mapped[str] = mapped_column(String(100))
    qty: Mapped[int]
    received_qty: Mapped[int | None]
    cause: Mapped[str] = mapped_column(String(30))
    basis: Mapped[str] = mapped_column(String(20))
    last_day: Mapped[date | None]


class RmaParcelRow(OfTenant, Base):
    """A parcel that goes back: what returns of one parcel that came. Its booking is the label."""

    __tablename__ = "rma_parcels"
    __table_args__ = (UniqueConstraint("rma_id", "number"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    rma_id: Mapped[UUID] = mapped_column(ForeignKey("rmas.id"), index=True)
    number: Mapped[int]
    came_in: Mapped[UUID] = mapped_column(ForeignKey("parcels.id"))
    units: Mapped[dict[str, Any]]
    """Units by the return's line."""
    weight_g: Mapped[int]
    booking_id: Mapped[UUID | None]


class RefundRow(OfTenant, Base):
    """What the shop was told to pay back for a return; one a return."""

    __tablename__ = "refunds"
    __table_args__ = (UniqueConstraint("tenant_id", "rma_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    rma_id: Mapped[UUID] = mapped_column(ForeignKey("rmas.id"))
    order_id: Mapped[UUID] = mapped_column(index=True)
    amount_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    lines: Mapped[list[Any]]
    due_on: Mapped[date]
    instructed_at: Mapped[datetime]


@dataclass(frozen=True, slots=True)
class Purchase:
    """An order as returns see it."""

    order: UUID
    country: str
    zone: str
    ordered_on: date
    currency: str
    consignee: SubjectId
    lines: tuple[BoughtLine, ...]
    delivery: dict[str, Money]  # what was charged for standard delivery, by seller
    rules: ReturnRules  # of the policy under which it was bought
    categories: dict[str, str]  # of the marketplace, by line

    def line_name(self, line: str, seller: str) -> str:
        """What a line of the order is called here, as this seller serves it."""
        own = f"{line}@{seller}"
        return own if any(one.line == own for one in self.lines) else line

    def policy(self, line: str) -> ReturnPolicy:
        """The rules in force for this line when the order was placed."""
        seller = next((one.seller for one in self.lines if one.line == line), "")
        return self.rules.policy(
            country=self.country,
            ordered_on=self.ordered_on,
            seller=seller,
            category=self.categories.get(line, ""),
        )


def load_purchase(
    session: Session, order_id: UUID, *, counting: Sequence[str] = STANDING
) -> Purchase:
    """The order with what has come and what is coming back; raises NotFound.

    `counting`: the states of returns whose units count as returned. A line that several sellers
    serve is named `line@seller`.
    """
    order = session.get(OrderRow, order_id)
    if order is None:
        raise NotFound("no such order")
    zone = zone_ending_last(order.zones, order.promised_date)
    rows = session.scalars(
        select(OrderLineRow)
        .where(OrderLineRow.order_id == order_id)
        .order_by(OrderLineRow.line, OrderLineRow.seller)
    ).all()
    network = load_snapshot(session, order.network_hash).network
    rules = read_rules(_policy_text(network, order))
    categories: dict[str, str] = {}
    names = [row.line for row in rows]
    came, lost = _deliveries(session, order_id)
    returned = _returned(session, order_id, counting)
    lines = []
    for row in rows:
        name = row.line if names.count(row.line) == 1 else f"{row.line}@{row.seller}"
        place = (row.line, row.seller)
        categories[name] = _category(network, row.sku)
        lines.append(
            BoughtLine(
                line=name,
                sku=row.sku,
                name=row.name,
                seller=row.seller,
                qty=row.qty,
                price=Money(row.price_minor, row.currency),
                delivered_at=came.get(place),
                returned=returned.get(name, 0),
                category=rules.legal_category(categories[name]),
                lost=lost.get(place, 0),
            )
        )
    return Purchase(
        order=order_id,
        country=order.country,
        zone=zone,
        ordered_on=local_day(zone, order.placed_at),
        currency=order.currency,
        consignee=SubjectId(order.subject_id),
        lines=tuple(lines),
        delivery=_delivery_charges(order),
        rules=rules,
        categories=categories,
    )


def _policy_text(network: Network, order: OrderRow) -> str:
    """What the policy under which the order was quoted says of returns."""
    wanted = (order.policy, order.policy_version)
    found = (one.returns_json for one in network.policies if (one.code, one.version) == wanted)
    return next(found, "{}")


def _category(network: Network, sku: str) -> str:
    try:
        return network.sku(sku).category
    except NotFound:  # an article of an imported history
        return ""


def gone_parcels(session: Session, order_id: UUID) -> set[UUID]:
    """Parcels of an order that will not come: cancelled, lost, or on their way back."""
    cancelled = session.scalars(
        select(PlannedParcelRow.id).where(
            PlannedParcelRow.order_id == order_id, PlannedParcelRow.state == "cancelled"
        )
    )
    failed = session.scalars(
        select(TrackedParcelRow.id).where(
            TrackedParcelRow.order_id == order_id,
            TrackedParcelRow.direction == Direction.OUTBOUND.value,
            TrackedParcelRow.state.in_(GONE),
        )
    )
    return {*cancelled, *failed}


def _deliveries(
    session: Session, order_id: UUID
) -> tuple[dict[tuple[str, str], datetime], dict[tuple[str, str], int]]:
    """By (line, seller): when the last parcel with it came; and how many units never will."""
    states = {
        row.id: row
        for row in session.scalars(
            select(TrackedParcelRow).where(TrackedParcelRow.order_id == order_id)
        )
    }
    gone = gone_parcels(session, order_id)
    arrivals: dict[tuple[str, str], list[datetime | None]] = defaultdict(list)
    lost: dict[tuple[str, str], int] = defaultdict(int)
    parcels = session.scalars(select(PlannedParcelRow).where(PlannedParcelRow.order_id == order_id))
    for parcel in parcels:
        tracked = states.get(parcel.id)
        for content in parcel.contents:
            place = (content["line"], content["seller"])
            if parcel.id in gone:
                lost[place] += content["qty"]
            else:
                arrivals[place].append(tracked.delivered_at if tracked else None)
    came: dict[tuple[str, str], datetime] = {}
    for place, times in arrivals.items():
        known = [at for at in times if at is not None]
        if len(known) == len(times):
            came[place] = max(known)
    return came, lost


def _returned(session: Session, order_id: UUID, counting: Sequence[str]) -> dict[str, int]:
    rows = session.execute(
        select(RmaLineRow.line, RmaLineRow.qty, RmaLineRow.received_qty)
        .join(RmaRow, RmaRow.id == RmaLineRow.rma_id)
        .where(RmaRow.order_id == order_id, RmaRow.state.in_(counting))
    )
    found: dict[str, int] = defaultdict(int)
    for line, qty, received in rows:
        found[line] += qty if received is None else received
    return found


def _delivery_charges(order: OrderRow) -> dict[str, Money]:
    found: dict[str, Money] = {}
    for line in order.charge.get("lines", []):
        if line["code"] == "delivery" and line["seller"]:
            amount = Money(line["amount"]["minor"], line["amount"]["currency"])
            standing = found.get(line["seller"], Money.zero(amount.currency))
            found[line["seller"]] = standing + amount
    return found


def lines_of(session: Session, rma_id: UUID) -> Sequence[RmaLineRow]:
    """The lines of a return."""
    return session.scalars(
        select(RmaLineRow).where(RmaLineRow.rma_id == rma_id).order_by(RmaLineRow.line)
    ).all()


def parcels_of(session: Session, rma_id: UUID) -> Sequence[RmaParcelRow]:
    """The parcels in which a return goes back, by number."""
    return session.scalars(
        select(RmaParcelRow).where(RmaParcelRow.rma_id == rma_id).order_by(RmaParcelRow.number)
    ).all()


def refund_of(session: Session, rma_id: UUID) -> RefundRow | None:
    """The refund that was instructed for a return."""
    return session.scalar(select(RefundRow).where(RefundRow.rma_id == rma_id))


def refund_lines_json(lines: Sequence[RefundLine]) -> list[dict[str, Any]]:
    """Refund lines for a row."""
    return [
        {"code": line.code, "line": line.line, "amount_minor": line.amount.minor} for line in lines
    ]
