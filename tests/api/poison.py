"""A cart that never ends, for planning processes: apart from the tests, so that it loads at once."""

from api.planning import Planned, PlanTask, quote_apart

POISON = "POISON"


def poisoned(task: PlanTask) -> Planned:
    """Plan; a cart of the group POISON never ends."""
    while task.cart.group == POISON:
        pass
    return quote_apart(task)
