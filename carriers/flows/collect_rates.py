"""Asks several carriers for rates at once, asks a slow one a second time, and waits for nobody."""

import time
from collections.abc import Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime, timedelta

from carriers.ports import Capability, Carrier, Rate, RateRequest
from carriers.rate_shelf import ShelvedRate
from core.clock import Clock
from core.errors import CarrierRejected, CarrierUnavailable

HEDGE_AFTER = timedelta(milliseconds=400)
ROUNDS = 2  # the first ask and one hedge; asking for a price changes nothing


@dataclass(frozen=True, slots=True)
class RateRound:
    """What came in, and what each other carrier said or left unsaid."""

    rates: tuple[ShelvedRate, ...]
    missing: Mapping[str, str]
    errors: Mapping[str, CarrierRejected | CarrierUnavailable]  # of those that were asked


def collect_rates(
    carriers: Mapping[str, Carrier],
    ask: RateRequest,
    clock: Clock,
    *,
    hedge_after: timedelta = HEDGE_AFTER,
    deadline: timedelta = timedelta(seconds=3),
) -> RateRound:
    """Rates by the deadline. A carrier silent for `hedge_after` is asked again; the first answer counts."""
    able = {n: c for n, c in carriers.items() if Capability.RATE in c.profile.capabilities}
    missing = {name: "does not rate" for name in carriers if name not in able}
    errors: dict[str, CarrierRejected | CarrierUnavailable] = {}
    found: dict[str, tuple[ShelvedRate, ...]] = {}
    pool = ThreadPoolExecutor(max_workers=max(1, ROUNDS * len(able)), thread_name_prefix="rates")
    try:
        pending: dict[Future[tuple[Rate, ...]], str] = {}
        patience = (hedge_after, deadline - hedge_after)
        for round_s in (step.total_seconds() for step in patience):
            for name, carrier in able.items():
                if name not in found and name not in errors:
                    pending[pool.submit(carrier.rate, ask)] = name
            _gather(pending, found, errors, clock.now(), round_s)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    for name in able:
        if name not in found:
            silence = CarrierUnavailable("no answer in time", sent=True, code="deadline")
            missing[name] = errors.setdefault(name, silence).message
    return RateRound(tuple(rate for rates in found.values() for rate in rates), missing, errors)


def _gather(
    pending: dict[Future[tuple[Rate, ...]], str],
    found: dict[str, tuple[ShelvedRate, ...]],
    errors: dict[str, CarrierRejected | CarrierUnavailable],
    now: datetime,
    seconds: float,
) -> None:
    """Take answers until all open carriers have one or the time is up."""
    until = time.monotonic() + seconds
    while open_asks := {f for f, name in pending.items() if name not in {*found, *errors}}:
        left_s = max(0.0, until - time.monotonic())
        done, _ = wait(open_asks, timeout=left_s, return_when=FIRST_COMPLETED)
        if not done:
            return
        for future in done:
            name = pending.pop(future)
            try:
                rates = future.result()
            except CarrierRejected as error:
                errors[name] = error
            except CarrierUnavailable as error:
                if name not in pending.values():
                    errors[name] = error
            except Exception as error:  # an adapter that fails is one carrier without a rate
                broken = f"the adapter failed ({type(error).__name__})"
                errors[name] = CarrierUnavailable(broken, sent=True, code="adapter")
            else:
                found.setdefault(name, tuple(ShelvedRate(name, rate, now) for rate in rates))
