"""How a carrier has been doing: what became of its calls, how fast it answers, what waits. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from carriers.breaker import Health
from carriers.journal import CallState

WAITING = (CallState.INTENT, CallState.SENDING, CallState.UNKNOWN)


class Breaker(StrEnum):
    """Whether calls go out."""

    CLOSED = "closed"  # they do
    OPEN = "open"  # they wait
    TRIAL = "trial"  # the next one decides


@dataclass(frozen=True, slots=True)
class CallsLately:
    """What the journal holds of one carrier's calls in a span of time; durations in ms."""

    states: Mapping[tuple[str, str], int]  # (kind of call, state): how many
    refusals: Mapping[str, int]  # code: how many
    took_ms: Sequence[int]  # of each call that was made


@dataclass(frozen=True, slots=True)
class StoppedAccount:
    """An account whose credentials the carrier refuses; its calls wait, those of others go on."""

    account: str
    code: str
    open_until: datetime | None  # the next try


@dataclass(frozen=True, slots=True)
class CarrierReport:
    """One carrier's health. Shares are 0..1, None where nothing was settled; durations in ms."""

    carrier: str
    calls: int
    accepted: int
    refused: int
    waiting: int
    parked: int  # of any age: each waits for a person
    accepted_share: float | None  # of the settled calls
    answered_share: float | None  # of all tries ever, refusals included
    latency_p50_ms: int | None
    latency_p95_ms: int | None
    breaker: Breaker
    open_until: datetime | None
    stopped_for: str  # the code by which it refuses us altogether: credentials, rate_limit
    failures_in_a_row: int
    last_answer_at: datetime | None
    last_failure_at: datetime | None
    last_failure: str
    stopped_accounts: tuple[StoppedAccount, ...]
    refusals: tuple[tuple[str, int], ...]  # code, how many; the most frequent first
    kinds: tuple[tuple[str, int], ...]  # kind of call, how many

    @property
    def needs_a_look(self) -> bool:
        """Whether somebody should do something, or at least know."""
        return (
            self.parked > 0 or self.breaker is not Breaker.CLOSED or len(self.stopped_accounts) > 0
        )


def report_carrier(
    carrier: str,
    lately: CallsLately,
    health: Health,
    *,
    parked: int,
    now: datetime,
    stopped_accounts: Sequence[StoppedAccount] = (),
) -> CarrierReport:
    """Put together what is known of one carrier."""
    by_state: Counter[str] = Counter()
    by_kind: Counter[str] = Counter()
    for (kind, state), count in lately.states.items():
        by_state[state] += count
        by_kind[kind] += count
    accepted, refused = by_state[CallState.DONE], by_state[CallState.REFUSED]
    settled = accepted + refused + by_state[CallState.PARKED]
    tries = health.answered + health.unanswered
    ordered = sorted(lately.took_ms)
    return CarrierReport(
        carrier=carrier,
        calls=sum(by_state.values()),
        accepted=accepted,
        refused=refused,
        waiting=sum(by_state[state] for state in WAITING),
        parked=parked,
        accepted_share=accepted / settled if settled else None,
        answered_share=health.answered / tries if tries else None,
        latency_p50_ms=_at(ordered, 0.5),
        latency_p95_ms=_at(ordered, 0.95),
        breaker=_breaker(health, now),
        open_until=health.open_until,
        stopped_for=health.stopped_for,
        failures_in_a_row=health.failures,
        last_answer_at=health.last_answer_at,
        last_failure_at=health.last_failure_at,
        last_failure=health.last_failure,
        stopped_accounts=tuple(stopped_accounts),
        refusals=_most_first(lately.refusals),
        kinds=tuple(sorted(by_kind.items())),
    )


def _breaker(health: Health, now: datetime) -> Breaker:
    if health.open_until is None:
        return Breaker.CLOSED
    return Breaker.OPEN if health.is_open(now) else Breaker.TRIAL


def _most_first(counts: Mapping[str, int]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _at(ordered: Sequence[int], share: float) -> int | None:
    """The value that a share of them does not exceed."""
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else None
