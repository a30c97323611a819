"""Tours on published instances: gap to best known per engine, in CPU seconds of the engine's child.

Every plan is judged by the checker; gaps follow the conventions told with the data (vrptw: total
distance; pdptw: vehicles first; extras: proven optima).
"""

import json
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from benchmarks.figures import Figure
from benchmarks.plan_cases import shared_folder
from routing.adapters.solver.process import run_engine
from routing.tours.academic import distances
from routing.tours.checker import check
from routing.tours.engines import ENGINES
from routing.tours.plan import NotFeasible, Plan
from routing.tours.problem import Matrix, Problem, Stop, VehicleType
from routing.tours.reading import read_tours_file

SOLOMON = ("C104", "R104", "R208", "RC106")
GH200 = ("C1_2_9", "R1_2_4", "RC2_2_6")
GH400 = ("C2_4_8", "R1_4_3", "RC1_4_6")
LI_LIM_100, LI_LIM_MORE = ("lr112", "lrc104"), ("lr1_2_6", "lrc2_2_3", "lc1_4_7", "lrc1_4_2")
MULTI_TRIP = ("R202R0.5", "RC203R0.25")
THOUSAND_SEED = 1000

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Run:
    """One engine on one instance with one seed; the gap is in per cent."""

    instance: str
    engine: str
    seed: int
    gap: float
    tours: int
    more_tours: int


def run(*, quick: bool, runs: int | None, say: Say) -> list[Figure]:
    """The figures of the tours table; `runs` seeds each (3), 1 when quick."""
    folder = shared_folder("data/vrp")
    seeds = range(1, (runs or (1 if quick else 3)) + 1)
    for engine in ENGINES.values():
        engine.warm()
    figures = [
        _windows(
            folder,
            "Solomon 100, 10 s",
            SOLOMON[1:2] if quick else SOLOMON,
            10,
            (0.5, 0.5),
            seeds,
            say,
        ),
        _windows(
            folder,
            "Gehring-Homberger 200, 10 s",
            GH200[1:2] if quick else GH200,
            10,
            (0.9, 0.5),
            seeds,
            say,
        ),
        _windows(
            folder,
            "Gehring-Homberger 400, 10 s",
            GH400[1:2] if quick else GH400,
            10,
            (1.8, 1.5),
            seeds,
            say,
        ),
    ]
    if quick:
        return figures
    figures.append(
        _windows(folder, "Gehring-Homberger 400, 60 s", GH400, 60, (1.2, 0.9), seeds, say, rival="")
    )
    figures += _shipments(folder, seeds, say)
    figures.append(_multi_trip(folder, seeds, say))
    figures.append(_thousand(say))
    return figures


def _windows(
    folder: Path,
    what: str,
    names: Iterable[str],
    seconds: float,
    limits: tuple[float, float],
    seeds: Iterable[int],
    say: Say,
    rival: str = "pyvrp",
) -> Figure:
    """Mean gap of the own engine, never worse in the mean than the rival alone in the same run."""
    own, other, worst = [], [], 0.0
    for name in names:
        problem, best = load(folder, "vrptw", name)
        mine = [_measure(problem, name, "ruin", seconds, seed, best, 0, say).gap for seed in seeds]
        own.append(float(np.mean(mine)))
        if rival:
            theirs = [
                _measure(problem, name, rival, seconds, seed, best, 0, say).gap for seed in seeds
            ]
            other.append(float(np.mean(theirs)))
            worst = max(worst, own[-1] - other[-1])
    mean = float(np.mean(own))
    seen = f"{mean:.2f} %"
    ok = mean <= limits[0]
    if other:
        seen += f" ({rival} alone {np.mean(other):.2f} %)"
        ok = ok and mean <= float(np.mean(other)) + 1e-9 and worst <= 0.5
    return Figure(f"tours, mean gap: {what}", f"≤ {limits[0]} %", f"≤ {limits[1]} %", seen, ok)


def _shipments(folder: Path, seeds: Iterable[int], say: Say) -> list[Figure]:
    figures = []
    for what, names, seconds, more, gap in (
        ("Li & Lim 100 tasks, 10 s", LI_LIM_100, 10, 0, 0.5),
        ("Li & Lim 200/400 tasks, 60 s", LI_LIM_MORE, 60, 2, None),
    ):
        found = []
        for name in names:
            problem, best = load(folder, "pdptw", name)
            known = json.loads((folder / "bks.json").read_text())["pdptw"][name]
            found += [
                _measure(problem, name, "ruin-pairs", seconds, s, best, known["bks_vehicles"], say)
                for s in seeds
            ]
        most = max(one.more_tours for one in found)
        same = [one.gap for one in found if one.more_tours == 0]
        mean = float(np.mean(same)) if same else float("nan")
        ok = most <= more and (gap is None or mean <= gap)
        must = f"≤ best fleet + {more}" + ("" if gap is None else f", gap ≤ {gap} %")
        seen = f"at most + {most}; gap {mean:.2f} % where the fleet is the best known ({len(same)} of {len(found)})"
        figures.append(Figure(f"tours, shipments: {what}", must, must, seen, ok))
    return figures


