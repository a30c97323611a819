"""Holds a running job's lease: a beat beside the handler, and a renewal with each late commit."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import cast
from uuid import UUID

import structlog
from sqlalchemy import Table, update
from sqlalchemy.orm import Session

from core.errors import LanewiseError
from store.session import Sessions, now
from store.tables import JobRow

log = structlog.get_logger("jobs")

LEASE = timedelta(seconds=60)
BEAT_S = 15  # three beats may fail before a lease runs out
BEAT_AGAIN_S = 2  # after a beat that found the database locked

_JOBS = cast("Table", JobRow.__table__)


class Lease:
    """A worker's hold on one claimed job, told from every other claim of it by the fence."""

    def __init__(self, sessions: Sessions, job_id: UUID, fence: int) -> None:
        self.job_id = job_id
        self.fence = fence
        self.lost = False
        """Somebody else has taken the job over: what becomes of it is no longer ours to say."""
        self._sessions = sessions
        self._renewed_at: datetime = sessions.clock.now()

    def renew(self) -> None:
        """Hold on for another LEASE, in a transaction of its own; raises Unavailable."""
        if self.lost:
            return
        with self._sessions.system() as session:
            self._renew(session)
            renewed_at = now(session)
        self._renewed_at = renewed_at

    def renew_late(self, session: Session) -> None:
        """Renew within a transaction about to commit, when no beat has for half a lease.

        SQLite has one writer: while a handler's transaction is open no beat gets through, and
        nobody else can claim either, until the moment it commits.
        """
        if not self.lost and now(session) - self._renewed_at >= LEASE / 2:
            self._renew(session)

    def _renew(self, session: Session) -> None:
        held = session.connection().execute(
            update(_JOBS)
            .where(
                _JOBS.c.id == self.job_id,
                _JOBS.c.fence == self.fence,
                _JOBS.c.state == "running",
            )
            .values(lease_until=now(session) + LEASE)
        )
        if not held.rowcount:
            self.lost = True
            log.warning("lease_lost", job=str(self.job_id))


class LeaseKeeper:
    """A thread that renews the leases of the jobs this process runs; `start`, then `stop`."""

    def __init__(self, *, beat_s: float = BEAT_S, again_s: float = BEAT_AGAIN_S) -> None:
        self._beat_s = beat_s
        self._again_s = again_s
        self._held: set[Lease] = set()
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to beat."""
        self._thread = threading.Thread(target=self._loop, name="lanewise-leases", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Beat no more; leases still held run out."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    @contextmanager
    def keeping(self, lease: Lease) -> Iterator[None]:
        """Renew this lease for the length of the block."""
        with self._lock:
            self._held.add(lease)
        try:
            yield
        finally:
            with self._lock:
                self._held.discard(lease)

    def beat(self) -> bool:
        """Renew what is held; False when the database did not let us (it will be tried again)."""
        with self._lock:
            held = list(self._held)
        try:
            for lease in held:
                lease.renew()
        except LanewiseError as error:
            log.warning("lease_not_renewed", reason=error.message)
            return False
        return True

    def _loop(self) -> None:
        pause = self._beat_s
        while not self._stop.wait(pause):
            try:
                renewed = self.beat()
            except Exception:  # whatever it is, leases must be renewed while jobs run
                log.exception("lease_not_renewed")
                renewed = False
            pause = self._beat_s if renewed else self._again_s
