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
    travel: Mapping[str, Any] | None = None  # matrices with rows for the new stops

    def as_json(self) -> Document:
        """What the planner needs; stops, hours and travel are in the document already."""
        return {
            "broken": sorted(self.broken),
            "late": sorted(self.late),
            "most_moved": self.most_moved,
        }


def changed(
    document: Mapping[str, Any], change: DayChange, *, vehicles: frozenset[int]
) -> Document:
    """The day's document with the change in it: old stops where they were, new ones behind them.

    Raises InvalidInput for vehicles and stops that the day does not have.
    """
    stops = [dict(stop) for stop in document["stops"]]
    numbers = {stop["number"]: stop for stop in stops}
    faults = [
        Fault("broken", f"the day has no vehicle {number}")
        for number in sorted(change.broken - vehicles)
    ]
    faults += [
        Fault("late", f"the day has no stop {number}")
        for number in sorted(set(change.late) - set(numbers))
    ]
    if faults:
        raise InvalidInput(faults=faults)
    for number, ready_s in change.late.items():
        numbers[number]["release_s"] = max(ready_s, numbers[number].get("release_s", 0))
    document = {**document, "stops": [*stops, *(dict(stop) for stop in change.stops)]}
    return document if change.travel is None else {**document, "travel": dict(change.travel)}
