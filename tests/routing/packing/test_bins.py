"""Equal bins: sound packings, few bins, and a bound that no packing beats."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.packing_validator import sound_bins
from core.errors import InvalidInput
from routing.packing.bins import least_bins, pack_bins
from routing.packing.goods import LONGEST_MM

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


def test_bins_as_large_as_containers_are_filled_as_well_as_small_ones() -> None:
    """The same problem in mm and 23 times as large: squares of such loads pass 64 bits."""
    rng = random.Random(4)
    small = [(rng.randint(20, 70), rng.randint(15, 60), rng.randint(10, 50)) for _ in range(40)]
    large = [(23 * a, 23 * b, 23 * c) for a, b, c in small]
    container = (23 * BIN[0], 23 * BIN[1], 23 * BIN[2])
    assert container[0] * container[1] * container[2] > 3_100_000_000
    one, other = pack_bins(small, BIN, budget=60_000), pack_bins(large, container, budget=60_000)
    assert sound_bins(other.bins, large, container)
    assert len(one.bins) == len(other.bins)
    longest = (LONGEST_MM, LONGEST_MM, LONGEST_MM)
    huge = [(LONGEST_MM, LONGEST_MM, rng.randint(9_000, 30_000)) for _ in range(12)]
    stacked = pack_bins(huge, longest, budget=60_000)
    assert sound_bins(stacked.bins, huge, longest)
    assert len(stacked.bins) <= stacked.lower_bound + 1


def test_a_bin_longer_than_can_be_reckoned_with_is_refused() -> None:
    with pytest.raises(InvalidInput, match="sides must be"):
        pack_bins([(1, 1, 1)], (LONGEST_MM + 1, 10, 10))


def test_a_piece_larger_than_the_bin_is_refused() -> None:
    with pytest.raises(InvalidInput, match="does not fit"):
        pack_bins([(101, 1, 1)], BIN)
    assert len(pack_bins([(60, 100, 80)], BIN, turn=True).bins) == 1
