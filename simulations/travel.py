"""How one parcel really travels in a rehearsal, and what its carrier tells of it. Pure by seed.

The time on the way is drawn from the very table the promise was made on, so that a calm world keeps
its promises as often as they say; habits then add what no table knows: delays, losses, scans that
come twice, late or in the wrong order.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from simulations.scenario import LaneHabits

LOST_AFTER = timedelta(days=9)


@dataclass(frozen=True, slots=True)
class Telling:
    """One scan as it is told: when it happened, when it is sent, in our words."""

    occurred_at: datetime
    told_at: datetime
    code: str
    """`state` or `state/reason`, the words of carriers that speak plainly."""
    text: str


@dataclass(frozen=True, slots=True)
class Travel:
    """A parcel's fate: when it arrives (None: never), and everything that is told."""

    arrives_at: datetime | None
    delayed: bool
    tellings: tuple[Telling, ...]


def draw_minutes(draw: random.Random, levels: Sequence[float], minutes: Sequence[int]) -> int:
    """A transit time from a table of quantiles: the smallest minutes whose level covers a draw."""
    chance = draw.random()
    for level, value in zip(levels, minutes, strict=True):
        if chance <= level:
            return value
    return minutes[-1] + 3 * 1440


def travel(
    draw: random.Random,
    *,
    handed_over_at: datetime,
    levels: Sequence[float],
    minutes: Sequence[int],
    habits: LaneHabits,
    force_delay: bool = False,
) -> Travel:
    """What happens to a parcel from its hand-over on."""
    span = timedelta(minutes=max(draw_minutes(draw, levels, minutes), 120))
    lost = draw.random() < habits.loss_share and not force_delay
    delayed = draw.random() < habits.delay_share or force_delay
    late_draw, order_draw = draw.random(), draw.random()
    events = [(handed_over_at + span * 0.1, "in_transit", "Sorted at the depot of origin")]
    if lost:
        events.append((handed_over_at + LOST_AFTER, "lost/lost_by_carrier", "Declared lost"))
        return Travel(None, delayed, _told(events, habits, late_draw, order_draw))
    if delayed:
        held_at = handed_over_at + span * 0.5
        events.append((held_at, "exception/carrier_delay", "Delayed at the hub"))
        span += habits.delay or timedelta(days=2)
    events.append((handed_over_at + span * 0.8, "in_transit", "Arrived at the depot nearby"))
    events.append((handed_over_at + span - timedelta(hours=1), "out_for_delivery", "On the van"))
    arrives_at = handed_over_at + span
    events.append((arrives_at, "delivered", "Delivered"))
    return Travel(arrives_at, delayed, _told(events, habits, late_draw, order_draw))


def _told(
    events: list[tuple[datetime, str, str]],
    habits: LaneHabits,
    repeat_draw: float,
    disorder_draw: float,
) -> tuple[Telling, ...]:
    """The scans in the order in which they are sent."""
    pause = timedelta(minutes=2)
    told = [Telling(at, at + pause, code, text) for at, code, text in events]
    if repeat_draw < habits.repeat_share:
        first = told[0]
        told.append(Telling(first.occurred_at, first.told_at + pause, first.code, first.text))
    if disorder_draw < habits.disorder_share and len(told) > 2:
        early, late = told[0], told[1]
        told[0] = Telling(
            early.occurred_at, late.told_at + timedelta(minutes=7), early.code, early.text
        )
    return tuple(sorted(told, key=lambda one: (one.told_at, one.occurred_at, one.code)))
