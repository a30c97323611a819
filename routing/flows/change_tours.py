"""Takes a change of a running day: new orders, a breakdown, late goods; workers plan the rest anew."""

import json
from dataclasses import replace

from sqlalchemy.orm import Session

from core.errors import Conflict, invalid
from core.ids import TourPlanId
from routing.flows.keep_tour_day import MOST_SECONDS, MOST_STOPS
from routing.flows.queue_tours import queue_tours
from routing.tables import TourPlanRow
from routing.tours.checker import check
from routing.tours.day_change import DayChange, changed
from routing.tours.day_file import read_day
from routing.tours.plan import NotFeasible, Sequence
from routing.tours.replan import CannotReplan, refuse_what_replanning_lacks
from store.session import lock

MOST_PRICE_MINOR = 10**9


def change_tours(
    session: Session, plan_id: TourPlanId, change: DayChange, *, seconds: int = 1
) -> None:
    """Keep the change and queue the day again; its plan stands until the new one is written.

    Raises NotFound; InvalidInput for a change that does not fit the day, or a day with rules that
    re-planning does not know; Conflict while there is no plan or one is being made.
    """
    if not 1 <= seconds <= MOST_SECONDS:
        raise invalid("seconds", f"must be 1 to {MOST_SECONDS}")
    if not 0 <= change.most_moved <= 1:
        raise invalid("most_moved", "must be 0 to 1")
    if not 0 <= change.price_per_move_minor <= MOST_PRICE_MINOR:
        raise invalid("price_per_move_minor", f"must be 0 to {MOST_PRICE_MINOR}")
    row = lock(session, TourPlanRow, plan_id)
    if row.state in ("queued", "planning"):
        raise Conflict("the day is being planned", code="in_planning")
    if row.answer is None:
        raise Conflict("nothing is planned yet", code="no_plan_yet")
    before = read_day(json.loads(row.document))
    document = changed(
        json.loads(row.document),
        change,
        vehicles=frozenset(number for number, _ in before.fleet()),
    )
    problem = read_day(document)
    sequences = [Sequence(vehicle, tuple(stops)) for vehicle, stops in row.answer["sequences"]]
    if isinstance(check(problem, sequences), NotFeasible):
        raise invalid("travel", "the plan there is does not fit these times")
    if len(problem.stops) > MOST_STOPS:
        raise invalid("stops", f"{len(problem.stops)} are more than {MOST_STOPS}")
    try:
        refuse_what_replanning_lacks(problem)
    except CannotReplan as error:
        raise invalid("day", str(error)) from error
    row.document = json.dumps(document)
    row.task = {"change": _with_earlier_breakdowns(row, change).as_json()}
    row.seconds = seconds
    row.cancel_asked, row.progress, row.error, row.ended_at = False, None, None, None
    queue_tours(session, row)


def _with_earlier_breakdowns(row: TourPlanRow, change: DayChange) -> DayChange:
    """A vehicle that broke down stays so for the rest of its day."""
    earlier = (row.task or {}).get("change", {}).get("broken", ())
    return replace(change, broken=change.broken | frozenset(earlier))
