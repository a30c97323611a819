"""Plans carts for the doors: here in the calling thread, or in the workers of a plan executor.

A quote whose planning overruns its budget is told degraded, by a process that stands by for that.
"""

import os
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

import structlog
from anyio import CapacityLimiter, to_thread
from sqlalchemy import select
from sqlalchemy.orm import Session

from api.executors.process_pool import ProcessPoolExecutor, unhurried
from api.snapshot_shelf import PlannerFacts, SnapshotShelf, planner_facts, spare_collector
from api.wiring import Lanewise, from_environment
from core.errors import InvalidInput, LanewiseError, NotFound, Unavailable
from core.executor import PlanExecutor
from core.ids import QuoteId, TenantId
from routing.cart import Cart
from routing.quote import Explanation, Quote
from store.tables import TenantRow

if TYPE_CHECKING:
    from fastapi import Request

    from routing.estimating import Estimate, NoEstimate
    from routing.snapshot import Snapshot

    Load = Callable[[Session], Snapshot]

Task = TypeVar("Task")
Result = TypeVar("Result")

MOST_WORKERS = 4  # planning processes unless the settings say more
WARMED_TENANTS = 3
FULL_SHARE = 0.7  # of a quote's budget; the rest is for a degraded answer
REMEMBERED = 256  # last good quotes
SWAPPED_WITHIN_S = 20.0  # an import waits so long for the planners to take it up
OVERRUN = ("plan_timeout", "planner_died")
log = structlog.get_logger("planner")


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


@dataclass(frozen=True, slots=True)
class DegradedTask:
    """A cart whose planning overran, and what the same cart was told before."""

    tenant: TenantId
    cart: Cart
    last_good: Quote | None = None


@dataclass(frozen=True, slots=True)
class Planned:
    """A quote, and what its process has to tell of itself."""

    quote: Quote
    facts: PlannerFacts


class PlanningThreads:
    """Threads of their own for those who wait for a plan, so that other doors are never starved.

    One request more than there are threads is refused at once: nobody waits before a clock runs.
    """

    def __init__(self, most: int) -> None:
        self._limiter = CapacityLimiter(most)

    async def run(self, work: Callable[..., Result], *given: Any) -> Result:
        """Do the work in such a thread. Raises Unavailable when none is free."""
        if self._limiter.available_tokens < 1:
            raise Unavailable("the planner is full", code="overloaded")
        return await to_thread.run_sync(work, *given, limiter=self._limiter)


def planning_threads(request: "Request") -> PlanningThreads:
    """The app's threads for those who wait for a plan."""
    threads: PlanningThreads = request.app.state.planning_threads
    return threads


class Planner:
    """Plans carts; bounded and time-boxed by its executor. Blocks: call it in a thread.

    `standby` is an executor apart for degraded quotes; without it an overrun is told as such.
    """

    def __init__(
        self,
        lanewise: Lanewise,
        executor: PlanExecutor | None = None,
        standby: PlanExecutor | None = None,
        *,
        plan: "Callable[[PlanTask], Planned] | None" = None,
    ) -> None:
        self._lanewise = lanewise
        self._executor = executor
        self._standby = standby
        self._plan = plan or quote_apart
        self._last_good: OrderedDict[tuple[TenantId, Cart], Quote] = OrderedDict()
        self._facts: OrderedDict[int, PlannerFacts] = OrderedDict()
        self._degraded = 0
        self._lock = threading.Lock()

    @property
    def facts(self) -> tuple[PlannerFacts, ...]:
        """What each planning process told last."""
        with self._lock:
            return tuple(self._facts.values())

    @property
    def degraded(self) -> int:
        """Quotes told degraded so far."""
        return self._degraded

    def quote(self, task: PlanTask) -> Quote:
        """The quote, not yet kept; `degraded` where planning it in full overran the budget."""
        if self._executor is None:
            return _quote(self._lanewise, task)
        budget_s = self._lanewise.settings.quote_budget_ms / 1000
        most_s = None if self._standby is None else budget_s * FULL_SHARE
        try:
            planned = self._executor.map(self._plan, [task], deadline_s=most_s)[0]
        except Unavailable as error:
            if error.code not in OVERRUN or self._standby is None:
                raise
            found = self._in_a_hurry(task, budget_s * (1 - FULL_SHARE))
            if found is None:
                raise
            log.warning("quote_degraded", because=error.code, by=found.degraded_by)
            return found
        self._remember(task, planned)
        return planned.quote

    def _in_a_hurry(self, task: PlanTask, budget_s: float) -> Quote | None:
        assert self._standby is not None
        with self._lock:
            last_good = self._last_good.get(_question(task))
        hurried = DegradedTask(task.tenant, task.cart, last_good)
        try:
            found = self._standby.map(degraded_apart, [hurried], deadline_s=budget_s)[0]
        except Unavailable:
            return None
        with self._lock:
            self._degraded += found is not None
        return found

    def _remember(self, task: PlanTask, planned: Planned) -> None:
        with self._lock:
            self._facts[planned.facts.process] = planned.facts
            self._facts.move_to_end(planned.facts.process)
            while len(self._facts) > worker_count(self._lanewise.settings.plan_workers):
                self._facts.popitem(last=False)
            if planned.quote.options:
                self._last_good[_question(task)] = planned.quote
                self._last_good.move_to_end(_question(task))
                while len(self._last_good) > REMEMBERED:
                    self._last_good.popitem(last=False)

    def swap_network(self, tenant: TenantId) -> None:
        """Let every planning process take up the tenant's active network now; waits for them."""
        for executor in (self._executor, self._standby):
            if isinstance(executor, ProcessPoolExecutor):
                executor.everywhere(take_up, tenant, deadline_s=SWAPPED_WITHIN_S)

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


