"""The state of the network on one morning, as it is published to those who promise."""

from collections.abc import Mapping
from datetime import timedelta

import numpy as np

from routing.distributions.lead_times import (
    CALENDAR_DAYS,
    CALENDAR_DAYS_BEFORE,
    NetworkState,
    Reading,
)
from routing.distributions.waits import LONGEST_DAYS
from tracking.learning.facts import Taught
from tracking.learning.history import NEVER
from tracking.learning.loss import arrival_odds
from tracking.learning.teach import Lesson

RECENT_DAYS = 180
HANDLING_LEVEL = 0.8  # the hand-over that counts as usual: most were made by then
HANDLING_PRIOR = 5.0  # hand-overs that everybody's counts for in a seller's
LEAST_OF_SELLER = 10  # deliveries below which a seller is not counted apart
DIGITS = 5
COUNTED = ("service", "destination")  # see `counted_as`; then the seller within


def state_of_day(
    lesson: Lesson,
    miss_factors: Mapping[str, float],
    lateness_costs: Mapping[str, float] | None = None,
    floors: Mapping[str, Mapping[str, float]] | None = None,
) -> NetworkState:
    """What is known at the start of the lesson's day, beside what was learned of promises:
    `miss_factors` by destination and service, `lateness_costs` by level, `floors` by group and name."""
    taught, today = lesson.taught, lesson.today
    day = taught.first_day + timedelta(days=today)
    first = today - CALENDAR_DAYS_BEFORE
    working = lesson.calendar.working[max(first, 0) : first + CALENDAR_DAYS]
    arrives = arrival_odds(taught.history, today).odds
    return NetworkState(
        day=day,
        working=(*(True,) * max(-first, 0), *(bool(each) for each in working)),
        readings=_readings(lesson),
        pressure=round(float(lesson.log_pressure[today]), DIGITS),
        transit_pressure=round(float(lesson.log_transit_pressure[today]), DIGITS),
        miss_factors={name: round(factor, DIGITS) for name, factor in miss_factors.items()},
        deliveries=_deliveries(taught, today),
        handling_days=_handling_days(taught, today),
        transit_counts=_transit_counts(taught, today),
        arrives=(_rounded(arrives[0]), _rounded(arrives[1])),
        lateness_costs=lateness_costs or {},
        floors=floors or {},
    )


def _rounded(values: np.ndarray) -> tuple[float, ...]:
    return tuple(round(float(value), DIGITS) for value in values)


def _readings(lesson: Lesson) -> tuple[Reading, ...]:
    """Every daily column of that morning, by the names of its group."""
    state, codes, today = lesson.state, lesson.taught.codes, lesson.today
    found: list[Reading] = []
    for table in state.speeds:
        values = table.log_speed[today]
        if not table.group:
            found.append(Reading(table.name, "", {}, round(float(values[0]), DIGITS)))
            continue
        named = {
            name: round(float(values[code]), DIGITS)
            for name, code in codes[table.group].items()
            if abs(values[code]) >= 10.0**-DIGITS
        }
        found.append(Reading(table.name, table.group, named, 0.0))
    for name, value in zip(state.backlog_names, state.backlog[today], strict=True):
        found.append(Reading(name, "", {}, round(float(value), DIGITS)))
    queues = {
        name: round(float(state.destination_backlog[today, code]), DIGITS)
        for name, code in codes["destination"].items()
    }
    found.append(Reading("destination backlog", "destination", queues, round(float(np.log(10)), 5)))
    orders = np.bincount(
        lesson.taught.history.groups["seller"][lesson.taught.history.purchased < today],
        minlength=len(codes["seller"]),
    )
    sellers = {
        name: round(float(np.log1p(orders[code])), DIGITS)
        for name, code in codes["seller"].items()
        if orders[code]
    }
    found.append(Reading("orders of the seller", "seller", sellers, 0.0))
    return tuple(found)


def _deliveries(taught: Taught, today: int) -> dict[str, int]:
    history = taught.history
    recent = (history.delivered < today) & (history.delivered >= today - RECENT_DAYS)
    counted = np.bincount(history.groups["service"][recent], minlength=len(taught.codes["service"]))
    return {name: int(counted[code]) for name, code in taught.codes["service"].items()}


def _handling_days(taught: Taught, today: int) -> dict[str, float]:
    """Days from purchase by which most parcels were handed over; sellers drawn to everybody's."""
    history = taught.history
    recent = (history.handed < today) & (history.purchased >= today - RECENT_DAYS)
    spans = (history.handed - history.purchased)[recent].astype(np.float64)
    general = float(np.quantile(spans, HANDLING_LEVEL)) if len(spans) else 3.0
    found = {"": round(general, 2)}
    if not len(spans):
        return found
    seller = history.groups["seller"][recent]
    order = np.argsort(seller, kind="stable")
    names = {code: name for name, code in taught.codes["seller"].items()}
    codes, starts = np.unique(seller[order], return_index=True)
    for code, group in zip(codes, np.split(spans[order], starts[1:]), strict=True):
        share = len(group) / (len(group) + HANDLING_PRIOR)
        own = float(np.quantile(group, HANDLING_LEVEL))
        found[names[int(code)]] = round(share * own + (1 - share) * general, 2)
    return found


def _transit_counts(taught: Taught, today: int) -> dict[str, tuple[int, ...]]:
    """Deliveries by days after hand-over, as `counted_as` names them; of the last months, settled."""
    history = taught.history
    settled = (history.handed < today - LONGEST_DAYS // 2) & (
        history.handed >= today - LONGEST_DAYS // 2 - RECENT_DAYS
    )
    settled &= history.delivered < min(today, NEVER)
    rows = np.flatnonzero(settled)
    days = np.clip(history.delivered[rows] - history.handed[rows], 1, LONGEST_DAYS) - 1
    found: dict[str, tuple[int, ...]] = {}
    for groups, least in ((COUNTED, 1), ((*COUNTED, "seller"), LEAST_OF_SELLER)):
        codes = np.stack([history.groups[group][rows] for group in groups], axis=1)
        kinds, kind = np.unique(codes, axis=0, return_inverse=True)
        counts = np.zeros((len(kinds), LONGEST_DAYS), np.int64)
        np.add.at(counts, (kind.reshape(-1), days), 1)
        names = [list(taught.codes[group]) for group in groups]
        for code, seen in zip(kinds, counts, strict=True):
            if seen.sum() >= least:
                name = ">".join(names[place][each] for place, each in enumerate(code))
                found[name] = tuple(int(each) for each in np.trim_zeros(seen, "b"))
    return found
