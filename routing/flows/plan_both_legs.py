"""Plans both legs of a hub's day as one: what comes in late is asked for earlier where that helps."""

import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from core.ids import TenantId, TourPlanId
from routing.adapters.solver.thread import ThreadWatch
from routing.flows.write_tours import write_tours
from routing.tables import TourPlanRow
from routing.tours.checker import check
from routing.tours.day_file import read_day
from routing.tours.engine import Sequences
from routing.tours.hopeless import set_aside
from routing.tours.plan import NotFeasible, Plan
from routing.tours.problem import Problem
from routing.tours.pyvrp_engine import PyVrpEngine
from routing.tours.reasons import explain
from routing.tours.two_legs import BothLegs, Comparison, HubDay, plan_two_legs
from store.session import Sessions, lock

FIRST_SHARE, AGAIN_SHARE = 0.1, 0.02
"""Of the seconds, for a leg from nothing (three times) and from the best so far (up to 33)."""


def plan_both_legs(
    sessions: Sessions,
    tenant: TenantId,
    plan_id: TourPlanId,
    *,
    cancelled: Callable[[], bool],
    told: Callable[[Plan, Plan], None],
) -> Callable[[Session], None]:
    """What writes both answers; `plan_id` is the leg out. A cancel keeps the best so far.

    `told` hears of every better day: the legs in and out.
    """
    with sessions(tenant) as session:
        row = session.get_one(TourPlanRow, plan_id)
        task = row.task or {}
        inbound_id = TourPlanId(UUID(task["inbound"]))
        inbound = lock(session, TourPlanRow, inbound_id)
        inbound.state = "planning"
        day = _hub_day(
            read_day(json.loads(inbound.document)), read_day(json.loads(row.document)), task
        )
        seconds, seed = row.seconds, row.seed

    def solve(problem: Problem, start: Sequences | None) -> Plan:
        easier, renumbered = set_aside(problem)
        share = AGAIN_SHARE if start else FIRST_SHARE
        begin = renumbered.forth(start) if start else None
        clock = ThreadWatch(seconds * share, cancelled)
        found = PyVrpEngine().solve(easier, start=begin, seed=seed, watch=clock)
        plan = check(problem, renumbered.back(found), engine="two legs")
        if isinstance(plan, NotFeasible):
            plan = check(problem, start or ())
        assert isinstance(plan, Plan)
        return plan

    answer = plan_two_legs(day, solve, told=lambda best: told(best.inbound, best.outbound))
    return partial(_write, ids=(inbound_id, plan_id), day=day, answer=answer)


def _hub_day(inbound: Problem, outbound: Problem, task: Mapping[str, Any]) -> HubDay:
    stop_in, stop_out = inbound.index_of(), outbound.index_of()
    sources = {
        stop_out[int(out)]: tuple(stop_in[number] for number in numbers)
        for out, numbers in task["sources"].items()
    }
    return HubDay(inbound, outbound, sources, task["handling_s"])


def _write(
    session: Session, *, ids: tuple[TourPlanId, TourPlanId], day: HubDay, answer: Comparison
) -> None:
    """The stops out carry the release that the leg in gives them, so that their hours stay true."""
    inbound, outbound = (lock(session, TourPlanRow, each) for each in ids)
    inbound.cancel_asked = inbound.cancel_asked or outbound.cancel_asked
    released = {
        day.outbound.stops[i].number: released_s
        for i, released_s in answer.together.released.items()
    }
    document = json.loads(outbound.document)
    for stop in document["stops"]:
        stop["release_s"] = max(stop.get("release_s", 0), released.get(stop["number"], 0))
    outbound.document = json.dumps(document)
    write_tours(session, ids[0], day.inbound, explain(day.inbound, answer.together.inbound))
    later = read_day(document)
    write_tours(session, ids[1], later, explain(later, answer.together.outbound))
    outbound.answer = {**(outbound.answer or {}), "two_legs": _told(day, answer)}


def _told(day: HubDay, answer: Comparison) -> dict[str, Any]:
    """Both legs planned apart and as one: what is left out and what it costs."""

    def leg(both: BothLegs) -> dict[str, int]:
        return {
            "unserved": both.order(day)[0],
            "cost_minor": round(both.cost / day.outbound.scale),
        }

    return {
        "apart": leg(answer.apart),
        "together": leg(answer.together),
        "held_up": answer.held_up,
    }
