"""Plans of a cart that put no more parcels on a day than it still takes.

The planner asks for room parcel by parcel. Where a plan's parcels together ask for more, it is put
aside, and the cart is planned again without the days it crowds. Two parcels of one service that
would have to leave on different days for want of room are not looked for.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta

from routing.capacity import Slot, overfull
from routing.cart import Cart, Live
from routing.checkout.details import Describer
from routing.checkout.from_network import CartProblem, build_problem
from routing.checkout.problem import Answer, Plan
from routing.snapshot import Snapshot

DAY_BY_DAY = 4
"""Times a single day is closed; then the place or service is, for as long as anybody plans."""
AS_LONG_AS_D = 366

Solver = Callable[[CartProblem], tuple[CartProblem, Answer]]


def plans_with_room(
    snapshot: Snapshot,
    cart: Cart,
    live: Live,
    first: tuple[CartProblem, Answer],
    solve: Solver,
) -> tuple[dict[Plan, Describer], tuple[CartProblem, Answer]]:
    """The plans that fit, each with who describes it, and the last problem with its answer.

    `first` is the cart as it was solved; without any plan that fits, the last answer says why.
    """
    fitting: dict[Plan, Describer] = {}
    closed: dict[Slot, int] = dict(live.used)
    problem, answer = first
    times = 0
    while True:
        describer = Describer(snapshot, problem)
        full: dict[Slot, int] = {}
        for plan in answer.plans:
            slots = overfull(snapshot, describer.parcels(plan), live.used)
            full |= slots
            if not slots:
                fitting.setdefault(plan, describer)
        times += 1
        before, closed = closed, _closed(closed, full if times <= DAY_BY_DAY else _for_long(full))
        if closed == before:
            return fitting, (problem, answer)
        problem, answer = solve(build_problem(snapshot, cart, replace(live, used=closed)))


def _closed(used: Mapping[Slot, int], full: Mapping[Slot, int]) -> dict[Slot, int]:
    """Use as told to the planner: a slot counts as full, or as fuller still where it is."""
    return {**used, **{slot: max(used.get(slot, 0), limit) for slot, limit in full.items()}}


def _for_long(full: Mapping[Slot, int]) -> dict[Slot, int]:
    """The same on all days around; one that takes more keeps what it takes beyond this limit."""
    return {
        (name, day + timedelta(days=n)): limit
        for (name, day), limit in full.items()
        for n in range(-AS_LONG_AS_D, AS_LONG_AS_D)
    }
