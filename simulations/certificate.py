"""What a rehearsal proves and what it only shows: rules that must hold whatever happens, and shares."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from simulations.world import OrderFate, WorldReport
from tracking.calibration import wilson


@dataclass(frozen=True, slots=True)
class Books:
    """What the marketplace's own books say after a rehearsal; counts."""

    orders: int
    parcels_unbooked: int
    """Parcels that no carrier accepted though nobody cancelled them."""
    double_bookings: int
    """Parcels with more than one booking that counts, and tracking numbers given twice."""
    messages: int
    """Carriers' messages that are stored, each once."""
    unread_messages: int
    faulty_messages: int
    undelivered: frozenset[str]
    """Ids of parcels that the marketplace does not hold for delivered."""
    told: int
    told_twice: int
    """Notices of the same occasion and detail for one parcel beyond the first."""
    notices_in_doubt: int
    refunds: int
    refunds_beyond_price: int
    double_refunds: int
    ledger_faults: int
    buried_jobs: int
    parked_calls: int


@dataclass(frozen=True, slots=True)
class Check:
    """A rule that must hold whatever the world does."""

    rule: str
    seen: int  # how often it was broken
    of: int  # how often it could have been

    @property
    def holds(self) -> bool:
        return self.seen == 0


@dataclass(frozen=True, slots=True)
class Kept:
    """Promises of one stated level: how many were kept, with the 95 % interval of that share."""

    level: str
    orders: int
    kept: int
    low: float
    high: float

    @property
    def share(self) -> float:
        return self.kept / self.orders if self.orders else 0.0

    @property
    def is_met(self) -> bool:
        """Nothing seen speaks against the stated level."""
        return self.high >= float(self.level)


@dataclass(frozen=True, slots=True)
class Certificate:
    """The rules, and the promises by level. Only a broken rule fails a rehearsal.

    A carrier that misbehaves beyond its published times makes promises late: that is shown.
    """

    checks: tuple[Check, ...]
    promises: tuple[Kept, ...]

    @property
    def holds(self) -> bool:
        return all(check.holds for check in self.checks)

    def as_json(self) -> dict[str, Any]:
        return {
            "holds": self.holds,
            "checks": [{**asdict(check), "holds": check.holds} for check in self.checks],
            "promises": [
                {**asdict(row), "share": round(row.share, 4), "is_met": row.is_met}
                for row in self.promises
            ],
        }


def certify(report: WorldReport, books: Books, *, messages_sent: int) -> Certificate:
    """Compare what the world saw with what the marketplace's books say."""
    parcels = [parcel for order in report.orders for parcel in order.parcels]
    arrived = {parcel.parcel_id for parcel in parcels if parcel.delivered_at is not None}
    refunds = sum(order.refund_minor is not None for order in report.orders)
    placed = len(report.orders)
    checks = (
        Check("every acknowledged order is in the books once", abs(books.orders - placed), placed),
        Check("no parcel is booked twice", books.double_bookings, len(parcels)),
        Check("every parcel is booked", books.parcels_unbooked, len(parcels)),
        Check(
            "every acknowledged message of a carrier is stored once",
            abs(books.messages - messages_sent),
            messages_sent,
        ),
        Check("every stored message was read", books.unread_messages, books.messages),
        Check("every message could be read whole", books.faulty_messages, books.messages),
        Check(
            "every parcel that arrived is known as delivered",
            len(arrived & books.undelivered),
            len(arrived),
        ),
        Check("nobody is told the same thing twice", books.told_twice, books.told),
        Check("no notice is left in doubt", books.notices_in_doubt, books.told),
        Check("every refund is instructed once", abs(books.refunds - refunds), refunds),
        Check("no return is refunded twice", books.double_refunds, books.refunds),
        Check("no refund is higher than what was paid", books.refunds_beyond_price, books.refunds),
        Check("the promise ledger is as it was sealed", books.ledger_faults, placed),
        Check("no job was given up", books.buried_jobs, placed),
        Check("no call to a carrier waits for a person", books.parked_calls, len(parcels)),
    )
    return Certificate(checks, kept_by_level(report.orders))


def kept_by_level(orders: Sequence[OrderFate]) -> tuple[Kept, ...]:
    """Settled orders by the level that their promise stated; a lost parcel is a broken promise."""
    levels: dict[str, list[bool]] = {}
    for order in orders:
        if order.settled:
            levels.setdefault(order.level, []).append(order.kept)
    return tuple(
        Kept(level, len(found), sum(found), *wilson(sum(found), len(found)))
        for level, found in sorted(levels.items())
    )
