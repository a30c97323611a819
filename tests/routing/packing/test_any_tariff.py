"""Tariffs of any shape: where prices fall with weight, costs and proofs still hold."""

from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from routing.packing.goods import Box, Packing, PackItem, Tariff
from routing.packing.pack import pack

# Room never binds: only weights and prices decide, and those can be tried one by one.
BOXES = (
    Box("light", (400, 400, 400), (402, 402, 402), 0, 1_100, 0),
    Box("strong", (400, 400, 400), (402, 402, 402), 90, 5_000, 7),
)
WEIGHTLESS_AIR = 10**9  # mm3 per g

tariffs = st.builds(
    lambda limits, prices, extra: Tariff(
        "t", tuple(zip(sorted(limits), prices, strict=False)), extra, WEIGHTLESS_AIR
    ),
    st.sets(st.integers(1, 20).map(lambda n: 150 * n), min_size=2, max_size=6),
    st.lists(st.integers(0, 500), min_size=6, max_size=6),
    st.one_of(st.none(), st.integers(0, 200)),
)


def parcel_minor(weight_g: int, tariff: Tariff) -> int | None:
    costs = [tariff.parcel_minor(box, weight_g) for box in BOXES]
    return min((cost for cost in costs if cost is not None), default=None)


def least_minor(weights: tuple[int, ...], tariff: Tariff) -> int:
    """The cheapest of all ways to share the pieces out."""
    if not weights:
        return 0
    first, rest = weights[0], weights[1:]
    found = []
    for size in range(len(rest) + 1):
        for chosen in combinations(range(len(rest)), size):
            cost = parcel_minor(first + sum(rest[i] for i in chosen), tariff)
            if cost is not None:
                left = tuple(w for i, w in enumerate(rest) if i not in chosen)
                found.append(cost + least_minor(left, tariff))
    return min(found)


def test_a_heavier_bracket_that_costs_less_is_taken() -> None:
    tariff = Tariff("falling", ((500, 400), (1000, 100), (2000, 450)), None, WEIGHTLESS_AIR)
    packing = pack([PackItem("a", 50, 50, 50, 300, quantity=4)], BOXES[:1], tariff)
    assert isinstance(packing, Packing)
    assert (packing.cost_minor, packing.lower_bound_minor) == (200, 200)


@settings(max_examples=150, deadline=None)
@given(weights=st.lists(st.integers(1, 1_000), min_size=1, max_size=5), tariff=tariffs)
def test_few_pieces_cost_the_least_there_is(weights: list[int], tariff: Tariff) -> None:
    goods = [PackItem(str(k), 50, 50, 50, grams) for k, grams in enumerate(weights)]
    packing = pack(goods, BOXES, tariff)
    if isinstance(packing, Packing):
        assert packing.cost_minor == least_minor(tuple(weights), tariff)
        assert packing.proven
    else:
        assert any(parcel_minor(grams, tariff) is None for grams in weights)


@settings(max_examples=60, deadline=None)
@given(grams=st.integers(1, 500), copies=st.integers(13, 16), tariff=tariffs)
def test_the_bound_of_many_pieces_is_never_too_high(
    grams: int, copies: int, tariff: Tariff
) -> None:
    packing = pack([PackItem("a", 50, 50, 50, grams, quantity=copies)], BOXES, tariff)
    if not isinstance(packing, Packing):
        return
    least = [0]
    for count in range(1, copies + 1):
        ways = [
            cost + least[count - taken]
            for taken in range(1, count + 1)
            if (cost := parcel_minor(taken * grams, tariff)) is not None
        ]
        least.append(min(ways))
    assert packing.lower_bound_minor <= least[copies] <= packing.cost_minor
