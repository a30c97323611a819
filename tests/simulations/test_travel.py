"""Travel: drawn from the promise's own table, disturbed as the habits say."""

import random
from datetime import UTC, datetime, timedelta

import pytest

from simulations.scenario import LaneHabits
from simulations.travel import draw_minutes, travel

AT = datetime(2026, 3, 2, 17, tzinfo=UTC)
LEVELS = (0.5, 0.9, 0.95, 0.99)
MINUTES = (1000, 2000, 3000, 5000)
CALM = LaneHabits(0.0, timedelta(0), 0.0, 0.0, 0.0)


def _travel(seed: int, habits: LaneHabits, *, force_delay: bool = False):  # type: ignore[no-untyped-def]
    return travel(
        random.Random(seed),
        handed_over_at=AT,
        levels=LEVELS,
        minutes=MINUTES,
        habits=habits,
        force_delay=force_delay,
    )


@pytest.mark.parametrize(("level", "minutes"), list(zip(LEVELS, MINUTES, strict=True)))
def test_draws_keep_the_table_s_probabilities(level: float, minutes: int) -> None:
    draw = random.Random(3)
    kept = sum(draw_minutes(draw, LEVELS, MINUTES) <= minutes for _ in range(20_000)) / 20_000
    assert kept == pytest.approx(level, abs=0.01)


def test_a_calm_parcel_is_told_in_order_and_ends_delivered() -> None:
    for seed in range(30):
        calm = _travel(seed, CALM)
        assert calm.tellings[-1].code == "delivered"
        times = [one.occurred_at for one in calm.tellings]
        assert times == sorted(times)
        assert not calm.delayed


def test_a_forced_delay_shows_before_the_delivery_and_costs_time() -> None:
    habits = LaneHabits(0.0, timedelta(days=2), 0.0, 0.0, 0.0)
    on_time, late = _travel(1, habits), _travel(1, habits, force_delay=True)
    assert on_time.arrives_at is not None and late.arrives_at is not None
    assert late.arrives_at - on_time.arrives_at == timedelta(days=2)
    assert "exception/carrier_delay" in [one.code for one in late.tellings]


def test_a_lost_parcel_never_arrives() -> None:
    lost = _travel(1, LaneHabits(loss_share=1.0))
    assert lost.arrives_at is None
    assert lost.tellings[-1].code == "lost/lost_by_carrier"


def test_repeats_and_disorder_change_what_is_told_but_not_what_happened() -> None:
    plain = _travel(4, LaneHabits(0, timedelta(0), 0, 0, 0))
    odd = _travel(4, LaneHabits(0, timedelta(0), 0, 1.0, 1.0))
    assert plain.arrives_at == odd.arrives_at
    assert {one.occurred_at for one in plain.tellings} == {one.occurred_at for one in odd.tellings}
    assert len(odd.tellings) == len(plain.tellings) + 1
    assert [one.occurred_at for one in odd.tellings] != sorted(
        one.occurred_at for one in odd.tellings
    )
