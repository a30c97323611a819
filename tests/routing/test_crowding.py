"""Days closed for want of room: what is sold out stays so, whatever another day takes."""

from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from routing import crowding
from routing.capacity import Slot
from routing.cart import Live

MONDAY = date(2026, 3, 2)
WEDNESDAY = MONDAY + timedelta(days=2)


def test_closing_days_that_take_three_opens_none_that_is_full(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Five Mondays that take three are crowded; ten of ten are sold for each Wednesday."""
    mondays = [MONDAY + timedelta(weeks=n) for n in range(crowding.DAY_BY_DAY + 1)]
    crowds = [{("van@", day): 3} for day in mondays]
    used: dict[Slot, int] = {("van@", WEDNESDAY): 10}
    planned: list[dict[Slot, int]] = []

    def build(_snapshot: Any, _cart: Any, live: Live) -> Any:
        planned.append(dict(live.used))

    monkeypatch.setattr(crowding, "Describer", lambda *_: SimpleNamespace(parcels=lambda _: ()))
    monkeypatch.setattr(crowding, "build_problem", build)
    monkeypatch.setattr(crowding, "overfull", lambda *_: crowds[len(planned)])
    crowds.append({})
    answer: Any = SimpleNamespace(plans=("plan",))
    nothing: Any = None
    fitting, _ = crowding.plans_with_room(
        nothing, nothing, Live({}, used), (nothing, answer), lambda problem: (problem, answer)
    )
    assert list(fitting) == ["plan"] and len(planned) == len(mondays)
    assert planned[-1]["van@", WEDNESDAY] == 10
    assert planned[-1]["van@", WEDNESDAY + timedelta(days=7)] == 3  # room for seven more
    assert planned[-1]["van@", MONDAY + timedelta(weeks=20)] == 3


def test_what_planning_without_crowded_days_cannot_mend_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(crowding, "Describer", lambda *_: SimpleNamespace(parcels=lambda _: ()))
    monkeypatch.setattr(crowding, "build_problem", lambda *_: None)
    monkeypatch.setattr(crowding, "overfull", lambda *_: {("van@", MONDAY): 1})
    answer: Any = SimpleNamespace(plans=("plan",))
    nothing: Any = None
    fitting, _ = crowding.plans_with_room(
        nothing, nothing, Live({}, {}), (nothing, answer), lambda problem: (problem, answer)
    )
    assert fitting == {}
