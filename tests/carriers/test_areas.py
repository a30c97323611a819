"""Postal ranges hold what carriers mean by them."""

import pytest

from carriers.areas import Area, best_match
from core.errors import InvalidInput
from core.places import Destination


@pytest.mark.parametrize(
    ("area", "country", "postcode", "inside"),
    [
        (Area("GB", "IV1", "IV28"), "GB", "IV3 8AA", True),
        (Area("GB", "IV1", "IV28"), "GB", "IV27 4QH", True),
        (Area("GB", "IV1", "IV28"), "GB", "IV30 1AA", False),
        (Area("GB", "IV1", "IV28"), "GB", "KW1 4YT", False),
        (Area("GB", "BT", "BT"), "GB", "BT1 1AA", True),
        (Area("GB", "B1", "B9"), "GB", "BT1 1AA", False),
        (Area("GB", "EC1", "EC1"), "GB", "EC1A 1BB", True),
        (Area("FR", "20", "20"), "FR", "20000", True),
        (Area("FR", "20", "20"), "FR", "21000", False),
        (Area("NL", "1000", "1299"), "NL", "1299 ZZ", True),
        (Area("NL", "1000", "1299"), "NL", "1300AA", False),
        (Area("*"), "KE", "", True),
        (Area("FR", "20", "20"), "FR", "", False),
    ],
)
def test_a_range_holds_its_postcodes(area: Area, country: str, postcode: str, inside: bool) -> None:
    assert area.holds(Destination(country, postcode)) is inside


def test_the_longest_bounds_win() -> None:
    areas = (Area("*"), Area("FR"), Area("FR", "20", "20"), Area("FR", "200", "206"))
    assert best_match(areas, Destination("FR", "20137")) == areas[3]
    assert best_match(areas, Destination("FR", "75001")) == areas[1]
    assert best_match(areas, Destination("DE", "75001")) == areas[0]


@pytest.mark.parametrize("bounds", [("GB", "IV28", "IV1"), ("FR", "20", ""), ("*", "1", "2")])
def test_a_broken_range_is_refused(bounds: tuple[str, str, str]) -> None:
    with pytest.raises(InvalidInput):
        Area(*bounds)


@pytest.mark.parametrize(
    ("country", "last", "behind"),
    [
        ("FR", "20", "21"),
        ("PT", "1000-999", "1001"),
        ("NL", "9799 ZZ", "98"),
        ("DE", "99999", ""),
        ("GB", "IV28", "IV29"),
        ("GB", "EC1A 1BB", "EC2"),
        ("GB", "E", "EA"),
        ("GB", "ZE", "ZF"),
    ],
)
def test_the_lowest_bound_behind_an_area_is_just_outside(
    country: str, last: str, behind: str
) -> None:
    area = Area(country, last, last)
    assert area.behind == behind
    assert not behind or not area.holds(Destination(country, behind))
