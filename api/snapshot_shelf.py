"""Which network a planning process serves: a new version is compiled aside, then swapped in.

Requests go on with the version before until the new one is compiled and rehearsed. One that the old
version would refuse (an SKU it does not know) waits for the new one instead. A version that cannot be
had is tried again after growing pauses; only the newest is ever swapped in.
"""

import gc
import os
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import structlog
from sqlalchemy.orm import Session

from core.errors import LanewiseError
from core.ids import TenantId
from routing.compiled_networks import COMPILED
from routing.flows.load_snapshot import load_snapshot
from routing.snapshot import Snapshot
from routing.tables import active_network

log = structlog.get_logger("network")

Opened = Callable[[TenantId], AbstractContextManager[Session]]
"""Opens a session of a tenant, for reading."""
Aside = Callable[[Callable[[], None]], threading.Thread]


@dataclass(frozen=True, slots=True)
class PlannerFacts:
    """What a planning process has to tell of its networks."""

    process: int
    memory_bytes: int
    """Resident memory of the whole process; 0 where the system does not say."""
    versions: int
    """In memory."""
    compile_ms: float
    """CPU of the latest that compiled."""
    broken: tuple[str, ...]
    """Hashes of versions that do not compile."""


def planner_facts() -> PlannerFacts:
    """Of this process."""
    reports = COMPILED.reports()
    good = [report for report in reports if not report.error]
    return PlannerFacts(
        os.getpid(),
        resident_bytes(),
        len(good),
        good[-1].cpu_ms if good else 0.0,
        tuple(report.version for report in reports if report.error),
    )


def resident_bytes() -> int:
    """Resident memory of this process, 0 where the system does not say."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except (OSError, IndexError, ValueError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


def spare_collector() -> None:
    """Take what lives long (code, networks) out of garbage collection: it would cost a request
    100 ms and more to look through it.
    """
    gc.collect()
    gc.freeze()


def in_a_thread(work: Callable[[], None]) -> threading.Thread:
    """Start the work in a thread of its own that does not keep the process alive."""
    thread = threading.Thread(target=work, name="lanewise-compile", daemon=True)
    thread.start()
    return thread


FIRST_PAUSE_S, LONGEST_PAUSE_S = 5.0, 600.0  # before a version that failed is tried again
SERVED = 32  # tenants whose snapshot is held at once


@dataclass(slots=True)
class _Coming:
    """A version on its way; only the latest of a tenant is swapped in."""

    digest: str
    thread: threading.Thread | None = None


@dataclass(frozen=True, slots=True)
class _Failure:
    """A version that could not be had, and when it is tried again."""

    digest: str
    pause_s: float
    again_at: float
    """On the shelf's own monotonic clock."""


class SnapshotShelf:
    """The version each tenant is served, in one process."""

    def __init__(
        self,
        opened: Opened,
        rehearse: Callable[[Session, Snapshot], object],
        aside: Aside = in_a_thread,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._opened = opened
        self._rehearse = rehearse
        self._aside = aside
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._serving: OrderedDict[TenantId, Snapshot] = OrderedDict()
        self._coming: dict[TenantId, _Coming] = {}
        self._failures: dict[TenantId, _Failure] = {}

    def is_first(self, session: Session, tenant: TenantId) -> bool:
        """Whether giving this tenant's snapshot means compiling it now."""
        if tenant in self._serving:
            return False
        return COMPILED.find(active_network(session).content_hash) is None

    def take(self, session: Session, tenant: TenantId) -> Snapshot:
        """The snapshot to plan on: the active version's, or the one before while that compiles."""
        old = self._serving.get(tenant)
        if old is None:
            old = load_snapshot(session)
            self._serve(tenant, old)
            return old
        digest = active_network(session).content_hash
        if digest == old.version:
            return old
        coming = self._begin(tenant, digest)
        if coming is not None:
            coming.thread = self._aside(lambda: self._compile(tenant, coming))
        return self._serving.get(tenant, old)  # compiled meanwhile, where nothing runs aside

    def catch_up(self, session: Session, tenant: TenantId) -> bool:
        """Wait for the version that is being compiled; whether there is another one now."""
        before = self.take(session, tenant)
        coming = self._coming.get(tenant)
        if coming is not None and coming.thread is not None:
            coming.thread.join()
        return self.take(session, tenant).version != before.version

    def _begin(self, tenant: TenantId, digest: str) -> _Coming | None:
        """Note that the version is on its way; None when it already is, or failed just now."""
        with self._lock:
            coming, failure = self._coming.get(tenant), self._failures.get(tenant)
            if coming is not None and coming.digest == digest:
                return None
            if failure is not None and failure.digest == digest:
                if self._monotonic() < failure.again_at:
                    return None
            elif failure is not None:
                del self._failures[tenant]
            begun = self._coming[tenant] = _Coming(digest)
            return begun

    def _compile(self, tenant: TenantId, coming: _Coming) -> None:
        """Load, rehearse, swap in; what is no longer the newest is dropped, what fails waits."""
        try:
            with self._opened(tenant) as session:
                snapshot = load_snapshot(session, coming.digest)
                self._rehearse(session, snapshot)
        except Exception as error:  # whatever it was: the old one serves on, and this is told
            self._put_off(tenant, coming, error)
            return
        with self._lock:
            is_newest = self._coming.get(tenant) is coming
            if is_newest:
                del self._coming[tenant]
                self._failures.pop(tenant, None)
        if is_newest:
            self._serve(tenant, snapshot)
            gc.freeze()
            log.info("network_swapped", version=snapshot.version)

    def _put_off(self, tenant: TenantId, coming: _Coming, error: Exception) -> None:
        with self._lock:
            if self._coming.get(tenant) is not coming:
                return
            del self._coming[tenant]
            before = self._failures.get(tenant)
            pause_s = min(2 * before.pause_s, LONGEST_PAUSE_S) if before else FIRST_PAUSE_S
            again_at = self._monotonic() + pause_s
            self._failures[tenant] = _Failure(coming.digest, pause_s, again_at)
        reason = error.code if isinstance(error, LanewiseError) else type(error).__name__
        log.error("network_not_swapped", version=coming.digest, error=reason, retry_s=pause_s)

    def _serve(self, tenant: TenantId, snapshot: Snapshot) -> None:
        with self._lock:
            self._serving[tenant] = snapshot
            self._serving.move_to_end(tenant)
            while len(self._serving) > SERVED:
                self._serving.popitem(last=False)
