"""In flight: what is left to expect only grows with the wait, and what never comes is lost."""

from bisect import bisect_left
from dataclasses import dataclass
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InvalidInput
from routing.distributions.in_flight import Pace, estimate


@dataclass(frozen=True)
class Steps:
    """Arrivals at whole steps of ten minutes, with their odds; the rest never comes."""

    odds: tuple[float, ...]

    def chance_within(self, minutes: float) -> float:
        return sum(self.odds[: len(self.odds) if minutes == inf else int(minutes // 10)])

    def minutes_at(self, chance: float) -> float | None:
        reached = [sum(self.odds[: n + 1]) for n in range(len(self.odds))]
        place = bisect_left(reached, chance - 1e-12)
        return None if place == len(reached) else 10.0 * (place + 1)


ODDS = st.lists(st.floats(0.001, 1), min_size=3, max_size=12).map(
    lambda raw: Steps(tuple(0.95 * one / sum(raw) for one in raw))
)


@given(ODDS, st.integers(0, 140), st.integers(0, 140), st.integers(1, 150))
def test_waiting_longer_never_makes_it_earlier_nor_surer(
    wait: Steps, one: int, other: int, due: int
) -> None:
    short, long = sorted((one, other))
    sooner = estimate(wait, elapsed_min=short, due_min=due)
    later = estimate(wait, elapsed_min=long, due_min=due)
    assert later.late >= sooner.late - 1e-9
    assert later.lost >= sooner.lost - 1e-9
    assert later.lost <= later.late + 1e-9
    for found, elapsed in ((sooner, short), (later, long)):
        points = [found.earliest_min, found.likely_min, found.latest_min]
        reached = [point for point in points if point is not None]
        assert reached == sorted(reached)
        assert all(point > elapsed - 10 for point in reached)


def test_what_is_left_says_how_it_goes() -> None:
    wait = Steps((0.2, 0.4, 0.3, 0.08))
    fresh = estimate(wait, elapsed_min=0, due_min=20)
    assert (fresh.pace, fresh.likely_min) == (Pace.AS_USUAL, 20.0)
    assert fresh.late == pytest.approx(0.4)
    assert fresh.lost == pytest.approx(0.02)
    slow = estimate(wait, elapsed_min=25, due_min=40)
    assert slow.pace is Pace.SLOWER_THAN_MOST
    assert slow.lost == pytest.approx(0.02 / 0.4)
    assert slow.late == pytest.approx(slow.lost)
    gone = estimate(wait, elapsed_min=45, due_min=90)
    assert (gone.pace, gone.likely_min) == (Pace.BEYOND_EXPERIENCE, None)
    assert gone.late == pytest.approx(1.0)
    assert gone.lost == pytest.approx(1.0)
    with pytest.raises(InvalidInput, match="negative"):
        estimate(wait, elapsed_min=-1, due_min=9)
