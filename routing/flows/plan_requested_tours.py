"""Plans the tours of a day that was asked for, telling how far it is and heeding a cancel."""

import json
import time
from collections.abc import Callable
from functools import partial
from uuid import UUID

from sqlalchemy.orm import Session

from core.ids import TenantId, TourPlanId
from routing.flows.end_tours import end_tours
from routing.flows.plan_both_legs import plan_both_legs
from routing.flows.plan_tours import plan_tours
from routing.flows.queue_tours import queue_tours
from routing.flows.read_tours import read_tours
from routing.flows.replan_tours import replan_tours
from routing.flows.write_changed_tours import write_changed_tours
from routing.flows.write_tours import write_tours
from routing.tables import TourPlanRow, tour_progress
from routing.tours.day_change import released
from routing.tours.day_file import read_day
from routing.tours.plan import Plan
from routing.tours.problem import Problem
from routing.tours.replan import on_the_road
from store.session import Sessions, lock, new_id, now

LOOK_EVERY_S = 0.2  # how often the row is asked for a cancel
BEAT_EVERY_S = 3.0


def plan_requested_tours(
    sessions: Sessions,
    tenant: TenantId,
    plan_id: TourPlanId,
    *,
    stopping: Callable[[], bool] = lambda: False,
) -> None:
    """Plan it if it is still queued. No transaction stays open while an engine runs.

    `stopping` says that this process is about to end: the plan is queued again.
    """
    with sessions(tenant) as session:
        row = lock(session, TourPlanRow, plan_id)
        if row.state != "queued":
            return
        row.state, row.beat_at = "planning", now(session)
        run = str(new_id(session))
        row.task = {**(row.task or {}), "run": run}
        problem = read_day(json.loads(row.document))
        seconds, seed, task = row.seconds, row.seed, row.task or {}
    teller = _Teller(sessions, tenant, plan_id, run, problem, stopping)
    write: Callable[[Session], None]
    try:
        if "change" in task:
            write = _replan(sessions, tenant, plan_id, teller)
        elif "inbound" in task:
            write = plan_both_legs(
                sessions, tenant, plan_id, cancelled=teller.cancelled, told=teller.hear_both
            )
        else:
            plan = plan_tours(
                problem, seconds=seconds, seed=seed, cancelled=teller.cancelled, told=teller.hear
            )
            write = partial(write_tours, plan_id=plan_id, problem=problem, plan=plan)
        with sessions(tenant) as session:
            row = lock(session, TourPlanRow, plan_id)
            if not _ours(row, run):
                return
            if stopping() and not teller.asked:
                queue_tours(session, row)
            else:
                write(session)
    except Exception as error:
        with sessions(tenant) as session:
            row = lock(session, TourPlanRow, plan_id)
            if _ours(row, run):
                end_tours(session, row, "failed", f"{type(error).__name__}: {error}")
        raise


def _ours(row: TourPlanRow, run: str) -> bool:
    """False once another planner took over: one that stood still has no say any more."""
    return row.state == "planning" and (row.task or {}).get("run") == run


def _replan(
    sessions: Sessions, tenant: TenantId, plan_id: TourPlanId, teller: "_Teller"
) -> Callable[[Session], None]:
    """Plan the rest of a changed day; the answer is written by what is returned."""
    with sessions(tenant, read_only=True) as session:
        day = read_tours(session, plan_id)
        task = day.row.task or {}
        seconds, seed, change = day.row.seconds, day.row.seed, task["change"]
        now_s = int((now(session) - day.row.day_starts).total_seconds())
        reached: dict[int, int] = {}
        for visit in day.visits:
            if visit.state != "planned":
                reached[visit.vehicle] = max(visit.position, reached.get(visit.vehicle, 0))
        assert day.plan is not None
        left = on_the_road(day.plan, now_s=now_s, reached=reached)
        index = day.problem.index_of()
        late = {
            number: ready_s
            for number, ready_s in ((int(each), s) for each, s in change["late"].items())
            if index[number] not in left
        }
        document = released(json.loads(day.row.document), late)
    problem = read_day(document)
    answer = replan_tours(
        problem,
        day.plan,
        now_s=now_s,
        broken=frozenset(change["broken"]),
        late=frozenset(index[number] for number in late),
        reached=reached,
        most_moved=change["most_moved"],
        price_of_move=change.get("price_per_move_minor", 0) * problem.scale,
        seconds=seconds,
        seed=seed,
        cancelled=teller.cancelled,
        told=teller.hear,
    )
    return partial(write_changed_tours, plan_id=plan_id, document=document, answer=answer)


class _Teller:
    """Between the engine's child and the row: the best so far out, a cancel in."""

    def __init__(
        self,
        sessions: Sessions,
        tenant: TenantId,
        plan_id: TourPlanId,
        run: str,
        problem: Problem,
        stopping: Callable[[], bool],
    ) -> None:
        self._sessions, self._tenant = sessions, tenant
        self._plan_id, self._run = plan_id, run
        self._problem = problem
        self._stopping = stopping
        self._best: Plan | None = None
        self._inbound: Plan | None = None
        self._looked = self._beat = time.monotonic()
        self._lost = False
        self.asked = False

    def hear(self, plan: Plan) -> None:
        self._best = plan

    def hear_both(self, inbound: Plan, outbound: Plan) -> None:
        """Of a day of two legs; the row is that of the leg out."""
        self._inbound, self._best = inbound, outbound

    def cancelled(self) -> bool:
        if self.asked or self._lost or self._stopping():
            return True
        instant = time.monotonic()
        if instant - self._looked >= LOOK_EVERY_S:
            self._looked = instant
            self._look(instant)
        return self.asked or self._lost

    def _look(self, instant: float) -> None:
        best, self._best = self._best, None
        inbound, self._inbound = self._inbound, None
        with self._sessions(self._tenant) as session:
            row = session.get_one(TourPlanRow, self._plan_id)
            self._lost = not _ours(row, self._run)
            if self._lost:
                return
            self.asked = row.cancel_asked
            if best is not None:
                row.progress = tour_progress(self._problem, best)
            if inbound is not None:
                leg = TourPlanId(UUID((row.task or {})["inbound"]))
                other = session.get_one(TourPlanRow, leg)
                other.progress = tour_progress(read_day(json.loads(other.document)), inbound)
            if best is not None or instant - self._beat >= BEAT_EVERY_S:
                row.beat_at, self._beat = now(session), instant
