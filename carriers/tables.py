"""Rows of the carriers' room: journal of calls, bookings, labels, manifests, pickups, contracts, health."""

import hashlib
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from carriers.booking import Booking, BookingState, Direction, ParkedCall
from carriers.breaker import Health
from carriers.journal import Call, CallState
from carriers.number_ranges import next_free, with_given
from carriers.ports import LabelFile, LabelFormat, NumberSeries, Recovery
from core.errors import NotFound
from core.ids import BookingId, ParcelId, SubjectId
from core.money import Money
from core.places import Address
from store.base import Base, OfTenant
from store.persons import seal_bytes
from store.session import add_if_new, exists, lock, new_id, now


class CallRow(OfTenant, Base):
    """One call to a carrier, from intent to settled: the journal that makes it happen once."""

    __tablename__ = "carrier_calls"
    __table_args__ = (
        UniqueConstraint("tenant_id", "carrier", "kind", "reference"),
        Index("ix_carrier_calls_open", "state", "next_at"),
        Index("ix_carrier_calls_lately", "carrier", "created_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    subject_id: Mapped[UUID] = mapped_column(index=True)
    carrier: Mapped[str] = mapped_column(String(100))
    account: Mapped[str] = mapped_column(String(100))
    reference: Mapped[str] = mapped_column(String(60))
    recovery: Mapped[str] = mapped_column(String(10))
    state: Mapped[str] = mapped_column(String(10))
    accepted: Mapped[bool] = mapped_column(default=False)
    sends: Mapped[int] = mapped_column(default=0)
    looks: Mapped[int] = mapped_column(default=0)
    empty_looks: Mapped[int] = mapped_column(default=0)
    holds: Mapped[int] = mapped_column(default=0)
    held_since: Mapped[datetime | None]
    revision: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime]
    busy_until: Mapped[datetime | None]
    last_sent_until: Mapped[datetime | None]
    first_sent_at: Mapped[datetime | None]
    code: Mapped[str] = mapped_column(String(40), default="")
    reason: Mapped[str] = mapped_column(String(300), default="")
    took_ms: Mapped[int | None]
    created_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]


