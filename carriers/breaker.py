"""A circuit breaker per carrier: after failures in a row it rests, then lets one call try. Pure.

A carrier that refuses us altogether (credentials, rate limit) is stopped at the first word.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

FAILURES = 5  # in a row, before it opens
REST = timedelta(seconds=30)  # the first time; doubles while trials fail
REST_MOST = timedelta(minutes=10)
BREATH = timedelta(seconds=5)  # the first rest where the carrier only wants fewer calls a minute


@dataclass(frozen=True, slots=True)
class Health:
    """What a carrier has been like lately."""

    failures: int = 0  # in a row
    open_until: datetime | None = None
    rests: int = 0  # in a row
    answered: int = 0  # calls that got an answer, refusals included
    unanswered: int = 0
    last_answer_at: datetime | None = None
    last_failure: str = ""
    last_failure_at: datetime | None = None
    stopped_for: str = ""  # the refusal's code, while the carrier refuses us whatever we ask

    def is_open(self, now: datetime) -> bool:
        """Whether calls should wait."""
        return self.open_until is not None and now < self.open_until


def rates_health(carrier: str) -> str:
    """The name under which a carrier's answers to questions for prices are kept, apart from its calls."""
    return f"{carrier}#rates"


def on_trial(health: Health, until: datetime) -> Health:
    """One call goes out after a rest; until that instant, or its answer, the others wait."""
    return replace(health, open_until=until) if health.open_until is not None else health


def after_answer(health: Health, now: datetime) -> Health:
    """The carrier answered (a refusal is an answer): closed again."""
    return replace(
        health,
        failures=0,
        open_until=None,
        rests=0,
        stopped_for="",
        answered=health.answered + 1,
        last_answer_at=now,
    )


def after_stop(health: Health, now: datetime, code: str, reason: str) -> Health:
    """The carrier answered that it takes nothing from us: opens at once."""
    rests = health.rests + 1
    return replace(
        health,
        failures=0,
        open_until=now + _rest(rests, REST if code == "credentials" else BREATH),
        rests=rests,
        stopped_for=code[:40],
        answered=health.answered + 1,
        last_answer_at=now,
        last_failure=reason[:200],
        last_failure_at=now,
    )


def after_failure(health: Health, now: datetime, reason: str) -> Health:
    """No answer; the fifth in a row, or a failed trial, opens it."""
    failures = health.failures + 1
    trial = health.open_until is not None
    opened = trial or failures >= FAILURES
    rests = health.rests + 1 if opened else health.rests
    return replace(
        health,
        failures=failures,
        open_until=now + _rest(rests) if opened else None,
        rests=rests,
        unanswered=health.unanswered + 1,
        last_failure=reason[:200],
        last_failure_at=now,
    )


def _rest(rests: int, first: timedelta = REST) -> timedelta:
    return min(first * (1 << min(rests - 1, 10)), REST_MOST)
