"""A dry run prices history, and finds rules that fight and rules that never get a turn."""

import random
import time
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carriers.adapters.table.published import published_tariffs
from carriers.service_rules import (
    Costs,
    PastParcel,
    ServiceRule,
    choose_service,
    dry_run,
    find_conflicts,
    find_unreachable,
)
from core.errors import InvalidInput
from core.money import Money
from core.places import Destination
from core.units import Dimensions

PAKKET = ("postnl", "DomesticPakket")
BOX = ("postnl", "DomesticBrievenbuspakje")
ABROAD = ("postnl", "InternationalPakket")
NL = frozenset({"NL"})
RULES = (
    ServiceRule("letterbox", BOX, NL, max_weight_g=2000, max_longest_mm=380),
    ServiceRule("home", PAKKET, NL),
    ServiceRule("abroad", ABROAD),
)


def past(country: str, weight_g: int, sides: tuple[int, int, int], cost: int) -> PastParcel:
    return PastParcel(
        Destination("NL", "5026RA"),
        Destination(country),
        weight_g,
        Dimensions(*sides),
        date(2026, 2, 2),
        Money(cost, "EUR"),
    )


def test_history_is_priced_as_the_rules_would_have_shipped_it() -> None:
    result = dry_run(
        RULES,
        [
            past("NL", 500, (300, 200, 30), 695),
            past("NL", 500, (300, 200, 100), 695),  # too thick for a letter box
            past("NL", 9000, (500, 400, 300), 695),
            past("DE", 1500, (300, 200, 100), 1550),
        ],
        published_tariffs(),
    )
    assert result.parcels == {"letterbox": 2, "home": 1, "abroad": 1}
    assert result.unpriced == {"too_large": 1}
    assert result.costs == (Costs(3, Money(2940, "EUR"), Money(425 + 695 + 1300, "EUR")),)
    assert result.costs[0].change == Money(-520, "EUR")
    assert result.unmatched == 0


def test_costs_in_two_currencies_are_told_apart_and_not_compared() -> None:
    rules = (ServiceRule("uk", ("royalmail", "online/Tracked48"), frozenset({"GB"})), *RULES)
    british = replace(past("GB", 500, (300, 200, 30), 999), origin=Destination("GB"))
    dutch = past("NL", 500, (300, 200, 30), 695)
    result = dry_run(rules, [british, dutch, british], published_tariffs())
    home, abroad = result.costs
    assert home == Costs(1, Money(695, "EUR"), Money(425, "EUR"))
    assert (abroad.parcels, abroad.then) == (2, Money(1998, "EUR"))
    assert abroad.now.currency == "GBP" and abroad.now.minor > 0 and abroad.change is None


def many(count: int) -> list[ServiceRule]:
    """Rules of many countries and limits, none of which another covers alone."""
    draw = random.Random(7)
    return [
        ServiceRule(
            f"r{n}",
            (PAKKET, BOX, ABROAD)[n % 3],
            frozenset(draw.sample(["NL", "DE", "FR", "BE", "PL", "ES"], 3)),
            draw.randint(0, 500),
            draw.randint(501, 9000),
            draw.randint(1, 900),
        )
        for n in range(count)
    ]


def test_a_hundred_rules_are_checked_at_once() -> None:
    rules = many(100)
    began = time.process_time()
    conflicts, dead = list(find_conflicts(rules)), find_unreachable(rules)
    assert time.process_time() - began < 5  # it was minutes when cells were enumerated
    assert conflicts and dead
    for one in conflicts:
        by_name = {rule.name: rule for rule in rules}
        cell = (one.country, one.weight_g, one.longest_mm)
        assert by_name[one.first].matches(*cell) and by_name[one.second].matches(*cell)


def test_rules_that_overlap_with_another_service_are_shown_with_a_parcel() -> None:
    conflicts = list(find_conflicts(RULES))
    assert {(c.first, c.second) for c in conflicts} == {
        ("letterbox", "home"),
        ("letterbox", "abroad"),
        ("home", "abroad"),
    }
    for conflict in conflicts:
        chosen = choose_service(RULES, conflict.country, conflict.weight_g, conflict.longest_mm)
        assert chosen is not None and chosen.name in (conflict.first, "letterbox")


def test_a_rule_that_several_earlier_ones_cover_together_is_unreachable() -> None:
    rules = (
        ServiceRule("light", PAKKET, NL, max_weight_g=5000),
        ServiceRule("heavy", ABROAD, NL, min_weight_g=5001),
        ServiceRule("middle", BOX, NL, min_weight_g=4000, max_weight_g=6000),
    )
    assert find_unreachable(rules) == ["middle"]
    assert find_unreachable((replace(rules[0], max_weight_g=4999), *rules[1:])) == []


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(1, 9)), max_size=5))
def test_unreachable_is_exactly_what_no_parcel_reaches(boxes: list[tuple[int, int, int]]) -> None:
    rules = [
        ServiceRule(f"r{n}", PAKKET, NL if n % 2 else frozenset(), min(a, b), max(a, b), side)
        for n, (a, b, side) in enumerate(boxes)
    ]
    reached = {
        rule.name
        for country in ("NL", "DE")
        for weight_g in range(1, 11)
        for longest_mm in range(1, 11)
        if (rule := choose_service(rules, country, weight_g, longest_mm))
    }
    assert set(find_unreachable(rules)) == {rule.name for rule in rules} - reached


def test_an_empty_weight_range_is_refused() -> None:
    with pytest.raises(InvalidInput):
        ServiceRule("none", PAKKET, min_weight_g=2, max_weight_g=1)


def test_a_year_of_history_is_tried_in_one_pass() -> None:
    draw = random.Random(1)
    history = [past("NL", draw.randint(1, 9000), (300, 200, 30), 695) for _ in range(2000)]
    result = dry_run(RULES, history, published_tariffs())
    assert sum(result.parcels.values()) == 2000 and not result.unpriced
