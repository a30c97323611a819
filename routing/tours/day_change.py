"""What happens to a running day: new stops, vehicles that break down, goods that come late."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from core.errors import Fault, InvalidInput

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class DayChange:
    """In the caller's own numbers. `late` is when a stop's goods are ready, seconds of the day."""

    stops: tuple[Mapping[str, Any], ...] = ()  # in the tours format
    broken: frozenset[int] = frozenset()
    late: Mapping[int, int] = field(default_factory=dict)
    most_moved: float = 0.05  # share of the open stops that may change vehicle
    price_per_move_minor: int = 0  # what each of them counts in the search, minor units
    travel: Mapping[str, Any] | None = None  # matrices with rows for the new stops

    def as_json(self) -> Document:
        """What the planner needs; new stops and travel are in the document already."""
        return {
            "broken": sorted(self.broken),
            "late": {str(number): ready_s for number, ready_s in sorted(self.late.items())},
            "most_moved": self.most_moved,
            "price_per_move_minor": self.price_per_move_minor,
        }


def changed(
    document: Mapping[str, Any], change: DayChange, *, vehicles: frozenset[int]
) -> Document:
    """The day's document with new stops behind the old ones, and new travel.

    Late goods are not in it yet: the plan there is would no more fit its day. Raises InvalidInput
    for vehicles and stops that the day does not have, and late goods of a stop that gives them.
    """
    numbers = {stop["number"]: stop for stop in document["stops"]}
    faults = [
        Fault("broken", f"the day has no vehicle {number}")
        for number in sorted(change.broken - vehicles)
    ]
    faults += [
        Fault("late", f"the day has no stop {number}")
        for number in sorted(set(change.late) - set(numbers))
    ]
    faults += [
        Fault("late", f"stop {number} is collected: nothing is loaded for it")
        for number in sorted(set(change.late) & set(numbers))
        if numbers[number].get("kind", "deliver") != "deliver"
    ]
    if faults:
        raise InvalidInput(faults=faults)
    document = {**document, "stops": [*document["stops"], *(dict(stop) for stop in change.stops)]}
    return document if change.travel is None else {**document, "travel": dict(change.travel)}


def released(document: Mapping[str, Any], late: Mapping[int, int]) -> Document:
    """The day's document with goods that are ready later, by stop number, seconds of the day."""
    stops = [
        {**stop, "release_s": max(late[stop["number"]], stop.get("release_s", 0))}
        if stop["number"] in late
        else stop
        for stop in document["stops"]
    ]
    return {**document, "stops": stops}
