"""Checkout planning on the sample cases: CPU per cart, exactness, other systems' rules."""

import time
from collections.abc import Callable, Sequence
from statistics import mean
from typing import Any

from benchmarks.carts import make_case
from benchmarks.figures import Figure, quantile
from benchmarks.plan_cases import sample
from routing.checkout.answer import answer_as_json
from routing.checkout.baselines import Baseline, plan_baseline
from routing.checkout.case import problem_from_case
from routing.checkout.check import check_answer
from routing.checkout.cpsat import cheapest
from routing.checkout.large import Effort, solve_large
from routing.checkout.problem import OBJECTIVES, Answer, Objective, Plan, Problem
from routing.checkout.solve import solve

THREE: tuple[Objective, ...] = OBJECTIVES[:3]
LONG = Effort(steps=1_500_000, polish=400)
"""About a minute of one core on a cart of 40 lines."""


def run(*, quick: bool, runs: int | None, say: Callable[[str], None]) -> list[Figure]:
    """All figures; `runs` solves per case (the least CPU counts)."""
    repeats = runs or (2 if quick else 5)
    figures: list[Figure] = []
    for name, objectives, musts in (
        ("checkout_small", THREE, None),
        ("checkout_medium", THREE, (5.0, 50.0, 2.0, 15.0)),
        ("checkout_medium", OBJECTIVES, None),
        ("checkout_joint_medium", THREE, (5.0, 50.0, 2.0, 15.0)),
        ("checkout_joint_medium", OBJECTIVES, None),
    ):
        figures += exact_speed(name, objectives, musts, repeats)
        say(f"  {name}, {len(objectives)} objectives")
    figures += oracle(12 if quick else 200, say)
    figures += against_baselines(say)
    figures += large_carts(1 if quick else repeats, quick, say)
    return figures


def exact_speed(
    name: str,
    objectives: tuple[Objective, ...],
    musts: tuple[float, float, float, float] | None,
    repeats: int,
) -> list[Figure]:
    """CPU of exact solves, and how many frontiers equal the reference."""
    rows = sample(name)
    problems = [problem_from_case(row["case"]) for row in rows]
    solve(problems[0], objectives)
    spent, right, known = [], 0, 0
    for row, problem in zip(rows, problems, strict=True):
        best, answer = timed(problem, objectives, repeats)
        spent.append(best)
        reference = None if len(objectives) == 4 else row.get("frontier3")
        if reference is not None:
            known += 1
            right += sorted(three(plan) for plan in answer.plans) == sorted(
                (plan["cost"], plan["date"], plan["parcels_n"]) for plan in reference
            )
    p50, p99 = quantile(spent, 0.5), quantile(spent, 0.99)
    words = f"{name.removeprefix('checkout_')}, {len(objectives)} objectives"
    figures = [
        Figure(
            f"{words}: CPU per cart, warm",
            f"p50 <= {musts[0]:g} ms, p99 <= {musts[1]:g} ms" if musts else "",
            f"p50 <= {musts[2]:g} ms, p99 <= {musts[3]:g} ms" if musts else "",
            f"p50 {p50:.2f} ms, p99 {p99:.2f} ms, max {max(spent):.2f} ms",
            musts is None or (p50 <= musts[0] and p99 <= musts[1]),
        )
    ]
    if known:
        figures.append(
            Figure(f"{words}: equal to the reference", "all", "all", f"{right} of {known}",
                   right == known)
        )  # fmt: skip
    return figures


def oracle(carts: int, say: Callable[[str], None]) -> list[Figure]:
    """Made medium carts: the cheapest plan and one more of the frontier, put to CP-SAT.

    A plan is confirmed when CP-SAT proves that nothing is cheaper (the checker vouches that it is
    a plan), contradicted when something cheaper is found; some may stay open within the time.
    """
    confirmed = contradicted = open_ = 0
    for seed in range(carts):
        problem = problem_from_case(make_case(seed))
        plans = solve(problem, THREE).plans
        if not plans:
            infeasible = cheapest(problem).infeasible
            confirmed, contradicted = confirmed + infeasible, contradicted + (not infeasible)
            continue
        other = plans[seed % len(plans)]
        for plan, by_day, most in (
            (min(plans, key=lambda one: one.cost), None, None),
            (other, other.date, other.parcels_n),
        ):
            found = cheapest(
                problem, by_day=by_day, most_parcels=most, below=plan.cost, deterministic_s=60
            )
            confirmed += found.infeasible
            contradicted += found.plan is not None
            open_ += not found.infeasible and found.plan is None
        if seed % 50 == 49:
            say(f"  CP-SAT: {confirmed} confirmed, {contradicted} contradicted, {open_} open")
    return [
        Figure("made medium carts: nothing cheaper by CP-SAT (least cost, one more of the frontier)",
               "0 contradicted", "0 open",
               f"{confirmed} proven, {contradicted} contradicted, {open_} open", not contradicted)
    ]  # fmt: skip


