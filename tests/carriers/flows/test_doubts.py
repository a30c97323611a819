"""What is not certain is never taken for a no: refusals about us, late answers, old keys, bad adapters."""

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import product
from typing import TypeVar

import pytest
from sqlalchemy import select

from carriers.adapters.sandbox.local import LocalSandbox
from carriers.booking import BookingState, Finding, Resolution
from carriers.flows.ask_rates import RESTING, ask_rates
from carriers.flows.book import BOOKING, _unbelievable, book
from carriers.flows.close_manifest import close_manifest
from carriers.flows.collect_rates import collect_rates
from carriers.flows.note_answer import note_answer
from carriers.flows.open_manifest import open_manifest
from carriers.flows.report_health import report_health
from carriers.flows.resolve_parked import resolve_parked
from carriers.flows.run_call import _claim, _Plan
from carriers.flows.send_manifest import send_manifest
from carriers.flows.void_booking import void_booking
from carriers.health import Breaker
from carriers.journal import HELD_MOST, CallState
from carriers.ports import (
    Booked,
    BookedUnread,
    BookingOrder,
    Carrier,
    CarrierProfile,
    ManifestRequest,
    Rate,
    RateRequest,
    Receipt,
    Recovery,
)
from carriers.sandbox import KEY_LIVES, Fault, Sandbox
from carriers.tables import (
    BookingRow,
    CallRow,
    ManifestRow,
    all_health,
    call_for,
    live_booking,
    parked_calls,
    read_booking,
    stopped_accounts,
)
from core.clock import Clock, ManualClock
from core.errors import CarrierRejected, Conflict
from core.ids import BookingId, TenantId
from core.money import Money
from store.session import Sessions
from tests.carriers.bookings import MAILING, ask_booking, parcel_id, run_until_quiet
from tests.carriers.flows.test_collect_rates import ASK

T = TypeVar("T")


def sandbox(sessions: Sessions, recovery: Recovery = Recovery.KEY) -> LocalSandbox:
    return LocalSandbox(Sandbox(7, recovery), sessions.clock)


def clock_of(sessions: Sessions) -> ManualClock:
    assert isinstance(sessions.clock, ManualClock)
    return sessions.clock


def state_of(sessions: Sessions, tenant: TenantId, booking_id: BookingId) -> BookingState:
    with sessions(tenant, read_only=True) as session:
        return read_booking(session, booking_id).state


def test_a_repeat_that_is_turned_away_buys_no_second_label(
    sessions: Sessions, tenant: TenantId
) -> None:
    carrier = sandbox(sessions)
    turned_away = (Fault.CREDENTIALS, Fault.CONFLICT, Fault.BUSY_BEFORE)
    lost = (Fault.TIMEOUT_AFTER, Fault.TIMEOUT_BEFORE)
    for number, (first, then) in enumerate(product(lost, turned_away), start=1):
        carrier.model.script("book", [first, then, then])
        booking_id = ask_booking(sessions, tenant, number)
        run_until_quiet(sessions, {"sandbox": carrier})
        assert state_of(sessions, tenant, booking_id) is BookingState.BOOKED, (first, then)
        assert len(carrier.model.parcels) == number, (first, then)


class RefusesOneAccount(LocalSandbox):
    """One seller's key has expired; the others' are good."""

    expired = "old"
    tries = 0

    def book(self, order: BookingOrder) -> Booked | BookedUnread:
        if order.account == self.expired:
            self.tries += 1
            raise CarrierRejected("your key has expired", code="credentials")
        return super().book(order)


def test_one_accounts_expired_key_holds_up_no_other_account(
    sessions: Sessions, tenant: TenantId
) -> None:
    carrier = RefusesOneAccount(Sandbox(1, Recovery.NEITHER), clock_of(sessions))
    held = [ask_booking(sessions, tenant, number, account="old") for number in range(5)]
    good = [ask_booking(sessions, tenant, number, account="new") for number in range(5, 10)]
    soon = sessions.clock.now() + timedelta(seconds=20)  # before the second try
    run_until_quiet(sessions, {"sandbox": carrier}, until=soon)
    assert {state_of(sessions, tenant, one) for one in good} == {BookingState.BOOKED}
    assert {state_of(sessions, tenant, one) for one in held} == {BookingState.REQUESTED}
    assert carrier.tries == 1  # one call tries, the account's others wait
    with sessions(tenant, read_only=True) as session:
        (report,) = report_health(session)
    assert [(one.account, one.code) for one in report.stopped_accounts] == [("old", "credentials")]
    assert report.stopped_for == "" and report.breaker is Breaker.CLOSED and report.needs_a_look
    carrier.expired = "none"
    run_until_quiet(sessions, {"sandbox": carrier})
    assert {state_of(sessions, tenant, one) for one in held} == {BookingState.BOOKED}
    with sessions(tenant, read_only=True) as session:
        assert stopped_accounts(session) == {}


