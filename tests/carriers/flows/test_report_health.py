"""The health report counts what the journal holds: states, refusals, speed, silences, parked calls."""

from datetime import timedelta

from carriers.adapters.sandbox.local import LocalSandbox
from carriers.flows.report_health import report_health
from carriers.health import Breaker
from carriers.ports import Booked, BookedUnread, BookingOrder, Recovery
from carriers.sandbox import Fault, Sandbox
from core.clock import ManualClock
from core.ids import TenantId
from store.session import Sessions
from tests.carriers.bookings import ask_booking, run_until_quiet


class Slow(LocalSandbox):
    """Takes 250 ms of the test's clock for each booking."""

    def book(self, order: BookingOrder) -> Booked | BookedUnread:
        assert isinstance(self._clock, ManualClock)
        self._clock.advance(timedelta(milliseconds=250))
        return super().book(order)


def test_the_journal_tells_success_speed_refusals_and_what_is_parked(
    sessions: Sessions, tenant: TenantId
) -> None:
    model = Sandbox(1, Recovery.NEITHER)
    model.script("book", [None, Fault.REFUSE, Fault.TIMEOUT_AFTER, None])
    for number in range(1, 5):
        ask_booking(sessions, tenant, number)
    run_until_quiet(sessions, {"sandbox": Slow(model, sessions.clock)})
    with sessions(tenant, read_only=True) as session:
        idle, report = report_health(session, ["postnl"])
    assert (idle.carrier, idle.calls, idle.breaker) == ("postnl", 0, Breaker.CLOSED)
    assert (report.calls, report.accepted, report.refused, report.parked) == (4, 2, 1, 1)
    assert report.refusals == (("refused", 1),)
    assert report.latency_p50_ms == report.latency_p95_ms == 250
    assert report.accepted_share == 0.5 and report.answered_share == 0.875  # four labels
    assert report.last_failure == "sandbox fault: timeout_after"
    assert report.last_failure_at is not None


def test_calls_of_long_ago_are_not_counted_but_what_is_parked_is(
    sessions: Sessions, tenant: TenantId
) -> None:
    model = Sandbox(1, Recovery.NEITHER)
    model.script("book", [Fault.TIMEOUT_BEFORE])
    ask_booking(sessions, tenant)
    run_until_quiet(sessions, {"sandbox": LocalSandbox(model, sessions.clock)})
    assert isinstance(sessions.clock, ManualClock)
    sessions.clock.advance(timedelta(days=3))
    with sessions(tenant, read_only=True) as session:
        (report,) = report_health(session)
    assert (report.calls, report.parked, report.accepted_share) == (0, 1, None)
