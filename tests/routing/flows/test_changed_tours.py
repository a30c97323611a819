"""A running day changed on the database: what is driven stays, the rest is planned anew."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from core.clock import ManualClock
from core.errors import Conflict, InvalidInput
from core.ids import TenantId, TourPlanId
from routing.flows import plan_requested_tours as flow
from routing.flows.cancel_tours import cancel_tours
from routing.flows.change_tours import change_tours
from routing.flows.keep_tour_day import WhichDay
from routing.flows.plan_requested_tours import plan_requested_tours
from routing.flows.read_tours import TourDay, read_tours
from routing.flows.record_visit import Proof, record_visit
from routing.flows.replan_tours import Replanned, replan_tours
from routing.flows.request_tours import request_tours
from routing.tables import TourPlanRow, TourVisitRow
from routing.tours.checker import check
from routing.tours.day_change import DayChange
from routing.tours.plan import Plan, Sequence
from routing.tours.problem import Problem
from routing.tours.reasons import explain
from store.session import Sessions

DAY = date(2026, 3, 3)
EAST, WEST = 0.02, -0.02


def stop(number: int, east: float, **more: Any) -> dict[str, Any]:
    return {
        "number": number,
        "lat": 48.2 + 0.002 * (number % 3),
        "lon": 16.37 + east,
        "kind": "collect",
        "load": {"parcels": 1},
        "service_s": 300,
        **more,
    }


DOCUMENT: dict[str, Any] = {
    "name": "Tuesday",
    "currency": "EUR",
    "depots": [{"lat": 48.2, "lon": 16.37}],
    "vehicles": [
        {"count": 3, "capacity": {"parcels": 10}, "shift": [25200, 61200], "per_km_minor": 40}
    ],
    "stops": [
        *(stop(10 + i, EAST + 0.01 * i) for i in range(4)),
        *(stop(20 + i, WEST - 0.01 * i) for i in range(4)),
    ],
}


def two_vans(problem: Problem, **_more: Any) -> Plan:
    """Stands for the engines: the first goes east, the second west."""
    plan = check(problem, [Sequence(1, (0, 1, 2, 3)), Sequence(2, (4, 5, 6, 7))], engine="fake")
    assert isinstance(plan, Plan)
    return explain(problem, plan)


def briefly(*given: Any, seconds: float, **more: Any) -> Replanned:
    return replan_tours(*given, seconds=seconds / 50, **more)


@pytest.fixture
def planned(sessions: Sessions, tenant: TenantId, monkeypatch: pytest.MonkeyPatch) -> TourPlanId:
    monkeypatch.setattr(flow, "plan_tours", two_vans)
    monkeypatch.setattr(flow, "replan_tours", briefly)
    with sessions(tenant) as session:
        found = request_tours(session, DOCUMENT, which=WhichDay(DAY), seconds=1)
    plan_requested_tours(sessions, tenant, found)
    return found


def day_of(sessions: Sessions, tenant: TenantId, plan_id: TourPlanId) -> TourDay:
    with sessions(tenant, read_only=True) as session:
        day = read_tours(session, plan_id)
        assert day.row.task is None or day.row.answer  # read while the session is open
        return day


def tours(day: TourDay) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for visit in day.visits:
        found.setdefault(visit.vehicle, []).append(visit.stop)
    return found


def served(day: TourDay) -> list[int]:
    return sorted(visit.stop for visit in day.visits)


def on_board(day: TourDay) -> set[int]:
    """Stops whose goods are told to lie on a broken vehicle."""
    assert day.plan is not None
    left = [note.stop for note in day.plan.unserved if note.reason == "on_broken_vehicle"]
    return {day.problem.stops[i].number for i in left}


def change(sessions: Sessions, tenant: TenantId, plan_id: TourPlanId, what: DayChange) -> TourDay:
    with sessions(tenant) as session:
        change_tours(session, plan_id, what)
    plan_requested_tours(sessions, tenant, plan_id)
    return day_of(sessions, tenant, plan_id)


def midway(day: TourDay, vehicle: int, stops: int) -> datetime:
    """While the vehicle serves its stop number `stops`."""
    visit = next(v for v in day.visits if (v.vehicle, v.position) == (vehicle, stops))
    return visit.starts_at + timedelta(seconds=60)


def test_a_new_order_joins_a_tour_and_what_is_driven_keeps_its_hours_and_proofs(
    sessions: Sessions, tenant: TenantId, planned: TourPlanId, clock: ManualClock
) -> None:
    before = day_of(sessions, tenant, planned)
    clock.set(midway(before, 1, 2))
    with sessions(tenant) as session:
        record_visit(session, planned, 1, 1, served=True, proof=Proof(code="Ada"))
    told = [(v.id, v.stop, v.starts_at) for v in before.visits if v.vehicle == 1][:2]
    day = change(sessions, tenant, planned, DayChange(stops=(stop(31, EAST + 0.02),)))
    assert day.row.state == "done"
    assert [(v.id, v.stop, v.starts_at) for v in day.visits if v.vehicle == 1][:2] == told
    assert day.visits[0].state == "done" and day.visits[0].proof == "code"
    assert 31 in tours(day)[1] and served(day) == [
        *range(10, 14),
        *range(20, 24),
        31,
    ]
    ahead = [v for v in day.visits if v.vehicle == 1][2:]
    assert all(v.arrives_at >= clock.now() for v in ahead)
    assert day.plan is not None and before.plan is not None
    assert day.plan.tours[0].leave_s == before.plan.tours[0].leave_s
    assert (day.row.answer or {})["churn"] == {"old_stops": 4, "moved": 0}


def test_collections_of_a_broken_vehicle_go_to_others(
    sessions: Sessions, tenant: TenantId, planned: TourPlanId, clock: ManualClock
) -> None:
    before = day_of(sessions, tenant, planned)
    clock.set(midway(before, 2, 1))
    day = change(sessions, tenant, planned, DayChange(broken=frozenset({2}), most_moved=1.0))
    driven = tours(before)[2][:1]
    assert tours(day)[2] == driven
    assert day.plan is not None and not day.plan.unserved
    assert served(day) == [*range(10, 14), *range(20, 24)]
    after = {number: vehicle for vehicle, numbers in tours(day).items() for number in numbers}
    lost = [number for number in tours(before)[2] if number not in driven]
    assert (day.row.answer or {})["moves"] == [[number, 2, after[number]] for number in lost]


def test_the_price_of_a_move_reaches_the_search_and_its_progress_the_page(
    sessions: Sessions, tenant: TenantId, planned: TourPlanId, monkeypatch: pytest.MonkeyPatch
) -> None:
    prices: list[int] = []
    seen: list[Any] = []
    monkeypatch.setattr(flow, "LOOK_EVERY_S", 0)

    def watched(*given: Any, **more: Any) -> Replanned:
        answer = briefly(*given, **more)
        prices.append(more["price_of_move"])
        more["told"](day_of(sessions, tenant, planned).plan)
        assert not more["cancelled"]()
        seen.append(day_of(sessions, tenant, planned).row.progress)
        return answer

    monkeypatch.setattr(flow, "replan_tours", watched)
    change(sessions, tenant, planned, DayChange(broken=frozenset({3}), price_per_move_minor=250))
    assert prices == [250 * 18_000]
    assert seen[0]["tours"] == 2 and seen[0]["cost_minor"] > 0


@pytest.mark.parametrize("again", [frozenset[int](), frozenset({1})])
def test_goods_on_a_broken_vehicle_stay_there_through_a_second_change(
    sessions: Sessions,
    tenant: TenantId,
    planned: TourPlanId,
    clock: ManualClock,
    again: frozenset[int],
) -> None:
    delivered = {**DOCUMENT, "stops": [{**s, "kind": "deliver"} for s in DOCUMENT["stops"]]}
    with sessions(tenant) as session:
        plan_id = request_tours(session, delivered, which=WhichDay(DAY), seconds=1)
    plan_requested_tours(sessions, tenant, plan_id)
    clock.set(midway(day_of(sessions, tenant, plan_id), 1, 2))
    first = change(sessions, tenant, plan_id, DayChange(broken=frozenset({1})))
    assert on_board(first) == {12, 13}
    new = stop(31, EAST, kind="deliver")
    day = change(sessions, tenant, plan_id, DayChange(broken=again, stops=(new,)))
    assert on_board(day) == {12, 13}
    assert tours(day)[1] == [10, 11]
    assert not {12, 13} & set(served(day)) and tours(day)[3] == [31]


def test_a_day_whose_vehicles_all_broke_down_is_done_with_what_was_driven(
    sessions: Sessions, tenant: TenantId, planned: TourPlanId, clock: ManualClock
) -> None:
    clock.set(midway(day_of(sessions, tenant, planned), 1, 2))
    day = change(sessions, tenant, planned, DayChange(broken=frozenset({1, 2, 3})))
    assert day.row.state == "done" and day.plan is not None
    assert tours(day)[1] == [10, 11]
    assert {note.reason for note in day.plan.unserved} == {"no_vehicle_left"}
    assert len(day.plan.unserved) + len(day.visits) == 8


def test_goods_that_come_late_are_delivered_after_they_are_there(
    sessions: Sessions, tenant: TenantId, planned: TourPlanId, clock: ManualClock
) -> None:
    delivered = {
        **DOCUMENT,
        "stops": [
            {**s, "kind": "deliver", "windows": [[25200, 12 * 3600 + 5400]]}
            for s in DOCUMENT["stops"]
        ],
    }
    with sessions(tenant) as session:
        plan_id = request_tours(session, delivered, which=WhichDay(DAY), seconds=1)
    plan_requested_tours(sessions, tenant, plan_id)
    clock.set(datetime.fromisoformat("2026-03-03T06:00:00Z"))
    noon = 12 * 3600
    with sessions(tenant) as session:
        change_tours(session, plan_id, DayChange(late={13: noon, 23: 9 * 3600}))
    assert tours(day_of(sessions, tenant, plan_id))[1] == [10, 11, 12, 13]  # still the old plan
    plan_requested_tours(sessions, tenant, plan_id)
    day = day_of(sessions, tenant, plan_id)
    assert day.plan is not None and not day.plan.unserved
    carrier = next(vehicle for vehicle, stops in tours(day).items() if 13 in stops)
    tour = next(tour for tour in day.plan.tours if tour.vehicle == carrier)
    assert tour.leave_s >= noon
    others = [v for v in day.visits if v.stop >= 20]
    assert {v.vehicle for v in others} == {2}


def test_a_driver_ahead_of_the_plan_keeps_what_has_been_served(
    sessions: Sessions, tenant: TenantId, planned: TourPlanId, clock: ManualClock
) -> None:
    clock.set(datetime.fromisoformat("2026-03-03T06:30:00Z"))  # before anybody should leave
    with sessions(tenant) as session:
        for position in (1, 2, 3):
            record_visit(session, planned, 1, position, served=True, proof=Proof(code="x"))
    day = change(sessions, tenant, planned, DayChange(stops=(stop(31, EAST),)))
    assert tours(day)[1][:3] == [10, 11, 12]
    assert [v.state for v in day.visits if v.vehicle == 1][:3] == ["done"] * 3


def test_a_stop_ended_while_planning_is_never_planned_away(
    sessions: Sessions,
    tenant: TenantId,
    planned: TourPlanId,
    clock: ManualClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock.set(midway(day_of(sessions, tenant, planned), 1, 1))

    def driven_meanwhile(*given: Any, **more: Any) -> Replanned:
        with sessions(tenant) as session:
            record_visit(session, planned, 1, 4, served=True, proof=Proof(code="x"))
        return briefly(*given, **more)

    monkeypatch.setattr(flow, "replan_tours", driven_meanwhile)
    first = change(sessions, tenant, planned, DayChange(stops=(stop(31, EAST),)))
    assert first.row.state == "queued"
    monkeypatch.setattr(flow, "replan_tours", briefly)
    plan_requested_tours(sessions, tenant, planned)
    day = day_of(sessions, tenant, planned)
    assert day.row.state == "done"
    assert tours(day)[1][:4] == [10, 11, 12, 13]


def test_a_change_cancelled_before_it_is_planned_leaves_the_plan_and_tells_the_new_stop(
    sessions: Sessions, tenant: TenantId, planned: TourPlanId
) -> None:
    before = tours(day_of(sessions, tenant, planned))
    with sessions(tenant) as session:
        change_tours(session, planned, DayChange(stops=(stop(31, EAST),)))
        with pytest.raises(Conflict):
            change_tours(session, planned, DayChange())
        cancel_tours(session, planned)
    plan_requested_tours(sessions, tenant, planned)
    day = day_of(sessions, tenant, planned)
    assert day.row.state == "cancelled" and tours(day) == before
    assert day.plan is not None
    assert [day.problem.stops[note.stop].number for note in day.plan.unserved] == [31]


@pytest.mark.parametrize(
    ("what", "word"),
    [
        (DayChange(broken=frozenset({9})), "vehicle 9"),
        (DayChange(late={99: 0}), "stop 99"),
        (DayChange(late={10: 0}), "is collected"),
        (DayChange(travel={"speed_kmh": 1}), "does not fit these times"),
        (DayChange(stops=(stop(10, EAST),)), "twice"),
        (DayChange(most_moved=2.0), "most_moved"),
    ],
)
def test_a_change_that_does_not_fit_the_day_is_refused(
    sessions: Sessions, tenant: TenantId, planned: TourPlanId, what: DayChange, word: str
) -> None:
    with sessions(tenant) as session, pytest.raises(InvalidInput) as caught:
        change_tours(session, planned, what)
    assert word in str(caught.value.message) + str(caught.value.faults)
    with sessions(tenant, read_only=True) as session:
        assert session.get_one(TourPlanRow, planned).state == "done"


def test_a_day_with_breaks_or_without_a_plan_cannot_be_changed(
    sessions: Sessions, tenant: TenantId, planned: TourPlanId
) -> None:
    rest = {"breaks": [{"window": [36000, 43200], "duration_s": 1800}]}
    document = {**DOCUMENT, "vehicles": [{**DOCUMENT["vehicles"][0], **rest}]}
    with sessions(tenant) as session:
        waiting = request_tours(session, DOCUMENT, which=WhichDay(DAY), seconds=1)
        with pytest.raises(Conflict):
            change_tours(session, waiting, DayChange())
        resting = request_tours(session, document, which=WhichDay(DAY), seconds=1)
    plan_requested_tours(sessions, tenant, resting)
    with sessions(tenant) as session, pytest.raises(InvalidInput):
        change_tours(session, resting, DayChange())


def test_a_drivers_old_page_does_not_end_another_stop(
    sessions: Sessions, tenant: TenantId, planned: TourPlanId
) -> None:
    with sessions(tenant) as session:
        with pytest.raises(Conflict) as caught:
            record_visit(session, planned, 1, 1, served=True, proof=Proof(code="x"), stop=11)
        assert caught.value.code == "tour_changed"
        record_visit(session, planned, 1, 1, served=True, proof=Proof(code="x"), stop=10)
        first = session.scalars(select(TourVisitRow).where(TourVisitRow.stop == 10)).one()
        assert first.state == "done"
