"""Notes how a carrier answered a call: five silences in a row, or being refused altogether, rest it."""

from sqlalchemy.orm import Session

from carriers.breaker import after_answer, after_failure, after_stop
from carriers.journal import HOLDS
from carriers.tables import health_of, is_account_known, keep_health
from core.errors import CarrierRejected, CarrierUnavailable
from store.session import now


def note_answer(
    session: Session,
    carrier: str,
    error: CarrierRejected | CarrierUnavailable | None = None,
    account: str = "",
) -> None:
    """Without an error it answered. A refusal is an answer, unless it is about us: then we stop.

    Refused credentials stop their account alone, where the call had one: other accounts go on.
    """
    row, health = health_of(session, carrier)
    instant = now(session)
    if error is not None and _is_about_us(error):
        if error.code == "credentials" and account:
            its_row, its_health = health_of(session, carrier, account)
            keep_health(its_row, after_stop(its_health, instant, error.code, error.message))
            health = after_answer(health, instant)
        else:
            health = after_stop(health, instant, error.code or "", error.message)
    elif isinstance(error, CarrierUnavailable) and error.code != "label_not_ready":
        health = after_failure(health, instant, error.message)
    else:
        health = after_answer(health, instant)
        if is_account_known(session, carrier, account):
            its_row, its_health = health_of(session, carrier, account)
            keep_health(its_row, after_answer(its_health, instant))
    keep_health(row, health)


def _is_about_us(error: CarrierRejected | CarrierUnavailable) -> bool:
    """Whether it refuses whatever we ask, and certainly did nothing."""
    return error.code in HOLDS and not getattr(error, "sent", False)