def test_an_expired_key_burns_no_parcel_and_stops_the_account_until_it_is_mended(
    sessions: Sessions, tenant: TenantId
) -> None:
    carrier = sandbox(sessions, Recovery.NEITHER)
    carrier.model.script("book", [Fault.CREDENTIALS] * 30)
    ids = [ask_booking(sessions, tenant, number) for number in range(4)]
    noon = sessions.clock.now() + timedelta(hours=3)
    run_until_quiet(sessions, {"sandbox": carrier}, until=noon)
    with sessions(tenant, read_only=True) as session:
        stopped = stopped_accounts(session)["sandbox", "main"]
        assert stopped.stopped_for == "credentials" and stopped.unanswered == 0
        assert set(session.scalars(select(CallRow.state))) == {CallState.INTENT.value}
    assert {state_of(sessions, tenant, one) for one in ids} == {BookingState.REQUESTED}
    assert carrier.model._calls["book"] < 30  # one call tries, the others wait
    carrier.model._script["book"].clear()
    run_until_quiet(sessions, {"sandbox": carrier})
    assert {state_of(sessions, tenant, one) for one in ids} == {BookingState.BOOKED}
    assert len(carrier.model.parcels) == 4


def test_what_a_carrier_will_not_take_for_two_days_waits_for_a_person(
    sessions: Sessions, tenant: TenantId
) -> None:
    carrier = sandbox(sessions, Recovery.NEITHER)
    carrier.model.script("book", [Fault.CREDENTIALS] * 200)
    ids = [ask_booking(sessions, tenant, number) for number in range(3)]
    soon = sessions.clock.now() + timedelta(minutes=10)
    run_until_quiet(sessions, {"sandbox": carrier}, until=soon)
    clock_of(sessions).advance(HELD_MOST)
    run_until_quiet(sessions, {"sandbox": carrier})
    assert {state_of(sessions, tenant, one) for one in ids} == {BookingState.PARKED}
    carrier.model._script["book"].clear()
    with sessions(tenant) as session:
        for waiting in parked_calls(session):
            assert waiting.reason.startswith("not sent for 48 hours")
            resolve_parked(session, waiting.call_id, Resolution(Finding.NEVER_ARRIVED))
    run_until_quiet(sessions, {"sandbox": carrier})
    assert {state_of(sessions, tenant, one) for one in ids} == {BookingState.BOOKED}


class Withdrawn(LocalSandbox):
    """Loses its first answer; then the service is gone from our side (a deployment, say)."""

    def book(self, order: BookingOrder) -> Booked | BookedUnread:
        if self.model.parcels:
            raise CarrierRejected("no such service: standard", code="unknown_service")
        self.model.script("book", [Fault.TIMEOUT_AFTER])
        return super().book(order)


def test_a_refusal_of_our_own_on_a_repeat_is_left_to_a_person(
    sessions: Sessions, tenant: TenantId
) -> None:
    carrier = Withdrawn(Sandbox(7, Recovery.KEY), sessions.clock)
    booking_id = ask_booking(sessions, tenant)
    run_until_quiet(sessions, {"sandbox": carrier})
    assert state_of(sessions, tenant, booking_id) is BookingState.PARKED
    assert ask_booking(sessions, tenant) == booking_id  # the parcel is not free


def test_a_key_that_the_carrier_may_have_forgotten_is_not_sent_again(
    sessions: Sessions, tenant: TenantId
) -> None:
    carrier = sandbox(sessions)
    carrier.model.script("book", [Fault.TIMEOUT_AFTER])
    booking_id = ask_booking(sessions, tenant)
    assert book(sessions, tenant, {"sandbox": carrier}, booking_id).state is CallState.UNKNOWN
    clock_of(sessions).advance(KEY_LIVES)
    run_until_quiet(sessions, {"sandbox": carrier})
    assert len(carrier.model.parcels) == 1
    with sessions(tenant, read_only=True) as session:
        (waiting,) = parked_calls(session)
    assert "forgotten our key" in waiting.reason


