"""Days of tours on the database: asked for, planned with progress, cancelled, resumed, driven."""

from contextlib import suppress
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from core.clock import ManualClock
from core.errors import Conflict, Expired, InvalidInput, NotFound
from core.ids import TenantId, TourPlanId
from routing.flows import plan_requested_tours as flow
from routing.flows.cancel_tours import cancel_tours
from routing.flows.follow_tour_link import follow_tour_link
from routing.flows.keep_tour_day import WhichDay
from routing.flows.open_tour_link import open_tour_link
from routing.flows.plan_requested_tours import plan_requested_tours
from routing.flows.read_tours import read_tours
from routing.flows.record_visit import Proof, record_visit
from routing.flows.request_tours import request_tours
from routing.flows.watch_tours import watch_tours
from routing.flows.write_tours import write_tours
from routing.tables import TourPlanRow, TourVisitRow
from routing.tours.checker import check
from routing.tours.plan import Plan, Sequence
from routing.tours.problem import Problem
from routing.tours.reasons import explain
from store.jobs import claim, run_due
from store.session import Sessions, now
from store.tables import JobRow

DAY = date(2026, 3, 3)


def document(**more: Any) -> dict[str, Any]:
    """Three stops near Vienna, the third too heavy for the one van."""
    stops = [
        {"number": 12, "lat": 48.21, "lon": 16.40, "load": {"parcels": 2}, "name": "Bakery"},
        {"number": 7, "lat": 48.19, "lon": 16.35, "load": {"parcels": 1}},
        {"number": 9, "lat": 48.22, "lon": 16.36, "load": {"parcels": 99}},
    ]
    van = {"capacity": {"parcels": 10}, "shift": [25200, 61200], "per_km_minor": 40}
    base = {
        "name": "Tuesday",
        "currency": "EUR",
        "depots": [{"lat": 48.2, "lon": 16.37}],
        "vehicles": [van],
        "stops": stops,
    }
    return {**base, **more}


def at_once(problem: Problem, *, told: Any, cancelled: Any, **_more: Any) -> Plan:
    """Stands for the engines: the first two stops in turn; tells once and asks once."""
    plan = check(problem, [Sequence(1, (0, 1))], engine="fake")
    assert isinstance(plan, Plan)
    told(plan)
    cancelled()
    return explain(problem, plan)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flow, "plan_tours", at_once)


@pytest.fixture
def asked(sessions: Sessions, tenant: TenantId) -> TourPlanId:
    with sessions(tenant) as session:
        return request_tours(session, document(), which=WhichDay(DAY, "Europe/Vienna"), seconds=1)


def work_off(sessions: Sessions) -> None:
    """The jobs there are end, as they do once a thread plans."""
    run_due(sessions, {"routing.plan_tours": lambda *_: None}, "one")


def state(sessions: Sessions, tenant: TenantId, plan_id: TourPlanId) -> str:
    with sessions(tenant, read_only=True) as session:
        return session.get_one(TourPlanRow, plan_id).state


@pytest.mark.usefixtures("quick")
def test_a_day_is_planned_once_and_tells_visits_in_instants(
    sessions: Sessions, tenant: TenantId, asked: TourPlanId
) -> None:
    plan_requested_tours(sessions, tenant, asked)
    plan_requested_tours(sessions, tenant, asked)  # not queued any more: nothing happens
    with sessions(tenant, read_only=True) as session:
        day = read_tours(session, asked)
        assert day.row.state == "done"
        assert day.plan is not None
        assert [note.reason for note in day.plan.unserved] == ["capacity"]
        assert [(row.stop, row.position) for row in day.visits] == [(12, 1), (7, 2)]
        # 7:00 in Vienna is 6:00 UTC in winter
        assert day.visits[0].starts_at.date() == DAY
        assert day.visits[0].arrives_at.hour >= 6
        assert day.row.progress is not None
        assert day.row.progress["tours"] == 1


def test_what_waits_is_cancelled_at_once_and_stays_so(
    sessions: Sessions, tenant: TenantId, asked: TourPlanId
) -> None:
    for _ in range(2):
        with sessions(tenant) as session:
            cancel_tours(session, asked)
    plan_requested_tours(sessions, tenant, asked)
    assert state(sessions, tenant, asked) == "cancelled"


def test_a_cancel_while_planning_keeps_the_best_so_far(
    sessions: Sessions, tenant: TenantId, asked: TourPlanId, monkeypatch: pytest.MonkeyPatch
) -> None:
    def while_planning(problem: Problem, **more: Any) -> Plan:
        with sessions(tenant) as session:
            cancel_tours(session, asked)
        return at_once(problem, **more)

    monkeypatch.setattr(flow, "plan_tours", while_planning)
    plan_requested_tours(sessions, tenant, asked)
    with sessions(tenant) as session:
        day = read_tours(session, asked)
        assert day.row.state == "cancelled"
        assert day.plan is not None and len(day.plan.tours) == 1


