"""How far the levels of each destination, and of each service there, have to move, learned from what was promised and kept."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from routing.distributions.lead_times import service_to
from tracking.learning.calibration import CalibrationPlan, OnlineCalibration

MEMORY_DAYS = 180
CALM_SHARE = 2 / 3  # of the alarm's distance, below which a standing one ends
PRIOR = 50.0  # outcomes that the destination's count for in a service's own
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
    seller: str = ""  # as lane and service: empty where it is over several
    lane: str = ""
    service: str = ""

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
    """The share (0..1] of the allowed misses to aim at from `today` on, where it is not all of them.

    By destination; by `service_to` also, where several services go there and one has another share.
    """
    plan = plan or CalibrationPlan()
    shifts = calibrate(promises, today, plan)
    factors = {name: plan.factor(shift) for name, shift in shifts.items()}
    ends = {promise.destination for promise in promises}
    found = {name: factor for name, factor in factors.items() if name in ends and factor < 1}
    for promise in promises:
        name = service_to(promise.service, promise.destination)
        if name in factors and factors[name] != factors[promise.destination]:
            found[name] = factors[name]
    return found


def drifting(
    promises: Sequence[PastPromise], today: date, standing: Collection[str] = ()
) -> Mapping[str, float]:
    """Groups whose level had to move further than the alarm allows, and what is aimed at there.

    The alarm of those `standing` ends at two thirds of that, so that it does not come and go.
    """
    plan = CalibrationPlan()
    return {
        name: plan.factor(shift)
        for name, shift in calibrate(promises, today, plan).items()
        if abs(shift) > plan.alarm * (CALM_SHARE if name in standing else 1.0)
    }


def calibrate(
    promises: Sequence[PastPromise], today: date, plan: CalibrationPlan | None = None
) -> Mapping[str, float]:
    """How far the levels have moved, as logs: by destination, and by `service_to` there where
    several services go; the fewer outcomes a service has, the more its destination's count for it.

    Promises over several services count for their destination alone.
    """
    plan = plan or CalibrationPlan()
    known = [each for each in promises if (today - each.made_on).days <= MEMORY_DAYS]
    shifts = _moved(known, today, plan, lambda one: one.destination)
    services: dict[str, set[str]] = {}
    for promise in known:
        if promise.service:
            services.setdefault(promise.destination, set()).add(promise.service)
    apart = [one for one in known if one.service and len(services[one.destination]) > 1]
    own = _moved(apart, today, plan, lambda one: service_to(one.service, one.destination))
    counts = Counter((one.service, one.destination) for one in apart if one.known_on < today)
    for (service, destination), count in counts.items():
        name, wide = service_to(service, destination), shifts[destination]
        shifts[name] = wide + (own[name] - wide) * count / (count + PRIOR)
    return shifts


def _moved(
    promises: Sequence[PastPromise],
    today: date,
    plan: CalibrationPlan,
    name_of: Callable[[PastPromise], str],
) -> dict[str, float]:
    """The online calibration of each name by its own outcomes."""
    names = sorted({name_of(promise) for promise in promises})
    code = {name: number for number, name in enumerate(names)}
    state = OnlineCalibration(LEVEL, plan)
    for promise in sorted(promises, key=lambda each: (each.known_on, each.made_on)):
        state.expect(
            code[name_of(promise)],
            known_day=promise.known_on.toordinal(),
            missed=promise.is_missed,
            stated=promise.stated,
        )
    state.advance(today.toordinal())
    return {name: state.shift(number) for name, number in code.items()}
