"""Counts the statements and commits of a process, and kills it by SIGKILL at a chosen one."""

import os
import signal
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.orm import Session


class Steps:
    """A step comes before each statement, before each commit and after each commit."""

    def __init__(self, last: int | None = None) -> None:
        self.last = last
        self.seen = 0

    def die_at(self, step: int | None) -> None:
        """Die at the step-th step from now; None: live."""
        self.seen, self.last = 0, step

    def step(self, *_given: Any) -> None:
        self.seen += 1
        if self.seen == self.last:
            os.kill(os.getpid(), signal.SIGKILL)

    @contextmanager
    def counted(self) -> Iterator[None]:
        """Within: whatever this process asks of a database is counted."""
        hooks: list[tuple[Any, str]] = [
            (Engine, "before_cursor_execute"),
            (Engine, "commit"),
            (Session, "after_commit"),
        ]
        for target, name in hooks:
            event.listen(target, name, self.step)
        try:
            yield
        finally:
            for target, name in hooks:
                event.remove(target, name, self.step)


def forked(work: Callable[[], None], fault: Path) -> int:
    """Run the work in a forked, silent process; its id. A trace of what failed goes to `fault`."""
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        nowhere = os.open(os.devnull, os.O_RDWR)
        for stream in range(3):
            os.dup2(nowhere, stream)
        work()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0
    except BaseException:
        fault.write_text(traceback.format_exc())
    finally:
        os._exit(code)


def was_killed(pid: int, fault: Path) -> bool:
    """Wait for the process; True when SIGKILL ended it. Raises RuntimeError when it failed."""
    _, status = os.waitpid(pid, 0)
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
        return True
    if status != 0:
        why = fault.read_text() if fault.exists() else f"status {status}"
        raise RuntimeError(f"the process failed by itself: {why}")
    return False
