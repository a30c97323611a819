"""Both legs of a hub's day on the database: asked for, planned, cancelled and ended together."""

from datetime import date
from typing import Any

import pytest

from core.errors import InvalidInput
from core.ids import TenantId, TourPlanId
from routing.flows import plan_both_legs as legs
from routing.flows import plan_requested_tours as flow
from routing.flows.cancel_tours import cancel_tours
from routing.flows.keep_tour_day import WhichDay
from routing.flows.plan_requested_tours import plan_requested_tours
from routing.flows.read_tours import read_tours
from routing.flows.request_two_legs import Legs, request_two_legs
from routing.tables import TourPlanRow
from routing.tours.two_legs import Comparison, HubDay, plan_two_legs
from store.session import Sessions

DAY = WhichDay(date(2026, 3, 3))


def leg(
    kind: str, numbers: range, windows: list[list[int]], currency: str = "EUR"
) -> dict[str, Any]:
    return {
        "name": kind,
        "currency": currency,
        "depots": [{"lat": 48.2, "lon": 16.37}],
        "vehicles": [
            {"count": 3, "capacity": {"parcels": 9}, "shift": [25200, 72000], "per_km_minor": 40}
        ],
        "stops": [
            {
                "number": number,
                "lat": 48.2 + 0.01 * (i - 1),
                "lon": 16.40 + 0.01 * i,
                "kind": kind,
                "load": {"parcels": 1},
                "windows": windows,
                "service_s": 300,
            }
            for i, number in enumerate(numbers)
        ],
    }


IN = leg("collect", range(1, 4), [[28800, 39600]])
OUT = leg("deliver", range(11, 15), [[36000, 68400]])
LEGS = Legs(IN, OUT, {11: [1], 12: [1, 2], 13: [3]}, 1200)


@pytest.fixture
def asked(sessions: Sessions, tenant: TenantId) -> tuple[TourPlanId, TourPlanId]:
    with sessions(tenant) as session:
        return request_two_legs(session, LEGS, which=DAY, seconds=1)


def test_both_legs_are_planned_and_nothing_leaves_before_its_goods_are_in(
    sessions: Sessions, tenant: TenantId, asked: tuple[TourPlanId, TourPlanId]
) -> None:
    plan_requested_tours(sessions, tenant, asked[1])
    with sessions(tenant, read_only=True) as session:
        inbound, outbound = (read_tours(session, each) for each in asked)
        assert (inbound.row.state, outbound.row.state) == ("done", "done")
        assert inbound.plan is not None and outbound.plan is not None
        assert not inbound.plan.unserved and not outbound.plan.unserved
        at_hub = {
            inbound.problem.stops[v.stop].number: tour.back_s + LEGS.handling_s
            for tour in inbound.plan.tours
            for v in tour.visits
        }
        for tour in outbound.plan.tours:
            for visit in tour.visits:
                number = outbound.problem.stops[visit.stop].number
                for source in LEGS.sources.get(number, ()):
                    assert tour.leave_s >= at_hub[source]
        told = (outbound.row.answer or {})["two_legs"]
        assert told["together"]["cost_minor"] <= told["apart"]["cost_minor"]


def test_how_far_both_legs_are_is_seen_while_they_are_planned(
    sessions: Sessions,
    tenant: TenantId,
    asked: tuple[TourPlanId, TourPlanId],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[Any] = []
    monkeypatch.setattr(flow, "LOOK_EVERY_S", 0)

    def watched(day: HubDay, solve: Any, *, told: Any) -> Comparison:
        answer = plan_two_legs(day, solve, told=told)
        solve(day.inbound, None)  # looks at its time, and so at the row
        with sessions(tenant, read_only=True) as session:
            seen.extend(session.get_one(TourPlanRow, each).progress for each in asked)
        return answer

    monkeypatch.setattr(legs, "plan_two_legs", watched)
    plan_requested_tours(sessions, tenant, asked[1])
    assert [each["unserved"] for each in seen] == [0, 0]


@pytest.mark.parametrize("which", [0, 1])
def test_a_cancel_of_one_leg_cancels_both(
    sessions: Sessions, tenant: TenantId, asked: tuple[TourPlanId, TourPlanId], which: int
) -> None:
    with sessions(tenant) as session:
        cancel_tours(session, asked[which])
    plan_requested_tours(sessions, tenant, asked[1])
    with sessions(tenant, read_only=True) as session:
        states = {session.get_one(TourPlanRow, each).state for each in asked}
    assert states == {"cancelled"}


@pytest.mark.parametrize(
    ("legs", "word"),
    [
        (Legs(IN, OUT, {99: [1]}, 0), "leg out has no stop 99"),
        (Legs(IN, OUT, {11: [7]}, 0), "leg in has no stop 7"),
        (Legs(IN, leg("deliver", range(11, 12), [[0, 9], [20, 30]]), {}, 0), "several windows"),
        (Legs(IN, leg("deliver", range(11, 12), [[0, 9]], "USD"), {}, 0), "currency"),
    ],
)
def test_legs_that_do_not_fit_together_are_refused(
    sessions: Sessions, tenant: TenantId, legs: Legs, word: str
) -> None:
    with sessions(tenant) as session, pytest.raises(InvalidInput) as caught:
        request_two_legs(session, legs, which=DAY, seconds=1)
    assert word in str(caught.value.message) + str(caught.value.faults)