def against_baselines(say: Callable[[str], None]) -> list[Figure]:
    """What other systems' sourcing costs above the optimum of the medium sample."""
    problems = [problem_from_case(row["case"]) for row in sample("checkout_medium")]
    best = [min(solve(problem, ("cost",)).plans, key=lambda p: p.cost) for problem in problems]
    figures = []
    for baseline in Baseline:
        plans = [plan_baseline(problem, baseline) for problem in problems]
        pairs = [(plan, own) for plan, own in zip(plans, best, strict=True) if plan is not None]
        dearer = mean(plan.cost / own.cost - 1 for plan, own in pairs)
        figures.append(
            Figure(
                f"medium: {baseline.value} against the cheapest plan",
                "",
                "",
                f"cost +{dearer:.0%}, parcels {_more(pairs, 'parcels_n')}, "
                f"days {_more(pairs, 'date')}, none for {len(plans) - len(pairs)}",
                all(plan.cost >= own.cost for plan, own in pairs),
            )
        )
    through = [own for own in best if any(parcel.node.startswith("H") for parcel in own.parcels)]
    direct = [
        (_direct_cost(problem), own.cost) for problem, own in zip(problems, best, strict=True)
    ]
    saved = mean(1 - own / alone for alone, own in direct if alone is not None)
    figures.append(
        Figure("medium: cheapest plans that use a hub", "", "",
               f"{len(through)} of {len(best)}; {saved:.1%} cheaper than without hubs", True)
    )  # fmt: skip
    say("  baselines")
    return figures


def _direct_cost(problem: Problem) -> int | None:
    from dataclasses import replace

    plans = solve(replace(problem, hubs=(), lanes=()), ("cost",)).plans
    return min((plan.cost for plan in plans), default=None)


def _more(pairs: Sequence[tuple[Plan, Plan]], field: str) -> str:
    return f"{mean(getattr(plan, field) - getattr(own, field) for plan, own in pairs):+.1f}"


def large_carts(repeats: int, quick: bool, say: Callable[[str], None]) -> list[Figure]:
    """CPU, baselines and (in full) a long search on the large sample."""
    rows = sample("checkout_large")
    spent, dearer, wrong, gaps = [], 0, 0, []
    for row in rows:
        problem = problem_from_case(row["case"])
        solve_large(problem, OBJECTIVES, Effort(steps=30, polish=1))
        best, answer = timed(problem, OBJECTIVES, repeats)
        spent.append(best)
        cost = min(plan.cost for plan in answer.plans)
        wrong += bool(check_answer(row["case"], answer_as_json(problem.id, answer)))
        others = [plan_baseline(problem, baseline) for baseline in Baseline]
        dearer += any(plan is not None and plan.cost < cost for plan in others)
        if not quick:
            longer = solve_large(problem, OBJECTIVES, LONG)
            gaps.append(cost / min(plan.cost for plan in longer.plans) - 1)
            say(f"  {problem.id}: {gaps[-1]:.2%} above a long run")
    figures = [
        Figure("large, 20-50 lines: CPU per cart, warm", "p99 <= 400 ms", "",
               f"p50 {quantile(spent, 0.5):.0f} ms, max {max(spent):.0f} ms", max(spent) <= 400),
        Figure("large: dearer than a baseline, refused by the checker", "0, 0", "0, 0",
               f"{dearer}, {wrong} of {len(rows)}", not dearer and not wrong),
    ]  # fmt: skip
    if gaps:
        figures.append(
            Figure("large: cost above a run of a minute", "", "<= 2 %",
                   f"mean {mean(gaps):.2%}, max {max(gaps):.2%}", True)
        )  # fmt: skip
    return figures


def timed(problem: Any, objectives: tuple[Objective, ...], repeats: int) -> tuple[float, Answer]:
    """(least CPU ms, answer) of solving a problem."""
    best = float("inf")
    for _ in range(repeats):
        start = time.process_time()
        answer = solve(problem, objectives)
        best = min(best, (time.process_time() - start) * 1000)
    return best, answer


def three(plan: Plan) -> tuple[int, int, int]:
    """Cost, date, parcels."""
    return plan.cost, plan.date, plan.parcels_n
