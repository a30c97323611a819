"""Which windows by appointment an option may be had in: those that are kept with the level."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from core.calendars import instant_at, zone_ending_last
from routing.checkout.evaluate import Evaluator
from routing.checkout.from_network import CartProblem
from routing.checkout.likelihood import Likelihoods
from routing.checkout.problem import Plan, Problem
from routing.checkout.why import share_text
from routing.network.services import Service, Slot
from routing.quote import DeliveryWindow
from routing.snapshot import minute_of


def windows_of(of: CartProblem, plan: Plan) -> tuple[DeliveryWindow, ...]:
    """Windows on the plan's day that the services of all its parcels share, earliest first.

    What comes to the carrier before is held for the window; it is offered only if everything is
    there by its end with the promise's probability.
    """
    day = of.day(plan.date)
    slots = _shared([of.services[parcel.service] for parcel in plan.parcels], day)
    if not slots:
        return ()
    zone = zone_ending_last(of.destination.zones, day)
    windows: list[DeliveryWindow] = []
    for slot in slots:
        starts_at = instant_at(zone, day, slot.opens_min)
        ends_at = instant_at(zone, day, slot.closes_min)
        chance = _chance_by(of.problem, plan, minute_of(ends_at))
        if chance >= Likelihoods(Evaluator(of.problem)).need:
            code = f"w{len(windows) + 1}"
            windows.append(DeliveryWindow(code, starts_at, ends_at, share_text(chance)))
    return tuple(windows)


def _shared(services: Sequence[Service], day: date) -> list[Slot]:
    """The slots of that weekday that every service has."""
    spans = [
        {(s.opens_min, s.closes_min): s for s in service.slots if day.weekday() in s.weekdays}
        for service in services
    ]
    common = set(spans[0]).intersection(*spans[1:]) if spans else set()
    return [spans[0][span] for span in sorted(common)]


def _chance_by(problem: Problem, plan: Plan, minute: int) -> float:
    """Probability that everything has arrived by a minute of the plan's day."""
    starts = problem.day_starts.copy()
    starts[plan.date + 1] = minute + 1  # what comes later that day counts as the next
    likelihoods = Likelihoods(Evaluator(replace(problem, day_starts=starts)))
    together = 1.0
    for parcel in plan.parcels:
        together *= likelihoods.by(parcel, plan.date)
    return together
