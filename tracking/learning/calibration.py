"""Online calibration: levels move with kept and missed promises, per region, as outcomes come in.

Adaptive conformal inference (Gibbs & Candès 2021) with multiplicative steps on the miss rate aimed
at. Outcomes come late: a kept promise is known at delivery, a missed one when its day has passed,
weighted with the odds that such a parcel arrives at all. Misses lag, so the steps are small and the
network's pressure leads; and the level is never loosened beyond `loosest` (a coverage floor).
"""

import heapq
from dataclasses import dataclass, field
from math import exp

from core.errors import invalid


@dataclass(frozen=True, slots=True)
class CalibrationPlan:
    """Step per outcome for the region and for all, and how far the aimed miss rate may move."""

    region_step: float = 0.05
    network_step: float = 0.0
    tightest: float = 1 / 6
    loosest: float = 1.0
    alarm: float = 0.5
    """Log distance from the nominal miss rate at which the drift alarm sounds."""

    def factor(self, shift: float) -> float:
        """The share of the allowed misses to aim at after such a shift."""
        return min(max(exp(-shift), self.tightest), self.loosest)


@dataclass(slots=True)
class OnlineCalibration:
    """The state for one level; feed outcomes in any order of knowledge, ask in order of time."""

    level: float
    plan: CalibrationPlan = field(default_factory=CalibrationPlan)
    _network: float = 0.0
    _regions: dict[int, float] = field(default_factory=dict)
    _pending: list[tuple[int, int, int, float, float, float]] = field(default_factory=list)
    _count: int = 0

    def __post_init__(self) -> None:
        if not 0 < self.level < 1:
            raise invalid("level", "a level lies between 0 and 1")

    def expect(
        self,
        region: int,
        *,
        known_day: int,
        missed: bool,
        weight: float = 1.0,
        stated: float | None = None,
    ) -> None:
        """An outcome that becomes known during `known_day`; `stated` where another level was."""
        self._count += 1
        allowed = 1 - (self.level if stated is None else stated)
        entry = (known_day, self._count, region, float(missed), weight, allowed)
        heapq.heappush(self._pending, entry)

    def advance(self, today: int) -> None:
        """Learn every outcome known before the start of `today`."""
        while self._pending and self._pending[0][0] < today:
            _, _, region, missed, weight, allowed = heapq.heappop(self._pending)
            excess = weight * (missed - allowed)
            self._network = _held(self._network + self.plan.network_step * excess, self.plan)
            own = self._regions.get(region, 0.0) + self.plan.region_step * excess
            self._regions[region] = _held(own, self.plan)

    def miss_rate(self, region: int) -> float:
        """The share of misses to aim at now, in place of 1 - level."""
        return (1 - self.level) * self.plan.factor(self.shift(region))

    def shift(self, region: int) -> float:
        """How far the miss rate has moved, as a log: up is tighter."""
        return self._network + self._regions.get(region, 0.0)


def _held(shift: float, plan: CalibrationPlan) -> float:
    """Keep the memory near what can have an effect, so that it also comes back."""
    room = 0.3
    return min(max(shift, -room), 2.0 + room if plan.tightest < 1 else room)
