"""Asks the breaker whether a carrier may be called now; the first after a rest goes on trial."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from carriers.breaker import on_trial
from carriers.tables import health_of, keep_health
from store.session import now


def ask_leave(session: Session, carrier: str, patience: timedelta) -> datetime | None:
    """None: call it. Else the instant until which its calls wait.

    A call on trial keeps the others waiting for `patience`, or until its answer is noted.
    """
    row, health = health_of(session, carrier)
    instant = now(session)
    if health.is_open(instant):
        return health.open_until
    keep_health(row, on_trial(health, instant + patience))
    return None
