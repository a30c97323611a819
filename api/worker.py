"""Background work: what runs when, what answers which event, and the loop that does it.

APScheduler is only the clock, on one elected leader: a tick queues one job per (kind, slot). Any
number of workers claim jobs under leases. A worker that is killed leaves nothing but its lease.
"""

import os
import socket
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

import structlog
from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy import select

from api import learning_jobs, return_jobs, tour_planning, tracking_jobs, upkeep
from api.wiring import Lanewise
from core.errors import LanewiseError, NotFound
from core.ids import BookingId, ParcelId, TenantId
from store.job_lease import LeaseKeeper
from store.jobs import Handler, Job, enqueue, run_due
from store.locks import drop_lease, take_lease
from store.outbox import relay
from store.session import Sessions
from store.tables import TenantRow

log = structlog.get_logger("worker")

LEADER = "schedule"
LEADER_TTL = timedelta(seconds=15)
IDLE_S = 0.25  # how long an idle loop waits before it looks again
AWAY_S = 2.0  # how long it waits when the database did not answer


@dataclass(frozen=True, slots=True)
class Scheduled:
    """A job kind that is queued once per slot of `every_s` seconds for each tenant."""

    kind: str
    every_s: int


# The schedule: what is queued by the clock.
SCHEDULE: tuple[Scheduled, ...] = (
    Scheduled("carriers.sweep", 300),
    Scheduled("routing.seal_promises", 60),
    Scheduled("routing.seal_all_promises", 86_400),
    Scheduled("poll_scans", tracking_jobs.POLL_EVERY_S),
    Scheduled("routing.purge_quotes", 3600),
    Scheduled("forget_answers", upkeep.FORGET_EVERY_S),
    Scheduled("forget_done_work", upkeep.FORGET_EVERY_S),
    Scheduled("watch_parcels", tracking_jobs.WATCH_EVERY_S),
    Scheduled("purge_webhooks", tracking_jobs.PURGE_EVERY_S),
    Scheduled("routing.watch_tours", tour_planning.WATCH_EVERY_S),
    Scheduled("refresh_network_state", learning_jobs.REFRESH_EVERY_S),
    Scheduled("refit_lead_times", learning_jobs.REFIT_EVERY_S),
    Scheduled("tally_promises", learning_jobs.TALLY_EVERY_S),
)

# The reactions: which jobs an event of the outbox queues.
REACTIONS: dict[str, tuple[str, ...]] = {
    "routing.parcels_planned": ("routing.release",),
    "carriers.parcel_booked": ("follow_booking",),
    "return_parcel_moved": ("returns.note_move",),
    "carriers.booking_voided": ("routing.note_booking", "end_cancelled"),
    "carriers.booking_refused": ("routing.note_booking",),
    "parcel_moved": ("routing.ship",),
    "routing.order_cancelled": ("end_cancelled",),
}


def _carrier_job(lanewise: Lanewise) -> Handler:
    def handle(sessions: Sessions, job: Job) -> None:
        from carriers.flows.run_job import run_job

        run_job(sessions, lanewise.carriers_of(job.tenant), job)

    return handle


def _release_job(lanewise: Lanewise) -> Handler:
    def handle(sessions: Sessions, job: Job) -> None:
        from routing.flows.release_parcels import release_parcels

        with sessions(job.tenant) as session:
            release_parcels(session, [ParcelId(UUID(each)) for each in job.payload["parcel_ids"]])

    return handle


def _note_job(_lanewise: Lanewise) -> Handler:
    """A carrier refused a parcel, or its label was voided: its plan says so."""

    def handle(sessions: Sessions, job: Job) -> None:
        from routing.flows.note_booking import note_booking

        if job.payload["direction"] != "outbound":
            return
        parcel_id, booking_id = UUID(job.payload["parcel_id"]), UUID(job.payload["booking_id"])
        with (
            suppress(NotFound),
            sessions(job.tenant) as session,
        ):  # booked by a batch: it has no plan
            note_booking(session, ParcelId(parcel_id), BookingId(booking_id))

    return handle


def _ship_job(_lanewise: Lanewise) -> Handler:
    """A parcel that moves has left the shelf, whether or not its hand-over was scanned."""

    def handle(sessions: Sessions, job: Job) -> None:
        from carriers.status import Status
        from routing.flows.ship_parcel import ship_parcel

        if job.payload["state"] in (Status.UNKNOWN, Status.PRE_TRANSIT, Status.CANCELLED):
            return
        since = job.payload["since"]
        left_at = None if since is None else datetime.fromisoformat(since)
        with sessions(job.tenant) as session:
            ship_parcel(session, ParcelId(UUID(job.payload["parcel_id"])), left_at)

    return handle


def _seal_job(_lanewise: Lanewise, *, whole: bool = False) -> Handler:
    """Close what the promise ledger has gathered since the last seal, or all that is in none."""

    def handle(sessions: Sessions, job: Job) -> None:
        from routing.flows.seal_promises import seal_promises

        seal_promises(sessions, job.tenant, whole=whole)

    return handle


def _purge_job(_lanewise: Lanewise) -> Handler:
    """Forget quotes that nobody bought, batch by batch."""

    def handle(sessions: Sessions, job: Job) -> None:
        from routing.flows.purge_quotes import BATCH, purge_quotes

        gone = BATCH
        while gone == BATCH:
            with sessions(job.tenant) as session:
                gone = purge_quotes(session)

    return handle


