"""Notes how a carrier answered a call: five silences in a row, or being refused altogether, rest it."""

from sqlalchemy.orm import Session

from carriers.breaker import after_answer, after_failure, after_stop
from carriers.journal import HOLDS
from carriers.tables import health_of, keep_health
from core.errors import CarrierRejected, CarrierUnavailable
from store.session import now


def note_answer(
    session: Session, carrier: str, error: CarrierRejected | CarrierUnavailable | None = None
) -> None:
    """Without an error it answered. A refusal is an answer, unless it is about us: then we stop."""
    row, health = health_of(session, carrier)
    instant = now(session)
    if error is not None and error.code in HOLDS and not getattr(error, "sent", False):
        health = after_stop(health, instant, error.code or "", error.message)
    elif isinstance(error, CarrierUnavailable) and error.code != "label_not_ready":
        health = after_failure(health, instant, error.message)
    else:
        health = after_answer(health, instant)
    keep_health(row, health)
