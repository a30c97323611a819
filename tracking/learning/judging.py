"""Judges what was learned on a week that it has not seen, before it serves."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from routing.distributions.waits import LONGEST_DAYS, WaitModel, open_curves, slow_down
from tracking.learning.history import F64, I64
from tracking.learning.loss import HORIZON, ArrivalOdds, arrival_odds
from tracking.learning.teach import HAND_OVER, Lesson

SHADOW_DAYS = 7  # the last week, which a recipe is judged on before it teaches too
WORSE_BY = 0.01  # share by which the loss may exceed that of what serves now


@dataclass(frozen=True, slots=True)
class Shadow:
    """Mean log losses per open day of the last week, of those who had not seen it; of one wait."""

    days: int
    order_days: int
    challenger: float
    champion: float
    champion_is: str

    @property
    def is_passed(self) -> bool:
        return self.challenger <= self.champion * (1 + WORSE_BY)


def judge(
    lesson: Lesson,
    challenger: WaitModel,
    champion: WaitModel | None,
    champion_codes: Mapping[str, Mapping[str, int]],
    champion_is: str,
) -> Shadow:
    """Loss of both on the open days of the last week; without a champion, against plain counts.

    Of the wait that the challenger is of, from purchase or from hand-over. It must have been fitted
    before that week.
    """
    since = lesson.today - SHADOW_DAYS
    history, start = lesson.taught.history, _start(lesson, challenger)
    open_ = (start < lesson.today - 1) & (history.purchased >= since - HORIZON)
    open_ &= history.delivered >= since
    rows = np.flatnonzero(open_)
    names, values = lesson.columns(from_hand_over=challenger.stage == HAND_OVER)
    own = _loss(lesson, _bent(lesson, challenger, values[rows], rows), start, rows)
    if champion is None:
        other = _loss(lesson, _counted(lesson, start, rows), start, rows)
    else:
        theirs = _as_asked(lesson, champion, champion_codes, names, values[rows], rows)
        other = _loss(lesson, _bent(lesson, champion, theirs, rows), start, rows)
    return Shadow(SHADOW_DAYS, own[1], own[0], other[0], champion_is)


def _start(lesson: Lesson, model: WaitModel) -> I64:
    """The day that the model's waits count from, of each parcel; NEVER where it has not come."""
    history = lesson.taught.history
    return history.handed if model.stage == HAND_OVER else history.purchased


def _bent(lesson: Lesson, model: WaitModel, values: F64, rows: I64) -> F64:
    """Curves with the queues of the day that they begin on: after hand-over the carriers' alone."""
    begun = _start(lesson, model)[rows]
    handed_over = model.stage == HAND_OVER
    queues = lesson.log_transit_pressure if handed_over else lesson.log_pressure
    return slow_down(open_curves(model, values, begun, lesson.calendar), queues[begun])


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


def _counted(lesson: Lesson, start: I64, rows: I64) -> F64:
    """Everybody's curve by days waited, counted on what was delivered before the week."""
    delivered = lesson.taught.history.delivered
    lead = (delivered - start)[delivered < lesson.today - SHADOW_DAYS]
    seen = np.bincount(np.clip(lead, 1, LONGEST_DAYS), minlength=LONGEST_DAYS + 1)[1:]
    waiting = seen.sum() - np.cumsum(seen)
    curve = (waiting + 0.5) / (seen.sum() + 1.0)
    return np.tile(curve, (len(rows), 1))


def _loss(lesson: Lesson, curves: F64, start: I64, rows: I64) -> tuple[float, int]:
    """Mean log loss of arriving or not on each open day of the week, and how many days."""
    history, today = lesson.taught.history, lesson.today
    since = today - SHADOW_DAYS
    odds: ArrivalOdds = arrival_odds(history, since)
    padded = np.column_stack([np.ones(len(curves)), curves])
    total, weighed, count = 0.0, 0.0, 0
    for day in range(since, today):
        waited = day - start[rows]
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
