"""Counts the event codes that no table knows, so that somebody looks them up."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from carriers.status import Status
from store.session import now
from tracking.tables import EventRow

LATELY = timedelta(days=7)
MOST = 200  # codes


@dataclass(frozen=True, slots=True)
class UnknownCode:
    """A carrier's raw code that means nothing to us: how many events, and the last one's words."""

    carrier: str
    code: str
    text: str
    events: int
    last_at: datetime


def count_unknown_codes(session: Session, *, lately: timedelta = LATELY) -> list[UnknownCode]:
    """Unknown codes of the events received `lately`, the most frequent first."""
    rows = session.execute(
        select(
            EventRow.carrier,
            EventRow.code,
            func.max(EventRow.text),
            func.count().label("events"),
            func.max(EventRow.received_at),
        )
        .where(
            EventRow.state == Status.UNKNOWN.value, EventRow.received_at >= now(session) - lately
        )
        .group_by(EventRow.carrier, EventRow.code)
        .order_by(func.count().desc(), EventRow.carrier, EventRow.code)
        .limit(MOST)
    )
    return [UnknownCode(*row) for row in rows]
