"""What became of many calls to a carrier: counts, times to resolve, and what is wrong with them."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from benchmarks.figures import quantile
from carriers.ports import Recovery

MOST_PARKED = 0.16  # of class `neither`


@dataclass(slots=True)
class Tally:
    """What became of the calls of one recovery class. Times are virtual: of the carrier's world."""

    recovery: Recovery
    calls: int = 0
    kills: int = 0
    killed_at: set[int] = field(default_factory=set)
    states: Counter[str] = field(default_factory=Counter)
    doubles: int = 0
    lost: int = 0
    unsettled: int = 0
    resolve_s: list[float] = field(default_factory=list)
    cpu_s: float = 0.0

    def resolved(self, took_s: float) -> None:
        """Note a call that was not settled at once."""
        if took_s > 0:
            self.resolve_s.append(took_s)

    def row(self) -> dict[str, Any]:
        """Plain values; `late` calls took more than one try, `resolve` is how long those took."""
        late = self.resolve_s or [0.0]
        return {
            "recovery": self.recovery.value,
            "runs": self.calls,
            **{state: self.states[state] for state in sorted(self.states)},
            "parked": self.states["parked"],
            "parked_share": round(self.states["parked"] / max(1, self.calls), 4),
            "unsettled": self.unsettled,
            "doubles": self.doubles,
            "lost": self.lost,
            "kills": self.kills,
            "steps_killed_at": len(self.killed_at),
            "late": len(self.resolve_s),
            "resolve_p50_s": round(quantile(late, 0.5), 1),
            "resolve_p99_s": round(quantile(late, 0.99), 1),
            "resolve_max_s": round(max(late), 1),
            "cpu_ms_per_run": round(1000 * self.cpu_s / max(1, self.calls), 2),
        }

    def broken(self, *, shares: bool = True) -> list[str]:
        """What must not be: doubles, losses, open ends, and (with `shares`) too much left to people."""
        name = self.recovery.value
        wrong = [
            f"{name}: {count} {what}"
            for what, count in (
                ("happened twice", self.doubles),
                ("lost", self.lost),
                ("never settled", self.unsettled),
            )
            if count
        ]
        most = 0.0
        if self.recovery is Recovery.NEITHER:  # with three standard deviations for a small run
            most = MOST_PARKED * self.calls + 1.1 * self.calls**0.5 * (self.calls < 5000)
        if shares and self.states["parked"] > most:
            wrong.append(f"{name}: {self.states['parked']} parked")
        return wrong
