"""Rates come from whoever answers in time; a slow carrier is asked twice, nobody is waited for."""

import threading
import time
from datetime import UTC, date, datetime, timedelta

from carriers.adapters.sandbox.local import LocalSandbox
from carriers.adapters.table.client import TableCarrier
from carriers.adapters.table.published import published_tariffs
from carriers.flows.collect_rates import collect_rates
from carriers.ports import Rate, RateRequest, Recovery
from carriers.rate_shelf import ShelvedRate, StalePolicy, usable_rates
from carriers.sandbox import Fault, Sandbox
from core.clock import ManualClock
from core.money import Money
from core.places import Destination
from core.units import Dimensions

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ASK = RateRequest(
    Destination("NL", "5026RA"),
    Destination("NL", "3511AA"),
    1250,
    Dimensions(300, 200, 150),
    date(2026, 3, 2),
)


class Slow(LocalSandbox):
    """Hangs on its first ask until the test ends; answers the second."""

    def __init__(self, release: threading.Event, *, always: bool = False) -> None:
        super().__init__(Sandbox(1, Recovery.KEY), ManualClock(NOW), name="slow")
        self.release = release
        self.always = always
        self.asked = 0

    def rate(self, ask: RateRequest) -> tuple[Rate, ...]:
        self.asked += 1
        if self.asked == 1 or self.always:
            self.release.wait(20)
        return super().rate(ask)


def test_a_slow_carrier_is_hedged_and_a_refusing_one_named() -> None:
    clock = ManualClock(NOW)
    release = threading.Event()
    slow = Slow(release)
    refusing = LocalSandbox(Sandbox(1, Recovery.KEY), clock)
    refusing.model.script("rate", [Fault.REFUSE])
    tariffs = {s: t for (c, s), t in published_tariffs().items() if c == "postnl"}
    table = TableCarrier("postnl", tariffs)
    try:
        result = collect_rates(
            {"slow": slow, "postnl": table, "refusing": refusing},
            ASK,
            clock,
            hedge_after=timedelta(milliseconds=50),
        )
    finally:
        release.set()
    assert slow.asked == 2
    assert {rate.carrier for rate in result.rates} == {"slow", "postnl"}
    assert result.missing == {"refusing": "refused on demand"}


def test_nobody_is_waited_for_beyond_the_deadline() -> None:
    release = threading.Event()
    began = time.monotonic()  # the real clock: a deadline is real
    try:
        result = collect_rates(
            {"slow": Slow(release, always=True)},
            ASK,
            ManualClock(NOW),
            hedge_after=timedelta(milliseconds=30),
            deadline=timedelta(milliseconds=100),
        )
    finally:
        release.set()
    assert time.monotonic() - began < 1.1
    assert result.missing == {"slow": "no answer in time"} and not result.rates


def shelved(minor: int, age: timedelta, expires: timedelta | None = None) -> ShelvedRate:
    until = None if expires is None else NOW + expires
    rate = Rate(f"s{minor}", Money(minor, "EUR"), expires_at=until)
    return ShelvedRate("acme", rate, NOW - age)


def test_fresh_rates_come_first_stale_ones_are_marked_and_expired_ones_left_out() -> None:
    shelf = [
        shelved(100, timedelta(hours=2)),
        shelved(300, timedelta(minutes=1)),
        shelved(200, timedelta(minutes=1)),
        shelved(50, timedelta(minutes=1), expires=timedelta(0)),
        shelved(10, timedelta(days=2)),
    ]
    usable = usable_rates(shelf, NOW, StalePolicy())
    assert [(u.rate.price.minor, u.is_stale) for u in usable] == [
        (200, False),
        (300, False),
        (100, True),
    ]


def test_only_the_newest_rate_of_a_service_counts() -> None:
    newer = ShelvedRate("acme", Rate("s", Money(9, "EUR")), NOW)
    older = ShelvedRate("acme", Rate("s", Money(5, "EUR")), NOW - timedelta(minutes=5))
    (only,) = usable_rates([older, newer], NOW, StalePolicy())
    assert only.rate.price.minor == 9