class BookingRow(OfTenant, Base):
    """A parcel's booking; `slot` is `live` for the one that counts, else the booking's own id."""

    __tablename__ = "bookings"
    __table_args__ = (
        UniqueConstraint("tenant_id", "parcel_id", "direction", "slot"),
        UniqueConstraint("tenant_id", "carrier", "tracking_number"),
        Index("ix_bookings_manifesting", "carrier", "account", "location", "mailing_date"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    parcel_id: Mapped[UUID] = mapped_column(index=True)
    direction: Mapped[str] = mapped_column(String(10))
    slot: Mapped[str] = mapped_column(String(36))
    carrier: Mapped[str] = mapped_column(String(100))
    account: Mapped[str] = mapped_column(String(100))
    service: Mapped[str] = mapped_column(String(100))
    location: Mapped[str] = mapped_column(String(100))
    place: Mapped[dict[str, Any]]
    person_id: Mapped[UUID]
    serial: Mapped[int]
    own_serial: Mapped[int | None]
    """Of the number series that is ours to give out, once the carrier is about to be called."""
    own_series: Mapped[str | None] = mapped_column(String(40))
    """The name of that series: under another one the serial is not ours."""
    reference: Mapped[str] = mapped_column(String(60))
    weight_g: Mapped[int]
    size_mm: Mapped[list[Any]]
    mailing_date: Mapped[date]
    label_format: Mapped[str] = mapped_column(String(10))
    options: Mapped[dict[str, Any]]
    rate_id: Mapped[str] = mapped_column(String(100), default="")
    state: Mapped[str] = mapped_column(String(10), index=True)
    reason: Mapped[str] = mapped_column(String(300), default="")
    tracking_number: Mapped[str | None] = mapped_column(String(60))
    carrier_reference: Mapped[str | None] = mapped_column(String(100))
    cost_minor: Mapped[int | None]
    currency: Mapped[str | None] = mapped_column(String(3))
    manifest_id: Mapped[UUID | None] = mapped_column(ForeignKey("manifests.id"), index=True)
    has_label: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    booked_at: Mapped[datetime | None]


class LabelRow(OfTenant, Base):
    """A label's bytes, sealed under the consignee's key until `expires_at`."""

    __tablename__ = "labels"
    __table_args__ = (UniqueConstraint("tenant_id", "booking_id", "format"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    booking_id: Mapped[UUID] = mapped_column(ForeignKey("bookings.id", ondelete="CASCADE"))
    format: Mapped[str] = mapped_column(String(10))
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    sha256: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class ManifestRow(OfTenant, Base):
    """The list of one carrier account, place and mailing date: open, submitted, closed or failed."""

    __tablename__ = "manifests"
    __table_args__ = (UniqueConstraint("tenant_id", "number"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(60))
    carrier: Mapped[str] = mapped_column(String(100))
    account: Mapped[str] = mapped_column(String(100))
    location: Mapped[str] = mapped_column(String(100))
    place: Mapped[dict[str, Any]]
    mailing_date: Mapped[date]
    state: Mapped[str] = mapped_column(String(10), index=True)
    reason: Mapped[str] = mapped_column(String(300), default="")
    carrier_reference: Mapped[str | None] = mapped_column(String(100))
    left_out: Mapped[list[Any]]
    created_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]


class PickupRow(OfTenant, Base):
    """A collection asked of a carrier: requested, agreed, refused or parked."""

    __tablename__ = "pickups"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    carrier: Mapped[str] = mapped_column(String(100))
    account: Mapped[str] = mapped_column(String(100))
    location: Mapped[str] = mapped_column(String(100))
    place: Mapped[dict[str, Any]]
    earliest: Mapped[datetime]
    latest: Mapped[datetime]
    parcels: Mapped[int]
    weight_g: Mapped[int]
    state: Mapped[str] = mapped_column(String(10))
    reason: Mapped[str] = mapped_column(String(300), default="")
    confirmation: Mapped[str | None] = mapped_column(String(100))
    created_at: Mapped[datetime]


class SerialRow(OfTenant, Base):
    """The next running number of a carrier: all its accounts number from one range."""

    __tablename__ = "carrier_serials"
    __table_args__ = (UniqueConstraint("tenant_id", "carrier"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    carrier: Mapped[str] = mapped_column(String(100))
    next_serial: Mapped[int]


class NumberSeriesRow(Base):
    """The serials of a series that were given out: one row for all tenants, so that none is twice."""

    __tablename__ = "number_series"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    given: Mapped[list[Any]]  # stretches [first, end before), apart and rising


class NumberRangeRow(OfTenant, Base):
    """The numbers that a tenant prints for a carrier of its price tables."""

    __tablename__ = "number_ranges"
    __table_args__ = (UniqueConstraint("tenant_id", "carrier"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    carrier: Mapped[str] = mapped_column(String(100))
    settings: Mapped[dict[str, Any]]


class ContractRow(OfTenant, Base):
    """A tenant's own tariff of one service; a new one has a new id."""

    __tablename__ = "carrier_contracts"
    __table_args__ = (UniqueConstraint("tenant_id", "carrier", "service"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    carrier: Mapped[str] = mapped_column(String(100))
    service: Mapped[str] = mapped_column(String(100))
    tariff: Mapped[dict[str, Any]]
    kept_at: Mapped[datetime]


class BookingBatchRow(OfTenant, Base):
    """Rows that were asked for together over HTTP."""

    __tablename__ = "booking_batches"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    rows: Mapped[int]
    created_at: Mapped[datetime]


class BookingBatchLineRow(OfTenant, Base):
    """One row of a batch: its booking, or why there is none. Addresses stay with their person."""

    __tablename__ = "booking_batch_lines"
    __table_args__ = (UniqueConstraint("tenant_id", "batch_id", "number"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    batch_id: Mapped[UUID] = mapped_column(ForeignKey("booking_batches.id", ondelete="CASCADE"))
    number: Mapped[int]
    reference: Mapped[str] = mapped_column(String(100))
    booking_id: Mapped[UUID | None] = mapped_column(ForeignKey("bookings.id"))
    fault: Mapped[str] = mapped_column(String(300), default="")


class HealthRow(OfTenant, Base):
    """How a carrier has been answering; the circuit breaker's memory.

    With an `account`: that account alone, once the carrier has refused its credentials.
    """

    __tablename__ = "carrier_health"
    __table_args__ = (UniqueConstraint("tenant_id", "carrier", "account"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    carrier: Mapped[str] = mapped_column(String(100))
    account: Mapped[str] = mapped_column(String(100), default="")
    failures: Mapped[int] = mapped_column(default=0)
    open_until: Mapped[datetime | None]
    rests: Mapped[int] = mapped_column(default=0)
    answered: Mapped[int] = mapped_column(default=0)
    unanswered: Mapped[int] = mapped_column(default=0)
    last_answer_at: Mapped[datetime | None]
    last_failure: Mapped[str] = mapped_column(String(200), default="")
    last_failure_at: Mapped[datetime | None]
    stopped_for: Mapped[str] = mapped_column(String(40), default="")


class RateRow(OfTenant, Base):
    """A rate that a carrier told; `ask` is the hash of what was asked. Kept while it may be used."""

    __tablename__ = "carrier_rates"
    __table_args__ = (UniqueConstraint("tenant_id", "ask", "carrier", "service"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    ask: Mapped[str] = mapped_column(String(32))
    carrier: Mapped[str] = mapped_column(String(100))
    service: Mapped[str] = mapped_column(String(100))
    price_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    rate_id: Mapped[str] = mapped_column(String(100))
    transit_days: Mapped[int | None]
    expires_at: Mapped[datetime | None]
    fetched_at: Mapped[datetime] = mapped_column(index=True)


_CALL_FIELDS = (
    "accepted sends looks empty_looks holds held_since next_at busy_until last_sent_until "
    "first_sent_at reason"
).split()
_HEALTH_FIELDS = (
    "failures open_until rests answered unanswered last_answer_at last_failure last_failure_at "
    "stopped_for"
).split()


def call_of(row: CallRow) -> Call:
    """The journal's value of a row."""
    return Call(
        id=row.id,
        state=CallState(row.state),
        recovery=Recovery(row.recovery),
        **{name: getattr(row, name) for name in _CALL_FIELDS},
    )


def keep_call(session: Session, row: CallRow, call: Call) -> None:
    """Write the journal's value back."""
    row.state = call.state.value
    for name in _CALL_FIELDS:
        setattr(row, name, getattr(call, name))
    row.reason = call.reason[:300]
    row.settled_at = now(session) if call.state.is_settled else None


def add_call(
    session: Session, kind: str, subject_id: UUID, *, carrier: str, account: str, reference: str
) -> CallRow:
    """Write the intent of a call. The careful recovery class stands until an adapter takes it up."""
    row = CallRow(
        id=new_id(session),
        kind=kind,
        subject_id=subject_id,
        carrier=carrier,
        account=account,
        reference=reference,
        recovery=Recovery.NEITHER.value,
        state=CallState.INTENT.value,
        next_at=now(session),
        created_at=now(session),
    )
    session.add(row)
    session.flush()
    return row


def address_json(address: Address) -> dict[str, str]:
    """The address of a place of ours, for a row. Never a person's."""
    return {name: getattr(address, name) for name in Address.__slots__}


def address_of(value: dict[str, Any]) -> Address:
    return Address(**value)


def keep_label(session: Session, row: BookingRow, label: LabelFile, kept: timedelta) -> None:
    """Seal a label under the person's key; the first one stays, so that it prints the same again."""
    new = add_if_new(
        session,
        LabelRow,
        {
            "id": new_id(session),
            "booking_id": row.id,
            "format": label.format.value,
            "sealed": seal_bytes(session, SubjectId(row.person_id), label.content),
            "sha256": hashlib.sha256(label.content).hexdigest(),
            "created_at": now(session),
            "expires_at": now(session) + kept,
        },
        ["tenant_id", "booking_id", "format"],
    )
    row.has_label = row.has_label or new


def label_row(session: Session, booking_id: UUID, wanted: LabelFormat) -> LabelRow | None:
    """The kept label of a booking in that format."""
    return session.scalar(
        select(LabelRow).where(LabelRow.booking_id == booking_id, LabelRow.format == wanted.value)
    )


def manifest_bookings(session: Session, manifest_id: UUID) -> list[BookingRow]:
    """The parcels on a manifest, by tracking number."""
    return list(
        session.scalars(
            select(BookingRow)
            .where(BookingRow.manifest_id == manifest_id)
            .order_by(BookingRow.tracking_number)
        )
    )


def call_for(session: Session, kind: str, subject_id: UUID) -> CallRow:
    """The newest call of a kind about a subject; raises NotFound."""
    row = session.scalar(
        select(CallRow)
        .where(CallRow.kind == kind, CallRow.subject_id == subject_id)
        .order_by(CallRow.id.desc())
        .limit(1)
    )
    if row is None:
        raise NotFound(f"no {kind} call for {subject_id}")
    return row


def health_of(session: Session, carrier: str, account: str = "") -> tuple[HealthRow, Health]:
    """The health of a carrier, or of one account there, locked; made on first sight."""
    query = select(HealthRow).where(HealthRow.carrier == carrier, HealthRow.account == account)
    row = session.scalar(query)
    if row is None:
        add_if_new(
            session,
            HealthRow,
            {
                "id": new_id(session),
                "carrier": carrier,
                "account": account,
                "failures": 0,
                "rests": 0,
                "answered": 0,
                "unanswered": 0,
                "last_failure": "",
                "stopped_for": "",
            },
            ["tenant_id", "carrier", "account"],
        )
        row = session.scalars(query).one()
    row = lock(session, HealthRow, row.id)
    return row, _health(row)


def is_account_known(session: Session, carrier: str, account: str) -> bool:
    """Whether the credentials of that account were ever refused."""
    return account != "" and exists(session, HealthRow, carrier=carrier, account=account)


def keep_health(row: HealthRow, health: Health) -> None:
    for name in _HEALTH_FIELDS:
        setattr(row, name, getattr(health, name))


def take_serial(session: Session, carrier: str) -> int:
    """The next running number of a carrier, from 1; never given twice."""
    query = select(SerialRow).where(SerialRow.carrier == carrier).with_for_update()
    row = session.scalar(query)
    if row is None:
        add_if_new(
            session,
            SerialRow,
            {"id": new_id(session), "carrier": carrier, "next_serial": 1},
            ["tenant_id", "carrier"],
        )
        row = session.scalars(query).one()
    session.refresh(row, with_for_update=True)
    serial = row.next_serial
    row.next_serial = serial + 1
    session.flush()
    return serial


def take_own_serial(session: Session, series: NumberSeries) -> int | None:
    """The next serial of the series that nobody has, over all tenants; None when it is used up."""
    query = select(NumberSeriesRow).where(NumberSeriesRow.name == series.name).with_for_update()
    row = session.scalar(query.execution_options(populate_existing=True))
    if row is None:
        add_if_new(session, NumberSeriesRow, {"name": series.name, "given": []}, ["name"])
        row = session.scalars(query.execution_options(populate_existing=True)).one()
    given = [(start, end) for start, end in row.given]
    serial = next_free(given, series.first, series.last)
    if serial is not None:
        row.given = [list(stretch) for stretch in with_given(given, serial)]
        session.flush()
    return serial


def booking_of(row: BookingRow) -> Booking:
    """The booking as other rooms see it."""
    cost = None
    if row.cost_minor is not None and row.currency is not None:
        cost = Money(row.cost_minor, row.currency)
    return Booking(
        id=BookingId(row.id),
        parcel_id=ParcelId(row.parcel_id),
        direction=Direction(row.direction),
        carrier=row.carrier,
        account=row.account,
        service=row.service,
        location=row.location,
        person=SubjectId(row.person_id),
        reference=row.reference,
        state=BookingState(row.state),
        reason=row.reason,
        tracking_number=row.tracking_number,
        cost=cost,
        weight_g=row.weight_g,
        mailing_date=row.mailing_date,
        has_label=row.has_label,
        manifest_id=row.manifest_id,
    )


def read_booking(session: Session, booking_id: UUID) -> Booking:
    """The booking; raises NotFound."""
    row = session.get(BookingRow, booking_id)
    if row is None:
        raise NotFound("no such booking")
    return booking_of(row)


def live_booking(
    session: Session, parcel_id: UUID, direction: Direction = Direction.OUTBOUND
) -> Booking | None:
    """The booking of a parcel that counts, if any."""
    row = session.scalar(
        select(BookingRow).where(
            BookingRow.parcel_id == parcel_id,
            BookingRow.direction == direction.value,
            BookingRow.slot == "live",
        )
    )
    return booking_of(row) if row is not None else None


def find_booking(session: Session, tracking_number: str) -> list[Booking]:
    """Bookings with that tracking number, over all carriers."""
    rows = session.scalars(select(BookingRow).where(BookingRow.tracking_number == tracking_number))
    return [booking_of(row) for row in rows]


def parked_calls(session: Session) -> list[ParkedCall]:
    """What waits for a person, oldest first."""
    rows = session.scalars(
        select(CallRow).where(CallRow.state == CallState.PARKED.value).order_by(CallRow.created_at)
    )
    return [
        ParkedCall(
            row.id,
            row.kind,
            row.subject_id,
            row.carrier,
            row.account,
            row.reference,
            row.reason,
            row.accepted,
            row.settled_at or row.created_at,
        )
        for row in rows
    ]


def all_health(session: Session) -> dict[str, Health]:
    """Every carrier's health by name."""
    rows = select(HealthRow).where(HealthRow.account == "").order_by(HealthRow.carrier)
    return {row.carrier: _health(row) for row in session.scalars(rows)}


def stopped_accounts(session: Session) -> dict[tuple[str, str], Health]:
    """By carrier and account: those whose credentials the carrier refuses."""
    rows = (
        select(HealthRow)
        .where(HealthRow.account != "", HealthRow.stopped_for != "")
        .order_by(HealthRow.carrier, HealthRow.account)
    )
    return {(row.carrier, row.account): _health(row) for row in session.scalars(rows)}


def _health(row: HealthRow) -> Health:
    return Health(**{name: getattr(row, name) for name in _HEALTH_FIELDS})
