"""Plans carts for the doors: here in the calling thread, or in the workers of a plan executor."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import select

from api.wiring import Lanewise, from_environment
from core.errors import LanewiseError
from core.executor import PlanExecutor
from core.ids import QuoteId, TenantId
from routing.cart import Cart
from routing.quote import Explanation, Quote
from store.tables import TenantRow

if TYPE_CHECKING:
    from routing.estimating import Estimate, NoEstimate

Task = TypeVar("Task")
Result = TypeVar("Result")

MOST_WORKERS = 4  # planning processes unless the settings say more
WARMED_TENANTS = 3


@dataclass(frozen=True, slots=True)
class PlanTask:
    """A cart of a tenant to be planned."""

    tenant: TenantId
    cart: Cart


@dataclass(frozen=True, slots=True)
class QuoteTask:
    """A tenant's quote to be looked at again; `option` where only one of it matters."""

    tenant: TenantId
    quote: QuoteId
    option: str = ""


class Planner:
    """Plans carts; bounded and time-boxed by its executor. Blocks: call it in a thread."""

    def __init__(self, lanewise: Lanewise, executor: PlanExecutor | None = None) -> None:
        self._lanewise = lanewise
        self._executor = executor

    def quote(self, task: PlanTask) -> Quote:
        """The quote, not yet kept."""
        if self._executor is None:
            return _quote(self._lanewise, task)
        return self._executor.map(quote_apart, [task])[0]

    def estimate(self, task: PlanTask) -> "Estimate | NoEstimate":
        """The date that may be shown before an address is known."""
        if self._executor is None:
            return _estimate(self._lanewise, task)
        return self._executor.map(estimate_apart, [task])[0]

    def why(self, task: QuoteTask) -> Explanation:
        """Why an option is as it is, with what-ifs solved anew."""
        if self._executor is None:
            return _why(self._lanewise, task)
        return self._executor.map(why_apart, [task])[0]

    def case(self, task: QuoteTask) -> dict[str, Any]:
        """The quote as a planning case."""
        if self._executor is None:
            return _case(self._lanewise, task)
        return self._executor.map(case_apart, [task])[0]

    def run(self, function: Callable[[Task], Result], task: Task) -> Result:
        """Any other pure and picklable work, e.g. drawing a document."""
        if self._executor is None:
            return function(task)
        return self._executor.map(function, [task])[0]


def worker_count(wanted: int) -> int:
    """How many planning processes: as many as wanted, or (0) one a core, at most four."""
    return wanted or min(MOST_WORKERS, os.cpu_count() or 1)


def quote_apart(task: PlanTask) -> Quote:
    """In a worker process: the network is read once and kept."""
    return _quote(_own_lanewise(), task)


def estimate_apart(task: PlanTask) -> "Estimate | NoEstimate":
    """The same for an estimate."""
    return _estimate(_own_lanewise(), task)


def why_apart(task: QuoteTask) -> Explanation:
    """The same for what there is to say about an option."""
    return _why(_own_lanewise(), task)


def case_apart(task: QuoteTask) -> dict[str, Any]:
    """The same for a quote as a planning case."""
    return _case(_own_lanewise(), task)


def prepare_apart(_number: int) -> None:
    """Load the planner and the first tenants' networks, so that no shopper waits for it."""
    import routing.checkout.warm as checkout_kernels
    from routing.estimating import estimate_delivery  # noqa: F401 - and all that it imports
    from routing.flows.load_lead_times import load_lead_times
    from routing.flows.load_snapshot import load_snapshot
    from routing.packing.fit import warm as warm_packing

    checkout_kernels.warm()
    warm_packing()

    sessions = _own_lanewise().sessions
    with sessions.system(read_only=True) as session:
        tenants = session.scalars(select(TenantRow.id).limit(WARMED_TENANTS)).all()
    for tenant in tenants:
        try:
            with sessions(TenantId(tenant), read_only=True) as session:
                load_snapshot(session)
                load_lead_times(session)
        except LanewiseError:  # no network yet: nothing to prepare
            continue


@lru_cache(maxsize=1)
def _own_lanewise() -> Lanewise:
    from api.logs import set_up_logs

    lanewise = from_environment()
    set_up_logs(lanewise.settings)
    return lanewise


def _quote(lanewise: Lanewise, task: PlanTask) -> Quote:
    from routing.flows.gather import gather
    from routing.quoting import plan_quote

    with lanewise.sessions(task.tenant, read_only=True) as session:
        found = gather(session, task.cart)
    return plan_quote(
        found.snapshot, found.cart, found.live, found.quote_id, asked_at=found.asked_at
    )


def _estimate(lanewise: Lanewise, task: PlanTask) -> "Estimate | NoEstimate":
    from routing.estimating import estimate_delivery
    from routing.flows.gather import gather

    with lanewise.sessions(task.tenant, read_only=True) as session:
        found = gather(session, task.cart)
    return estimate_delivery(found.snapshot, found.cart, found.live)


def _why(lanewise: Lanewise, task: QuoteTask) -> Explanation:
    from routing.flows.explain_option import explain_option

    with lanewise.sessions(task.tenant, read_only=True) as session:
        return explain_option(session, task.quote, task.option)


def _case(lanewise: Lanewise, task: QuoteTask) -> dict[str, Any]:
    from routing.flows.export_case import export_case

    with lanewise.sessions(task.tenant, read_only=True) as session:
        return export_case(session, task.quote)
