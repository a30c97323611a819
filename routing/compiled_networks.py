"""What one process keeps of compiled networks: snapshots by version, and how compiling went."""

from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock

from routing.snapshot import Snapshot

KEPT = 8  # versions in memory: a few tenants, and the old one while quotes on it live
REPORTED = 32


@dataclass(frozen=True, slots=True)
class CompileReport:
    """How compiling one version went in this process."""

    version: str
    """Hash of the content."""
    cpu_ms: float
    """Reading and compiling, CPU of the thread."""
    error: str = ""
    """Name of what went wrong; empty: it compiled."""


class CompiledNetworks:
    """A bounded memory, safe to use from several threads."""

    def __init__(self) -> None:
        self._snapshots: OrderedDict[str, Snapshot] = OrderedDict()
        self._reports: OrderedDict[str, CompileReport] = OrderedDict()
        self._lock = Lock()

    def find(self, version: str) -> Snapshot | None:
        """The snapshot of a version, if it is kept."""
        with self._lock:
            known = self._snapshots.get(version)
            if known is not None:
                self._snapshots.move_to_end(version)
            return known

    def is_broken(self, version: str) -> bool:
        """Whether it was tried and does not compile."""
        with self._lock:
            return version in self._reports and self._reports[version].error != ""

    def note(self, report: CompileReport, snapshot: Snapshot | None) -> None:
        """Keep what came out; the longest unused give way."""
        with self._lock:
            self._reports[report.version] = report
            if snapshot is not None:
                self._snapshots[report.version] = snapshot
            while len(self._reports) > REPORTED:
                self._reports.popitem(last=False)
            while len(self._snapshots) > KEPT:
                self._snapshots.popitem(last=False)

    def reports(self) -> tuple[CompileReport, ...]:
        """Of what was compiled here or failed to, oldest first."""
        with self._lock:
            return tuple(self._reports.values())

    def forget(self, *versions: str) -> None:
        """As if these (none named: all) had never been compiled."""
        with self._lock:
            for version in versions or (*self._snapshots, *self._reports):
                self._snapshots.pop(version, None)
                self._reports.pop(version, None)


COMPILED = CompiledNetworks()
"""Of this process: versions are named by their content, so tenants share them."""
