"""The port of plan executors: run pure planning calls somewhere, in order, idempotently."""

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol, TypeVar

Task = TypeVar("Task")
Result = TypeVar("Result")


class PlanExecutor(Protocol):
    """Runs a pure, picklable function over tasks; engines live in `api/executors/`."""

    def map(
        self,
        function: Callable[[Task], Result],
        tasks: Iterable[Task],
        *,
        key: str = "",
        deadline_s: float | None = None,
    ) -> Sequence[Result]:
        """The results in the order of `tasks`.

        `key` names the batch (wave id and snapshot hash) so that a repeated call may be
        recognized. The deadline only kills and raises `Unavailable`; it never decides an answer.
        """
        ...
