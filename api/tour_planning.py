"""Plans days of tours beside the job loop: one at a time in a thread, the engine in a child process.

A day takes up to ten minutes; a job's lease and the other jobs must not wait for it.
"""

import threading
from datetime import timedelta
from uuid import UUID

import structlog

from api.wiring import Lanewise
from core.ids import TenantId, TourPlanId
from store.jobs import Handler, Job, Retry
from store.session import Sessions

log = structlog.get_logger("tours")

WATCH_EVERY_S = 30
TRY_AGAIN = timedelta(seconds=1)


class TourPlanning:
    """The one planning thread of this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()

    def begin(self, sessions: Sessions, tenant: TenantId, plan_id: TourPlanId) -> bool:
        """False while another day is being planned."""
        with self._lock:
            if self._thread is not None and self._thread.is_alive():
                return False
            self._thread = threading.Thread(
                target=self._plan, args=(sessions, tenant, plan_id), name="tours", daemon=True
            )
            self._thread.start()
            return True

    def wait(self, timeout_s: float) -> None:
        """Until the day at hand is planned."""
        thread = self._thread
        if thread is not None:
            thread.join(timeout_s)

    def stop(self, timeout_s: float = 10) -> None:
        """This process ends: the day at hand is queued again, for another one."""
        self._stopping.set()
        self.wait(timeout_s)
        self._stopping.clear()

    def _plan(self, sessions: Sessions, tenant: TenantId, plan_id: TourPlanId) -> None:
        from routing.flows.plan_requested_tours import plan_requested_tours
        from routing.tours import stay_engine

        try:
            plan_requested_tours(sessions, tenant, plan_id, stopping=self._stopping.is_set)
            if not self._stopping.is_set():
                stay_engine.warm()  # what changes on this day is then planned without loading it
        except Exception:  # the row says so too; the watch queues it again where it could not
            log.exception("tours_failed", plan=str(plan_id))


PLANNING = TourPlanning()


def tour_planner(lanewise: Lanewise) -> Handler:
    """Begins a day, or comes back when the one at hand is done."""

    def handle(sessions: Sessions, job: Job) -> None:
        plan_id = TourPlanId(UUID(job.payload["plan_id"]))
        # the thread outlives this job, so it takes sessions that know nothing of the job's lease
        if not PLANNING.begin(lanewise.sessions, job.tenant, plan_id):
            raise Retry(sessions.clock.now() + TRY_AGAIN, "another day is being planned")

    return handle


def tour_watcher(_lanewise: Lanewise) -> Handler:
    """Queues again what a dead planner left, and forgets old proofs."""

    def handle(sessions: Sessions, job: Job) -> None:
        from routing.flows.watch_tours import watch_tours

        with sessions(job.tenant) as session:
            watch_tours(session)

    return handle