class Broken(LocalSandbox):
    """Books, then trips over the answer; the next time it does not."""

    def book(self, order: BookingOrder) -> Booked | BookedUnread:
        known = len(self.model.parcels)
        answer = super().book(order)
        if not known:
            raise ArithmeticError("12,50")
        return answer


@pytest.mark.parametrize("recovery", [Recovery.KEY, Recovery.LOOK_UP])
def test_an_adapter_that_breaks_leaves_an_unknown(
    sessions: Sessions, tenant: TenantId, recovery: Recovery
) -> None:
    carrier = Broken(Sandbox(7, recovery), sessions.clock)
    booking_id = ask_booking(sessions, tenant)
    run_until_quiet(sessions, {"sandbox": carrier})
    assert state_of(sessions, tenant, booking_id) is BookingState.BOOKED
    assert len(carrier.model.parcels) == 1


class Hooked(LocalSandbox):
    """Runs something while its next answer is on the way."""

    hook: Callable[[], None] | None = None

    def book(self, order: BookingOrder) -> Booked | BookedUnread:
        return self._told(super().book(order))

    def manifest(self, ask: ManifestRequest) -> Receipt:
        return self._told(super().manifest(ask))

    def _told(self, answer: T) -> T:
        hook, self.hook = self.hook, None
        if hook is not None:
            hook()
        return answer


def test_a_late_yes_for_a_parcel_given_up_is_kept_and_voided(
    sessions: Sessions, tenant: TenantId
) -> None:
    carrier = Hooked(Sandbox(7, Recovery.NEITHER), sessions.clock)
    carriers: dict[str, Carrier] = {"sandbox": carrier}
    first = ask_booking(sessions, tenant)
    second: list[BookingId] = []

    def meanwhile() -> None:
        """Another worker parks the call of the frozen one, a person gives up, the shop books anew."""
        clock_of(sessions).advance(timedelta(seconds=40))
        assert book(sessions, tenant, carriers, first).state is CallState.PARKED
        with sessions(tenant) as session:
            call = call_for(session, "book", first)
            resolve_parked(session, call.id, Resolution(Finding.GIVEN_UP))
        second.append(ask_booking(sessions, tenant))
        assert book(sessions, tenant, carriers, second[0]).state is CallState.DONE

    carrier.hook = meanwhile
    assert book(sessions, tenant, carriers, first).state is CallState.DONE
    run_until_quiet(sessions, carriers)
    with sessions(tenant, read_only=True) as session:
        kept, live = read_booking(session, first), live_booking(session, parcel_id(1))
    assert live is not None and live.id == second[0] and live.state is BookingState.BOOKED
    assert kept.state is BookingState.VOIDED and kept.tracking_number in carrier.model.parcels
    there = {n for n, parcel in carrier.model.parcels.items() if parcel.voided_at is None}
    assert there == {live.tracking_number}


def test_a_late_yes_for_a_parcel_cancelled_meanwhile_is_voided(
    sessions: Sessions, tenant: TenantId
) -> None:
    carrier = Hooked(Sandbox(7, Recovery.NEITHER), sessions.clock)
    carriers: dict[str, Carrier] = {"sandbox": carrier}
    booking_id = ask_booking(sessions, tenant)

    def meanwhile() -> None:
        """Somebody says that it never arrived, and the shop cancels before it is sent again."""
        clock_of(sessions).advance(timedelta(seconds=40))
        book(sessions, tenant, carriers, booking_id)
        with sessions(tenant) as session:
            call = call_for(session, "book", booking_id)
            resolve_parked(session, call.id, Resolution(Finding.NEVER_ARRIVED))
            assert void_booking(session, booking_id) is BookingState.VOIDED

    carrier.hook = meanwhile
    book(sessions, tenant, carriers, booking_id)
    assert state_of(sessions, tenant, booking_id) is BookingState.VOIDING
    run_until_quiet(sessions, carriers)
    assert state_of(sessions, tenant, booking_id) is BookingState.VOIDED
    (parcel,) = carrier.model.parcels.values()
    assert parcel.voided_at is not None


