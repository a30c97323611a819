"""The yearly report of air shipped: sums by seller and box, by volume."""

from datetime import date

import pytest

from core.units import Dimensions
from routing.network.goods import Sku
from routing.packing.emptiness import EmptySpace, ShippedParcel, goods_mm3, sum_empty_space


def test_shares_are_of_the_volume_shipped_by_year_seller_and_box() -> None:
    parcels = [
        ShippedParcel("1", date(2030, 1, 1), "a", "S", 1000, 900),
        ShippedParcel("2", date(2030, 12, 31), "b", "L", 9000, 3000),
        ShippedParcel("3", date(2031, 1, 1), "a", "S", 1000, 500),
    ]
    report = sum_empty_space(parcels)
    assert report[0] == EmptySpace(2030, "", "", 2, 10_000, 3900, 1)
    assert report[0].empty_share == pytest.approx(0.61)
    told = [(row.year, row.seller, row.box_id, row.parcels, row.above_limit) for row in report]
    assert told == [
        (2030, "", "", 2, 1),
        (2030, "", "L", 1, 1),
        (2030, "", "S", 1, 0),
        (2030, "a", "", 1, 0),
        (2030, "a", "S", 1, 0),
        (2030, "b", "", 1, 1),
        (2030, "b", "L", 1, 1),
        (2031, "", "", 1, 0),
        (2031, "", "S", 1, 0),
        (2031, "a", "", 1, 0),
        (2031, "a", "S", 1, 0),
    ]
    assert sum_empty_space([]) == []


def test_a_copy_that_nests_adds_only_what_sticks_out() -> None:
    bucket = Sku("b", "Bucket", Dimensions(100, 100, 80), 50, nest_mm=10)
    vase = Sku("v", "Vase", Dimensions(100, 100, 80), 50, frozenset({"fragile"}), nest_mm=10)
    book = Sku("k", "Book", Dimensions(200, 100, 10), 50)
    assert goods_mm3([(bucket, 3)]) == 800_000 + 2 * 100_000
    assert goods_mm3([(vase, 3)]) == 3 * 800_000
    assert goods_mm3([(book, 2), (bucket, 1)]) == 2 * 200_000 + 800_000
