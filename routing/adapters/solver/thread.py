"""The clock of an engine that runs in the caller's own thread: for answers within half a second."""

import time
from collections.abc import Callable

from routing.tours.engine import Sequences


class ThreadWatch:
    """CPU seconds of this thread; a cancel ends them. What is told on the way is not heard."""

    def __init__(self, seconds: float, cancelled: Callable[[], bool] | None = None) -> None:
        self._seconds, self._cancelled = seconds, cancelled
        self._began = time.thread_time()

    def share_used(self) -> float:
        if self._cancelled is not None and self._cancelled():
            return 1.0
        return (time.thread_time() - self._began) / self._seconds

    def better(self, sequences: Sequences) -> None:
        pass