def test_a_late_yes_with_a_second_number_waits_for_a_person(
    sessions: Sessions, tenant: TenantId
) -> None:
    """It was sent again, and that was answered first: two labels exist, and one is to go."""
    carrier = Hooked(Sandbox(7, Recovery.NEITHER), sessions.clock)
    carriers: dict[str, Carrier] = {"sandbox": carrier}
    booking_id = ask_booking(sessions, tenant)

    def meanwhile() -> None:
        clock_of(sessions).advance(timedelta(seconds=40))
        book(sessions, tenant, carriers, booking_id)
        with sessions(tenant) as session:
            call = call_for(session, "book", booking_id)
            resolve_parked(session, call.id, Resolution(Finding.NEVER_ARRIVED))
        assert book(sessions, tenant, carriers, booking_id).state is CallState.DONE

    carrier.hook = meanwhile
    book(sessions, tenant, carriers, booking_id)
    run_until_quiet(sessions, carriers)
    with sessions(tenant) as session:
        kept = read_booking(session, booking_id)
        (waiting,) = parked_calls(session)
        assert waiting.kind == "void" and str(kept.tracking_number) in waiting.reason
        resolve_parked(session, waiting.call_id, Resolution(Finding.NEVER_ARRIVED))
    run_until_quiet(sessions, carriers)
    with sessions(tenant, read_only=True) as session:
        live = live_booking(session, parcel_id(1))
        assert not parked_calls(session)
    assert live is not None and live.id == booking_id and live.state is BookingState.BOOKED
    there = {n for n, parcel in carrier.model.parcels.items() if parcel.voided_at is None}
    assert len(carrier.model.parcels) == 2 and there == {live.tracking_number}


def test_a_late_yes_for_a_manifest_given_up_takes_no_parcel_back(
    sessions: Sessions, tenant: TenantId
) -> None:
    carrier = Hooked(Sandbox(7, Recovery.NEITHER), sessions.clock)
    carriers: dict[str, Carrier] = {"sandbox": carrier}
    booking_id = ask_booking(sessions, tenant)
    run_until_quiet(sessions, carriers)
    with sessions(tenant) as session:
        manifest_id = open_manifest(
            session, carrier="sandbox", account="main", location="TIL", mailing_date=MAILING
        )
        close_manifest(session, manifest_id)

    def meanwhile() -> None:
        clock_of(sessions).advance(timedelta(seconds=40))
        send_manifest(sessions, tenant, carriers, manifest_id)
        with sessions(tenant) as session:
            call = call_for(session, "manifest", manifest_id)
            resolve_parked(session, call.id, Resolution(Finding.GIVEN_UP))

    carrier.hook = meanwhile
    send_manifest(sessions, tenant, carriers, manifest_id)
    with sessions(tenant, read_only=True) as session:
        row = session.get_one(ManifestRow, manifest_id)
        assert (row.state, row.reason) == ("failed", "given up, yet accepted as SM000001")
        assert read_booking(session, booking_id).manifest_id is None


def test_a_frozen_worker_settles_nothing_for_the_one_that_sends_after_it(
    sessions: Sessions, tenant: TenantId
) -> None:
    """A person says that it never arrived; then the first worker wakes up with a refusal."""
    carrier = Hooked(Sandbox(7, Recovery.NEITHER), sessions.clock)
    carriers: dict[str, Carrier] = {"sandbox": carrier}
    booking_id = ask_booking(sessions, tenant)

    def meanwhile() -> None:
        clock_of(sessions).advance(timedelta(seconds=40))
        book(sessions, tenant, carriers, booking_id)
        with sessions(tenant) as session:
            call = call_for(session, "book", booking_id)
            resolve_parked(session, call.id, Resolution(Finding.NEVER_ARRIVED))
            assert isinstance(_claim(session, carriers, BOOKING, booking_id), _Plan)
        raise CarrierRejected("late", code="refused")

    carrier.hook = meanwhile
    after = book(sessions, tenant, carriers, booking_id)
    assert after.state is CallState.SENDING and after.sends == 1  # the other's first, not ours


class Hangs(LocalSandbox):
    """Keeps no deadline."""

    def __init__(self, model: Sandbox, clock: Clock) -> None:
        super().__init__(model, clock)
        self.release = threading.Event()

    @property
    def profile(self) -> CarrierProfile:
        return replace(super().profile, deadline=timedelta(milliseconds=50))

    def book(self, order: BookingOrder) -> Booked | BookedUnread:
        self.release.wait(20)
        raise CarrierRejected("nobody hears this", code="refused")