def _question(task: PlanTask) -> tuple[TenantId, Cart]:
    """What is asked, whenever."""
    return task.tenant, replace(task.cart, at=datetime.min.replace(tzinfo=UTC))


def quote_apart(task: PlanTask) -> Planned:
    """In a worker process: the network is read once and kept."""
    return Planned(_on_newest(task, _quote), planner_facts())


def degraded_apart(task: DegradedTask) -> Quote | None:
    """In the process that stands by: a quote found with little work."""
    from routing.degraded import plan_degraded_quote
    from routing.flows.gather import gather

    with _own_lanewise().sessions(task.tenant, read_only=True) as session:
        found = gather(session, task.cart, load=_load(task.tenant))
    return plan_degraded_quote(
        found.snapshot,
        found.cart,
        found.live,
        found.quote_id,
        last_good=task.last_good,
        asked_at=found.asked_at,
    )


def take_up(tenant: TenantId) -> None:
    """In a worker process: compile the active network, if it is new here, and serve it."""
    with _own_lanewise().sessions(tenant, read_only=True) as session:
        _shelf().catch_up(session, tenant)


def _load(tenant: TenantId) -> "Load":
    """Gives the snapshot that this process serves; a first one is compiled off the clock."""

    def load(session: Session) -> "Snapshot":
        shelf = _shelf()
        if not shelf.is_first(session, tenant):
            return shelf.take(session, tenant)
        with unhurried():
            return shelf.take(session, tenant)

    return load


def _on_newest(task: PlanTask, work: Callable[..., Result]) -> Result:
    """The work on the network served; what that refuses is asked of a newer one, if one comes."""
    lanewise = _own_lanewise()
    try:
        return work(lanewise, task, _load(task.tenant))
    except (InvalidInput, NotFound):
        with lanewise.sessions(task.tenant, read_only=True) as session, unhurried():
            if not _shelf().catch_up(session, task.tenant):
                raise
        return work(lanewise, task, _load(task.tenant))


def estimate_apart(task: PlanTask) -> "Estimate | NoEstimate":
    """The same for an estimate."""
    return _on_newest(task, _estimate)


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
    from routing.flows.rehearse_quotes import rehearse_quotes
    from routing.packing.fit import warm as warm_packing

    checkout_kernels.warm()
    warm_packing()

    sessions = _own_lanewise().sessions
    with sessions.system(read_only=True) as session:
        tenants = session.scalars(select(TenantRow.id).limit(WARMED_TENANTS)).all()
    for tenant in tenants:
        try:
            with sessions(TenantId(tenant), read_only=True) as session:
                rehearse_quotes(session, _shelf().take(session, TenantId(tenant)))
        except LanewiseError:  # no network yet: nothing to prepare
            continue
    spare_collector()


@lru_cache(maxsize=1)
def _own_lanewise() -> Lanewise:
    from api.logs import set_up_logs

    lanewise = from_environment()
    set_up_logs(lanewise.settings)
    return lanewise


@lru_cache(maxsize=1)
def _shelf() -> SnapshotShelf:
    sessions = _own_lanewise().sessions
    from routing.flows.rehearse_quotes import rehearse_quotes

    return SnapshotShelf(lambda tenant: sessions(tenant, read_only=True), rehearse_quotes)


def _quote(lanewise: Lanewise, task: PlanTask, load: "Load | None" = None) -> Quote:
    from routing.flows.gather import gather
    from routing.flows.load_snapshot import load_snapshot
    from routing.quoting import plan_quote

    with lanewise.sessions(task.tenant, read_only=True) as session:
        found = gather(session, task.cart, load=load or load_snapshot)
    return plan_quote(
        found.snapshot, found.cart, found.live, found.quote_id, asked_at=found.asked_at
    )


def _estimate(
    lanewise: Lanewise, task: PlanTask, load: "Load | None" = None
) -> "Estimate | NoEstimate":
    from routing.estimating import estimate_delivery
    from routing.flows.gather import gather
    from routing.flows.load_snapshot import load_snapshot

    with lanewise.sessions(task.tenant, read_only=True) as session:
        found = gather(session, task.cart, load=load or load_snapshot)
    return estimate_delivery(found.snapshot, found.cart, found.live)


def _why(lanewise: Lanewise, task: QuoteTask) -> Explanation:
    from routing.flows.explain_option import explain_option

    with lanewise.sessions(task.tenant, read_only=True) as session:
        return explain_option(session, task.quote, task.option)


def _case(lanewise: Lanewise, task: QuoteTask) -> dict[str, Any]:
    from routing.flows.export_case import export_case

    with lanewise.sessions(task.tenant, read_only=True) as session:
        return export_case(session, task.quote)