@pytest.mark.usefixtures("quick")
def test_an_ended_plan_cannot_be_cancelled(
    sessions: Sessions, tenant: TenantId, asked: TourPlanId
) -> None:
    plan_requested_tours(sessions, tenant, asked)
    with sessions(tenant) as session, pytest.raises(Conflict):
        cancel_tours(session, asked)


def test_a_process_that_ends_leaves_the_day_to_another(
    sessions: Sessions, tenant: TenantId, asked: TourPlanId, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flow, "plan_tours", at_once)
    work_off(sessions)  # the job ends when the thread begins
    plan_requested_tours(sessions, tenant, asked, stopping=lambda: True)
    assert state(sessions, tenant, asked) == "queued"
    (job,) = claim(sessions, "another", ["routing.plan_tours"])
    plan_requested_tours(sessions, tenant, TourPlanId(UUID(job.payload["plan_id"])))
    assert state(sessions, tenant, asked) == "done"


@pytest.mark.usefixtures("quick")
def test_a_day_that_waits_without_a_job_is_given_one(
    sessions: Sessions, tenant: TenantId, asked: TourPlanId, clock: ManualClock
) -> None:
    clock.advance(timedelta(seconds=31))
    with sessions(tenant) as session:
        assert watch_tours(session) == 0  # its job waits too
    work_off(sessions)
    with sessions(tenant) as session:
        assert watch_tours(session) == 1
    with sessions(tenant) as session:
        assert watch_tours(session) == 0
    (job,) = claim(sessions, "another", ["routing.plan_tours"])
    assert job.payload == {"plan_id": str(asked)}


def test_a_planner_that_died_is_replaced_after_half_a_minute(
    sessions: Sessions, tenant: TenantId, asked: TourPlanId, clock: ManualClock
) -> None:
    with sessions(tenant) as session:
        row = session.get_one(TourPlanRow, asked)
        row.state, row.beat_at = "planning", now(session)
        assert watch_tours(session) == 0
    clock.advance(timedelta(seconds=31))
    with sessions(tenant) as session:
        assert watch_tours(session) == 1
        jobs = session.scalars(select(JobRow).where(JobRow.kind == "routing.plan_tours")).all()
        assert len(jobs) == 2
    assert state(sessions, tenant, asked) == "queued"


