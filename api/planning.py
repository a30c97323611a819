"""Plans carts for the doors: here in the calling thread, or in the workers of a plan executor."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

from api.wiring import Lanewise, from_environment
from core.executor import PlanExecutor
from core.ids import TenantId
from routing.cart import Cart
from routing.quote import Quote

Task = TypeVar("Task")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class PlanTask:
    """A cart of a tenant to be planned."""

    tenant: TenantId
    cart: Cart


class Planner:
    """Plans carts; bounded and time-boxed by its executor."""

    def __init__(self, lanewise: Lanewise, executor: PlanExecutor | None = None) -> None:
        self._lanewise = lanewise
        self._executor = executor

    def plan(self, task: PlanTask) -> Quote:
        """The quote, not yet kept. Blocks: an event loop calls it in a thread."""
        if self._executor is None:
            return _plan(self._lanewise, task)
        return self._executor.map(plan_apart, [task])[0]

    def run(self, function: Callable[[Task], Result], task: Task) -> Result:
        """Any other pure and picklable work, e.g. drawing a document."""
        if self._executor is None:
            return function(task)
        return self._executor.map(function, [task])[0]


def plan_apart(task: PlanTask) -> Quote:
    """In a worker process: read the network once, keep it, plan."""
    return _plan(_own_lanewise(), task)


@lru_cache(maxsize=1)
def _own_lanewise() -> Lanewise:
    return from_environment()


def _plan(lanewise: Lanewise, task: PlanTask) -> Quote:
    from routing.flows.quote_cart import gather
    from routing.quoting import plan_quote

    with lanewise.sessions(task.tenant, read_only=True) as session:
        gathered = gather(session, task.cart)
    return plan_quote(gathered.snapshot, gathered.cart, gathered.live, gathered.quote_id)
