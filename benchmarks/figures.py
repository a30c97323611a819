"""One published figure: what it is, what it must and should be, and what was seen."""

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """`seen` against `must` and `goal`, as people read them; `ok` says whether the must is met."""

    what: str
    must: str
    goal: str
    seen: str
    ok: bool

    def as_json(self) -> dict[str, object]:
        return asdict(self)


def quantile(values: Sequence[float], share: float) -> float:
    """The value that a share of `values` (not empty) does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def reference_loop_ms() -> float:
    """CPU ms of a fixed plain-Python loop: tells machines (and their load) apart."""
    start = time.process_time()
    total = 0
    for number in range(1_000_000):
        total += number & 7
    assert total == 3_500_000
    return (time.process_time() - start) * 1000
