"""The figures of `lanewise bench tours`, set by set, in CPU seconds of the engine's child.

Every plan is judged by the checker; gaps follow the conventions told with the data (vrptw: total
distance; pdptw: vehicles first; extras: proven optima).
"""

from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.figures import Figure
from benchmarks.plan_cases import shared_folder
from benchmarks.tours import days, published
from benchmarks.tours.instances import GH200, GH400, SOLOMON
from benchmarks.tours.reasons import reasons
from benchmarks.tours.runs import Bench, Say
from core.errors import invalid
from routing.tours import stay_engine
from routing.tours.engines import ENGINES

Measure = Callable[[Bench, Path], list[Figure]]


def _windows(
    row: str,
    names: Sequence[str],
    seconds: float,
    limits: tuple[float, float],
    *,
    rival: bool = True,
) -> Measure:
    return lambda bench, folder: [
        published.windows(bench, folder, row, names, seconds, limits, rival=rival)
    ]


# Every set by name: what `--sets` takes.
SETS: dict[str, Measure] = {
    "solomon": _windows("Solomon 100", SOLOMON, 10, (0.5, 0.5)),
    "gh200": _windows("Gehring-Homberger 200", GH200, 10, (0.9, 0.5)),
    "gh400": _windows("Gehring-Homberger 400", GH400, 10, (1.8, 1.5)),
    "replan": lambda bench, folder: [
        figure
        for name in GH200[: bench.instances]
        for figure in days.replanned(bench, folder, name)
    ],
    "cancel": lambda bench, folder: [days.cancelled(bench)],
    "reasons": lambda bench, folder: [reasons(bench)],
    "two-legs": lambda bench, folder: [days.two_legs(bench)],
    "gh400-60": _windows("Gehring-Homberger 400", GH400, 60, (1.2, 0.9), rival=False),
    "shipments": lambda bench, folder: [published.few_shipments(bench, folder)],
    "shipments-60": lambda bench, folder: [published.many_shipments(bench, folder)],
    "trips": lambda bench, folder: [published.several_trips(bench, folder)],
    "thousand": lambda bench, folder: [published.thousand(bench)],
}
QUICK = ("solomon", "gh200", "cancel", "reasons")


def run(*, quick: bool, runs: int | None, say: Say) -> list[Figure]:
    """The figures of the tours table; `runs` seeds each (3); one seed and instance when quick."""
    bench = Bench(say, tuple(range(1, (runs or (1 if quick else 3)) + 1)), 1 if quick else 100)
    return measure(bench, QUICK if quick else tuple(SETS))


def measure(bench: Bench, names: Sequence[str]) -> list[Figure]:
    """The figures of those sets; `bench.runs` then holds every run of an engine."""
    unknown = [name for name in names if name not in SETS]
    if unknown:
        raise invalid("--sets", f"{unknown[0]!r} is not one of {', '.join(SETS)}")
    folder = shared_folder("data/vrp")
    for engine in ENGINES.values():
        engine.warm()
    stay_engine.warm()
    return [figure for name in names for figure in SETS[name](bench, folder)]
