"""The plan executor that computes right here, one task after another; for tests and small tools."""

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

Task = TypeVar("Task")
Result = TypeVar("Result")


class InlineExecutor:
    """Runs tasks in the calling thread. It cannot kill: a deadline is not enforced here."""

    def map(
        self,
        function: Callable[[Task], Result],
        tasks: Iterable[Task],
        *,
        key: str = "",
        deadline_s: float | None = None,
    ) -> Sequence[Result]:
        """The results in the order of `tasks`."""
        return [function(task) for task in tasks]

    def close(self) -> None:
        """Nothing runs beside the caller."""
