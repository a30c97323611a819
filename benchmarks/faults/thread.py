"""Kills the process that takes a cart to its hand-over at any statement, and starts another.

Every run has a database of its own. A forked process quotes and commits over the API, releases,
books on a table carrier, fetches labels, closes manifests and scans the parcels at the door; at a
chosen step (before a statement, before or after a commit) it kills itself with SIGKILL. A third of
the runs kill its successor too. The last process asks every door again under the same
Idempotency-Keys and works until nothing is left. What the database then holds must be what an
undisturbed run leaves: more of anything is a double, less is a loss.
"""

import os
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from benchmarks.faults.databases import Databases, open_databases
from benchmarks.faults.report import SuiteReport
from benchmarks.faults.steps import Steps, forked, was_killed
from benchmarks.faults.thread_census import (
    Tally,
    census,
    opened,
    standing_orders,
    stuck,
    unsound,
)
from benchmarks.faults.thread_shop import (
    AFTER_A_DEATH,
    START,
    WANTED,
    OpenShop,
    People,
    Town,
    settle,
)
from core.errors import LanewiseError

TWICE_EVERY = 3  # of so many runs one also loses its second process
REPLAY_STEPS = 6  # at least so many steps has a process that finds all done


@dataclass(frozen=True, slots=True)
class Stage:
    """Where the runs of a suite happen."""

    databases: Databases
    folder: Path
    town: Town
    open_shop: OpenShop


def run(
    runs: int,
    seed: int,
    *,
    open_shop: OpenShop,
    database: str | None = None,
    progress: Callable[[str], None] = print,
) -> SuiteReport:
    """`runs` threads killed at steps drawn without repetition until each has had its turn.

    `database` is the URL of a PostgreSQL server; without one each run has an SQLite file.
    """
    if not hasattr(os, "fork"):
        raise LanewiseError("this suite needs a system that can fork")
    report = SuiteReport("thread", runs, seed)
    with open_databases(database) as (databases, folder):
        stage = Stage(databases, folder, Town.found(databases, "template"), open_shop)
        steps, expected = _undisturbed(stage)
        report.broken.extend(f"undisturbed: {fault}" for fault in unsound(expected, WANTED, 1))
        tally = Tally(steps, databases.kind)
        draw = random.Random(seed)
        turns: list[int] = []
        began = cpu_s()
        for number in range(runs):
            if not turns:
                turns = draw.sample(range(1, steps + 1), steps)
            deaths = [turns.pop()]
            if number % TWICE_EVERY == TWICE_EVERY - 1:  # within what is left to do
                deaths.append(draw.randint(1, steps - deaths[0] + REPLAY_STEPS))
            _one(stage, deaths, f"{seed}-{number}", tally, expected)
            tally.cpu_s = cpu_s() - began
            if (number + 1) % 50 == 0:
                progress(f"{tally.row()}")
        report.rows.append(tally.row())
        report.broken.extend(tally.broken())
    return report


def cpu_s() -> float:
    """CPU seconds of this process and of its ended children."""
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


def _undisturbed(stage: Stage) -> tuple[int, Counter[str]]:
    """The steps of a thread that nobody kills, and what it leaves; warms this process's caches."""
    url = stage.databases.copy(stage.town.name, "undisturbed")
    people = People(stage.folder / "undisturbed.jsonl", stage.town.accounts, WANTED)
    steps = Steps()
    with stage.open_shop(url, START, stage.town.key, "undisturbed", stage.folder) as shop:
        with steps.counted():
            people.walk(shop)
        settle(shop)
    with opened(url) as sessions:
        return steps.seen, census(sessions, stage.town)


def _one(stage: Stage, deaths: list[int], seed: str, tally: Tally, expected: Counter[str]) -> None:
    """One thread: processes that die at these steps, and one that lives."""
    url = stage.databases.copy(stage.town.name, "run")
    people = People(stage.folder / "run.jsonl", stage.town.accounts, WANTED)
    at, kills = START, 0
    for number, last in enumerate([*deaths, None]):

        def live(number: int = number, last: int | None = last, at: datetime = at) -> None:
            name = f"{seed}-{number}"
            with stage.open_shop(url, at, stage.town.key, name, stage.folder) as shop:
                with Steps(last).counted():
                    people.walk(shop)
                settle(shop)
                people.walk(shop)

        fault = stage.folder / "fault.txt"
        if was_killed(forked(live, fault), fault):
            kills += 1
            if number == 0 and last is not None:
                tally.at.add(last)
        at += AFTER_A_DEATH
    tally.runs += 1
    tally.kills += kills
    tally.killed_runs += kills > 0
    tally.killed_twice += kills > 1
    with opened(url) as sessions:
        found = census(sessions, stage.town)
        tally.doubles.update(set(found - expected))
        tally.losses.update(set(expected - found))
        tally.stuck.update(stuck(sessions, stage.town))
        placed = {body["order_id"] for _, body in people.answers("commit")}
        stands = placed == standing_orders(sessions, stage.town)
    tally.answers += people.was_told_otherwise() or not stands
    people.told.unlink()
    stage.databases.drop("run")
