"""One engine in one child process: its own CPU clock, best-so-far told, killed at any moment.

The budget is CPU time of the child after its imports, so that a loaded machine gives the same
search as an idle one. The wall clock only kills a child that hangs.
"""

import multiprocessing
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.connection import Connection

from routing.tours.engine import Engine, Sequences
from routing.tours.problem import Problem

POLL_S = 0.05
TELL_EVERY_S = 0.05
SPARE_WALL_S = 60.0
WALL_FACTOR = 20.0


@dataclass(slots=True)
class Outcome:
    """What a child had to say; `answers` are the last few told, best last."""

    answers: list[Sequences] = field(default_factory=list)
    cpu_s: float = 0.0
    finished: bool = False
    cancelled: bool = False
    crash: str = ""

    def keep(self, sequences: Sequences) -> None:
        self.answers = [*self.answers[-4:], sequences]


class CpuWatch:
    """Counts the CPU seconds of this process and passes better answers on, not too often."""

    def __init__(self, seconds: float, tell: Callable[[Sequences], None]) -> None:
        self._began = time.process_time()
        self._seconds = seconds
        self._tell = tell
        self._told_at = -1.0
        self._untold: Sequences | None = None

    @property
    def budget_s(self) -> float:
        return self._seconds

    def used_s(self) -> float:
        return time.process_time() - self._began

    def share_used(self) -> float:
        used = self.used_s()
        if self._untold is not None and used - self._told_at >= TELL_EVERY_S:
            self._flush(used)
        return used / self._seconds if self._seconds > 0 else 1.0

    def better(self, sequences: Sequences) -> None:
        self._untold = sequences
        used = self.used_s()
        if self._told_at < 0 or used - self._told_at >= TELL_EVERY_S:
            self._flush(used)

    def _flush(self, used: float) -> None:
        if self._untold is not None:
            self._tell(self._untold)
        self._untold = None
        self._told_at = used


def run_engine(
    engine: Engine,
    problem: Problem,
    *,
    seconds: float,
    seed: int,
    start: Sequences | None = None,
    cancelled: Callable[[], bool] | None = None,
    told: Callable[[Sequences], None] | None = None,
) -> Outcome:
    """Run the engine for so many CPU seconds; a crash or cancel still returns what was told."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe(duplex=False)
    child = context.Process(
        target=_child, args=(there, engine, problem, seconds, seed, start), daemon=True
    )
    outcome = Outcome()
    child.start()
    there.close()
    give_up = time.monotonic() + SPARE_WALL_S + WALL_FACTOR * seconds
    try:
        _listen(here, outcome, give_up, lambda: not child.is_alive(), cancelled, told)
    finally:
        if child.is_alive():
            child.kill()
        child.join()
        here.close()
        child.close()
    return outcome


def _listen(
    here: Connection,
    outcome: Outcome,
    give_up: float,
    child_died: Callable[[], bool],
    cancelled: Callable[[], bool] | None,
    told: Callable[[Sequences], None] | None,
) -> None:
    while True:
        if cancelled is not None and cancelled():
            outcome.cancelled = True
            return
        if time.monotonic() > give_up:
            outcome.crash = outcome.crash or "took far more wall time than its CPU budget"
            return
        if not here.poll(POLL_S):
            if child_died() and not here.poll(0):  # with the pipe's other end held open elsewhere
                outcome.crash = outcome.crash or "the engine's process died"
                return
            continue
        try:
            word, value = here.recv()
        except EOFError:
            outcome.crash = outcome.crash or "the engine's process died"
            return
        if word == "better":
            outcome.keep(value)
            if told is not None:
                told(value)
        elif word == "crash":
            outcome.crash = value
        else:
            outcome.cpu_s = value
            outcome.finished = not outcome.crash
            return


def _child(
    there: Connection,
    engine: Engine,
    problem: Problem,
    seconds: float,
    seed: int,
    start: Sequences | None,
) -> None:
    warnings.simplefilter("ignore")
    engine.warm()
    watch = CpuWatch(seconds, lambda found: there.send(("better", found)))
    try:
        found = engine.solve(problem, start=start, seed=seed, watch=watch)
        if found:
            there.send(("better", found))
    except Exception as error:  # whatever an engine throws, another takes over
        there.send(("crash", f"{type(error).__name__}: {error}"))
    there.send(("done", watch.used_s()))
    there.close()
