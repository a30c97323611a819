"""Takes both legs of a hub's day: the milk run in and the tours out, to be planned as one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from core.errors import Fault, InvalidInput, invalid
from core.ids import TourPlanId
from routing.flows.keep_tour_day import WhichDay, keep_tour_day
from routing.tables import TourPlanRow
from routing.tours.day_file import read_day
from routing.tours.pyvrp_engine import PyVrpEngine
from store.jobs import enqueue


@dataclass(frozen=True, slots=True)
class Legs:
    """Two days in the tours format; `sources` says which stops in feed which stop out, by number."""

    inbound: Mapping[str, Any]
    outbound: Mapping[str, Any]
    sources: Mapping[int, Sequence[int]]
    handling_s: int  # from a vehicle's return to goods ready to load


def request_two_legs(
    session: Session, legs: Legs, *, which: WhichDay, seconds: int = 20, seed: int = 1
) -> tuple[TourPlanId, TourPlanId]:
    """The plans of the leg in and the leg out; they are planned, cancelled and end together.

    Raises InvalidInput with every fault, Conflict when too many plans wait.
    """
    problems = {name: read_day(getattr(legs, name)) for name in ("inbound", "outbound")}
    for name, problem in problems.items():
        lack = PyVrpEngine().lacks(problem)
        if lack or problem.shipments:
            raise invalid(name, lack or "a leg of a hub's day has no shipments")
    if problems["inbound"].currency != problems["outbound"].currency:
        raise invalid("outbound.currency", "must be that of the leg in")
    known = {name: problem.index_of() for name, problem in problems.items()}
    faults = [
        Fault("sources", f"the leg out has no stop {out}")
        for out in legs.sources
        if out not in known["outbound"]
    ]
    faults += [
        Fault("sources", f"the leg in has no stop {number}")
        for numbers in legs.sources.values()
        for number in numbers
        if number not in known["inbound"]
    ]
    if faults:
        raise InvalidInput(faults=faults)
    first = keep_tour_day(session, legs.inbound, which=which, seconds=seconds, seed=seed)
    second = keep_tour_day(session, legs.outbound, which=which, seconds=seconds, seed=seed)
    session.get_one(TourPlanRow, first).task = {"outbound": str(second)}
    session.get_one(TourPlanRow, second).task = {
        "inbound": str(first),
        "sources": {str(out): list(numbers) for out, numbers in legs.sources.items()},
        "handling_s": legs.handling_s,
    }
    session.flush()
    enqueue(session, "routing.plan_tours", {"plan_id": str(second)}, key=f"{second}-1")
    return first, second
