"""The plan executor over worker processes: bounded, time-boxed, and whole after a worker's death.

Each worker is one process behind one pipe, so that an overrun call is killed alone. A call whose
worker dies is given once to another one: planning is pure, doing it again changes nothing. What
takes a dead worker's place is prepared before it is given work.
"""

import contextlib
import multiprocessing
import pickle
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any, TypeVar

import structlog

from core.errors import LanewiseError, Unavailable

Task = TypeVar("Task")
Result = TypeVar("Result")

log = structlog.get_logger("planner")

DEADLINE_S = 10.0
ADMITTED = 64
PREPARED_WITHIN_S = 300.0  # a worker may have to compile kernels first


class _WorkerDied(Exception):
    """The process ended before it answered."""


@dataclass(frozen=True, slots=True)
class _Allowance:
    """What a worker tells while it works: from now on so long; None: the call's own deadline."""

    seconds: float | None


_parent: Connection | None = None  # in a worker: the pipe to who asked


@contextlib.contextmanager
def unhurried() -> Iterator[None]:
    """In a worker: what is done inside (compiling a network) does not count against the deadline.

    The call's own deadline begins anew afterwards. Elsewhere it does nothing.
    """
    if _parent is None:
        yield
        return
    _parent.send(_Allowance(PREPARED_WITHIN_S))
    yield
    _parent.send(_Allowance(None))


def _serve(pipe: Connection) -> None:
    """A worker's life: take a call, answer it, until the parent is gone."""
    global _parent
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _parent = pipe
    while True:
        try:
            function, task = pipe.recv()
        except (EOFError, OSError):
            return
        try:
            answer: tuple[bool, Any] = (True, function(task))
        except Exception as error:
            answer = (False, _portable(error))
        try:
            pipe.send(answer)
        except (BrokenPipeError, ConnectionResetError):
            return
        except Exception as error:  # a result that cannot be pickled
            pipe.send((False, LanewiseError(f"the plan cannot be sent: {type(error).__name__}")))


def _portable(error: Exception) -> Exception:
    """The error itself if it survives the pipe, else its name and nothing of its contents."""
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    except Exception:
        return LanewiseError(f"planning failed: {type(error).__name__}")
    return error


class _Worker:
    """One process and its pipe."""

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self.process = context.Process(
            target=_serve, args=(theirs,), name="lanewise-planner", daemon=True
        )
        self.process.start()
        theirs.close()

    def ask(self, function: Callable[[Any], Any], task: Any, deadline_s: float) -> Any:
        try:
            self._pipe.send((function, task))
            said: Any = _Allowance(None)
            while isinstance(said, _Allowance):
                if not self._pipe.poll(deadline_s if said.seconds is None else said.seconds):
                    raise Unavailable("planning took too long", code="plan_timeout")
                said = self._pipe.recv()
            succeeded, answer = said
        except (EOFError, BrokenPipeError, ConnectionResetError):
            raise _WorkerDied from None
        if succeeded:
            return answer
        raise answer

    def kill(self) -> None:
        with contextlib.suppress(OSError):
            self._pipe.close()
        self.process.kill()
        self.process.join(5)


class _Idle:
    """Workers without work; who came last is taken first."""

    def __init__(self) -> None:
        self._workers: list[_Worker] = []
        self._changed = threading.Condition()

    def put(self, worker: _Worker) -> None:
        with self._changed:
            self._workers.append(worker)
            self._changed.notify_all()

    def take(self, timeout_s: float, *, apart_from: Sequence[_Worker] = ()) -> _Worker | None:
        """Take one out, waiting for it if need be; those `apart_from` stay for others."""

        def found() -> _Worker | None:
            fitting = (worker for worker in reversed(self._workers) if worker not in apart_from)
            return next(fitting, None)

        with self._changed:
            worker = self._changed.wait_for(found, timeout_s)
            if worker is not None:
                self._workers.remove(worker)
            return worker


