"""Bookings happen once: on both databases, under every answer a carrier can give."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from carriers.adapters.sandbox.local import LocalSandbox
from carriers.adapters.table.client import TableCarrier
from carriers.adapters.table.published import published_tariffs
from carriers.booking import BookingState, Direction, Finding, Resolution
from carriers.flows.close_manifest import close_manifest
from carriers.flows.open_manifest import open_manifest
from carriers.flows.read_label import read_label
from carriers.flows.read_manifest import read_manifest
from carriers.flows.request_pickup import request_pickup
from carriers.flows.resolve_parked import resolve_parked
from carriers.flows.sweep_calls import sweep_calls
from carriers.flows.void_booking import void_booking
from carriers.labels.content import make_sscc
from carriers.manifest_paper import manifest_pdf
from carriers.ports import Carrier, LabelFormat, Receipt, Recovery, VoidRequest
from carriers.sandbox import Fault, Sandbox
from carriers.tables import (
    BookingRow,
    CallRow,
    ManifestRow,
    PickupRow,
    all_health,
    live_booking,
    parked_calls,
    read_booking,
)
from core.clock import ManualClock
from core.errors import CarrierRejected, Conflict, Expired, NotFound
from core.ids import TenantId
from core.money import Money
from core.places import Address
from store.persons import erase_person
from store.session import Sessions
from store.tables import JobRow, OutboxRow
from tests.carriers.bookings import MAILING, ask_booking, parcel_id, run_until_quiet
from tests.carriers.orders import BUYER, SELLER

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def sandbox(sessions: Sessions, recovery: Recovery = Recovery.KEY) -> LocalSandbox:
    return LocalSandbox(Sandbox(7, recovery), sessions.clock)


def events(sessions: Sessions, tenant: TenantId) -> list[str]:
    with sessions(tenant, read_only=True) as session:
        return list(session.scalars(select(OutboxRow.name).order_by(OutboxRow.id)))


def state_of(sessions: Sessions, tenant: TenantId, booking_id: Any) -> BookingState:
    with sessions(tenant, read_only=True) as session:
        return read_booking(session, booking_id).state


def test_a_requested_parcel_is_booked_labelled_and_told(
    sessions: Sessions, tenant: TenantId
) -> None:
    carrier = sandbox(sessions)
    booking_id = ask_booking(sessions, tenant)
    assert ask_booking(sessions, tenant) == booking_id  # the same parcel again
    run_until_quiet(sessions, {"sandbox": carrier})
    with sessions(tenant, read_only=True) as session:
        booking = live_booking(session, parcel_id(1))
        assert booking is not None and booking.state is BookingState.BOOKED
        assert booking.tracking_number in carrier.model.parcels
        assert booking.cost == Money(490 + 120 + 500, "EUR")
        label = read_label(session, booking_id)
        assert label.content == carrier.label(booking.tracking_number, label.format).content
    assert events(sessions, tenant) == ["carriers.parcel_booked", "carriers.label_ready"]
    assert len(carrier.model.parcels) == 1


def test_labels_are_sealed_and_gone_with_the_person(sessions: Sessions, tenant: TenantId) -> None:
    booking_id = ask_booking(sessions, tenant)
    run_until_quiet(sessions, {"sandbox": sandbox(sessions)})
    with sessions(tenant) as session:
        booking = read_booking(session, booking_id)
        with pytest.raises(Conflict):
            read_label(session, booking_id, LabelFormat.PDF_A6)
        erase_person(session, booking.person)
    with sessions(tenant, read_only=True) as session, pytest.raises(Expired):
        read_label(session, booking_id)


def test_a_refusal_frees_the_parcel_for_another_booking(
    sessions: Sessions, tenant: TenantId
) -> None:
    nowhere = replace(BUYER, street="1 Refuse Street")
    carriers: dict[str, Carrier] = {"sandbox": sandbox(sessions)}
    first = ask_booking(sessions, tenant, to=nowhere)
    run_until_quiet(sessions, carriers)
    assert state_of(sessions, tenant, first) is BookingState.REFUSED
    second = ask_booking(sessions, tenant)
    assert second != first
    run_until_quiet(sessions, carriers)
    assert state_of(sessions, tenant, second) is BookingState.BOOKED
    assert events(sessions, tenant)[0] == "carriers.booking_refused"


LOSSES = [
    Fault.TIMEOUT_BEFORE,
    Fault.TIMEOUT_AFTER,
    Fault.ERROR_BEFORE,
    Fault.ERROR_AFTER,
    Fault.BUSY_BEFORE,
    Fault.BUSY_AFTER,
    Fault.CONFLICT,
    Fault.HALF_BODY,
    Fault.GARBAGE,
    Fault.SLOW_DRIP,
]


@pytest.mark.parametrize("recovery", [Recovery.KEY, Recovery.LOOK_UP])
def test_every_fault_ends_in_one_booking(
    sessions: Sessions, tenant: TenantId, recovery: Recovery
) -> None:
    carrier = sandbox(sessions, recovery)
    for number, fault in enumerate([Fault.NOT_CONNECTED, *LOSSES]):
        carrier.model.script("book", [fault])
        booking_id = ask_booking(sessions, tenant, number)
        run_until_quiet(sessions, {"sandbox": carrier})
        assert state_of(sessions, tenant, booking_id) is BookingState.BOOKED, fault
        assert len(carrier.model.parcels) == number + 1, fault


def test_a_carrier_without_recovery_parks_what_is_unknown(
    sessions: Sessions, tenant: TenantId
) -> None:
    carrier = sandbox(sessions, Recovery.NEITHER)
    for number, fault in enumerate(LOSSES):
        carrier.model.script("book", [fault])
        booking_id = ask_booking(sessions, tenant, number)
        run_until_quiet(sessions, {"sandbox": carrier})
        with sessions(tenant, read_only=True) as session:
            assert read_booking(session, booking_id).state is BookingState.PARKED
            waiting = parked_calls(session)[-1]
            assert waiting.accepted == (fault in (Fault.HALF_BODY, Fault.GARBAGE, Fault.SLOW_DRIP))
        assert len(carrier.model.parcels) <= number + 1


def test_a_number_that_another_parcel_has_is_not_believed(
    sessions: Sessions, tenant: TenantId
) -> None:
    carrier = sandbox(sessions, Recovery.LOOK_UP)
    carrier.model.script("book", [None, Fault.DUPLICATE_NUMBER])
    first, second = ask_booking(sessions, tenant, 1), ask_booking(sessions, tenant, 2)
    run_until_quiet(sessions, {"sandbox": carrier})
    with sessions(tenant, read_only=True) as session:
        numbers = {read_booking(session, b).tracking_number for b in (first, second)}
    assert numbers == set(carrier.model.parcels)


@pytest.mark.parametrize(
    ("resolution", "state", "parcels"),
    [
        (Resolution(Finding.ACCEPTED, "LWSB070000000099"), BookingState.BOOKED, 1),
        (Resolution(Finding.NEVER_ARRIVED), BookingState.BOOKED, 2),
        (Resolution(Finding.GIVEN_UP), BookingState.REFUSED, 1),
    ],
)
def test_a_person_resolves_what_is_parked(
    sessions: Sessions,
    tenant: TenantId,
    resolution: Resolution,
    state: BookingState,
    parcels: int,
) -> None:
    carrier = sandbox(sessions, Recovery.NEITHER)
    carrier.model.script("book", [Fault.TIMEOUT_AFTER])
    booking_id = ask_booking(sessions, tenant)
    run_until_quiet(sessions, {"sandbox": carrier})
    with sessions(tenant) as session:
        (waiting,) = parked_calls(session)
        resolve_parked(session, waiting.call_id, resolution)
    with sessions(tenant) as session, pytest.raises(Conflict):
        resolve_parked(session, waiting.call_id, resolution)
    # The label of a number that the carrier never gave is refused for good: let that job be.
    until = sessions.clock.now() + timedelta(minutes=5)
    run_until_quiet(sessions, {"sandbox": carrier}, until=until)
    assert state_of(sessions, tenant, booking_id) is state
    assert len(carrier.model.parcels) == parcels  # NEVER_ARRIVED was the person's mistake


def test_a_person_cannot_give_a_number_that_is_taken(sessions: Sessions, tenant: TenantId) -> None:
    carrier = sandbox(sessions, Recovery.NEITHER)
    carrier.model.script("book", [None, Fault.TIMEOUT_AFTER])
    first = ask_booking(sessions, tenant, 1)
    run_until_quiet(sessions, {"sandbox": carrier})
    ask_booking(sessions, tenant, 2)
    run_until_quiet(sessions, {"sandbox": carrier})
    with sessions(tenant) as session:
        number = read_booking(session, first).tracking_number or ""
        (waiting,) = parked_calls(session)
        with pytest.raises(Conflict):
            resolve_parked(session, waiting.call_id, Resolution(Finding.ACCEPTED, number))


def test_voiding_before_sending_calls_nobody(sessions: Sessions, tenant: TenantId) -> None:
    carrier = sandbox(sessions)
    booking_id = ask_booking(sessions, tenant)
    with sessions(tenant) as session:
        assert void_booking(session, booking_id) is BookingState.VOIDED
        assert void_booking(session, booking_id) is BookingState.VOIDED
    run_until_quiet(sessions, {"sandbox": carrier})
    assert not carrier.model.parcels
    assert ask_booking(sessions, tenant) != booking_id


@pytest.mark.parametrize(
    "fault", [None, Fault.TIMEOUT_AFTER, Fault.NOT_CONNECTED, Fault.ERROR_BEFORE]
)
def test_voiding_a_booked_parcel_asks_the_carrier_once(
    sessions: Sessions, tenant: TenantId, fault: Fault | None
) -> None:
    carrier = sandbox(sessions)
    carrier.model.script("void", [fault])
    booking_id = ask_booking(sessions, tenant)
    run_until_quiet(sessions, {"sandbox": carrier})
    with sessions(tenant) as session:
        assert void_booking(session, booking_id) is BookingState.VOIDING
    run_until_quiet(sessions, {"sandbox": carrier})
    assert state_of(sessions, tenant, booking_id) is BookingState.VOIDED
    (parcel,) = carrier.model.parcels.values()
    assert parcel.voided_at is not None
    assert "carriers.booking_voided" in events(sessions, tenant)


@pytest.mark.parametrize("recovery", list(Recovery))
def test_a_label_whose_void_is_refused_stays_out_of_use_and_waits_for_a_person(
    sessions: Sessions, tenant: TenantId, recovery: Recovery
) -> None:
    carrier = sandbox(sessions, recovery)
    carrier.model.script("void", [Fault.REFUSE, Fault.REFUSE, None])
    booking_id = ask_booking(sessions, tenant)
    run_until_quiet(sessions, {"sandbox": carrier})
    with sessions(tenant) as session:
        void_booking(session, booking_id)
    run_until_quiet(sessions, {"sandbox": carrier})
    where = {"carrier": "sandbox", "account": "main", "location": "TIL", "mailing_date": MAILING}
    with sessions(tenant) as session:
        assert void_booking(session, booking_id) is BookingState.VOIDING
        manifest_id = open_manifest(session, **where)  # type: ignore[arg-type]
        paper = read_manifest(session, manifest_id)
        assert not paper.lines
        assert paper.left_out[0].reason.startswith("cancelled, not voided: ")
        (waiting,) = parked_calls(session)
        assert waiting.kind == "void" and waiting.reason.startswith("not voided: ")
        resolve_parked(session, waiting.call_id, Resolution(Finding.NEVER_ARRIVED))
    run_until_quiet(sessions, {"sandbox": carrier})
    with sessions(tenant) as session:
        (waiting,) = parked_calls(session)
        resolve_parked(session, waiting.call_id, Resolution(Finding.GIVEN_UP))
        assert not parked_calls(session)
        booking = read_booking(session, booking_id)
        assert booking.state is BookingState.VOIDED
        assert booking.reason == "not voided: given up by a person"
    assert ask_booking(sessions, tenant) != booking_id
    assert "carriers.booking_voided" in events(sessions, tenant)


def test_a_manifest_takes_what_is_booked_once_and_says_what_is_not_on_it(
    sessions: Sessions, tenant: TenantId
) -> None:
    carrier = sandbox(sessions, Recovery.NEITHER)
    carrier.model.script("book", [None, None, Fault.TIMEOUT_AFTER])
    carriers = {"sandbox": carrier}
    bookings = [ask_booking(sessions, tenant, number) for number in (1, 2, 3)]
    where = {"carrier": "sandbox", "account": "main", "location": "TIL", "mailing_date": MAILING}
    run_until_quiet(sessions, carriers)
    with sessions(tenant) as session:
        manifest_id = open_manifest(session, **where)  # type: ignore[arg-type]
        assert open_manifest(session, **where) == manifest_id  # type: ignore[arg-type]
        assert close_manifest(session, manifest_id) == "submitted"
        with pytest.raises(Conflict):
            void_booking(session, bookings[0])
    run_until_quiet(sessions, carriers)
    with sessions(tenant) as session:
        row = session.get(ManifestRow, manifest_id)
        assert row is not None and row.state == "closed" and row.carrier_reference == "SM000001"
        paper = read_manifest(session, manifest_id)
        assert len(paper.lines) == 2
        assert [item.reason for item in paper.left_out] == [
            "to be cleared up: sandbox fault: timeout_after"
        ]
        assert manifest_pdf(paper) == manifest_pdf(read_manifest(session, manifest_id))
        again = open_manifest(session, **where)  # type: ignore[arg-type]
        with pytest.raises(Conflict):
            close_manifest(session, again)  # nothing is left for a second one
    on_it = {p.tracking_number for p in carrier.model.parcels.values() if p.manifest}
    assert on_it == {line.tracking_number for line in paper.lines}


def test_a_refused_manifest_frees_its_parcels(sessions: Sessions, tenant: TenantId) -> None:
    carrier = sandbox(sessions)
    carrier.model.script("manifest", [Fault.REFUSE])
    booking_id = ask_booking(sessions, tenant)
    run_until_quiet(sessions, {"sandbox": carrier})
    where = {"carrier": "sandbox", "account": "main", "location": "TIL", "mailing_date": MAILING}
    with sessions(tenant) as session:
        close_manifest(session, open_manifest(session, **where))  # type: ignore[arg-type]
    run_until_quiet(sessions, {"sandbox": carrier})
    with sessions(tenant) as session:
        assert read_booking(session, booking_id).manifest_id is None
        second = open_manifest(session, **where)  # type: ignore[arg-type]
        close_manifest(session, second)
    run_until_quiet(sessions, {"sandbox": carrier})
    with sessions(tenant, read_only=True) as session:
        row = session.get(ManifestRow, second)
        assert row is not None and row.state == "closed"


def test_a_manifest_of_nothing_is_refused(sessions: Sessions, tenant: TenantId) -> None:
    with sessions(tenant) as session, pytest.raises(NotFound):
        open_manifest(session, carrier="sandbox", account="x", location="TIL", mailing_date=MAILING)


def test_a_pickup_is_agreed_once(sessions: Sessions, tenant: TenantId, clock: ManualClock) -> None:
    carrier = sandbox(sessions)
    carrier.model.script("pickup", [Fault.ERROR_AFTER])
    with sessions(tenant) as session:
        pickup_id = request_pickup(
            session,
            carrier="sandbox",
            account="main",
            location="TIL",
            place=SELLER,
            earliest=clock.now() + timedelta(hours=5),
            latest=clock.now() + timedelta(hours=8),
            parcels=3,
            weight_g=4000,
        )
    run_until_quiet(sessions, {"sandbox": carrier})
    with sessions(tenant, read_only=True) as session:
        row = session.get(PickupRow, pickup_id)
        assert row is not None and (row.state, row.confirmation) == ("agreed", "SP000001")
    assert len(carrier.model.receipts) == 1


def test_the_table_carrier_books_at_published_prices_with_its_own_numbers(
    sessions: Sessions, tenant: TenantId
) -> None:
    tariffs = {s: t for (c, s), t in published_tariffs().items() if c == "postnl"}
    carriers: dict[str, Carrier] = {"postnl": TableCarrier("postnl", tariffs, title="PostNL")}
    here = Address("Jan Jansen", "Dorpsstraat 1", "Utrecht", "3511 AA", "NL")
    booking_id = ask_booking(sessions, tenant, to=here, carrier="postnl", service="DomesticPakket")
    run_until_quiet(sessions, carriers)
    with sessions(tenant, read_only=True) as session:
        booking = read_booking(session, booking_id)
        assert booking.cost == Money(695, "EUR") and booking.has_label
        assert booking.tracking_number == make_sscc(1, "9521234", 1)
        assert b"Utrecht" in read_label(session, booking_id).content


def test_a_return_label_goes_the_other_way(sessions: Sessions, tenant: TenantId) -> None:
    carrier = sandbox(sessions)
    ask_booking(sessions, tenant)
    back = ask_booking(sessions, tenant, direction=Direction.RETURN)
    run_until_quiet(sessions, {"sandbox": carrier})
    assert state_of(sessions, tenant, back) is BookingState.BOOKED
    orders = [parcel.order for parcel in carrier.model.parcels.values()]
    (order,) = [order for order in orders if order.return_to_sender]
    assert order.ship_to == SELLER and order.ship_from == BUYER


def test_an_open_breaker_keeps_calls_back_and_closes_after_an_answer(
    sessions: Sessions, tenant: TenantId
) -> None:
    carrier = sandbox(sessions)
    carrier.model.script("book", [Fault.NOT_CONNECTED] * 6)
    for number in range(4):
        ask_booking(sessions, tenant, number)
    run_until_quiet(sessions, {"sandbox": carrier})
    with sessions(tenant, read_only=True) as session:
        health = all_health(session)["sandbox"]
        states = set(session.scalars(select(BookingRow.state)))
    assert health.unanswered == 6 and health.failures == 0 and health.open_until is None
    assert states == {"booked"} and len(carrier.model.parcels) == 4


def test_a_call_whose_job_was_lost_is_found_by_the_sweep(
    sessions: Sessions, tenant: TenantId, clock: ManualClock
) -> None:
    booking_id = ask_booking(sessions, tenant)
    with sessions(tenant) as session:
        for job in session.scalars(select(JobRow)):
            session.delete(job)
    clock.advance(timedelta(minutes=6))
    with sessions(tenant) as session:
        assert sweep_calls(session) == 1
        assert sweep_calls(session) == 1
    run_until_quiet(sessions, {"sandbox": sandbox(sessions)})
    assert state_of(sessions, tenant, booking_id) is BookingState.BOOKED


def test_an_erased_person_is_never_sent(sessions: Sessions, tenant: TenantId) -> None:
    carrier = sandbox(sessions)
    booking_id = ask_booking(sessions, tenant)
    with sessions(tenant) as session:
        erase_person(session, read_booking(session, booking_id).person)
    run_until_quiet(sessions, {"sandbox": carrier})
    assert state_of(sessions, tenant, booking_id) is BookingState.REFUSED
    assert not carrier.model.parcels


def test_nothing_personal_is_written_outside_the_persons_table(
    sessions: Sessions, tenant: TenantId
) -> None:
    ask_booking(sessions, tenant)
    run_until_quiet(sessions, {"sandbox": sandbox(sessions)})
    with sessions(tenant, read_only=True) as session:
        for row in (*session.scalars(select(BookingRow)), *session.scalars(select(CallRow))):
            text = " ".join(str(getattr(row, c.key)) for c in row.__table__.columns)
            assert "Novak" not in text and "Invalidenstr" not in text


def test_two_accounts_of_one_carrier_never_issue_the_same_number(
    sessions: Sessions, tenant: TenantId
) -> None:
    tariffs = {s: t for (c, s), t in published_tariffs().items() if c == "postnl"}
    carriers: dict[str, Carrier] = {"postnl": TableCarrier("postnl", tariffs)}
    wanted: dict[str, Any] = {"carrier": "postnl", "service": "DomesticPakket"}
    dutch = replace(BUYER, postcode="3511 AA", country="NL")
    ids = [
        ask_booking(sessions, tenant, number, to=dutch, account=account, **wanted)
        for number, account in enumerate(("north", "south"), start=1)
    ]
    run_until_quiet(sessions, carriers)
    with sessions(tenant, read_only=True) as session:
        booked = [read_booking(session, booking_id) for booking_id in ids]
    assert [booking.state for booking in booked] == [BookingState.BOOKED] * 2
    assert len({booking.tracking_number for booking in booked}) == 2


class VoidsOnce(LocalSandbox):
    """Refuses to cancel what is cancelled, and loses its first answer."""

    def void(self, ask: VoidRequest) -> Receipt:
        if self.model.parcel(ask.tracking_number).voided_at is not None:
            raise CarrierRejected("it is cancelled", code="voided")
        self.model.script("void", [Fault.TIMEOUT_AFTER])
        return super().void(ask)


@pytest.mark.parametrize("recovery", [Recovery.KEY, Recovery.LOOK_UP])
def test_a_void_whose_answer_was_lost_is_a_void(
    sessions: Sessions, tenant: TenantId, recovery: Recovery
) -> None:
    carrier = VoidsOnce(Sandbox(7, recovery), sessions.clock)
    booking_id = ask_booking(sessions, tenant)
    run_until_quiet(sessions, {"sandbox": carrier})
    with sessions(tenant) as session:
        assert void_booking(session, booking_id) is BookingState.VOIDING
    run_until_quiet(sessions, {"sandbox": carrier})
    assert state_of(sessions, tenant, booking_id) is BookingState.VOIDED


def test_a_pickup_asked_twice_of_a_carrier_without_keys_would_come_twice() -> None:
    """What the fault suites count: the model does not hide a second call."""
    for recovery, receipts in ((Recovery.KEY, 1), (Recovery.LOOK_UP, 2), (Recovery.NEITHER, 2)):
        model = Sandbox(1, recovery)
        for _ in range(2):
            model.pickup("P-1", NOON)
        assert len(model.receipts) == receipts
