"""Large carts of the demo network: the search stays inside its arrays and finds what there is."""

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice

import numpy as np
import pytest

from core.places import Destination
from routing.cart import Cart, CartLine, Live
from routing.checkout import depot
from routing.checkout.baselines import Baseline, plan_baseline
from routing.checkout.depot import Depot
from routing.checkout.evaluate import Evaluator
from routing.checkout.from_network import build_problem
from routing.checkout.large import Effort, solve_large
from routing.checkout.likelihood import Likelihoods
from routing.checkout.problem import OBJECTIVES, IntArray, Problem
from routing.checkout.rebuild import NO_PRICE, improve
from routing.checkout.why import UNSEARCHED, explain
from routing.snapshot import Snapshot

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
LITTLE = Effort(steps=120, polish=2)


@pytest.fixture
def checked(monkeypatch: pytest.MonkeyPatch) -> Callable[..., object]:
    """The kernel as plain Python, where numpy looks at every index; only -1 it would let pass."""
    plain: Callable[..., object] = getattr(improve, "py_func", improve)
    monkeypatch.setattr(depot, "improve", plain)
    return plain


def carts(snapshot: Snapshot, live: Live, sizes: tuple[int, ...]) -> Iterator[Problem]:
    """Seeded carts of so many stocked articles, one each, to Paris."""
    stocked = {sku for (_, sku, _), units in live.stock.items() if units}
    skus = sorted(stocked)
    draw = random.Random(11)
    while True:
        chosen = draw.sample(skus, draw.choice(sizes))
        lines = tuple(CartLine(str(n), sku, 1) for n, sku in enumerate(chosen))
        yield build_problem(snapshot, Cart(Destination("FR", "75011"), lines, AT), live).problem


@pytest.mark.usefixtures("checked")
def test_the_search_stays_inside_its_arrays(snapshot: Snapshot, live: Live) -> None:
    for problem in islice(carts(snapshot, live, (8, 10, 12, 14)), 6):
        answer = solve_large(problem, OBJECTIVES, LITTLE)
        evaluator = Evaluator(problem)
        for plan in answer.plans:
            assert evaluator.plan(plan.parcels) == plan
            assert plan.parcels_n <= problem.max_parcels
        cheapest = min((plan.cost for plan in answer.plans), default=None)
        for baseline in Baseline:
            plan = plan_baseline(problem, baseline)
            assert plan is None or cheapest is None or cheapest <= plan.cost


@pytest.mark.parametrize("first", [0, 3, 40])
def test_a_start_may_number_its_parcels_in_any_way(
    snapshot: Snapshot, live: Live, checked: Callable[..., object], first: int
) -> None:
    problem = next(carts(snapshot, live, (12,)))
    full = Depot(problem, problem.q)
    units, most, last = len(full.units), 6, len(problem.day_starts)
    option: IntArray = full.option_start[full.units].copy()
    parcel: IntArray = np.arange(units, dtype=np.int64) % (most + 1) + first
    seed = np.array([7], dtype=np.int64)
    costs, _, parcels = full.improve(option, parcel, last, most, 20, seed)
    assert len(costs) == most + 1
    for number in np.flatnonzero(costs < NO_PRICE):
        assert len(np.unique(parcels[number])) == number
        assert parcels[number].min() >= 0 and parcels[number].max() < most


def test_a_plan_that_there_is_within_the_limit_is_found(snapshot: Snapshot, live: Live) -> None:
    """Also where goods put in one after the other, each where it costs least, fill all parcels."""
    effort = Effort(steps=2_000, polish=0)
    served = 0
    for problem in islice(carts(snapshot, live, (8, 11, 14)), 8):
        roomy = solve_large(replace(problem, max_parcels=9), OBJECTIVES, effort)
        if roomy.plans:
            fewest = min(plan.parcels_n for plan in roomy.plans)
            within = solve_large(replace(problem, max_parcels=fewest), OBJECTIVES, effort)
            assert within.plans and {plan.parcels_n for plan in within.plans} == {fewest}
            served += 1
    assert served


def test_a_search_says_nothing_of_ways_that_nobody_looked_at(
    snapshot: Snapshot, live: Live
) -> None:
    problem = next(carts(snapshot, live, (12,)))
    likelihoods = Likelihoods(Evaluator(problem))
    answer = solve_large(problem, OBJECTIVES, LITTLE)
    assert answer.plans and not answer.complete
    for plan in answer.plans:
        codes = [
            one.code for one in explain(likelihoods, plan, answer.plans, complete=answer.complete)
        ]
        assert codes and not UNSEARCHED & set(codes)
    first = min(answer.plans, key=lambda plan: plan.date)
    assert UNSEARCHED & {one.code for one in explain(likelihoods, first, answer.plans)}
