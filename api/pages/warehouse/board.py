"""What a place has to do: its parcels by departure, how far each is, and its manifests."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from carriers.booking import BookingState
from carriers.tables import BookingRow, ManifestRow
from core.ids import OrderId
from routing.order import OrderParcel
from routing.tables import OrderRow, PlannedParcelRow, order_parcel
from store.session import now
from tracking.tables import TrackedParcelRow

MOST = 300  # parcels shown at once
BACK = timedelta(days=3)  # how long a departed parcel stays on the board


class Step(StrEnum):
    """What is next for a parcel in the warehouse."""

    PLANNED = "planned"
    BOOKING = "booking"
    PROBLEM = "problem"
    TO_PACK = "to pack"  # booked, the label can be printed
    TO_HAND_OVER = "to hand over"  # on a manifest
    GONE = "handed over"
    CANCELLED = "cancelled"


SIGNS = {
    Step.PLANNED: "info",
    Step.BOOKING: "info",
    Step.PROBLEM: "bad",
    Step.TO_PACK: "warn",
    Step.TO_HAND_OVER: "warn",
    Step.GONE: "good",
    Step.CANCELLED: "bad",
}


@dataclass(frozen=True, slots=True)
class BoardParcel:
    """A parcel on the board."""

    parcel: OrderParcel
    step: Step
    tracking_number: str
    has_label: bool
    trouble: str
    manifest_id: UUID | None

    @property
    def sign(self) -> str:
        return SIGNS[self.step]


@dataclass(frozen=True, slots=True)
class Batch:
    """Parcels that one manifest can hold: carrier, account, mailing date."""

    carrier: str
    account: str
    mailing_date: date
    ready: int
    """Booked and on no manifest yet."""
    waiting: int
    """Not booked yet."""


@dataclass(frozen=True, slots=True)
class PickLine:
    """Units of a SKU to fetch, over all parcels to pack."""

    sku: str
    name: str
    qty: int
    parcels: int


def busy_places(session: Session) -> set[str]:
    """Codes of the places that parcels leave or have lately left; of thousands most may be idle."""
    recent = PlannedParcelRow.leaves_at >= now(session) - BACK
    return set(session.scalars(select(PlannedParcelRow.origin).where(recent).distinct()))


def parcels_at(session: Session, place: str) -> list[BoardParcel]:
    """Parcels packed at a place, the next departure first; those long gone are left out."""
    rows = session.execute(
        select(PlannedParcelRow, OrderRow.currency)
        .join(OrderRow, OrderRow.id == PlannedParcelRow.order_id)
        .where(PlannedParcelRow.origin == place, PlannedParcelRow.leaves_at >= now(session) - BACK)
        .order_by(PlannedParcelRow.leaves_at, PlannedParcelRow.id)
        .limit(MOST)
    )
    return on_board(session, [order_parcel(row, currency, seller=None) for row, currency in rows])


def parcels_of(session: Session, order_id: OrderId) -> list[BoardParcel]:
    """Every parcel of an order."""
    rows = session.execute(
        select(PlannedParcelRow, OrderRow.currency)
        .join(OrderRow, OrderRow.id == PlannedParcelRow.order_id)
        .where(PlannedParcelRow.order_id == order_id)
        .order_by(PlannedParcelRow.number)
    )
    return on_board(session, [order_parcel(row, currency, seller=None) for row, currency in rows])


def on_board(session: Session, parcels: Sequence[OrderParcel]) -> list[BoardParcel]:
    """The parcels with their bookings and first scans."""
    ids = [parcel.id for parcel in parcels]
    bookings = {
        row.parcel_id: row
        for row in session.scalars(
            select(BookingRow).where(
                BookingRow.parcel_id.in_(ids),
                BookingRow.slot == "live",
                BookingRow.direction == "outbound",
            )
        )
    }
    gone = set(
        session.scalars(
            select(TrackedParcelRow.id).where(
                TrackedParcelRow.id.in_(ids), TrackedParcelRow.handed_over_at.is_not(None)
            )
        )
    )
    return [_on_board(parcel, bookings.get(parcel.id), parcel.id in gone) for parcel in parcels]


def _on_board(parcel: OrderParcel, booking: BookingRow | None, gone: bool) -> BoardParcel:
    if booking is None:
        unbooked = Step.GONE if gone else Step.PLANNED
        step = Step.CANCELLED if parcel.state == "cancelled" else unbooked
        return BoardParcel(parcel, step, "", False, "", None)
    return BoardParcel(
        parcel,
        Step.GONE if gone else _step(booking),
        booking.tracking_number or "",
        booking.has_label,
        booking.reason,
        booking.manifest_id,
    )


def _step(booking: BookingRow) -> Step:
    match BookingState(booking.state):
        case BookingState.REFUSED | BookingState.PARKED:
            return Step.PROBLEM
        case BookingState.VOIDING | BookingState.VOIDED:
            return Step.CANCELLED
        case BookingState.REQUESTED:
            return Step.BOOKING
        case BookingState.BOOKED:
            return Step.TO_PACK if booking.manifest_id is None else Step.TO_HAND_OVER


def batches_at(session: Session, place: str) -> list[Batch]:
    """What manifests could be made at a place now."""
    rows = session.scalars(
        select(BookingRow).where(
            BookingRow.location == place,
            BookingRow.direction == "outbound",
            BookingRow.slot == "live",
            BookingRow.manifest_id.is_(None),
            BookingRow.state.in_([BookingState.BOOKED.value, BookingState.REQUESTED.value]),
        )
    )
    counts: dict[tuple[str, str, date], list[int]] = {}
    for row in rows:
        key = (row.carrier, row.account, row.mailing_date)
        found = counts.setdefault(key, [0, 0])
        found[0 if row.state == BookingState.BOOKED.value else 1] += 1
    ordered = sorted(counts.items(), key=lambda item: (item[0][2], item[0][0]))
    return [Batch(*key, ready, waiting) for key, (ready, waiting) in ordered]


def manifests_at(session: Session, place: str) -> Sequence[ManifestRow]:
    """The newest manifests of a place."""
    return session.scalars(
        select(ManifestRow)
        .where(ManifestRow.location == place)
        .order_by(ManifestRow.id.desc())
        .limit(10)
    ).all()


def pick_list(board: Iterable[BoardParcel], place: str) -> list[PickLine]:
    """What to fetch here for the parcels that are to be packed here."""
    units: dict[tuple[str, str], list[int]] = {}
    for item in board:
        if item.step is not Step.TO_PACK:
            continue
        for content in item.parcel.contents:
            if content.location == place:
                found = units.setdefault((content.sku, content.name), [0, 0])
                found[0] += content.qty
                found[1] += 1
    return [PickLine(sku, name, qty, n) for (sku, name), (qty, n) in sorted(units.items())]


@dataclass(frozen=True, slots=True)
class Inbound:
    """Goods to send from here to a hub, for a parcel that is packed there."""

    parcel: OrderParcel
    departs_at: datetime
    contents: tuple[tuple[int, str, str], ...]
    """(units, SKU, name)"""


def inbound_from(session: Session, place: str) -> list[Inbound]:
    """Goods that go from a place to hubs, the next departure first."""
    rows = session.execute(
        select(PlannedParcelRow, OrderRow.currency)
        .join(OrderRow, OrderRow.id == PlannedParcelRow.order_id)
        .where(PlannedParcelRow.through_hub.is_(True), PlannedParcelRow.leaves_at >= now(session))
        .order_by(PlannedParcelRow.leaves_at)
        .limit(MOST)
    )
    found = []
    for row, currency in rows:
        parcel = order_parcel(row, currency, seller=None)
        for leg in parcel.legs:
            if leg.location == place and leg.departs_at >= now(session):
                mine = tuple(
                    (each.qty, each.sku, each.name)
                    for each in parcel.contents
                    if each.location == place
                )
                found.append(Inbound(parcel, leg.departs_at, mine))
    return sorted(found, key=lambda item: item.departs_at)
