"""What a promise was worth: kept or not, how early, how steady, and where it was worst."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.promise.orders import BenchOrders
from tracking.learning.history import I64

FEW = 200  # a state with fewer orders is too small to be called the worst


@dataclass(frozen=True, slots=True, eq=False)
class Promised:
    """One method at one level: promised days per scored order."""

    method: str
    level: float | None
    days: I64
    default: bool = False
    baseline: bool = False
    hindsight: bool = False
    ms_per_quote: float | None = None
    refit_s: float | None = None


def pinball(lead: I64, days: I64, level: float) -> float:
    """Mean pinball loss, days: level x early + (1 - level) x late."""
    gap = lead - days
    return float(np.maximum(level * gap, (level - 1) * gap).mean())


def worst(
    kept: NDArray[np.bool_], group: NDArray[np.str_], least: int, name: str
) -> dict[str, Any] | None:
    """The group with the smallest share of kept promises, None when all are too small."""
    found: dict[str, Any] | None = None
    for value in np.unique(group):
        there = group == value
        count, share = int(there.sum()), float(kept[there].mean())
        if count >= least and (found is None or share < found["realised"]):
            found = {name: str(value), "realised": round(share, 4), "orders": count}
    return found


def score(bench: BenchOrders, rows: I64, promised: Promised) -> dict[str, Any]:
    """One row of the report; `rows` are the scored orders."""
    lead = bench.lead[rows]
    kept = lead <= promised.days
    level = promised.level
    return {
        "method": promised.method,
        "level": level,
        "default": promised.default,
        "baseline": promised.baseline,
        "hindsight": promised.hindsight,
        "realised": round(float(kept.mean()), 4),
        "mean_days": round(float(promised.days.mean()), 3),
        "sd_days": round(float(promised.days.std()), 3),
        "pinball": None if level is None else round(pinball(lead, promised.days, level), 4),
        "worst_state": worst(kept, bench.state[rows], FEW, "state"),
        "worst_month": worst(kept, bench.month[rows], 1, "month"),
        "worst_half_month": worst(kept, bench.half_month[rows], 1, "half_month"),
        "months": _by(kept, bench.month[rows], 1),
        "states": _by(kept, bench.state[rows], FEW),
        "ms_per_quote": promised.ms_per_quote,
        "refit_s": promised.refit_s,
    }


def _by(kept: NDArray[np.bool_], group: NDArray[np.str_], least: int) -> dict[str, float]:
    names, counts = np.unique(group, return_counts=True)
    return {
        str(name): round(float(kept[group == name].mean()), 4)
        for name, count in zip(names, counts, strict=True)
        if count >= least
    }
