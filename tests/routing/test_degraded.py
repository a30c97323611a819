"""Degraded quotes: rungs in order, honest figures, and a packing that needs no search."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import routing.degraded
from core.ids import QuoteId
from core.places import Destination
from routing.cart import Cart, CartLine, Live
from routing.degraded import most_in_grid, plan_degraded_quote
from routing.packing.fit import FitMemory
from routing.packing.goods import PackItem
from routing.quoting import plan_quote
from routing.snapshot import Snapshot

MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ID = QuoteId(UUID(int=1))
CART = Cart(
    Destination("FR", "75011"),
    (CartLine("1", "COFFEE-01", 2), CartLine("2", "BOOK-03", 1), CartLine("3", "LAMP-02", 1)),
    MONDAY,
)


def test_no_rung_beats_the_full_plan_and_all_say_what_they_are(
    snapshot: Snapshot, live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = plan_quote(snapshot, CART, live, ID)
    told = [
        plan_degraded_quote(snapshot, CART, live, ID, last_good=full),
        plan_degraded_quote(snapshot, CART, live, ID),
    ]
    monkeypatch.setattr(routing.degraded, "MOST_TRIALS", 0)
    told.append(plan_degraded_quote(snapshot, CART, live, ID))
    least = min(option.cost.minor for option in full.options)
    first = min(option.promise.date for option in full.options)
    assert [quote and quote.degraded_by for quote in told] == [
        "last_good_plan",
        "greedy",
        "static_table",
    ]
    for quote in told:
        assert quote is not None and not quote.exact and quote.bound_minor is None
        assert min(option.cost.minor for option in quote.options) >= least
        assert min(option.promise.date for option in quote.options) >= first
        for option in quote.options:
            assert option.why[0].code == "planned_in_a_hurry"
            assert "nothing_earlier" not in {sentence.code for sentence in option.why}
            assert float(option.promise.probability) >= float(option.promise.level) - 1e-4


def test_a_last_good_plan_whose_goods_are_gone_is_not_told_again(
    snapshot: Snapshot, live: Live
) -> None:
    full = plan_quote(snapshot, CART, live, ID)
    used = {
        (c.seller, c.sku, c.location)
        for option in full.options
        for parcel in option.parcels
        for c in parcel.contents
        if c.sku == "LAMP-02"
    }
    rest = Live({key: 0 if key in used else units for key, units in live.stock.items()}, live.used)
    again = plan_degraded_quote(snapshot, CART, rest, ID, last_good=full)
    assert again is None or again.degraded_by == "greedy"


def test_a_last_good_plan_of_another_network_is_not_told_again(
    snapshot: Snapshot, live: Live
) -> None:
    full = replace(plan_quote(snapshot, CART, live, ID), network="another")
    again = plan_degraded_quote(snapshot, CART, live, ID, last_good=full)
    assert again is not None and again.degraded_by == "greedy"


@given(
    sides=st.tuples(*[st.integers(40, 300)] * 3),
    box=st.tuples(*[st.integers(100, 600)] * 3),
    upright=st.booleans(),
    fragile=st.booleans(),
    alone=st.booleans(),
)
@settings(derandomize=True, deadline=None, max_examples=25)
def test_what_a_grid_takes_the_packer_takes_too(
    sides: tuple[int, int, int],
    box: tuple[int, int, int],
    upright: bool,
    fragile: bool,
    alone: bool,
) -> None:
    piece = PackItem(
        id="a",
        length_mm=sides[0],
        width_mm=sides[1],
        height_mm=sides[2],
        weight_g=100,
        upright=upright,
        fragile=fragile,
        alone=alone,
        hazmat="",
        nest_mm=0,
        sku="a",
        quantity=1,
    )
    most = min(most_in_grid(piece, box), 6)
    if most:
        counts = np.array([[0], [most]], dtype=np.int64)
        assert FitMemory().table(counts, [piece], [box])[1, 0]
