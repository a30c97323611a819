"""Why nothing arrives on the day that was asked for, and which days are possible."""

from dataclasses import replace
from datetime import date, timedelta

from routing.cart import Cart, Live
from routing.checkout.from_network import CartProblem, build_problem
from routing.checkout.problem import Objective, Reason, ReasonCode
from routing.checkout.solve import solve
from routing.snapshot import Snapshot

DAYS_TRIED = 14
BY_DATE: tuple[Objective, ...] = ("date", "cost")


def explain_no_day(
    snapshot: Snapshot, cart: Cart, live: Live, reasons: tuple[Reason, ...]
) -> tuple[Reason, ...]:
    """The earliest day at all and the nearest later day that may be asked for, where there are.

    `reasons` stand when the cart can't be served on any day.
    """
    asked = cart.nominated_day
    free = build_problem(snapshot, replace(cart, nominated_day=None), live)
    plans = solve(free.problem, BY_DATE).plans
    if asked is None or not plans:
        return reasons
    earliest = free.day(min(plan.date for plan in plans))
    details = [("asked_on", asked.isoformat()), ("earliest_on", earliest.isoformat())]
    nearest = _nearest(snapshot, cart, live, max(asked + timedelta(days=1), earliest), free)
    if nearest is not None:
        details.append(("nearest_on", nearest.isoformat()))
    return (Reason(ReasonCode.NOT_THAT_DAY, None, tuple(details)),)


def _nearest(
    snapshot: Snapshot, cart: Cart, live: Live, first: date, free: CartProblem
) -> date | None:
    last = free.day(len(free.problem.day_starts) - 2)
    for n in range(DAYS_TRIED):
        day = first + timedelta(days=n)
        if day > last:
            break
        tried = build_problem(snapshot, replace(cart, nominated_day=day), live)
        if solve(tried.problem, BY_DATE).plans:
            return day
    return None
