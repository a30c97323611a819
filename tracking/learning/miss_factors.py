"""How far each destination's levels have to move, learned from what was promised and kept."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from tracking.learning.calibration import CalibrationPlan, OnlineCalibration

MEMORY_DAYS = 180
CALM_SHARE = 2 / 3  # of the alarm's distance, below which a standing one ends
LEVEL = 0.95  # of the bookkeeping; each outcome counts with its own stated level


@dataclass(frozen=True, slots=True)
class PastPromise:
    """A promise by what was learned: to where, until when, how sure, and whether it was kept.

    `arrived_on` is the day of its last parcel, None while one is missing.
    """

    destination: str
    made_on: date
    ends_on: date
    stated: float
    arrived_on: date | None
    seller: str = ""
    lane: str = ""
    """Empty: it is over several."""

    @property
    def is_missed(self) -> bool:
        """Once it is decided."""
        return self.arrived_on is None or self.arrived_on > self.ends_on

    @property
    def known_on(self) -> date:
        """The day on which it is decided."""
        return self.ends_on if self.arrived_on is None else min(self.ends_on, self.arrived_on)


def miss_factors(
    promises: Sequence[PastPromise], today: date, plan: CalibrationPlan | None = None
) -> Mapping[str, float]:
    """By destination: the share (0..1] of the allowed misses to aim at from `today` on."""
    calibration = calibrate(promises, today, plan)
    names = sorted({promise.destination for promise in promises})
    return {
        name: calibration.miss_rate(code) / (1 - LEVEL)
        for code, name in enumerate(names)
        if calibration.miss_rate(code) < 1 - LEVEL
    }


def drifting(
    promises: Sequence[PastPromise], today: date, standing: Collection[str] = ()
) -> Mapping[str, float]:
    """Destinations whose level had to move further than the alarm allows, and what is aimed at there.

    The alarm of those `standing` ends at two thirds of that, so that it does not come and go.
    """
    names = sorted({promise.destination for promise in promises})
    state = calibrate(promises, today)
    far = {names[code] for code in state.drifting()}
    far |= {names[code] for code in state.drifting(CALM_SHARE)} & set(standing)
    return {
        name: state.miss_rate(code) / (1 - LEVEL) for code, name in enumerate(names) if name in far
    }


def calibrate(
    promises: Sequence[PastPromise], today: date, plan: CalibrationPlan | None = None
) -> OnlineCalibration:
    """The state of the calibration, one region per destination in order of name."""
    names = sorted({promise.destination for promise in promises})
    code = {name: number for number, name in enumerate(names)}
    state = OnlineCalibration(LEVEL, plan or CalibrationPlan())
    for promise in sorted(promises, key=lambda each: (each.known_on, each.made_on)):
        if (today - promise.made_on).days > MEMORY_DAYS:
            continue
        state.expect(
            code[promise.destination],
            known_day=promise.known_on.toordinal(),
            missed=promise.is_missed,
            stated=promise.stated,
        )
    state.advance(today.toordinal())
    return state