def test_a_call_is_given_up_a_second_after_its_deadline_whatever_the_adapter_does(
    sessions: Sessions, tenant: TenantId
) -> None:
    carrier = Hangs(Sandbox(7, Recovery.KEY), sessions.clock)
    booking_id = ask_booking(sessions, tenant)
    began = time.monotonic()  # the real clock: a deadline is real
    try:
        after = book(sessions, tenant, {"sandbox": carrier}, booking_id)
    finally:
        carrier.release.set()
    assert time.monotonic() - began < 2
    assert after.state is CallState.UNKNOWN and after.reason == "no answer in time"


class Unbelievable(LocalSandbox):
    """Tells once a number that no label has."""

    def book(self, order: BookingOrder) -> Booked | BookedUnread:
        known = len(self.model.parcels)
        answer = super().book(order)
        return answer if known else Booked("9" * 61)


@pytest.mark.parametrize(
    "told",
    [
        Booked(" "),
        Booked("X\x001"),
        Booked("X1", "R" * 101),
        Booked("X1", "R1", Money(2**31, "EUR")),
    ],
)
def test_numbers_references_and_prices_have_limits(told: Booked) -> None:
    assert _unbelievable(told) and not _unbelievable(Booked("X1", "R1", Money(0, "EUR")))


def test_what_cannot_be_true_is_a_yes_that_cannot_be_read(
    sessions: Sessions, tenant: TenantId
) -> None:
    carrier = Unbelievable(Sandbox(7, Recovery.KEY), sessions.clock)
    booking_id = ask_booking(sessions, tenant)
    assert book(sessions, tenant, {"sandbox": carrier}, booking_id).accepted
    run_until_quiet(sessions, {"sandbox": carrier})
    with sessions(tenant, read_only=True) as session:
        assert read_booking(session, booking_id).tracking_number in carrier.model.parcels


class SaysNothing(LocalSandbox):
    """Books and gives back nothing at all."""

    def book(self, order: BookingOrder) -> Booked | BookedUnread:
        super().book(order)
        return None  # type: ignore[return-value]


def test_no_answer_to_a_booking_proves_nothing(sessions: Sessions, tenant: TenantId) -> None:
    carrier = SaysNothing(Sandbox(7, Recovery.LOOK_UP), sessions.clock)
    booking_id = ask_booking(sessions, tenant)
    run_until_quiet(sessions, {"sandbox": carrier})
    assert state_of(sessions, tenant, booking_id) is BookingState.BOOKED
    assert len(carrier.model.parcels) == 1


def test_what_the_carrier_has_said_yes_to_cannot_be_sent_again(
    sessions: Sessions, tenant: TenantId
) -> None:
    carrier = sandbox(sessions, Recovery.NEITHER)
    carrier.model.script("book", [Fault.GARBAGE])
    ask_booking(sessions, tenant)
    run_until_quiet(sessions, {"sandbox": carrier})
    with sessions(tenant) as session:
        (waiting,) = parked_calls(session)
        assert waiting.accepted
        with pytest.raises(Conflict):
            resolve_parked(session, waiting.call_id, Resolution(Finding.NEVER_ARRIVED))


def test_after_a_rest_one_call_tries_and_the_others_wait_for_its_answer(
    sessions: Sessions, tenant: TenantId
) -> None:
    carrier = Hooked(Sandbox(7, Recovery.KEY), sessions.clock)
    carriers: dict[str, Carrier] = {"sandbox": carrier}
    carrier.model.script("book", [Fault.NOT_CONNECTED] * 5)
    ids = [ask_booking(sessions, tenant, number) for number in range(8)]
    for booking_id in ids[:5]:
        book(sessions, tenant, carriers, booking_id)
    with sessions(tenant, read_only=True) as session:
        until = all_health(session)["sandbox"].open_until
    assert until is not None
    clock_of(sessions).set(until)
    others: list[CallState] = []
    carrier.hook = lambda: others.extend(
        book(sessions, tenant, carriers, booking_id).state for booking_id in ids[6:]
    )
    assert book(sessions, tenant, carriers, ids[5]).state is CallState.DONE
    assert others == [CallState.INTENT] * 2
    run_until_quiet(sessions, carriers)
    assert len(carrier.model.parcels) == 8


