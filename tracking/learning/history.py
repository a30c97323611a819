"""Event histories as arrays of whole days, made consistent before anything is learned from them.

Day numbers count from any common first day, local time of the marketplace. A row is one order, in
order of purchase. Nothing here says *when* something is known: an event of day d is visible to a
learner that stands at the start of day d + 1 or later, and every reader asks with its own day.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.errors import invalid

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
Bools = NDArray[np.bool_]

NEVER = 1_000_000_000
"""Day number of what has not happened (yet)."""
STAGES = ("handling", "transit")


@dataclass(frozen=True, slots=True, eq=False)
class OrderHistory:
    """One entry per order: day numbers, NEVER where unknown; codes are dense and start at 0."""

    purchased: I64
    purchased_s: I64  # seconds since the first day, local; only their differences are used
    handed: I64  # hand-over to the carrier
    delivered: I64
    groups: dict[str, I64]  # seller, origin, destination, district, lane, area, category
    traits: F64  # [orders, traits], what is known at purchase; nan where unknown
    trait_names: tuple[str, ...]
    repaired: int = 0
    """Rows whose events ran backwards and were moved to the nearest possible day."""

    @property
    def orders(self) -> int:
        return len(self.purchased)

    def __post_init__(self) -> None:
        n = len(self.purchased)
        columns = (self.purchased_s, self.handed, self.delivered, *self.groups.values())
        if any(len(column) != n for column in columns) or self.traits.shape != (
            n,
            len(self.trait_names),
        ):
            raise invalid("orders", "every column has one entry per order")
        if n and bool((np.diff(self.purchased_s) < 0).any()):
            raise invalid("purchased_s", "orders come in order of purchase")
        if bool(((self.handed < self.purchased) | (self.delivered < self.handed)).any()):
            raise invalid("handed", "events run backwards: repair the days first")


def repair_days(purchased: I64, handed: I64, delivered: I64) -> tuple[I64, I64, int]:
    """Hand-over and delivery days that never precede what must come before; and how many moved.

    A hand-over before the purchase moves to the purchase, one after the delivery or missing
    before a known delivery moves to the delivery; a delivery before the purchase is no delivery
    at all: it can't be this order's.
    """
    impossible = (delivered < purchased) & (delivered < NEVER)
    delivery = np.where(impossible, NEVER, delivered)
    handover = np.maximum(handed, purchased)
    handover = np.where(delivery < NEVER, np.minimum(handover, delivery), handover)
    moved = impossible | ((handover != handed) & (handed < NEVER))
    return handover.astype(np.int64), delivery.astype(np.int64), int(moved.sum())
