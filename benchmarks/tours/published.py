"""Published instances: the gap to best known of the engine chosen, and of PyVRP alone beside it."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.figures import Figure
from benchmarks.tours.instances import (
    LI_LIM_100,
    LI_LIM_MORE,
    MULTI_TRIP,
    best_fleet,
    load,
    thousand_stops,
)
from benchmarks.tours.runs import Bench, mean_gap, plan_alone
from routing.tours.engines import choose

RIVAL = "pyvrp"


def windows(
    bench: Bench,
    folder: Path,
    row: str,
    names: Iterable[str],
    seconds: float,
    limits: tuple[float, float],
    *,
    rival: bool = True,
) -> Figure:
    """Mean gap of the own choice, in the mean never worse than the rival in the same run."""
    own, other, worst = [], [], 0.0
    for name in list(names)[: bench.instances]:
        problem, best = load(folder, "vrptw", name)
        problem = replace(problem, name=name)
        chosen = choose(problem)[0][0]
        own.append(mean_gap(bench.measure(row, problem, chosen, seconds=seconds, best=best)))
        if rival:
            theirs = bench.measure(row, problem, RIVAL, seconds=seconds, best=best)
            other.append(mean_gap(theirs))
            worst = max(worst, own[-1] - other[-1])
    mean = float(np.mean(own))
    seen = f"{mean:.2f} %"
    ok = mean <= limits[0]
    if other:
        seen += f" ({RIVAL} alone {np.mean(other):.2f} %, worst instance {worst:+.2f})"
        ok = ok and mean <= float(np.mean(other)) + 1e-9 and worst <= 0.5
    must = f"≤ {limits[0]} %" + (f", not worse than {RIVAL}" if rival else "")
    what = f"tours, mean gap: {row}, {seconds:g} s"
    return Figure(what, must, f"≤ {limits[1]} %", seen, ok)


def few_shipments(bench: Bench, folder: Path) -> Figure:
    return _shipments(bench, folder, "Li & Lim 100 tasks", LI_LIM_100, 10, more=0, gap=0.5)


def many_shipments(bench: Bench, folder: Path) -> Figure:
    return _shipments(bench, folder, "Li & Lim 200/400 tasks", LI_LIM_MORE, 60, more=2, gap=None)


def _shipments(
    bench: Bench,
    folder: Path,
    row: str,
    names: Iterable[str],
    seconds: float,
    *,
    more: int,
    gap: float | None,
) -> Figure:
    """Tours beyond the best known fleet, and the gap where the fleet is the best known."""
    found = []
    for name in list(names)[: bench.instances]:
        problem, best = load(folder, "pdptw", name)
        problem = replace(problem, name=name)
        fleet = best_fleet(folder, name)
        chosen = choose(problem)[0][0]
        found += bench.measure(row, problem, chosen, seconds=seconds, best=best, fleet=fleet)
    most = max(one.more_tours for one in found)
    same = [one for one in found if one.more_tours == 0]
    mean = mean_gap(same) if same else float("nan")
    ok = most <= more and (gap is None or mean <= gap)
    must = f"≤ best fleet + {more}" + ("" if gap is None else f", gap ≤ {gap} %")
    seen = f"at most {most:+d}; gap {mean:.2f} % where the fleet is the best known ({len(same)} of {len(found)})"
    return Figure(f"tours, shipments: {row}, {seconds:g} s", must, must, seen, ok)


def several_trips(bench: Bench, folder: Path) -> Figure:
    row, found = "several trips with releases", []
    for name in MULTI_TRIP[: bench.instances]:
        problem, best = load(folder, "extras", name)
        problem = replace(problem, name=name)
        found += bench.measure(row, problem, choose(problem)[0][0], seconds=10, best=best)
    mean = mean_gap(found)
    return Figure(f"tours, mean gap: {row}, 10 s", "≤ 2 %", "≤ 2 %", f"{mean:.2f} %", mean <= 2)


def thousand(bench: Bench) -> Figure:
    """Feasible in 2 s; in 60 s cheaper than the rival alone."""
    problem = thousand_stops()
    first = plan_alone(problem, "ruin", 2, bench.seeds[0])
    own = plan_alone(problem, choose(problem)[0][0], 60, bench.seeds[0])
    other = plan_alone(problem, RIVAL, 60, bench.seeds[0])
    whole = first is not None and not first.unserved and own is not None
    seen = "no feasible plan"
    if first is not None and own is not None:
        theirs = "no plan" if other is None else f"{problem.shown(other.cost):g}"
        seen = (
            f"2 s {problem.shown(first.cost):g}, 60 s {problem.shown(own.cost):g} "
            f"against {RIVAL} {theirs}"
        )
        whole = whole and (other is None or own.cost < other.cost)
    bench.say(seen)
    must = f"feasible in 2 s; in 60 s cheaper than {RIVAL} alone"
    return Figure("tours, 1 000 stops", must, must, seen, whole)
