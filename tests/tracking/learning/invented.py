"""Invented parcel facts with traits: two destinations, one slow; seeded, nobody's real orders."""

from datetime import date, datetime, timedelta
from math import nan

import numpy as np

from routing.distributions.traits import ParcelTraits
from tracking.learning.boosting import BoostingPlan
from tracking.learning.facts import ParcelFact, taught
from tracking.learning.teach import Lesson, calendar_of, prepare

FIRST = date(2025, 1, 6)  # a Monday
FAST = BoostingPlan(trees=40, leaves=5, minimum_hessian=3.0, learning_rate=0.1)


def traits(
    seller: str = "s0", to: str = "FR-IDF", service: str = "post", weight_g: float = 500.0
) -> ParcelTraits:
    start = "FR-ARA"
    groups = (seller, start, to, f"{to}-1", f"{start}>{to}", "FR-69", "books", service)
    figures = (1.0, 2000.0, weight_g, 1e6, 400.0, 48.8, 2.3, 45.7, 4.8, nan, 0.0, 1.0, 900.0)
    return ParcelTraits(groups, figures)


def facts(days: int = 150, per_day: int = 5, seed: int = 4) -> list[ParcelFact]:
    """Parcels to FR-PAC take about twice as long as those to FR-IDF; a few never arrive."""
    draw = np.random.default_rng(seed)
    found = []
    for number in range(days * per_day):
        to = "FR-PAC" if draw.random() < 0.5 else "FR-IDF"
        bought = datetime.combine(FIRST, datetime.min.time()) + timedelta(
            days=number // per_day, minutes=int(draw.integers(0, 1440))
        )
        handed = bought.date() + timedelta(days=int(draw.geometric(0.5)))
        took = int(draw.geometric(0.15 if to == "FR-PAC" else 0.35))
        lost = draw.random() < 0.02
        found.append(
            ParcelFact(
                bought,
                handed,
                None if lost else handed + timedelta(days=took),
                traits(
                    f"s{int(draw.integers(0, 6))}", to, weight_g=float(draw.integers(100, 9000))
                ),
            )
        )
    return found


def known_on(day: date, everything: list[ParcelFact]) -> list[ParcelFact]:
    """The facts as they stood on the morning of a day."""
    return [
        ParcelFact(
            fact.bought_at,
            fact.handed_on if fact.handed_on and fact.handed_on < day else None,
            fact.delivered_on if fact.delivered_on and fact.delivered_on < day else None,
            fact.traits,
        )
        for fact in everything
        if fact.bought_at.date() < day
    ]


def lesson(day: date, everything: list[ParcelFact] | None = None) -> Lesson:
    known = taught(everything or facts())
    today = known.day(day)
    return prepare(known, calendar_of(known.first_day, today, country="FR"), today)
