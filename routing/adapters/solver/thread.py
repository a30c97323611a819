"""The clock of an engine that runs in the caller's own thread: for answers within half a second."""

import time
from collections.abc import Callable

from routing.tours.engine import Sequences


class ThreadWatch:
    """CPU seconds of this thread; a cancel ends them. `told` hears every better answer."""

    def __init__(
        self,
        seconds: float,
        cancelled: Callable[[], bool] | None = None,
        told: Callable[[Sequences], None] | None = None,
    ) -> None:
        self._seconds, self._cancelled, self._told = seconds, cancelled, told
        self._began = time.thread_time()

    def share_used(self) -> float:
        if self._cancelled is not None and self._cancelled():
            return 1.0
        return (time.thread_time() - self._began) / self._seconds

    def better(self, sequences: Sequences) -> None:
        if self._told is not None:
            self._told(sequences)
