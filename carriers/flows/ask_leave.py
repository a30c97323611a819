"""Asks the breaker whether a carrier may be called now; the first after a rest goes on trial."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from carriers.breaker import on_trial
from carriers.tables import health_of, is_account_known, keep_health
from store.session import now


def ask_leave(
    session: Session, carrier: str, patience: timedelta, account: str = ""
) -> datetime | None:
    """None: call it. Else the instant until which its calls, or those of that account, wait.

    A call on trial keeps the others waiting for `patience`, or until its answer is noted.
    """
    names = ["", account] if is_account_known(session, carrier, account) else [""]
    found = [health_of(session, carrier, name) for name in names]
    instant = now(session)
    for _, health in found:
        if health.is_open(instant):
            return health.open_until
    for row, health in found:
        keep_health(row, on_trial(health, instant + patience))
    return None
