"""The journal never lets an unknown call be sent again, and settles everything."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carriers.breaker import (
    BREATH,
    FAILURES,
    Health,
    after_answer,
    after_failure,
    after_stop,
    on_trial,
)
from carriers.journal import (
    HELD_MOST,
    KEY_FORGOTTEN,
    LOOK_UP_GRACE,
    MAX_SENDS,
    Call,
    CallState,
    Outcome,
    Step,
    back_off,
    begin,
    next_step,
    rest,
    settle,
    why_parked,
)
from carriers.ports import Recovery

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
DEADLINE = timedelta(seconds=10)


def call(recovery: Recovery = Recovery.KEY) -> Call:
    return Call(UUID(int=7), CallState.INTENT, recovery, next_at=NOW)


def sent(recovery: Recovery) -> Call:
    return begin(call(recovery), Step.SEND, NOW, DEADLINE)


def test_an_intent_is_sent_and_meanwhile_left_alone() -> None:
    assert next_step(call(), NOW) is Step.SEND
    assert next_step(sent(Recovery.KEY), NOW + DEADLINE) is Step.WAIT


@pytest.mark.parametrize(
    ("recovery", "step"),
    [
        (Recovery.KEY, Step.REPEAT),
        (Recovery.LOOK_UP, Step.LOOK_UP),
        (Recovery.NEITHER, Step.PARK),
    ],
)
def test_a_worker_that_died_while_sending_leaves_an_unknown(recovery: Recovery, step: Step) -> None:
    assert next_step(sent(recovery), NOW + timedelta(minutes=1)) is step


@pytest.mark.parametrize(
    ("recovery", "state"),
    [
        (Recovery.KEY, CallState.UNKNOWN),
        (Recovery.LOOK_UP, CallState.UNKNOWN),
        (Recovery.NEITHER, CallState.PARKED),
    ],
)
def test_a_lost_answer_is_unknown_or_parked(recovery: Recovery, state: CallState) -> None:
    assert settle(sent(recovery), Outcome.LOST, NOW).state is state
    assert settle(sent(recovery), Outcome.UNREAD, NOW).state is state


def test_what_certainly_did_not_arrive_is_sent_again_later() -> None:
    again = settle(sent(Recovery.NEITHER), Outcome.NOT_SENT, NOW)
    assert again.state is CallState.INTENT
    assert next_step(again, NOW) is Step.WAIT
    assert next_step(again, NOW + timedelta(minutes=1)) is Step.SEND


def test_one_empty_look_up_proves_nothing_and_two_late_ones_do() -> None:
    unknown = settle(sent(Recovery.LOOK_UP), Outcome.LOST, NOW)
    at = NOW + timedelta(seconds=20)
    once = settle(begin(unknown, Step.LOOK_UP, at, DEADLINE), Outcome.EMPTY, at)
    assert once.state is CallState.UNKNOWN
    early = settle(begin(once, Step.LOOK_UP, at, DEADLINE), Outcome.EMPTY, at)
    assert early.state is CallState.UNKNOWN
    assert unknown.last_sent_until is not None
    late = unknown.last_sent_until + LOOK_UP_GRACE
    proven = settle(begin(once, Step.LOOK_UP, late, DEADLINE), Outcome.EMPTY, late)
    assert proven.state is CallState.INTENT


def test_a_yes_that_could_not_be_read_is_never_sent_again_however_empty_the_look_up() -> None:
    unread = settle(sent(Recovery.LOOK_UP), Outcome.UNREAD, NOW)
    at = NOW + timedelta(days=1)
    for _ in range(5):
        unread = settle(begin(unread, Step.LOOK_UP, at, DEADLINE), Outcome.EMPTY, at)
    assert unread.state is CallState.UNKNOWN


def test_only_a_refusal_that_proves_something_settles_an_unknown() -> None:
    repeating = begin(settle(sent(Recovery.KEY), Outcome.LOST, NOW), Step.REPEAT, NOW, DEADLINE)
    refused = settle(repeating, Outcome.REFUSED, NOW, reason="service closed")
    assert refused.state is CallState.PARKED and "service closed" in refused.reason
    assert settle(repeating, Outcome.REFUSED, NOW, proven=True).state is CallState.REFUSED
    assert settle(repeating, Outcome.HELD, NOW).state is CallState.UNKNOWN
    yes = replace(repeating, accepted=True)
    assert settle(yes, Outcome.REFUSED, NOW, proven=True).state is CallState.PARKED


def test_a_refusal_that_is_about_us_leaves_an_intent_however_often() -> None:
    at, current = NOW, call(Recovery.NEITHER)
    for _ in range(3 * MAX_SENDS):
        assert next_step(current, at) is Step.SEND
        current = settle(begin(current, Step.SEND, at, DEADLINE), Outcome.HELD, at)
        assert current.state is CallState.INTENT and current.next_at > at
        at = current.next_at


def test_a_call_that_is_held_for_two_days_is_parked_and_lets_others_try_first() -> None:
    held = settle(sent(Recovery.NEITHER), Outcome.HELD, NOW, reason="the key has expired")
    late = NOW + HELD_MOST
    assert next_step(held, late - timedelta(seconds=1)) is Step.SEND
    assert next_step(held, late) is Step.PARK
    assert why_parked(held, late, None) == "not sent for 48 hours: the key has expired"
    until = NOW + timedelta(minutes=10)
    waiting = rest(call(), NOW, until)
    assert waiting.next_at == until and next_step(waiting, late) is Step.PARK
    assert rest(held, NOW, until).next_at > until


def test_a_key_that_may_be_forgotten_is_not_repeated() -> None:
    day = timedelta(hours=24)
    unknown = settle(sent(Recovery.KEY), Outcome.LOST, NOW)
    again = begin(unknown, Step.REPEAT, NOW + timedelta(hours=23), DEADLINE)
    lost = settle(again, Outcome.LOST, NOW + timedelta(hours=23))
    assert next_step(lost, NOW + timedelta(hours=23, minutes=30), day) is Step.REPEAT
    nearly = NOW + day - timedelta(seconds=30)
    assert next_step(lost, nearly, day) is Step.REPEAT
    assert (
        next_step(lost, nearly, day, timedelta(seconds=25)) is Step.PARK
    )  # it may arrive too late
    assert next_step(lost, NOW + day, day) is Step.PARK
    assert KEY_FORGOTTEN in why_parked(lost, NOW + day, day)
    assert next_step(lost, NOW + timedelta(days=30)) is Step.REPEAT  # one that is never forgotten


@given(
    st.sampled_from(list(Recovery)),
    st.lists(st.tuples(st.sampled_from(list(Outcome)), st.booleans()), max_size=120),
)
def test_a_send_only_ever_follows_certainty_that_nothing_arrived(
    recovery: Recovery, story: list[tuple[Outcome, bool]]
) -> None:
    """Whatever happens, a second SEND comes after NOT_SENT or proof by look-up, never else."""
    current, at, may_have_arrived = call(recovery), NOW, False
    for outcome, dies in story:
        at += timedelta(minutes=11)
        step = next_step(current, at)
        if step in (Step.REST, Step.PARK):
            break
        if step is Step.WAIT:
            continue
        assert not (step is Step.SEND and may_have_arrived)
        begun = begin(current, step, at, DEADLINE)
        if step is Step.LOOK_UP and outcome in (Outcome.UNREAD, Outcome.REFUSED):
            outcome = Outcome.LOST
        if step is not Step.LOOK_UP and outcome is Outcome.EMPTY:
            outcome = Outcome.LOST
        if step is Step.SEND:
            may_have_arrived = dies or outcome in (Outcome.LOST, Outcome.UNREAD)
        current = begun if dies else settle(begun, outcome, at)
        if current.state is CallState.INTENT and not dies:
            may_have_arrived = False
        if current.accepted:
            assert current.state is not CallState.INTENT


def test_back_off_grows_and_jitters_by_the_call() -> None:
    waits = [back_off(UUID(int=1), tries) for tries in range(1, 12)]
    assert waits[0] <= timedelta(seconds=1) and waits[-1] <= timedelta(minutes=10)
    assert waits[8] > waits[2]
    assert len({back_off(UUID(int=n), 5) for n in range(20)}) > 10


def test_the_breaker_opens_after_failures_in_a_row_and_rests_longer_each_time() -> None:
    health = Health()
    for _ in range(FAILURES - 1):
        health = after_failure(health, NOW, "no answer")
    assert not health.is_open(NOW)
    health = after_failure(health, NOW, "no answer")
    assert health.is_open(NOW) and health.open_until is not None
    trial = health.open_until
    assert not health.is_open(trial)
    again = after_failure(health, trial, "no answer")
    assert again.open_until is not None and again.open_until - trial > trial - NOW
    assert after_answer(again, trial) == replace(
        Health(),
        answered=1,
        unanswered=6,
        last_answer_at=trial,
        last_failure="no answer",
        last_failure_at=trial,
    )


def test_a_carrier_that_refuses_us_altogether_is_stopped_at_once_and_one_call_tries() -> None:
    stopped = after_stop(Health(), NOW, "credentials", "the key has expired")
    assert stopped.is_open(NOW) and stopped.stopped_for == "credentials" and stopped.answered == 1
    assert stopped.open_until is not None
    trial = on_trial(stopped, stopped.open_until + DEADLINE)
    assert trial.is_open(stopped.open_until)  # the others wait for its answer
    still = after_stop(trial, stopped.open_until, "credentials", "the key has expired")
    assert still.open_until is not None
    assert still.open_until - stopped.open_until > stopped.open_until - NOW
    assert after_stop(Health(), NOW, "rate_limit", "too many").open_until == NOW + BREATH
    mended = after_answer(trial, stopped.open_until)
    assert mended.open_until is None and not mended.stopped_for
    assert on_trial(mended, NOW) == mended
