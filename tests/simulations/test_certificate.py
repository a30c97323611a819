"""A certificate names every broken rule, and never blames the product for a carrier's delay."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from core.places import Destination
from simulations.certificate import Books, certify, kept_by_level
from simulations.world import OrderFate, ParcelFate, WorldReport

PLACED = datetime(2026, 3, 2, 9, tzinfo=UTC)
PROMISED = PLACED + timedelta(days=4)


def order(number: int, *days: float | None, level: str = "0.95", refund: bool = False) -> OrderFate:
    """An order whose parcels came after so many days; None: lost."""
    parcels = [
        ParcelFate(
            f"p{number}-{index}",
            f"N{number}-{index}",
            "acme",
            "depot",
            delivered_at=None if day is None else PLACED + timedelta(days=day),
            lost=day is None,
        )
        for index, day in enumerate(days)
    ]
    return OrderFate(
        number,
        f"o{number}",
        PLACED,
        PROMISED,
        "cheapest",
        Destination("FR", "75011"),
        "fr",
        495,
        level,
        ("north",),
        parcels,
        returned=refund,
        refund_minor=1000 if refund else None,
    )


ORDERS = [order(1, 2.0, 3.0, refund=True), order(2, 5.0), order(3, 1.0, None), order(4, 4.0)]
REPORT = WorldReport("week", 1, carts=5, orders=ORDERS)
BOOKS = Books(
    orders=4,
    parcels_unbooked=0,
    double_bookings=0,
    messages=30,
    unread_messages=0,
    faulty_messages=0,
    undelivered=frozenset({"p3-1"}),
    told=9,
    told_twice=0,
    notices_in_doubt=0,
    refunds=1,
    refunds_beyond_price=0,
    double_refunds=0,
    ledger_faults=0,
    buried_jobs=0,
    parked_calls=0,
)


def test_late_and_lost_parcels_break_promises_and_no_rule() -> None:
    found = certify(REPORT, BOOKS, messages_sent=30)
    assert found.holds
    (row,) = found.promises
    assert (row.level, row.orders, row.kept, row.share) == ("0.95", 4, 2, 0.5)
    assert row.low < 0.5 < row.high
    assert not row.is_met
    assert found.as_json()["holds"] is True


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"orders": 5}, "every acknowledged order"),
        ({"orders": 3}, "every acknowledged order"),
        ({"double_bookings": 1}, "booked twice"),
        ({"parcels_unbooked": 1}, "is booked"),
        ({"messages": 29}, "acknowledged message"),
        ({"messages": 31}, "acknowledged message"),
        ({"unread_messages": 1}, "was read"),
        ({"faulty_messages": 1}, "read whole"),
        ({"undelivered": frozenset({"p1-0"})}, "known as delivered"),
        ({"told_twice": 1}, "told the same thing"),
        ({"notices_in_doubt": 1}, "in doubt"),
        ({"refunds": 2}, "instructed once"),
        ({"double_refunds": 1}, "refunded twice"),
        ({"refunds_beyond_price": 1}, "higher than what was paid"),
        ({"ledger_faults": 1}, "ledger"),
        ({"buried_jobs": 1}, "given up"),
        ({"parked_calls": 1}, "waits for a person"),
    ],
)
def test_a_broken_rule_is_named(change: dict[str, object], rule: str) -> None:
    found = certify(REPORT, replace(BOOKS, **change), messages_sent=30)  # type: ignore[arg-type]
    assert not found.holds
    (broken,) = [check for check in found.checks if not check.holds]
    assert rule in broken.rule


def test_promises_are_judged_by_the_level_they_state() -> None:
    orders = [*(order(n, 1.0) for n in range(20)), order(90, 9.0, level="0.5"), order(91)]
    found = {row.level: row for row in kept_by_level(orders)}
    assert found["0.95"].is_met
    assert found["0.5"].orders == 1
