"""Rates come fresh from the shelf, else from the carriers; a silent one's old rates are marked stale."""

from datetime import timedelta

from sqlalchemy import func, select

from carriers.adapters.sandbox.local import LocalSandbox
from carriers.breaker import after_failure
from carriers.flows.ask_rates import RESTING, ask_rates
from carriers.flows.forget_rates import forget_rates
from carriers.ports import Carrier, Rate, RateRequest, Recovery
from carriers.sandbox import Fault, Sandbox
from carriers.tables import RateRow, health_of, keep_health
from core.clock import ManualClock
from core.ids import TenantId
from core.money import Money
from store.session import Sessions
from tests.carriers.flows.test_collect_rates import ASK


class Priced(LocalSandbox):
    """Tells one rate without an expiry of its own, and counts how often it was asked."""

    def __init__(self, clock: ManualClock) -> None:
        super().__init__(Sandbox(1, Recovery.KEY), clock)
        self.asked = 0
        self.minor = 490

    def rate(self, ask: RateRequest) -> tuple[Rate, ...]:
        self.asked += 1
        self._before("rate")
        return (Rate("standard", Money(self.minor, "EUR")),)


def clock_of(sessions: Sessions) -> ManualClock:
    assert isinstance(sessions.clock, ManualClock)
    return sessions.clock


def test_a_fresh_rate_is_not_asked_for_again_and_a_new_one_replaces_it(
    sessions: Sessions, tenant: TenantId
) -> None:
    carrier = Priced(clock_of(sessions))
    carriers: dict[str, Carrier] = {"priced": carrier}
    first = ask_rates(sessions, tenant, carriers, ASK)
    again = ask_rates(sessions, tenant, carriers, ASK)
    assert carrier.asked == 1 and first == again and not first.rates[0].is_stale
    clock_of(sessions).advance(timedelta(minutes=31))
    carrier.minor = 510
    later = ask_rates(sessions, tenant, carriers, ASK)
    assert carrier.asked == 2
    assert [rate.rate.price.minor for rate in later.rates] == [510]
    with sessions(tenant, read_only=True) as session:
        assert session.scalar(select(func.count()).select_from(RateRow)) == 1


def test_a_silent_carrier_is_represented_by_what_it_told_for_a_day(
    sessions: Sessions, tenant: TenantId
) -> None:
    carrier = Priced(clock_of(sessions))
    ask_rates(sessions, tenant, {"priced": carrier}, ASK)
    clock_of(sessions).advance(timedelta(hours=2))
    carrier.model.script("rate", [Fault.ERROR_BEFORE] * 4)
    stale = ask_rates(sessions, tenant, {"priced": carrier}, ASK)
    assert [rate.is_stale for rate in stale.rates] == [True] and not stale.missing
    clock_of(sessions).advance(timedelta(hours=23))
    gone = ask_rates(sessions, tenant, {"priced": carrier}, ASK)
    assert not gone.rates and "error_before" in gone.missing["priced"]
    with sessions(tenant) as session:
        forget_rates(session)
        assert session.scalar(select(func.count()).select_from(RateRow)) == 0


def test_a_resting_carrier_is_not_asked(sessions: Sessions, tenant: TenantId) -> None:
    carrier = Priced(clock_of(sessions))
    with sessions(tenant) as session:
        row, health = health_of(session, "priced")
        for _ in range(5):
            health = after_failure(health, sessions.clock.now(), "silence")
        keep_health(row, health)
    found = ask_rates(sessions, tenant, {"priced": carrier}, ASK)
    assert carrier.asked == 0 and found.missing == {"priced": RESTING}


def test_a_rate_past_its_own_expiry_is_asked_for_again(
    sessions: Sessions, tenant: TenantId
) -> None:
    sandbox = LocalSandbox(Sandbox(1, Recovery.KEY), clock_of(sessions))
    first = ask_rates(sessions, tenant, {"sandbox": sandbox}, ASK)
    clock_of(sessions).advance(timedelta(minutes=30))  # the sandbox's rates hold so long
    second = ask_rates(sessions, tenant, {"sandbox": sandbox}, ASK)
    assert len(first.rates) == len(second.rates) == 3
    assert all(not rate.is_stale for rate in second.rates)
    assert second.rates[0].rate.expires_at != first.rates[0].rate.expires_at
