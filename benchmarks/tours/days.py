"""Running days: re-planning with little churn, cancelling at once, both legs of a hub as one."""

import time
from dataclasses import replace
from pathlib import Path

from benchmarks.figures import Figure
from benchmarks.tours.instances import hub_day, load, thousand_stops
from benchmarks.tours.runs import Bench, plan_alone
from routing.adapters.solver.process import CpuWatch, run_engine
from routing.flows.replan_tours import Replanned, replan_tours
from routing.tours.checker import check
from routing.tours.engine import Sequences
from routing.tours.engines import ENGINES
from routing.tours.hopeless import set_aside
from routing.tours.plan import NotFeasible, Plan
from routing.tours.problem import Problem
from routing.tours.two_legs import plan_two_legs

NEW_STOPS = 10
LONG_S, LONG_SEEDS = 10, (101, 102)  # CPU seconds and seeds of the searches compared with
BEFORE_THE_DAY_S = -1  # nobody has left yet
HUB_DAYS = 20
LEG_S, AGAIN_S = 0.4, 0.1  # CPU seconds of a leg's plan from nothing, and from the best so far


def replanned(bench: Bench, folder: Path, name: str) -> list[Figure]:
    """Ten new stops among 190 before the day starts, worst seed; and the same against long searches.

    The old plan's gap is to the best seen of the 190 stops, the new one's to the best known of the
    200. Beside it: the same with the limit on moves lifted, which is what the limit costs. The
    second figure compares each new plan with the best that long searches from the same old plan
    find within the same limit: what is left of the gap when the limit's own share is taken off.
    """
    whole, best = load(folder, "vrptw", name)
    old_problem = replace(whole, stops=whole.stops[:-NEW_STOPS])
    olds = [_sure(old_problem, "relay", 5, seed) for seed in bench.seeds]
    reference = min(_sure(old_problem, "relay", 20, 1).cost, *(old.cost for old in olds))
    moved, more, spent, free, above = ([0.0] * len(olds) for _ in range(5))
    for k, (seed, old) in enumerate(zip(bench.seeds, olds, strict=True)):
        old_gap = 100 * (old.cost / reference - 1)
        answer, spent[k] = _replan(whole, old, seed)
        new_gap = _gap(whole, answer, best)
        free_gap = _gap(whole, _replan(whole, old, seed, most_moved=1.0)[0], best)
        least = min(
            _gap(whole, _replan(whole, old, long, seconds=LONG_S)[0], best) for long in LONG_SEEDS
        )
        bench.say(
            f"re-plan {name} seed {seed}: old gap {old_gap:.2f} %, new {new_gap:.2f} %, "
            f"{answer.churn.moved} moved, {spent[k]:.2f} s; without a limit {free_gap:.2f} %, "
            f"within it in {len(LONG_SEEDS)} x {LONG_S:g} s {least:.2f} %"
        )
        moved[k] = 100 * answer.churn.share
        more[k], free[k] = new_gap - old_gap, free_gap - old_gap
        above[k] = new_gap - min(least, new_gap)
    must = "≤ 0.5 s, ≤ 5 % moved, gap ≤ old + 0.3"
    seen = (
        f"{max(spent):.2f} s, {max(moved):.1f} % moved, gap old {max(more):+.2f} "
        f"(without a limit on moves {max(free):+.2f})"
    )
    ok = max(spent) <= 0.5 and max(moved) <= 5 and max(more) <= 0.3
    what = f"tours, re-plan 10 new of 200 stops, worst seed: {name}"
    fair = f"tours, re-plan above the best seen within the limit, mean: {name}"
    mean = sum(above) / len(above)
    return [
        Figure(what, must, must, seen, ok),
        Figure(fair, "≤ 0.3", "≤ 0.3", f"{mean:.2f} (worst {max(above):.2f})", mean <= 0.3),
    ]


def _sure(problem: Problem, engine: str, seconds: float, seed: int) -> Plan:
    plan = plan_alone(problem, engine, seconds, seed)
    if plan is None:
        raise AssertionError(f"{engine} has no feasible plan for {problem.name}")
    return plan


def _replan(
    whole: Problem, old: Plan, seed: int, *, most_moved: float = 0.05, seconds: float = 0.45
) -> tuple[Replanned, float]:
    began = time.process_time()
    answer = replan_tours(
        whole, old, now_s=BEFORE_THE_DAY_S, most_moved=most_moved, seconds=seconds, seed=seed
    )
    return answer, time.process_time() - began


def _gap(whole: Problem, answer: Replanned, best: float) -> float:
    plan = check(whole, answer.whole)
    if isinstance(plan, NotFeasible) or plan.unserved:
        raise AssertionError("the day re-planned is not whole")
    return 100 * (plan.cost / whole.scale / best - 1)


def cancelled(bench: Bench) -> Figure:
    """Wall time from a cancel to the answer, of a child that would run for ten minutes."""
    asked: list[float] = []
    heard: list[object] = []

    def stop() -> bool:
        if not asked and heard:
            asked.append(time.monotonic())
        return bool(asked)

    run_engine(
        ENGINES["ruin"],
        thousand_stops(),
        seconds=600,
        seed=1,
        cancelled=stop,
        told=heard.append,
    )
    waited = time.monotonic() - asked[0]
    bench.say(f"cancel answered after {waited:.2f} s")
    what = "tours, cancel answers with the best plan (wall time)"
    return Figure(what, "≤ 0.5 s", "≤ 0.5 s", f"{waited:.2f} s", waited <= 0.5)


def two_legs(bench: Bench, days: int = HUB_DAYS) -> Figure:
    """Generated hub days: the legs as one against apart; how many had anything to gain is told."""
    cheaper = earlier = worse = held_up = 0
    for seed in range(days):
        day = hub_day(seed)
        answer = plan_two_legs(day, plan_leg)
        apart, one = answer.apart, answer.together
        before, after = apart.order(day), one.order(day)
        is_cheaper = after[:2] < before[:2]
        cheaper += is_cheaper
        earlier += after < before and not is_cheaper
        worse += after > before
        held_up += answer.held_up
        bench.say(
            f"hub day {seed}: held up {'yes' if answer.held_up else 'no'}; left out {before[0]} "
            f"→ {after[0]}; cost {-100 * answer.saved / apart.cost:+.2f} %, mean delivery "
            f"{(one.mean_delivery_s - apart.mean_delivery_s) / 60:+.1f} min"
        )
    must = f"better on ≥ 90 % of {days} days, never worse"
    seen = (
        f"cheaper (or more served) on {cheaper}, else earlier on {earlier}, worse on {worse} of "
        f"{days}; the milk run held the tours up on {held_up}"
    )
    ok = cheaper + earlier >= 0.9 * days and not worse
    return Figure("tours, both legs as one", must, must, seen, ok)


def plan_leg(problem: Problem, start: Sequences | None) -> Plan:
    """A leg planned in this process; the legs apart get the most time."""
    easier, renumbered = set_aside(problem)
    begin = renumbered.forth(start) if start else None
    watch = CpuWatch(AGAIN_S if start else LEG_S, lambda _: None)
    found = ENGINES["pyvrp"].solve(easier, start=begin, seed=1, watch=watch)
    plan = check(problem, renumbered.back(found), engine="pyvrp")
    if isinstance(plan, NotFeasible):
        plan = check(problem, ())
    assert isinstance(plan, Plan)
    return plan
