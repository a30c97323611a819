"""Fits lead times on parcel facts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np

from core.errors import invalid
from routing.distributions.lead_times import CALENDAR_DAYS, HANDLING_DAYS, LeadTimeModel
from routing.distributions.waits import LONGEST_DAYS, DayCalendar, WaitModel
from tracking.learning.boosting import BoostingPlan
from tracking.learning.columns import CODED, NetworkState, network_state, order_columns
from tracking.learning.facts import ParcelFact, Taught, taught
from tracking.learning.hazards import fit_waits
from tracking.learning.history import F64, NEVER
from tracking.learning.pressure import pressure, transit_pressure

LEAST_DELIVERIES = 300  # fewer teach no trees
WITHOUT = ("orders 6 h", "orders 24 h", "orders 72 h", "orders 168 h")
"""Columns that would need the last hours' orders at each quote; leaving them out costs nothing
(decision 12)."""
PLAN = BoostingPlan(trees=300, columns_share=0.3, orders_share=0.5)
HAND_OVER_PLAN = BoostingPlan(trees=400)
PURCHASE, HAND_OVER = "purchase", "hand-over"  # what a wait counts from
NOT_AFTER_HAND_OVER = ("weekday", "hour")  # those of the purchase


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
        fit_purchase(lesson, day, plan),
        fit_hand_over(lesson, day, plan),
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


def fit_hand_over(lesson: Lesson, today: int, plan: BoostingPlan = PLAN) -> WaitModel:
    """The wait from hand-over alone."""
    return _fit_stage(lesson, today, hand_over_plan(plan), from_hand_over=True)


def _fit_stage(
    lesson: Lesson, today: int, plan: BoostingPlan, *, from_hand_over: bool
) -> WaitModel:
    history = lesson.taught.history
    if int((history.delivered < today).sum()) < LEAST_DELIVERIES:
        raise invalid("history", f"needs {LEAST_DELIVERIES} deliveries to learn from")
    names, values = lesson.columns(from_hand_over=from_hand_over)
    stage = HAND_OVER if from_hand_over else PURCHASE
    model = fit_waits(history, names, values, lesson.calendar, today=today, stage=stage, plan=plan)
    return replace(model, fitted_day=today)
