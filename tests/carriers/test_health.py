"""A carrier's report says what became of its calls, how fast it is and whether calls go out."""

from datetime import UTC, datetime, timedelta

from carriers.breaker import Health, after_answer, after_failure
from carriers.health import Breaker, CallsLately, report_carrier

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
NOTHING = CallsLately({}, {}, [])


def test_shares_are_of_settled_calls_and_latency_is_a_quantile() -> None:
    lately = CallsLately(
        {("book", "done"): 7, ("book", "refused"): 2, ("void", "done"): 1, ("book", "unknown"): 3},
        {"address": 1, "too_heavy": 1},
        list(range(100, 0, -1)),
    )
    report = report_carrier("acme", lately, Health(answered=9, unanswered=3), parked=4, now=NOW)
    assert (report.calls, report.accepted, report.refused, report.waiting) == (13, 8, 2, 3)
    assert report.accepted_share == 0.8
    assert report.answered_share == 0.75
    assert (report.latency_p50_ms, report.latency_p95_ms) == (51, 96)
    assert report.refusals == (("address", 1), ("too_heavy", 1))
    assert report.kinds == (("book", 12), ("void", 1))
    assert report.needs_a_look and report.parked == 4


def test_a_carrier_never_called_has_no_shares() -> None:
    report = report_carrier("acme", NOTHING, Health(), parked=0, now=NOW)
    assert report.accepted_share is report.answered_share is report.latency_p50_ms is None
    assert report.breaker is Breaker.CLOSED and not report.needs_a_look


def test_the_breaker_is_told_open_then_on_trial_then_closed() -> None:
    health = Health()
    for _ in range(5):
        health = after_failure(health, NOW, "silence")
    assert health.last_failure_at == NOW

    def breaker(at: datetime) -> Breaker:
        return report_carrier("acme", NOTHING, health, parked=0, now=at).breaker

    assert breaker(NOW) is Breaker.OPEN
    assert breaker(NOW + timedelta(seconds=30)) is Breaker.TRIAL
    health = after_answer(health, NOW)
    assert breaker(NOW) is Breaker.CLOSED
