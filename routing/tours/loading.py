"""The order goods leave a vehicle that is loaded from the rear: last in, first out.

Goods delivered from the depot lie at the bottom, loaded so that the first stop's are on top; goods
taken on the way lie on top of what is on board. A stop may take goods off only when nothing that
came later lies on them. At a reload everything collected goes off and the vehicle is loaded anew.
Every stop counts as goods, whatever amount is stated.
"""

from collections.abc import Sequence

from routing.tours.plan import RELOAD
from routing.tours.problem import Kind, Loading, Problem


def order_of_loading_matters(problem: Problem) -> bool:
    """False when no tour could break the rule: goods that only leave or only come to the depot."""
    if all(kind.loading is Loading.ANY for kind in problem.vehicles):
        return False
    kinds = {stop.kind for stop in problem.stops}
    return bool(problem.shipments) or {Kind.DELIVER, Kind.COLLECT} <= kinds


def under_other_goods(problem: Problem, stops: Sequence[int]) -> tuple[tuple[int, int], ...]:
    """Stops of a tour whose goods lie under others when they must come off, with how many others.

    The others then go back in the same order. `stops` are indices, `RELOAD` between trips.
    """
    partner = problem.partner()
    found = []
    aboard: list[int] = []  # stops whose goods came on the way, the last on top
    for i in stops:
        if i == RELOAD:
            aboard.clear()
            continue
        match problem.stops[i].kind:
            case Kind.COLLECT | Kind.PICKUP:
                aboard.append(i)
            case Kind.DELIVER:
                if aboard:
                    found.append((i, len(aboard)))
            case Kind.DROP if partner[i] in aboard:
                above = len(aboard) - 1 - aboard.index(partner[i])
                if above:
                    found.append((i, above))
                aboard.remove(partner[i])
    return tuple(found)