def test_an_engine_that_throws_is_told(
    sessions: Sessions, tenant: TenantId, asked: TourPlanId, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> Plan:
        raise RuntimeError("out of luck")

    monkeypatch.setattr(flow, "plan_tours", broken)
    with pytest.raises(RuntimeError):
        plan_requested_tours(sessions, tenant, asked)
    with sessions(tenant) as session:
        row = session.get_one(TourPlanRow, asked)
        assert (row.state, row.error) == ("failed", "RuntimeError: out of luck")


@pytest.mark.usefixtures("quick")
def test_an_answer_that_cannot_be_written_fails_the_day(
    sessions: Sessions, tenant: TenantId, asked: TourPlanId, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise RuntimeError("no room for \x00")

    monkeypatch.setattr(flow, "write_tours", full)
    with pytest.raises(RuntimeError):
        plan_requested_tours(sessions, tenant, asked)
    with sessions(tenant) as session:
        row = session.get_one(TourPlanRow, asked)
        assert (row.state, row.error) == ("failed", "RuntimeError: no room for ?")


@pytest.mark.parametrize("luck", ["finds a plan", "throws"])
def test_a_planner_that_stood_still_changes_nothing_once_another_took_over(
    sessions: Sessions,
    tenant: TenantId,
    asked: TourPlanId,
    clock: ManualClock,
    monkeypatch: pytest.MonkeyPatch,
    luck: str,
) -> None:
    def frozen(problem: Problem, **more: Any) -> Plan:
        clock.advance(timedelta(seconds=31))
        with sessions(tenant) as session:
            assert watch_tours(session) == 1
        monkeypatch.setattr(flow, "plan_tours", at_once)
        plan_requested_tours(sessions, tenant, asked)
        with sessions(tenant) as session:
            record_visit(session, asked, 1, 1, served=True, proof=Proof(code="Ada"))
        if luck == "throws":
            raise RuntimeError("out of luck")
        plan = check(problem, [Sequence(1, (1, 0))])
        assert isinstance(plan, Plan)
        return plan

    monkeypatch.setattr(flow, "plan_tours", frozen)
    with suppress(RuntimeError):
        plan_requested_tours(sessions, tenant, asked)
    with sessions(tenant, read_only=True) as session:
        day = read_tours(session, asked)
        assert day.row.state == "done" and day.row.error is None
        assert [(visit.stop, visit.state) for visit in day.visits] == [(12, "done"), (7, "planned")]
        assert day.visits[0].sealed_proof


@pytest.mark.usefixtures("quick")
def test_a_visit_with_a_proof_is_never_written_over(
    sessions: Sessions, tenant: TenantId, asked: TourPlanId
) -> None:
    plan_requested_tours(sessions, tenant, asked)
    with sessions(tenant) as session:
        record_visit(session, asked, 1, 1, served=True, proof=Proof(code="Ada"))
        day = read_tours(session, asked)
        assert day.plan is not None
        with pytest.raises(Conflict):
            write_tours(session, asked, day.problem, day.plan)
        assert [visit.state for visit in read_tours(session, asked).visits] == ["done", "planned"]


def test_a_day_that_kills_its_planners_is_given_up(
    sessions: Sessions, tenant: TenantId, asked: TourPlanId, clock: ManualClock
) -> None:
    seen = []
    for _ in range(3):
        with sessions(tenant) as session:
            row = session.get_one(TourPlanRow, asked)
            row.state, row.beat_at = "planning", now(session)
        clock.advance(timedelta(seconds=31))
        with sessions(tenant) as session:
            watch_tours(session)
        seen.append(state(sessions, tenant, asked))
    assert seen == ["queued", "queued", "failed"]


@pytest.mark.parametrize(
    ("more", "word"),
    [
        ({"stops": []}, "at least one"),
        ({"vehicles": []}, "at least one"),
        ({"stops": [{"number": 1, "lat": 48, "lon": 16, "load": {"parcels": -1}}]}, "parcels"),
        ({"stops": [{"number": 1, "lat": 48, "lon": 16, "windows": [[9, 3]]}]}, "windows"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_a_day_that_makes_no_sense_is_refused(
    sessions: Sessions, tenant: TenantId, more: dict[str, Any], word: str
) -> None:
    with sessions(tenant) as session, pytest.raises(InvalidInput) as caught:
        request_tours(session, document(**more), which=WhichDay(DAY))
    assert word in str(caught.value.message) + str(caught.value.faults)


@pytest.mark.usefixtures("quick")
def test_a_driver_records_each_stop_once_with_a_proof(
    sessions: Sessions, tenant: TenantId, asked: TourPlanId
) -> None:
    plan_requested_tours(sessions, tenant, asked)
    with sessions(tenant) as session:
        with pytest.raises(InvalidInput):
            record_visit(session, asked, 1, 1, served=True, proof=Proof())
        with pytest.raises(InvalidInput):
            record_visit(session, asked, 1, 2, served=False, proof=Proof())
        record_visit(session, asked, 1, 1, served=True, proof=Proof(code="Ada"))
        record_visit(session, asked, 1, 1, served=True, proof=Proof(code="Ada"))
        record_visit(session, asked, 1, 2, served=False, proof=Proof(), note="closed")
        with pytest.raises(Conflict):
            record_visit(session, asked, 1, 1, served=False, proof=Proof(), note="no")
        with pytest.raises(NotFound):
            record_visit(session, asked, 2, 1, served=True, proof=Proof(code="x"))
        rows = session.scalars(select(TourVisitRow).order_by(TourVisitRow.position)).all()
        assert [(row.state, row.proof, row.note) for row in rows] == [
            ("done", "code", ""),
            ("failed", "", "closed"),
        ]
        assert b"Ada" not in (rows[0].sealed_proof or b"Ada")


@pytest.mark.usefixtures("quick")
def test_proofs_are_forgotten_after_ninety_days(
    sessions: Sessions, tenant: TenantId, asked: TourPlanId, clock: ManualClock
) -> None:
    plan_requested_tours(sessions, tenant, asked)
    with sessions(tenant) as session:
        record_visit(session, asked, 1, 1, served=True, proof=Proof(code="Ada"))
    clock.advance(timedelta(days=91))
    with sessions(tenant) as session:
        watch_tours(session)
    with sessions(tenant) as session:
        row = session.scalars(select(TourVisitRow).order_by(TourVisitRow.position)).first()
        assert row is not None
        assert (row.state, row.proof, row.sealed_proof) == ("done", "", None)


def test_a_link_opens_one_vehicle_until_the_day_is_over(
    sessions: Sessions, tenant: TenantId, asked: TourPlanId, clock: ManualClock
) -> None:
    with sessions(tenant) as session:
        token = open_tour_link(session, asked, 1)
        assert open_tour_link(session, asked, 1) == token
        assert open_tour_link(session, asked, 2) != token
    drive = follow_tour_link(sessions, token)
    assert (drive.tenant, drive.plan, drive.vehicle) == (tenant, asked, 1)
    with pytest.raises(NotFound):
        follow_tour_link(sessions, token[:-1])
    clock.advance(timedelta(days=30))
    with pytest.raises(Expired):
        follow_tour_link(sessions, token)
