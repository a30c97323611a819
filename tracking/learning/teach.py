"""Fits lead times on parcel facts, and judges a recipe on a week it has not seen before it serves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np

from core.errors import invalid
from routing.distributions.lead_times import CALENDAR_DAYS, HANDLING_DAYS, LeadTimeModel
from routing.distributions.waits import LONGEST_DAYS, DayCalendar, WaitModel, open_curves, slow_down
from tracking.learning.boosting import BoostingPlan
from tracking.learning.columns import CODED, NetworkState, network_state, order_columns
from tracking.learning.facts import ParcelFact, Taught, taught
from tracking.learning.hazards import fit_waits
from tracking.learning.history import F64, I64, NEVER
from tracking.learning.loss import HORIZON, ArrivalOdds, arrival_odds
from tracking.learning.pressure import pressure, transit_pressure

SHADOW_DAYS = 7  # the last week, which a recipe is judged on before it teaches too
LEAST_DELIVERIES = 300  # fewer teach no trees
WORSE_BY = 0.01  # share by which the loss may exceed that of what serves now
WITHOUT = ("orders 6 h", "orders 24 h", "orders 72 h", "orders 168 h")
"""Columns that would need the last hours' orders at each quote; leaving them out costs nothing
(decision 12)."""
PLAN = BoostingPlan()
HAND_OVER_PLAN = BoostingPlan(trees=400)
NOT_AFTER_HAND_OVER = ("weekday", "hour")  # those of the purchase


@dataclass(frozen=True, slots=True)
class Shadow:
    """Mean log losses per open day of the last week, of those who had not seen it."""

    days: int
    order_days: int
    challenger: float
    champion: float
    champion_is: str

    @property
    def is_passed(self) -> bool:
        return self.challenger <= self.champion * (1 + WORSE_BY)


@dataclass(frozen=True, slots=True, eq=False)
class Lesson:
    """Everything one morning's learning shares: facts, calendar, daily tables."""

    taught: Taught
    calendar: DayCalendar
    today: int  # day number; only events before it are known
    state: NetworkState
    log_pressure: F64
    log_transit_pressure: F64

    @property
    def deliveries(self) -> int:
        return int((self.taught.history.delivered < self.today).sum())

    def columns(self, *, from_hand_over: bool = False) -> tuple[tuple[str, ...], F64]:
        """Names and values of all orders, as of purchase or of hand-over."""
        history = self.taught.history
        as_of = np.minimum(history.handed, self.today) if from_hand_over else history.purchased
        names, values = order_columns(history, self.calendar, self.state, as_of)
        left_out = (*WITHOUT, *NOT_AFTER_HAND_OVER) if from_hand_over else WITHOUT
        kept = [place for place, name in enumerate(names) if name not in left_out]
        names, values = tuple(names[place] for place in kept), values[:, kept]
        if not from_hand_over:
            return names, values
        took = np.where(history.handed < NEVER, history.handed - history.purchased, 0)
        return (*names, HANDLING_DAYS), np.column_stack([values, took.astype(np.float64)])


def prepare(taught: Taught, calendar: DayCalendar, today: int) -> Lesson:
    """Daily tables up to the morning of `today`."""
    history, days = taught.history, today + 1
    return Lesson(
        taught,
        calendar,
        today,
        network_state(history, calendar, days),
        pressure(history, days),
        transit_pressure(history, days),
    )


def calendar_of(first: date, today: int, *, country: str) -> DayCalendar:
    """Days from `first` until far enough after `today`: Monday to Friday but the country's holidays."""
    import holidays

    days = today + CALENDAR_DAYS + LONGEST_DAYS
    all_days = [first + timedelta(days=number) for number in range(days)]
    free: Mapping[date, str] = {}
    if country in holidays.list_supported_countries():
        years = range(first.year, all_days[-1].year + 1)
        own = holidays.country_holidays(country, years=years)
        kinds = tuple(kind for kind in ("public", "optional") if kind in own.supported_categories)
        free = holidays.country_holidays(country, years=years, categories=kinds)
    weekday = np.array([day.weekday() for day in all_days], np.int64)
    working = (weekday < 5) & ~np.array([day in free for day in all_days])
    return DayCalendar(working, weekday)


def lesson_from(facts: Sequence[ParcelFact], today: date, *, country: str) -> Lesson:
    """What a morning teaches of these parcels."""
    known = taught(facts)
    number = known.day(today)
    return prepare(known, calendar_of(known.first_day, number, country=country), number)


def fit(lesson: Lesson, today: int | None = None, plan: BoostingPlan = PLAN) -> LeadTimeModel:
    """Both waits, from what was known at the start of `today` (the lesson's own by default)."""
    day = lesson.today if today is None else today
    return LeadTimeModel(
        _fit_stage(lesson, day, plan, from_hand_over=False),
        _fit_stage(lesson, day, hand_over_plan(plan), from_hand_over=True),
        {name: lesson.taught.codes[name] for name in CODED},
    )


def hand_over_plan(plan: BoostingPlan) -> BoostingPlan:
    """The wait from hand-over bears more trees than the wait from purchase, on more columns each."""
    return replace(
        plan,
        trees=max(round(plan.trees * HAND_OVER_PLAN.trees / PLAN.trees), 1),
        columns_share=HAND_OVER_PLAN.columns_share,
        orders_share=HAND_OVER_PLAN.orders_share,
    )


