"""Equal bins: sound packings, few bins, and a bound that no packing beats."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.packing_validator import sound_bins
from core.errors import InvalidInput
from routing.packing.bins import least_bins, pack_bins

BIN = (100, 80, 60)
pieces = st.lists(
    st.tuples(st.integers(1, 100), st.integers(1, 80), st.integers(1, 60)), min_size=1, max_size=14
)


@settings(max_examples=30, deadline=None)
@given(goods=pieces, turn=st.booleans())
def test_every_piece_lies_once_in_a_bin(goods: list[tuple[int, int, int]], turn: bool) -> None:
    binned = pack_bins(goods, BIN, turn=turn, budget=20_000)
    assert sound_bins(binned.bins, goods, BIN, turn=turn)
    assert binned.lower_bound <= len(binned.bins)


def test_pieces_cut_from_bins_go_back_into_as_many() -> None:
    half, quarter = (50, 80, 60), (50, 40, 60)
    goods = [half, quarter, quarter] * 4
    assert len(pack_bins(goods, BIN, budget=200_000).bins) == 4


def test_more_work_never_needs_more_bins() -> None:
    rng = random.Random(1)
    goods = [(rng.randint(20, 70), rng.randint(15, 60), rng.randint(10, 50)) for _ in range(40)]
    quick, slow = (len(pack_bins(goods, BIN, budget=b).bins) for b in (1, 100_000))
    assert slow < quick


def test_large_pieces_bound_the_bins() -> None:
    assert least_bins([(51, 41, 31)] * 3, BIN, turn=False) == 3
    assert least_bins([(50, 40, 30)] * 9, BIN, turn=True) == 2


def test_a_piece_larger_than_the_bin_is_refused() -> None:
    with pytest.raises(InvalidInput, match="does not fit"):
        pack_bins([(101, 1, 1)], BIN)
    assert len(pack_bins([(60, 100, 80)], BIN, turn=True).bins) == 1