class ProcessPoolExecutor:
    """At most `workers` calls run and `admitted` wait or run; one more is refused at once."""

    def __init__(
        self, workers: int, *, admitted: int = ADMITTED, deadline_s: float = DEADLINE_S
    ) -> None:
        self._size = workers
        self._admitted = admitted
        self._deadline_s = deadline_s
        self._lock = threading.Lock()
        self._inside = 0
        self._started = 0
        self._closed = False
        self._idle = _Idle()
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="lanewise-planner")
        self._preparation: Callable[[int], None] | None = None
        self._is_ready = False

    def map(
        self,
        function: Callable[[Task], Result],
        tasks: Iterable[Task],
        *,
        key: str = "",
        deadline_s: float | None = None,
    ) -> Sequence[Result]:
        """The results in the order of `tasks`; one slot of admission for the whole batch.

        The deadline is each task's own. Raises Unavailable when full, too late, or when two
        workers died of the same task.
        """
        batch = list(tasks)
        self._enter()
        try:
            if len(batch) == 1:
                return [self._one(function, batch[0], deadline_s)]
            futures = [
                self._threads.submit(self._one, function, task, deadline_s) for task in batch
            ]
            return [future.result() for future in futures]
        finally:
            self._leave()

    def call(
        self, function: Callable[[Task], Result], task: Task, *, deadline_s: float | None = None
    ) -> Result:
        """One task; blocks the calling thread, so an event loop calls it in a thread."""
        return self.map(function, [task], deadline_s=deadline_s)[0]

    def prepare(self, function: Callable[[int], None]) -> None:
        """Start every worker now and let each run `function` once, without waiting for them.

        What later takes a dead worker's place runs it too. Calls before the first is ready wait
        for it longer than their deadline.
        """
        self._preparation = function
        with self._lock:
            numbers = range(self._started, self._size)
            self._started = self._size
        for number in numbers:
            self._threads.submit(self._start, number)

    def everywhere(
        self, function: Callable[[Task], object], task: Task, *, deadline_s: float
    ) -> None:
        """Let every worker that lives run `function`, one after another, each as it falls idle.

        One that fails or is not had in time is left out: what is asked for must be optional.
        All but the one that runs it stay free for calls.
        """
        done: list[_Worker] = []
        until = time.monotonic() + deadline_s
        while len(done) < self._started and (left_s := until - time.monotonic()) > 0:
            worker = self._idle.take(left_s, apart_from=done)
            if worker is None:
                return
            done.append(worker)
            with contextlib.suppress(LanewiseError, _WorkerDied):
                self._asked(worker, function, task, until - time.monotonic())

    def close(self) -> None:
        """End every worker; calls in flight end with Unavailable."""
        self._closed = True
        self._threads.shutdown(wait=False, cancel_futures=True)
        while (worker := self._idle.take(0)) is not None:
            worker.kill()

    def _enter(self) -> None:
        with self._lock:
            if self._closed or self._inside >= self._admitted:
                raise Unavailable("the planner is full", code="overloaded")
            self._inside += 1

    def _leave(self) -> None:
        with self._lock:
            self._inside -= 1

    def _one(
        self, function: Callable[[Task], Result], task: Task, deadline_s: float | None
    ) -> Result:
        limit_s = self._deadline_s if deadline_s is None else deadline_s
        until = time.monotonic() + limit_s
        for attempt in (1, 2):
            worker = self._take(max(0.0, until - time.monotonic()))
            if attempt == 1 and not self._is_ready:
                until = time.monotonic() + limit_s  # it waited for the first start
            self._is_ready = True
            try:
                return self._asked(worker, function, task, max(0.0, until - time.monotonic()))
            except _WorkerDied:
                log.warning("planner_died", attempt=attempt)
        raise Unavailable("planning ended its worker twice", code="planner_died")

    def _asked(
        self, worker: _Worker, function: Callable[[Task], Result], task: Task, limit_s: float
    ) -> Result:
        """What a worker answers; it is put back, or replaced when it died or overran."""
        try:
            result: Result = worker.ask(function, task, limit_s)
        except _WorkerDied:
            self._replace(worker)
            raise
        except Unavailable as error:
            if error.code == "plan_timeout":
                log.warning("planner_killed", after_s=round(limit_s, 3))
                self._replace(worker)
            else:
                self._idle.put(worker)
            raise
        except BaseException:
            self._idle.put(worker)
            raise
        self._idle.put(worker)
        return result

    def _take(self, limit_s: float) -> _Worker:
        worker = self._idle.take(0)
        if worker is not None:
            return worker
        with self._lock:
            fresh = self._started < self._size and not self._closed
            if fresh:
                self._started += 1
        if fresh:
            return _Worker()
        worker = self._idle.take(limit_s if self._is_ready else PREPARED_WITHIN_S)
        if worker is None:
            raise Unavailable("every planner is busy", code="plan_timeout")
        return worker

    def _replace(self, worker: _Worker) -> None:
        worker.kill()
        if self._closed:
            return
        if self._preparation is None:
            self._idle.put(_Worker())
        else:
            threading.Thread(target=self._start, args=(0,), daemon=True).start()

    def _start(self, number: int) -> None:
        """A fresh worker, prepared as the others were; one that cannot be is given work unprepared."""
        worker = _Worker()
        try:
            worker.ask(self._preparation, number, PREPARED_WITHIN_S)  # type: ignore[arg-type]
        except _WorkerDied:
            log.warning("planner_died", attempt=0)
            worker.kill()
            worker = _Worker()
        except Exception as error:
            log.warning("planner_not_prepared", error=type(error).__name__)
        if self._closed:
            worker.kill()
        else:
            self._idle.put(worker)