def fit_purchase(lesson: Lesson, today: int, plan: BoostingPlan = PLAN) -> WaitModel:
    """The wait from purchase alone."""
    return _fit_stage(lesson, today, plan, from_hand_over=False)


def _fit_stage(
    lesson: Lesson, today: int, plan: BoostingPlan, *, from_hand_over: bool
) -> WaitModel:
    history = lesson.taught.history
    if int((history.delivered < today).sum()) < LEAST_DELIVERIES:
        raise invalid("history", f"needs {LEAST_DELIVERIES} deliveries to learn from")
    names, values = lesson.columns(from_hand_over=from_hand_over)
    stage = "hand-over" if from_hand_over else "purchase"
    model = fit_waits(history, names, values, lesson.calendar, today=today, stage=stage, plan=plan)
    return replace(model, fitted_day=today)


def judge(
    lesson: Lesson,
    challenger: WaitModel,
    champion: WaitModel | None,
    champion_codes: Mapping[str, Mapping[str, int]],
    champion_is: str,
) -> Shadow:
    """Loss of both on the open days of the last week; without a champion, against plain counts.

    The challenger must have been fitted before that week.
    """
    since = lesson.today - SHADOW_DAYS
    history = lesson.taught.history
    open_ = (history.purchased < lesson.today - 1) & (history.purchased >= since - HORIZON)
    open_ &= history.delivered >= since
    rows = np.flatnonzero(open_)
    names, values = lesson.columns()
    own = _loss(lesson, _bent(lesson, challenger, values[rows], rows), rows, since)
    if champion is None:
        other = _loss(lesson, _counted(lesson, rows, since), rows, since)
    else:
        theirs = _as_asked(lesson, champion, champion_codes, names, values[rows], rows)
        other = _loss(lesson, _bent(lesson, champion, theirs, rows), rows, since)
    return Shadow(SHADOW_DAYS, own[1], own[0], other[0], champion_is)


def _bent(lesson: Lesson, model: WaitModel, values: F64, rows: I64) -> F64:
    bought = lesson.taught.history.purchased[rows]
    return slow_down(
        open_curves(model, values, bought, lesson.calendar), lesson.log_pressure[bought]
    )


def curves_as_bought(
    lesson: Lesson, model: WaitModel, codes: Mapping[str, Mapping[str, int]], rows: I64
) -> F64:
    """The curves that a model gives these parcels as of their purchases, queues included."""
    names, values = lesson.columns()
    return _bent(lesson, model, _as_asked(lesson, model, codes, names, values[rows], rows), rows)


def _as_asked(
    lesson: Lesson,
    champion: WaitModel,
    codes: Mapping[str, Mapping[str, int]],
    names: tuple[str, ...],
    values: F64,
    rows: I64,
) -> F64:
    """The champion's columns: codes are those of its own fit, columns it alone knows are unknown."""
    found = np.full((len(rows), len(champion.columns)), np.nan)
    for place, name in enumerate(champion.columns):
        if name in codes:
            by_code = {code: text for text, code in lesson.taught.codes[name].items()}
            own = lesson.taught.history.groups[name][rows]
            found[:, place] = [codes[name].get(by_code[int(code)], np.nan) for code in own]
        elif name in names:
            found[:, place] = values[:, names.index(name)]
    return found


def _counted(lesson: Lesson, rows: I64, since: int) -> F64:
    """Everybody's curve by days waited, counted on what was delivered before."""
    history = lesson.taught.history
    lead = (history.delivered - history.purchased)[history.delivered < since]
    seen = np.bincount(np.clip(lead, 1, LONGEST_DAYS), minlength=LONGEST_DAYS + 1)[1:]
    waiting = seen.sum() - np.cumsum(seen)
    curve = (waiting + 0.5) / (seen.sum() + 1.0)
    return np.tile(curve, (len(rows), 1))


def _loss(lesson: Lesson, curves: F64, rows: I64, since: int) -> tuple[float, int]:
    """Mean log loss of arriving or not on each open day from `since` on, and how many days."""
    history, today = lesson.taught.history, lesson.today
    odds: ArrivalOdds = arrival_odds(history, since)
    padded = np.column_stack([np.ones(len(curves)), curves])
    total, weighed, count = 0.0, 0.0, 0
    for day in range(since, today):
        waited = day - history.purchased[rows]
        at_risk = (waited >= 1) & (waited <= LONGEST_DAYS) & (history.delivered[rows] >= day)
        at = np.flatnonzero(at_risk)
        before, after = padded[at, waited[at] - 1], padded[at, waited[at]]
        hazard = np.clip(1 - after / np.maximum(before, 1e-12), 1e-6, 1 - 1e-6)
        came = history.delivered[rows][at] == day
        handed = (history.handed[rows][at] < since).astype(np.int64)
        age = np.maximum(since - 1 - history.purchased[rows][at], 0)
        known = history.delivered[rows][at] < today
        weight = np.where(known, 1.0, odds.of(age, handed))
        total -= float((weight * np.where(came, np.log(hazard), np.log(1 - hazard))).sum())
        weighed += float(weight.sum())
        count += len(at)
    return total / max(weighed, 1e-9), count
