"""Carriers: CPU of a rate, of a booking through the journal to its labels, of a tracking number."""

import random
import time
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from uuid import UUID

from benchmarks.faults.dispatch import (
    SlowSandbox,
    ask_booking,
    memory_folder,
    open_dispatch,
    work_off,
)
from benchmarks.figures import Figure, quantile
from carriers.adapters.sandbox.local import LocalSandbox
from carriers.adapters.table.published import published_tariffs
from carriers.ports import Carrier, Recovery
from carriers.sandbox import Sandbox
from carriers.tariffs import MeasuredParcel, Price, RateLane, price_parcel
from carriers.tracking_numbers import number_formats, recognize_number
from core.clock import ManualClock
from core.ids import ParcelId
from core.places import Destination
from core.units import Dimensions

SEED = 20_260_302
DAY = date(2026, 5, 4)  # every bundled tariff is in force
LANES = (("NL", "5026RA"), ("GB", "LS14AP"), ("FR", "59000"), ("DE", "10115"))
MUST_RATE_US, MUST_BOOKING_MS, MUST_NUMBER_US = 50, 80, 200


def run(*, quick: bool, runs: int | None, say: Callable[[str], None]) -> list[Figure]:
    """Rates over all bundled tariffs, bookings one at a time, numbers of every format."""
    rates_us, priced = _rates(300 if quick else 2000)
    say(f"  {priced} prices of {len(published_tariffs())} bundled tariffs")
    bookings = runs or (40 if quick else 300)
    journal_ms = _bookings(bookings, drawn=False)
    labelled_ms = _bookings(bookings, drawn=True)
    say(f"  {bookings} bookings twice: with labels of a few bytes, and with drawn ones")
    numbers_us = _numbers(300 if quick else 3000)
    return [
        _figure("rate of a service, CPU us", rates_us, MUST_RATE_US),
        _figure("booking, journal and jobs alone, CPU ms", journal_ms, MUST_BOOKING_MS),
        _figure("booking with PDF and ZPL label, CPU ms", labelled_ms, MUST_BOOKING_MS),
        _figure("tracking number recognised, CPU us", numbers_us, MUST_NUMBER_US),
    ]


def _figure(what: str, seen: list[float], must: int) -> Figure:
    """The mean is judged: a booking's CPU has no tail that matters to anybody."""
    mean = sum(seen) / len(seen)
    told = f"mean {mean:.1f}, p99 {quantile(seen, 0.99):.1f}"
    return Figure(what, f"mean <= {must}", "", told, mean <= must)


def _rates(parcels: int) -> tuple[list[float], int]:
    """CPU us of one tariff's price, averaged per parcel; how many prices there were."""
    draw = random.Random(SEED)
    tariffs = list(published_tariffs().values())
    seen, priced = [], 0
    for _ in range(parcels):
        sides = sorted((draw.randint(20, 600) for _ in range(3)), reverse=True)
        parcel = MeasuredParcel(draw.randint(20, 25_000), Dimensions(*sides))
        origin, destination = (Destination(*draw.choice(LANES)) for _ in range(2))
        lane = RateLane(origin, destination)
        began = time.process_time()
        found = [price_parcel(tariff, parcel, lane, DAY) for tariff in tariffs]
        seen.append((time.process_time() - began) * 1e6 / len(tariffs))
        priced += sum(isinstance(one, Price) for one in found)
    return seen, priced


def _bookings(count: int, *, drawn: bool) -> list[float]:
    """CPU ms from the request to the labels, on a SQLite database in memory."""
    draw = random.Random(SEED)
    seen = []
    with memory_folder() as folder:
        sessions, tenant = open_dispatch(Path(folder), SEED)
        clock = sessions.clock
        assert isinstance(clock, ManualClock)
        model = Sandbox(SEED, Recovery.KEY)
        carrier: Carrier = LocalSandbox(model, clock) if drawn else SlowSandbox(model, clock)
        carriers: Mapping[str, Carrier] = {"sandbox": carrier}
        for number in range(count + 1):
            began = time.process_time()
            ask_booking(sessions, tenant, ParcelId(UUID(int=draw.getrandbits(128), version=4)))
            work_off(sessions, carriers)
            if number:  # the first one loads what is needed
                seen.append((time.process_time() - began) * 1000)
        sessions.engine.dispose()
    return seen


def _numbers(count: int) -> list[float]:
    """CPU us of numbers of random length and digits, and of the formats' own lengths."""
    draw = random.Random(SEED)
    lengths = (8, 10, 12, 13, 14, 15, 18, 20, 22, 26, 30, 34)
    number_formats()
    seen = []
    for _ in range(count):
        length = draw.choice(lengths)
        text = "".join(draw.choice("0123456789") for _ in range(length))
        prefix = draw.choice(("", "", "1Z", "RR", "JD01"))
        began = time.process_time()
        recognize_number(prefix + text)
        seen.append((time.process_time() - began) * 1e6)
    return seen
