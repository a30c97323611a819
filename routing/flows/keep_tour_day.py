"""Keeps a day to plan, checked whole; whoever asks the workers for it comes next."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from core.calendars import instant_at
from core.errors import Conflict, invalid
from core.ids import TourPlanId
from core.places import zone as known_zone
from routing.tables import TourPlanRow, open_tour_plans
from routing.tours.day_file import read_day
from routing.tours.hopeless import set_aside
from store.session import new_id, now

MOST_STOPS = 2000
MOST_SECONDS = 600
MOST_OPEN = 50  # plans of a tenant that wait or run


@dataclass(frozen=True, slots=True)
class WhichDay:
    """Second 0 of a document: local midnight of that date in that zone; and whose round it is."""

    day: date
    zone: str = "UTC"
    hub: str | None = None
    sources: Mapping[str, Any] = field(default_factory=dict)
    """Of a collection round: stop number to {place, parcels}."""


def keep_tour_day(
    session: Session, document: Mapping[str, Any], *, which: WhichDay, seconds: int, seed: int
) -> TourPlanId:
    """The plan's id, queued. The document is in the tours format.

    Raises InvalidInput with every fault of the document, and Conflict when too many plans wait.
    """
    if not 1 <= seconds <= MOST_SECONDS:
        raise invalid("seconds", f"must be 1 to {MOST_SECONDS}")
    known_zone(which.zone)
    problem = read_day(document)
    if not problem.stops:
        raise invalid("stops", "there must be at least one")
    if len(problem.stops) > MOST_STOPS:
        raise invalid("stops", f"{len(problem.stops)} are more than {MOST_STOPS}")
    from routing.tours.engines import choose  # brings the compiler, which serving must not need

    able, lacks = choose(set_aside(problem)[0])
    if not able:
        raise invalid("day", "; ".join(lacks))
    if open_tour_plans(session) >= MOST_OPEN:
        raise Conflict(f"{MOST_OPEN} plans wait already", code="too_many_plans")
    plan_id = TourPlanId(new_id(session))
    session.add(
        TourPlanRow(
            id=plan_id,
            name=problem.name[:200],
            document=json.dumps(document),
            day_starts=instant_at(which.zone, which.day, 0),
            zone=which.zone,
            hub=which.hub,
            sources=dict(which.sources),
            seconds=seconds,
            seed=seed,
            state="queued",
            created_at=now(session),
        )
    )
    session.flush()
    return plan_id
