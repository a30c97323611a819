"""Checkout planning on the sample cases: CPU per cart, and answers against the references."""

import time
from collections.abc import Callable
from typing import Any

from benchmarks.figures import Figure, quantile
from benchmarks.plan_cases import sample
from routing.checkout.case import problem_from_case
from routing.checkout.problem import OBJECTIVES, Answer, Objective
from routing.checkout.solve import solve

THREE: tuple[Objective, ...] = OBJECTIVES[:3]


def run(*, quick: bool, runs: int | None, say: Callable[[str], None]) -> list[Figure]:
    """Figures of exact planning; `runs` solves per case (the least CPU counts)."""
    repeats = runs or (2 if quick else 5)
    figures = []
    for name, objectives, musts in (
        ("checkout_small", THREE, None),
        ("checkout_medium", THREE, (5.0, 50.0, 2.0, 15.0)),
        ("checkout_medium", OBJECTIVES, None),
        ("checkout_joint_medium", THREE, (5.0, 50.0, 2.0, 15.0)),
        ("checkout_joint_medium", OBJECTIVES, None),
    ):
        rows = sample(name)
        figures += _speed(name, rows, objectives, musts, repeats)
        say(f"  {name}, {len(objectives)} objectives: {len(rows)} cases")
    return figures


def _speed(
    name: str,
    rows: list[dict[str, Any]],
    objectives: tuple[Objective, ...],
    musts: tuple[float, float, float, float] | None,
    repeats: int,
) -> list[Figure]:
    problems = [problem_from_case(row["case"]) for row in rows]
    solve(problems[0], objectives)
    spent, right, known = [], 0, 0
    for row, problem in zip(rows, problems, strict=True):
        best, answer = timed(problem, objectives, repeats)
        spent.append(best)
        reference = row.get("frontier") if len(objectives) == 4 else row.get("frontier3")
        if reference is not None:
            known += 1
            right += values(answer) == sorted(
                (plan["cost"], plan["date"], plan["parcels_n"]) for plan in reference
            )
    p50, p99 = quantile(spent, 0.5), quantile(spent, 0.99)
    words = f"{name.removeprefix('checkout_')}, {len(objectives)} objectives"
    ok = musts is None or (p50 <= musts[0] and p99 <= musts[1])
    figures = [
        Figure(
            f"{words}: CPU per cart, warm",
            f"p50 <= {musts[0]:g} ms, p99 <= {musts[1]:g} ms" if musts else "",
            f"p50 <= {musts[2]:g} ms, p99 <= {musts[3]:g} ms" if musts else "",
            f"p50 {p50:.2f} ms, p99 {p99:.2f} ms, max {max(spent):.2f} ms",
            ok,
        )
    ]
    if known:
        figures.append(
            Figure(f"{words}: equal to the reference", "all", "all", f"{right} of {known}",
                   right == known)
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


def values(answer: Answer) -> list[tuple[int, int, int]]:
    """Cost, date, parcels of every plan, sorted."""
    return sorted((plan.cost, plan.date, plan.parcels_n) for plan in answer.plans)
