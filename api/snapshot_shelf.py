"""Which network a planning process serves: a new version is compiled aside, then swapped in.

Requests go on with the version before until the new one is compiled and rehearsed. One that the old version would refuse (an SKU
it does not know) waits for the new one instead.
"""

import gc
import os
import threading
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


class SnapshotShelf:
    """The version each tenant is served, in one process."""

    def __init__(
        self,
        opened: Opened,
        rehearse: Callable[[Session, Snapshot], object],
        aside: Aside = in_a_thread,
    ) -> None:
        self._opened = opened
        self._rehearse = rehearse
        self._aside = aside
        self._serving: dict[TenantId, Snapshot] = {}
        self._coming: dict[TenantId, tuple[str, threading.Thread]] = {}
        self._given_up: dict[TenantId, str] = {}

    def is_first(self, session: Session, tenant: TenantId) -> bool:
        """Whether giving this tenant's snapshot means compiling it now."""
        if tenant in self._serving:
            return False
        return COMPILED.find(active_network(session).content_hash) is None

    def take(self, session: Session, tenant: TenantId) -> Snapshot:
        """The snapshot to plan on: the active version's, or the one before while that compiles."""
        old = self._serving.get(tenant)
        if old is None:
            found = self._serving[tenant] = load_snapshot(session)
            return found
        digest = active_network(session).content_hash
        if digest == old.version or self._given_up.get(tenant) == digest:
            return old
        coming = self._coming.get(tenant)
        if coming is None or coming[0] != digest:
            thread = self._aside(lambda: self._compile(tenant, digest))
            self._coming[tenant] = (digest, thread)
        return self._serving[tenant]  # compiled meanwhile, where nothing runs aside

    def catch_up(self, session: Session, tenant: TenantId) -> bool:
        """Wait for the version that is being compiled; whether there is another one now."""
        before = self.take(session, tenant)
        coming = self._coming.get(tenant)
        if coming is not None:
            coming[1].join()
        return self.take(session, tenant).version != before.version

    def _compile(self, tenant: TenantId, digest: str) -> None:
        try:
            with self._opened(tenant) as session:
                snapshot = load_snapshot(session, digest)
                self._rehearse(session, snapshot)
            self._swap(tenant, snapshot)
        except LanewiseError as error:
            self._given_up[tenant] = digest
            log.error("network_not_swapped", version=digest, error=error.code)

    def _swap(self, tenant: TenantId, snapshot: Snapshot) -> None:
        self._serving[tenant] = snapshot
        gc.freeze()
        log.info("network_swapped", version=snapshot.version)
