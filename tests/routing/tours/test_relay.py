"""A relay of two engines: the second goes on from the first one's plan, or alone when it fell."""

from routing.tours.checker import check
from routing.tours.engine import Sequences, Watch
from routing.tours.engines import ENGINES, choose
from routing.tours.plan import Plan, Sequence
from routing.tours.problem import Problem
from routing.tours.race import Relay
from tests.routing.tours.days import at, line_day
from tests.routing.tours.test_plan_tours import Counted, Crashing


class Fixed(Crashing):
    """Always gives the same tours and remembers where it was told to start."""

    def __init__(self, *tours: tuple[int, ...]) -> None:
        self.tours = tuple(Sequence(v, stops) for v, stops in enumerate(tours, start=1))
        self.began_at: Sequences | None = None

    def solve(
        self, problem: Problem, *, start: Sequences | None, seed: int, watch: Watch
    ) -> Sequences:
        self.began_at = start
        watch.better(self.tours)
        return self.tours


def test_the_second_goes_on_from_the_first_and_the_better_plan_wins() -> None:
    day = line_day(at(3), at(5))
    first, second = Fixed((0, 1)), Fixed((0,), (1,))
    found = Relay(runners=(first, second)).solve(day, start=None, seed=1, watch=Counted(10))
    assert second.began_at == first.tours and found == first.tours
    assert isinstance(check(day, found), Plan)


def test_the_second_runs_alone_when_the_first_fell() -> None:
    day = line_day(at(3))
    relay = Relay(runners=(Crashing(), Fixed((0,))))
    assert relay.solve(day, start=None, seed=1, watch=Counted(10)) == (Sequence(1, (0,)),)


def test_small_plain_days_get_the_relay() -> None:
    assert choose(line_day(at(3)))[0][0] == "relay"
    assert ENGINES["relay"].lacks(line_day(at(3))) == ""
