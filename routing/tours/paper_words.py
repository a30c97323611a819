"""What the papers of a day say, in English; the doors bring the same in other languages."""

from typing import Any, Protocol

from core.money import Money
from routing.tours.problem import Problem


class Say(Protocol):
    """The text of a key with its values filled in."""

    def __call__(self, key: str, /, **values: Any) -> str: ...


ENGLISH = {
    "paper.map": "%(name)s · tours: %(tours)s · cost: %(cost)s",
    "paper.map_title": "Map of %(name)s",
    "paper.day": "%(name)s · vehicles: %(vehicles)s",
    "paper.day_title": "Day of %(name)s",
    "paper.no_points": "No coordinates to draw.",
    "paper.no_tours": "No tours today.",
    "paper.depot": "depot",
    "paper.vehicle": "vehicle %(vehicle)s",
    "paper.stop": "stop %(stop)s",
    "paper.reload": "reload",
    "paper.at": "%(what)s, %(time)s",
    "paper.served": "stop %(stop)s %(name)s, %(time)s, vehicle %(vehicle)s",
    "paper.not_served": "stop %(stop)s not served: %(reason)s",
    "paper.driving": "on the road, stops: %(stops)s",
    "paper.waiting": "waits %(time)s",
    "paper.resting": "rests %(time)s",
    "paper.key_driving": "driving",
    "paper.key_serving": "at a stop",
    "paper.key_waiting": "waiting",
    "paper.key_resting": "resting",
    "paper.sheets": "Tours of %(name)s",
    "paper.head": "Vehicle %(vehicle)s: %(name)s",
    "paper.times": "leaves %(leaves)s, back %(back)s, stops: %(stops)s, loads: %(load)s",
    "paper.page": "page %(page)s of %(pages)s",
    "paper.nothing": "nothing",
    "paper.parcels": "parcels: %(parcels)s",
    "paper.column_at": "at",
    "paper.column_what": "what",
    "paper.column_stop": "stop",
    "paper.column_name": "name",
    "paper.column_signature": "signature",
    "paper.handed_over": "Handed over by:",
    "paper.driver": "Driver:",
    "does.deliver": "Deliver",
    "does.collect": "Collect",
    "does.pickup": "Pick up",
    "does.drop": "Drop",
    "does.reload": "Reload at the depot",
}


def english(key: str, /, **values: Any) -> str:
    """The text in English; a reason's code where none is kept."""
    return ENGLISH.get(key, key.partition(".")[2]) % values


def clock(problem: Problem, time_s: int) -> str:
    """Time of day for days in seconds; the file's own unit for academic ones."""
    if not problem.currency:
        return f"{time_s / problem.scale:g}"
    minutes = time_s // 60
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def span(problem: Problem, time_s: int) -> str:
    """A span in minutes, rounded up; the file's own unit for academic days."""
    return f"{-(-time_s // 60)} min" if problem.currency else f"{time_s / problem.scale:g}"


def cost_of(problem: Problem, cost: int) -> str:
    """A cost as people read it."""
    if problem.currency:
        return str(Money(round(cost / problem.scale), problem.currency))
    return f"{problem.shown(cost):g}"
