"""The yearly report of air shipped: sums by box and for all, by volume."""

import pytest

from routing.packing.emptiness import EmptySpace, ShippedParcel, report_empty_space


def test_shares_are_of_the_volume_shipped_by_year_and_box() -> None:
    parcels = [
        ShippedParcel(2030, "S", 1000, 900),
        ShippedParcel(2030, "L", 9000, 3000),
        ShippedParcel(2031, "S", 1000, 500),
    ]
    report = report_empty_space(parcels)
    assert report[0] == EmptySpace(2030, "", 2, 10_000, 3900, 1)
    assert report[0].empty_share == pytest.approx(0.61)
    assert [(row.year, row.box_id, row.parcels, row.above_limit) for row in report] == [
        (2030, "", 2, 1),
        (2030, "L", 1, 1),
        (2030, "S", 1, 0),
        (2031, "", 1, 0),
        (2031, "S", 1, 0),
    ]
    assert report_empty_space([]) == []
