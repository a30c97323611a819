"""Scans and notices whose sender, reader and teller are one process that SIGKILL ends; others go on."""

import json
import os
import signal
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from functools import partial
from pathlib import Path

from benchmarks.faults.dispatch import memory_folder
from benchmarks.faults.ingestion import START, IngestionWorld
from core.errors import LanewiseError
from tracking.flows.receive_webhook import receive_webhook
from tracking.signature import signed_headers

CODES = ("accepted", "out_for_delivery", "delivered")
AFTER_A_DEATH = timedelta(minutes=2)  # longer than a job's lease
TWICE_EVERY = 3  # of so many runs one also loses its second process


def really_killed(kills: int, seed: int) -> Counter[str]:
    """`kills` parcels, each with a process killed at the next step of all there are.

    A step is a moment before or after a commit, and around the sending of a notice.
    """
    if not hasattr(os, "fork"):
        raise LanewiseError("this suite needs a system that can fork")
    found: Counter[str] = Counter()
    with memory_folder() as folder:
        world = IngestionWorld(Path(folder), seed, is_real=True)
        _live(world, world.scans(world.follow(0), CODES), 0, None)
        steps = world.death.seen
        for number in range(1, kills + 1):
            world.clock.set(START + timedelta(days=number))  # by day: nobody is told at night
            deaths = [1 + (number - 1) % steps]
            if number % TWICE_EVERY == 0:
                deaths.append(world.draw.randint(1, steps))
            found.update(_one(world, number, deaths))
        found["steps"] = steps
        world.close()
    return found


def _one(world: IngestionWorld, number: int, deaths: list[int]) -> Counter[str]:
    """One parcel: processes that die at these steps, and one that lives."""
    plan = world.follow(number)
    found: Counter[str] = Counter(parcels=1)
    scans = world.scans(plan, CODES)
    for last in (*deaths, None):
        world.engine.dispose()  # a child must not share our connections
        found["kills"] += _child(partial(_live, world, scans, number, last))
        world.clock.advance(AFTER_A_DEATH)
    found["messages"] = len(scans)
    found.update(world.judge(plan, scans, len(scans), number))
    return found


def _live(
    world: IngestionWorld, scans: list[dict[str, str]], number: int, last: int | None
) -> None:
    """Send every message (again: carriers do so until it is acknowledged), then work till idle."""
    world.death.at(last)
    for index, scan in enumerate(scans):
        raw = json.dumps({"scans": [scan]}).encode()
        headers = signed_headers(world.secret, f"{number}-{index}", world.clock.now(), raw)
        receive_webhook(world.mortal, world.source.id, headers, raw)
    world.run_jobs()


def _child(work: Callable[[], None]) -> bool:
    """Run the work in a forked process; True when SIGKILL ended it."""
    pid = os.fork()
    if pid == 0:
        code = 1
        with suppress(BaseException):
            work()
            code = 0
        os._exit(code)
    _, status = os.waitpid(pid, 0)
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
        return True
    if status != 0:
        raise RuntimeError("the process failed by itself")
    return False
