"""One box: what the search cannot place is proved impossible by CP-SAT, on small cases."""

import random
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.packing.catalogue import prepare
from routing.packing.goods import Box, PackItem, Preset, Tariff
from routing.packing.numbers import ints, zeros
from routing.packing.pack import EFFORTS
from routing.packing.proof import IMPOSSIBLE, POSSIBLE, ROOM, prove
from routing.packing.trial import Trials
from routing.packing.units import Units

FREE = Tariff("free", ((1_000_000, 0),))


def fits(goods: list[tuple[int, int, int]], inner: tuple[int, int, int], preset: Preset) -> bool:
    catalogue = prepare([Box("b", inner, inner, 0, 1_000_000, 0)], FREE, support_pct=-1)
    units = Units([PackItem(str(k), *sides, 0) for k, sides in enumerate(goods)], catalogue)
    trials = Trials(units, catalogue, EFFORTS[preset])
    return trials.fit(tuple(range(units.count)), 0, len(EFFORTS[preset].steps)) is not None


def verdict(goods: list[tuple[int, int, int]], inner: tuple[int, int, int]) -> int:
    catalogue = prepare([Box("b", inner, inner, 0, 1_000_000, 0)], FREE, support_pct=-1)
    units = Units([PackItem(str(k), *sides, 0) for k, sides in enumerate(goods)], catalogue)
    n = len(goods)
    return prove(
        n, ints(range(n)), units.turns, units.extents, ints((*inner, 0)), 3_000_000,
        zeros(3 * n), zeros(n * (n + 1)), zeros(n * (n + 1) // 2 + 1), zeros(ROOM), zeros(1),
    )  # fmt: skip


def can_fit(goods: list[tuple[int, int, int]], inner: tuple[int, int, int]) -> bool:
    """CP-SAT on positions and orientations: the truth for rigid boxes without other rules."""
    cp_model = pytest.importorskip("ortools.sat.python.cp_model")
    model = cp_model.CpModel()
    rows = []
    for sides in goods:
        turns = sorted(set(permutations(sides)))
        chosen = [model.new_bool_var("") for _ in turns]
        model.add_exactly_one(chosen)
        row = []
        for axis in range(3):
            low = model.new_int_var(0, inner[axis], "")
            size = sum(turn[axis] * is_it for turn, is_it in zip(turns, chosen, strict=True))
            model.add(low + size <= inner[axis])
            row.append((low, size))
        rows.append(row)
    for i in range(len(rows)):
        for j in range(i):
            sides = []
            for axis in range(3):
                for a, b in ((i, j), (j, i)):
                    before = model.new_bool_var("")
                    low, size = rows[a][axis]
                    model.add(low + size <= rows[b][axis][0]).only_enforce_if(before)
                    sides.append(before)
            model.add_at_least_one(sides)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.max_deterministic_time = 20
    status = solver.solve(model)
    assert status in (cp_model.OPTIMAL, cp_model.FEASIBLE, cp_model.INFEASIBLE)
    return bool(status != cp_model.INFEASIBLE)


@pytest.mark.parametrize("seed", range(8))
def test_what_is_not_placed_cannot_be_placed(seed: int) -> None:
    rng = random.Random(seed)
    inner = (20, 16, 12)
    goods = [
        (rng.randint(4, 14), rng.randint(4, 12), rng.randint(3, 10))
        for _ in range(rng.randint(3, 5))
    ]
    possible = can_fit(goods, inner)
    assert fits(goods, inner, Preset.WAREHOUSE) == possible
    assert verdict(goods, inner) == (POSSIBLE if possible else IMPOSSIBLE)


@settings(max_examples=60, deadline=None)
@given(
    goods=st.lists(
        st.tuples(st.integers(3, 12), st.integers(3, 12), st.integers(3, 12)),
        min_size=1,
        max_size=4,
    )
)
def test_what_was_placed_is_never_proved_impossible(goods: list[tuple[int, int, int]]) -> None:
    inner = (16, 14, 12)
    if fits(goods, inner, Preset.CHECKOUT):
        assert verdict(goods, inner) == POSSIBLE


def test_pieces_sawn_from_a_box_go_back_into_it() -> None:
    goods = [(10, 6, 7), (10, 4, 7), (12, 10, 5), (5, 7, 10), (7, 7, 10)]
    inner = (22, 10, 12)
    volume = sum(a * b * c for a, b, c in goods)
    assert volume <= 22 * 10 * 12
    assert fits(goods, inner, Preset.CHECKOUT) == can_fit(goods, inner)