def test_a_worker_held_up_or_without_an_adapter_says_nothing_of_the_carrier(
    sessions: Sessions, tenant: TenantId
) -> None:
    booking_id = ask_booking(sessions, tenant)
    assert book(sessions, tenant, {}, booking_id).state is CallState.INTENT
    with sessions(tenant, read_only=True) as session:
        assert not all_health(session)


def test_labels_feed_the_breaker(sessions: Sessions, tenant: TenantId) -> None:
    carrier = sandbox(sessions)
    carriers: dict[str, Carrier] = {"sandbox": carrier}
    carrier.model.script("label", [Fault.ERROR_BEFORE] * 5)
    ask_booking(sessions, tenant)
    run_until_quiet(sessions, carriers)
    with sessions(tenant, read_only=True) as session:
        assert all_health(session)["sandbox"].unanswered == 5


def test_silent_prices_rest_by_themselves_and_stop_no_booking(
    sessions: Sessions, tenant: TenantId
) -> None:
    carrier = sandbox(sessions)
    carriers: dict[str, Carrier] = {"sandbox": carrier}
    carrier.model.script("rate", [Fault.ERROR_BEFORE] * 10)
    for _ in range(5):
        ask_rates(sessions, tenant, carriers, ASK)
    with sessions(tenant, read_only=True) as session:
        assert all_health(session)["sandbox#rates"].is_open(sessions.clock.now())
    booking_id = ask_booking(sessions, tenant)
    assert book(sessions, tenant, carriers, booking_id).state is CallState.DONE
    assert ask_rates(sessions, tenant, carriers, ASK).missing == {"sandbox": RESTING}
    clock_of(sessions).advance(timedelta(minutes=1))
    carrier.model._script["rate"].clear()
    assert ask_rates(sessions, tenant, carriers, ASK).rates
    with sessions(tenant, read_only=True) as session:
        assert all_health(session)["sandbox#rates"].open_until is None


def test_prices_heed_a_stop_of_bookings_and_do_not_lift_it(
    sessions: Sessions, tenant: TenantId
) -> None:
    carrier = sandbox(sessions)
    carriers: dict[str, Carrier] = {"sandbox": carrier}
    with sessions(tenant) as session:
        note_answer(session, "sandbox", CarrierRejected("fewer calls", code="rate_limit"), "main")
    assert ask_rates(sessions, tenant, carriers, ASK).missing == {"sandbox": RESTING}
    clock_of(sessions).advance(timedelta(minutes=1))
    assert ask_rates(sessions, tenant, carriers, ASK).rates
    with sessions(tenant, read_only=True) as session:
        stopped = all_health(session)["sandbox"]
    assert stopped.stopped_for == "rate_limit" and stopped.open_until is not None


class WrongPrices(LocalSandbox):
    """An adapter that trips over its rates."""

    def rate(self, ask: RateRequest) -> tuple[Rate, ...]:
        raise ArithmeticError("12,50")


def test_one_broken_adapter_does_not_keep_the_others_rates(clock: ManualClock) -> None:
    found = collect_rates(
        {
            "bad": WrongPrices(Sandbox(1, Recovery.KEY), clock),
            "good": LocalSandbox(Sandbox(1, Recovery.KEY), clock),
        },
        ASK,
        clock,
    )
    assert {rate.carrier for rate in found.rates} == {"good"}
    assert found.missing == {"bad": "the adapter failed (ArithmeticError)"}


def test_a_rate_holds_until_it_expires(sessions: Sessions, tenant: TenantId) -> None:
    carrier = sandbox(sessions)
    told = {rate.service: rate.rate_id for rate in carrier.rate(ASK)}
    ids = [
        ask_booking(sessions, tenant, 1, rate_id=told["standard"]),
        ask_booking(sessions, tenant, 2, rate_id=told["express"]),
    ]
    for booking_id in ids:
        book(sessions, tenant, {"sandbox": carrier}, booking_id)
    clock_of(sessions).advance(timedelta(minutes=30))
    ids.append(ask_booking(sessions, tenant, 3, rate_id=told["standard"]))
    book(sessions, tenant, {"sandbox": carrier}, ids[2])
    with sessions(tenant, read_only=True) as session:
        rows = [session.get_one(BookingRow, booking_id) for booking_id in ids]
        assert [row.reason.partition(":")[0] for row in rows] == [
            "",
            "rate_unknown",
            "rate_expired",
        ]
