"""Which of the rates at hand may still be used: fresh, stale but allowed, or expired. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from carriers.ports import Rate


@dataclass(frozen=True, slots=True)
class StalePolicy:
    """Rates fetched longer ago than `fresh_for` are stale; used until `usable_for`, at a margin."""

    fresh_for: timedelta = timedelta(minutes=30)
    usable_for: timedelta = timedelta(hours=24)

    def __post_init__(self) -> None:
        if self.usable_for < self.fresh_for:
            raise ValueError("a rate is usable at least as long as it is fresh")


@dataclass(frozen=True, slots=True)
class ShelvedRate:
    """A rate with the carrier it came from and when."""

    carrier: str
    rate: Rate
    fetched_at: datetime


@dataclass(frozen=True, slots=True)
class UsableRate:
    """A rate that may be shown; `is_stale` is told with it."""

    carrier: str
    rate: Rate
    is_stale: bool


def usable_rates(
    shelf: Iterable[ShelvedRate], now: datetime, policy: StalePolicy
) -> tuple[UsableRate, ...]:
    """The newest rate of each carrier's service that may be used, fresh before stale, then by price.

    A rate past its own expiry is never used, however fresh.
    """
    newest: dict[tuple[str, str], ShelvedRate] = {}
    for item in shelf:
        key = (item.carrier, item.rate.service)
        if key not in newest or item.fetched_at > newest[key].fetched_at:
            newest[key] = item
    usable = [
        UsableRate(item.carrier, item.rate, now - item.fetched_at > policy.fresh_for)
        for item in newest.values()
        if now - item.fetched_at <= policy.usable_for
        and (item.rate.expires_at is None or now < item.rate.expires_at)
    ]
    return tuple(
        sorted(usable, key=lambda u: (u.is_stale, u.rate.price.currency, u.rate.price.minor))
    )
