"""Units go back in the parcels they came in, no box twice, none lighter than what is in it."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from returns.sending import CameIn, parcels_back

ONE, TWO, THREE = (UUID(int=number) for number in (1, 2, 3))


def came(parcel: UUID, units: dict[str, int], weight_g: int, **unit_g: int) -> CameIn:
    return CameIn(parcel, parcel.int, units, weight_g, unit_g)


def test_what_came_together_goes_back_together_without_what_stays() -> None:
    whole = came(ONE, {"a": 2, "b": 1}, 1100, a=300, b=400)
    (back,) = parcels_back({"a": 1, "b": 1}, [whole])
    assert (back.parcel, back.units, back.weight_g) == (ONE, {"a": 1, "b": 1}, 800)


def test_few_parcels_are_used_and_told_by_number() -> None:
    parcels = [
        came(ONE, {"a": 1}, 350, a=300),
        came(TWO, {"a": 2, "b": 1}, 1050, a=300, b=400),
        came(THREE, {"c": 1}, 90, c=50),
    ]
    assert [one.parcel for one in parcels_back({"a": 2, "b": 1}, parcels)] == [TWO]
    both = parcels_back({"a": 3, "c": 1}, parcels)
    assert [(one.parcel, one.units) for one in both] == [
        (ONE, {"a": 1}),
        (TWO, {"a": 2}),
        (THREE, {"c": 1}),
    ]


def test_an_unknown_weight_goes_back_whole() -> None:
    (back,) = parcels_back({"a": 1}, [came(ONE, {"a": 5}, 2000)])
    assert back.weight_g == 2000


def test_what_came_in_no_parcel_goes_back_in_none() -> None:
    assert parcels_back({"x": 1, "a": 0}, [came(ONE, {"a": 1}, 100)]) == ()


LINES = st.dictionaries(st.sampled_from("abc"), st.integers(0, 4))


@given(LINES, st.lists(LINES, max_size=4))
def test_units_are_shared_out_without_loss_or_invention(
    wanted: dict[str, int], parcels: list[dict[str, int]]
) -> None:
    given_parcels = [
        came(UUID(int=number), units, 100 + 10 * sum(units.values()), a=10, b=10, c=10)
        for number, units in enumerate(parcels, start=1)
    ]
    found = parcels_back(wanted, given_parcels)
    by_id = {one.parcel: one for one in given_parcels}
    assert len({one.parcel for one in found}) == len(found)
    for one in found:
        assert all(0 < qty <= by_id[one.parcel].units[line] for line, qty in one.units.items())
        assert one.weight_g == 100 + 10 * sum(one.units.values())
    for line in "abc":
        there = sum(units.get(line, 0) for units in parcels)
        taken = sum(one.units.get(line, 0) for one in found)
        assert taken == min(wanted.get(line, 0), there)