# The handlers: who does a job of that kind. Each entry makes a handler for one Lanewise, and
# imports what it needs when it is first called.
HANDLERS: dict[str, Callable[[Lanewise], Handler]] = {
    "carriers.book": _carrier_job,
    "carriers.label": _carrier_job,
    "carriers.void": _carrier_job,
    "carriers.manifest": _carrier_job,
    "carriers.pickup": _carrier_job,
    "carriers.sweep": _carrier_job,
    "follow_booking": tracking_jobs.booking_follower,
    "end_cancelled": tracking_jobs.cancelled_ender,
    "poll_scans": tracking_jobs.scan_poller,
    "purge_webhooks": tracking_jobs.webhook_purger,
    "forget_answers": upkeep.answer_forgetter,
    "forget_done_work": upkeep.work_forgetter,
    "read_webhook": tracking_jobs.webhook_reader,
    "refit_lead_times": learning_jobs.lead_time_refitter,
    "refresh_network_state": learning_jobs.network_state_refresher,
    "tally_promises": learning_jobs.promise_tallier,
    "send_notice": tracking_jobs.notice_sender,
    "watch_parcels": tracking_jobs.parcel_watcher,
    "returns.note_move": return_jobs.return_mover,
    "routing.note_booking": _note_job,
    "routing.purge_quotes": _purge_job,
    "routing.plan_tours": tour_planning.tour_planner,
    "routing.release": _release_job,
    "routing.seal_all_promises": partial(_seal_job, whole=True),
    "routing.seal_promises": _seal_job,
    "routing.ship": _ship_job,
    "routing.watch_tours": tour_planning.tour_watcher,
}


def handlers_for(lanewise: Lanewise) -> Mapping[str, Handler]:
    """Every handler, bound to this Lanewise."""
    return {kind: make(lanewise) for kind, make in HANDLERS.items()}


def queue_slots(lanewise: Lanewise) -> None:
    """Queue the present slot of everything scheduled; repeating it changes nothing."""
    sessions = lanewise.sessions
    stamp = int(lanewise.clock.now().timestamp())
    with sessions.system(read_only=True) as session:
        tenants = session.scalars(select(TenantRow.id)).all()
    for tenant in tenants:
        with sessions(TenantId(tenant)) as session:
            for entry in SCHEDULE:
                slot = stamp // entry.every_s * entry.every_s
                enqueue(session, entry.kind, {"slot": slot}, key=f"slot-{slot}")


def run_until_idle(lanewise: Lanewise, *, worker: str = "inline", limit: int = 100_000) -> int:
    """Relay events and run due jobs until nothing is left; returns how many jobs ran."""
    handlers = handlers_for(lanewise)
    total = 0
    while total < limit:
        relayed = relay(lanewise.sessions, REACTIONS)
        ran = run_due(lanewise.sessions, handlers, worker, limit=limit - total)
        total += ran
        if not relayed and not ran:
            break
    return total


class Worker:
    """One process's share of the background work; `start`, then `stop` for a graceful end."""

    def __init__(self, lanewise: Lanewise) -> None:
        self.lanewise = lanewise
        self.name = f"{socket.gethostname()}:{os.getpid()}"
        self.stopping = threading.Event()
        self._awake = threading.Event()
        self._thread: threading.Thread | None = None
        self._clock: BackgroundScheduler | None = None
        self._keeper = LeaseKeeper()

    def start(self) -> None:
        """Begin to lead (if nobody does) and to work."""
        self._keeper.start()
        self._thread = threading.Thread(target=self._loop, name="lanewise-worker", daemon=True)
        self._thread.start()
        self._clock = BackgroundScheduler(timezone="UTC")
        self._clock.add_job(
            self.tick, "interval", seconds=1, max_instances=1, coalesce=True, id="tick"
        )
        self._clock.start()

    def wake(self) -> None:
        """There is work now; do not wait for the next look."""
        self._awake.set()

    def stop(self, timeout_s: float = 30) -> None:
        """Finish the job at hand and take no other, hand the lead over, leave no orphans.

        A job that needs longer than `timeout_s` is left where it is: it ends with the process, and
        another worker takes it over when its lease has run out.
        """
        self.stopping.set()
        self._awake.set()
        if self._clock is not None:
            self._clock.shutdown(wait=True)
        if self._thread is not None:
            self._thread.join(timeout_s)
        self._keeper.stop()
        tour_planning.PLANNING.stop()
        try:
            drop_lease(self.lanewise.sessions, LEADER, self.name)
        except LanewiseError as error:
            log.warning("lead_not_dropped", reason=error.message)

    def tick(self) -> None:
        """Renew the lead if it is ours, and queue what is due; whatever fails is tried again."""
        try:
            if take_lease(self.lanewise.sessions, LEADER, self.name, LEADER_TTL) is not None:
                queue_slots(self.lanewise)
                self.wake()
        except LanewiseError as error:
            log.warning("tick_failed", reason=error.message)
        except Exception as error:  # whatever it is, the next tick tries again
            log.error("tick_failed", reason=f"{type(error).__name__}: {error}".splitlines()[0])

    def _loop(self) -> None:
        handlers = handlers_for(self.lanewise)
        while not self.stopping.is_set():
            pause = IDLE_S
            try:
                busy = self._work(handlers)
            except LanewiseError as error:  # the database is away: look again later
                log.warning("work_postponed", reason=error.message)
                busy, pause = 0, AWAY_S
            except Exception:
                log.exception("work_failed")
                busy, pause = 0, AWAY_S
            if not busy:
                self._awake.wait(pause)
                self._awake.clear()

    def _work(self, handlers: Mapping[str, Handler]) -> int:
        """Relay events and run a few due jobs; how many there were."""
        sessions = self.lanewise.sessions
        return relay(sessions, REACTIONS) + run_due(
            sessions,
            handlers,
            self.name,
            limit=20,
            keeper=self._keeper,
            stopping=self.stopping.is_set,
        )