def _multi_trip(folder: Path, seeds: Iterable[int], say: Say) -> Figure:
    gaps = []
    for name in MULTI_TRIP:
        problem, best = load(folder, "extras", name)
        gaps += [_measure(problem, name, "pyvrp", 10, seed, best, 0, say).gap for seed in seeds]
    mean = float(np.mean(gaps))
    what = "tours, mean gap: several trips with releases, 10 s"
    return Figure(what, "≤ 2 %", "≤ 2 %", f"{mean:.2f} %", mean <= 2)


def _thousand(say: Say) -> Figure:
    problem = thousand_stops()
    first = _plan(problem, "ruin", 2, 1)
    own, other = _plan(problem, "ruin", 60, 1), _plan(problem, "pyvrp", 60, 1)
    assert first is not None
    assert own is not None
    theirs = problem.shown(other.cost) if other is not None else float("inf")
    say(
        f"1000 stops: ruin 2 s {problem.shown(first.cost)}, 60 s {problem.shown(own.cost)}; pyvrp 60 s {theirs}"
    )
    ok = not first.unserved and (other is None or own.cost < other.cost)
    seen = f"{problem.shown(own.cost):g} against {theirs:g}"
    must = "feasible in 2 s; in 60 s cheaper than PyVRP alone"
    return Figure("tours, 1 000 stops", must, must, seen, ok)


def load(folder: Path, kind: str, name: str) -> tuple[Problem, float]:
    """An instance and its best known distance."""
    ending = "vrp" if kind == "extras" else "txt"
    problem = read_tours_file((folder / kind / f"{name}.{ending}").read_text(), file=name)
    if kind == "extras":
        text = (folder / kind / f"{name}.sol").read_text()
        line = next(row for row in text.splitlines() if row.startswith("Cost"))
        best = float(line.split(":")[1])
        return problem, best / 10 if best > 10_000 and problem.scale == 10 else best
    known = json.loads((folder / "bks.json").read_text())[kind][name]
    return problem, float(known["bks_distance"])


def thousand_stops() -> Problem:
    """1 000 stops in the manner of Gehring & Homberger: half in clusters, half spread, windows."""
    rng = np.random.default_rng(THOUSAND_SEED)
    centres = rng.integers(0, 500, size=(40, 2))
    clustered = centres[rng.integers(0, 40, size=500)] + rng.normal(0, 12, size=(500, 2))
    spread = rng.integers(0, 500, size=(500, 2))
    places = np.vstack([[[250, 250]], np.clip(clustered, 0, 500), spread]).round()
    distance = np.floor(10 * distances(places) + 1e-9).astype(np.int64)
    horizon = 18_240
    stops = []
    for i in range(1, 1001):
        latest = horizon - int(distance[0, i]) - 100
        middle = int(rng.integers(int(distance[0, i]), latest))
        half = int(rng.integers(300, 1200))
        opens = max(0, middle - half)
        window = (opens, min(latest, max(middle + half, int(distance[0, i]))))
        stops.append(Stop(i, i, load=(int(rng.integers(1, 41)),), windows=(window,), service_s=100))
    van = VehicleType(numbers=tuple(range(1, 251)), capacity=(200,), shift=(0, horizon))
    return Problem("thousand", tuple(stops), (van,), (Matrix(distance, distance),), scale=10)


def _plan(problem: Problem, engine: str, seconds: float, seed: int) -> Plan | None:
    outcome = run_engine(ENGINES[engine], problem, seconds=seconds, seed=seed)
    for sequences in reversed(outcome.answers):
        plan = check(problem, sequences, engine=engine)
        if not isinstance(plan, NotFeasible):
            return replace(plan)
    return None


def _measure(
    problem: Problem,
    name: str,
    engine: str,
    seconds: float,
    seed: int,
    best: float,
    fleet: int,
    say: Say,
) -> Run:
    began = time.process_time()
    plan = _plan(problem, engine, seconds, seed)
    spent = time.process_time() - began
    if plan is None or plan.unserved:
        raise AssertionError(f"{engine} has no feasible plan for {name}")
    gap = 100 * (plan.cost / problem.scale / best - 1)
    more = len(plan.tours) - fleet if fleet else 0
    tours = f"{len(plan.tours)} tours" + (f" ({more:+d})" if fleet else "")
    say(
        f"{name:12} {engine:10} {seconds:g} s seed {seed}: {gap:6.2f} %  {tours}, parent {spent:.1f} s"
    )
    return Run(name, engine, seed, gap, len(plan.tours), more)
