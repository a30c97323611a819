"""A small fixed run of the thread's fault suite: killed at drawn statements, everything once."""

from collections import Counter

import pytest

from api.marketplace import rehearse_on
from benchmarks.faults import thread

RUNS = 6


def test_a_killed_thread_ends_with_one_order_one_booking_and_one_label_a_parcel() -> None:
    told: list[str] = []
    report = thread.run(RUNS, 4, open_shop=rehearse_on, progress=told.append)
    assert report.ok, report.broken
    (row,) = report.rows
    assert row["killed_runs"] == row["steps_killed_at"] == RUNS
    assert row["killed_twice"] == RUNS // thread.TWICE_EVERY
    assert row["doubles"] == row["losses"] == row["stuck"] == row["answers_that_differ"] == 0


def test_the_suite_tells_when_a_thing_is_doubled_lost_or_stuck() -> None:
    tally = thread.Tally(steps=1)
    tally.doubles["labels"] = 2
    tally.losses["orders"] = 1
    tally.stuck["dead carriers.book"] = 1
    assert tally.broken() == [
        "2 runs with doubled labels",
        "1 runs with lost orders",
        "1 runs with stuck dead carriers.book",
    ]


@pytest.mark.parametrize("name", ["orders", "bookings", "stock reserved MUG-02"])
def test_an_undisturbed_thread_is_checked_too(name: str) -> None:
    sound = Counter({"orders": 1, "promises": 1, "persons": 1, "labels": 4})
    for each in ("parcels", "parcels booked", "bookings", "bookings booked"):
        sound[each] = 2
    for each in ("calls done", "followed", "bookings on a table carrier", "tracking numbers"):
        sound[each] = 2
    for sku, qty in thread.WANTED.items():
        sound[f"stock reserved {sku}"] = sound[f"reserved {sku}"] = qty
    assert thread._unsound(sound) == []
    assert len(thread._unsound(sound + Counter({name: 1}))) == 1
