"""Set aside what no vehicle could serve even alone, so that engines plan the rest."""

from dataclasses import dataclass, replace

from routing.tours.checker import check
from routing.tours.engine import Sequences
from routing.tours.plan import RELOAD, NotFeasible, Sequence
from routing.tours.problem import Problem, Rules


@dataclass(frozen=True, slots=True)
class Renumbering:
    """Between stop indices of the full and the easier problem."""

    kept: tuple[int, ...]  # full index of each stop of the easier problem

    def back(self, sequences: Sequences) -> Sequences:
        """From the easier problem to the full one."""
        return tuple(
            Sequence(s.vehicle, tuple(i if i == RELOAD else self.kept[i] for i in s.stops))
            for s in sequences
        )

    def forth(self, sequences: Sequences) -> Sequences:
        """From the full problem to the easier one; stops set aside are left out."""
        new = {old: i for i, old in enumerate(self.kept)} | {RELOAD: RELOAD}
        return tuple(
            Sequence(s.vehicle, tuple(new[i] for i in s.stops if i in new)) for s in sequences
        )


def set_aside(
    problem: Problem, *, sure: frozenset[int] = frozenset()
) -> tuple[Problem, Renumbering]:
    """The problem without hopeless stops (and whatever is tied to them).

    Stops known to be served by somebody, `sure`, are not tried again.
    """
    partner = problem.partner()
    first_of = [
        number
        for kind in problem.vehicles
        for number in (kind.numbers if _picky(problem) else kind.numbers[:1])
    ]
    hopeless: set[int] = set()
    bare = replace(problem, rules=Rules()) if problem.rules else problem
    pairs = dict(problem.shipments)
    for i in range(len(problem.stops)):
        j = partner.get(i)
        if j is not None and i not in pairs:
            continue
        stops = (i,) if j is None else (i, j)
        if i not in sure and not any(_serves(bare, number, stops) for number in first_of):
            hopeless |= set(stops)
    for group in problem.rules.same_vehicle:
        if hopeless & set(group):
            hopeless |= set(group)
    for first, second in problem.rules.before:
        if first in hopeless:
            hopeless.add(second)
    for i in list(hopeless):
        if i in partner:
            hopeless.add(partner[i])
    kept = tuple(i for i in range(len(problem.stops)) if i not in hopeless)
    if not hopeless:
        return problem, Renumbering(kept)
    new = {old: i for i, old in enumerate(kept)}
    rules = problem.rules
    easier = replace(
        problem,
        stops=tuple(problem.stops[i] for i in kept),
        shipments=tuple((new[a], new[b]) for a, b in problem.shipments if a in new and b in new),
        rules=Rules(
            same_vehicle=tuple(
                tuple(new[i] for i in group)
                for group in rules.same_vehicle
                if all(i in new for i in group)
            ),
            before=tuple((new[a], new[b]) for a, b in rules.before if a in new and b in new),
            incompatible=rules.incompatible,
        ),
    )
    return easier, Renumbering(kept)


def _serves(problem: Problem, number: int, stops: tuple[int, ...]) -> bool:
    answer = check(problem, [Sequence(number, stops)])
    return not isinstance(answer, NotFeasible)


def _picky(problem: Problem) -> bool:
    return any(stop.only is not None for stop in problem.stops)
