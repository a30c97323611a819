"""What a fault suite found: one row a case, and whether everything that must hold did."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class SuiteReport:
    """Rows of plain values for people and machines; `broken` names what did not hold."""

    suite: str
    runs: int
    seed: int
    rows: list[dict[str, Any]] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return not self.broken

    def as_json(self) -> dict[str, Any]:
        return {
            "suite": self.suite,
            "runs": self.runs,
            "seed": self.seed,
            "ok": self.ok,
            "rows": self.rows,
            "broken": self.broken,
        }
