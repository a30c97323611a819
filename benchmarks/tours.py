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
from core.places import GeoPoint
from routing.adapters.solver.process import CpuWatch, run_engine
from routing.flows.replan_tours import replan_tours
from routing.tours.academic import distances
from routing.tours.checker import check
from routing.tours.engine import Sequences
from routing.tours.engines import ENGINES, choose
from routing.tours.hopeless import set_aside
from routing.tours.plan import NotFeasible, Plan
from routing.tours.problem import Kind, Matrix, Problem, Stop, VehicleType
from routing.tours.reading import read_tours_file
from routing.tours.travel import geodesic_matrix
from routing.tours.two_legs import HubDay, plan_two_legs

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
    figures += [_replan(folder, name, seeds, say) for name in ("RC2_2_6", "R1_2_4")]
    figures.append(_cancel(say))
    if quick:
        return figures
    figures.append(_two_legs(10, say))
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
        chosen = choose(problem)[0][0]
        mine = [_measure(problem, name, chosen, seconds, seed, best, 0, say).gap for seed in seeds]
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


def _replan(folder: Path, name: str, seeds: Iterable[int], say: Say) -> Figure:
    """Ten new stops among 190 before the day starts; gaps against runs of 20 CPU seconds."""
    whole, best = load(folder, "vrptw", name)
    old_problem = replace(whole, stops=whole.stops[:-10])
    reference = _plan(old_problem, "ruin", 20, 1)
    assert reference is not None
    worst_moved, worst_more, worst_s = 0.0, -1e9, 0.0
    for seed in seeds:
        old = _plan(old_problem, "ruin", 5, seed)
        assert old is not None
        began = time.process_time()
        answer = replan_tours(whole, old, now_s=0, seconds=0.3, seed=seed)
        spent = time.process_time() - began
        new = check(whole, answer.whole)
        assert isinstance(new, Plan)
        assert not new.unserved
        old_gap = 100 * (old.cost / reference.cost - 1)
        new_gap = 100 * (new.cost / whole.scale / best - 1)
        say(
            f"re-plan seed {seed}: old gap {old_gap:.2f} %, new gap {new_gap:.2f} %, {answer.churn.moved} moved, {spent:.2f} s"
        )
        worst_moved = max(worst_moved, 100 * answer.churn.share)
        worst_more = max(worst_more, new_gap - old_gap)
        worst_s = max(worst_s, spent)
    must = "≤ 0.5 s, ≤ 5 % moved, gap ≤ old + 0.3"
    seen = f"{worst_s:.2f} s, {worst_moved:.1f} % moved, gap old {worst_more:+.2f}"
    ok = worst_s <= 0.5 and worst_moved <= 5 and worst_more <= 0.3
    return Figure(f"tours, re-plan 10 new of 200 stops, worst seed: {name}", must, must, seen, ok)


def _cancel(say: Say) -> Figure:
    """Wall time from a cancel to the answer, of a child that would run for ten minutes."""
    asked: list[float] = []

    def cancelled() -> bool:
        if not asked and heard:
            asked.append(time.monotonic())
        return bool(asked)

    heard: list[object] = []
    problem = thousand_stops()
    run_engine(
        ENGINES["ruin"], problem, seconds=600, seed=1, cancelled=cancelled, told=heard.append
    )
    waited = time.monotonic() - asked[0]
    say(f"cancel answered after {waited:.2f} s")
    what = "tours, cancel answers with the best plan (wall time)"
    return Figure(what, "≤ 0.5 s", "≤ 0.5 s", f"{waited:.2f} s", waited <= 0.5)


def _two_legs(days: int, say: Say) -> Figure:
    """Generated hub days: the two legs as one against apart; apart is given fewer solver seconds in all."""
    better = worse = 0
    for seed in range(days):
        day = hub_day(seed)
        answer = plan_two_legs(day, _short_plan)
        before, after = answer.apart.order(day), answer.together.order(day)
        better += after < before
        worse += after > before
        saved = 100 * answer.saved / answer.apart.cost
        say(f"hub day {seed}: apart {before[0]} left out, as one {after[0]}; saved {saved:.2f} %")
    must = "better on ≥ 90 % of days, never worse"
    seen = f"better on {100 * better / days:.0f} %, worse on {worse} of {days}"
    return Figure("tours, both legs as one", must, must, seen, better >= 0.9 * days and not worse)


def _short_plan(problem: Problem, start: Sequences | None) -> Plan:
    easier, renumbered = set_aside(problem)
    begin = renumbered.forth(start) if start else None
    found = ENGINES["pyvrp"].solve(easier, start=begin, seed=1, watch=CpuWatch(1.0, lambda _: None))
    plan = check(problem, renumbered.back(found), engine="pyvrp")
    if isinstance(plan, NotFeasible):
        plan = check(problem, ())
    assert isinstance(plan, Plan)
    return plan


def hub_day(seed: int, *, sellers: int = 15, buyers: int = 30) -> HubDay:
    """Sellers open in the morning, buyers have windows of 90 min from 11 on; two sources each."""
    rng = np.random.default_rng(seed)

    def leg(count: int, kind: Kind) -> Problem:
        points, stops = [GeoPoint(48.2, 16.37)], []
        for i in range(1, count + 1):
            lat, lon = 48.2 + rng.normal(0, 0.04), 16.37 + rng.normal(0, 0.05)
            points.append(GeoPoint(float(lat), float(lon)))
            first = int(rng.integers(480, 600) if kind is Kind.COLLECT else rng.integers(660, 900))
            window = (60 * first, 60 * (first + (240 if kind is Kind.COLLECT else 90)))
            stops.append(Stop(i, i, (1,), kind, (window,), service_s=300))
        van = VehicleType(
            numbers=tuple(range(1, 9)),
            capacity=(12,),
            shift=(7 * 3600, 20 * 3600),
            fixed_cost=4000 * 18_000,
            cost_per_m=40 * 18,
            cost_per_s=2000 * 5,
        )
        matrix = geodesic_matrix(points)
        return Problem(kind.value, tuple(stops), (van,), (matrix,), scale=18_000, currency="EUR")

    inbound, outbound = leg(sellers, Kind.COLLECT), leg(buyers, Kind.DELIVER)
    sources = {
        out: tuple(sorted({int(i) for i in rng.integers(0, sellers, size=2)}))
        for out in range(buyers)
    }
    return HubDay(inbound, outbound, sources, handling_s=1200)


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
