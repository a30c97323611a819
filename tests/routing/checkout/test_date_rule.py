"""The cost rule in quotes: exact where there is one way, never below the level, and honest."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import InvalidInput
from core.ids import QuoteId
from core.places import Destination
from routing.cart import Cart, CartLine, Live
from routing.checkout.date_rule import LEAST, MOST, choose_level
from routing.checkout.evaluate import Evaluator
from routing.checkout.from_network import CartProblem, build_problem
from routing.checkout.likelihood import Likelihoods
from routing.checkout.problem import Problem
from routing.checkout.solve import solve
from routing.distributions.choice import days_at_cost, days_at_level, level_of_day
from routing.network.policies import DateRule
from routing.network.services import TransitRow
from routing.quote import Quote
from routing.quoting import plan_quote
from routing.replanning import case_of_quote, explain_option, plan_of
from routing.snapshot import Snapshot, compile_snapshot

MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ID = QuoteId(UUID(int=1))
COSTS = (0.5, 5.0, 40.0, 200.0, 10_000.0)
RELAXED = settings(
    derandomize=True,
    deadline=None,
    max_examples=8,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@st.composite
def carts(draw: st.DrawFn) -> Cart:
    skus = draw(
        st.lists(
            st.sampled_from(["MUG-01", "COFFEE-02", "BOOK-03", "PUZZLE-02", "SCARF-04"]),
            min_size=1,
            max_size=3,
            unique=True,
        )
    )
    lines = tuple(CartLine(str(n), sku, draw(st.integers(1, 2))) for n, sku in enumerate(skus))
    at = MONDAY + timedelta(minutes=draw(st.integers(0, 20 * 1440)))
    to = draw(st.sampled_from((Destination("FR", "75011"), Destination("NL", "1012 LG"))))
    return Cart(to, lines, at)


def under(snapshot: Snapshot, rule: DateRule, cost: float | None) -> Snapshot:
    """The demo network with every policy under that rule."""
    days = None if cost is None else Decimal(str(cost))
    policies = tuple(
        replace(policy, date_rule=rule, lateness_cost_days=days)
        for policy in snapshot.network.policies
    )
    return compile_snapshot(replace(snapshot.network, policies=policies), "x")


def one_way(problem: Problem, number: int) -> Problem | None:
    """The problem with one service alone, where that can serve the cart."""
    nodes = {place.id for place in problem.locations}
    direct = [service for service in problem.services if service.node in nodes]
    if not direct:
        return None
    service = direct[number % len(direct)]
    offers = tuple(offer for offer in problem.offers if offer.location == service.node)
    narrow = replace(problem, services=(service,), offers=offers, hubs=(), lanes=(), max_parcels=1)
    return narrow if solve(narrow, ("date",)).plans else None


@given(carts(), st.integers(0, 5), st.sampled_from(COSTS))
@RELAXED
def test_with_one_way_the_day_is_exactly_the_later_of_both_rules(
    snapshot: Snapshot, live: Live, cart: Cart, number: int, cost: float
) -> None:
    whole = build_problem(under(snapshot, DateRule.LEVEL, None), cart, live)
    problem = one_way(whole.problem, number)
    if problem is None:
        return
    chosen = choose_level(problem, DateRule.LATER, cost)
    plan = solve(replace(problem, q=chosen.level), ("date", "cost")).plans[0]
    waiting = 1.0 - Likelihoods(Evaluator(problem)).row(plan.parcels[0])[None, :]
    by_level = int(days_at_level(waiting, float(problem.q))[0])
    by_cost = int(days_at_cost(waiting, cost)[0])
    if chosen.level < MOST:
        assert plan.date + 1 == max(by_level, by_cost)
    else:
        assert by_level <= plan.date + 1 <= max(by_level, by_cost)


@given(carts())
@RELAXED
def test_dearer_lateness_never_promises_earlier_and_states_what_is_true(
    snapshot: Snapshot, live: Live, cart: Cart
) -> None:
    plain = plan_quote(under(snapshot, DateRule.LEVEL, None), cart, live, ID)
    dates = [min(option.promise.date for option in plain.options)]
    levels = [Decimal("0.95")]
    for cost in COSTS:
        network = under(snapshot, DateRule.LATER, cost)
        problem = build_problem(network, cart, live)
        told = plan_quote(network, cart, live, ID)
        levels.append(problem.problem.q)
        dates.append(min(option.promise.date for option in told.options))
        states_what_is_true(network, problem, told)
        assert {option.promise.level for option in told.options} == {Decimal("0.95")}
    assert levels == sorted(levels)
    assert dates == sorted(dates)
    assert levels[-1] <= MOST


def states_what_is_true(network: Snapshot, problem: CartProblem, told: Quote) -> None:
    """The stated probability is that of everything being there by the day."""
    evaluator = Evaluator(problem.problem)
    for option in told.options:
        plan = plan_of(network, problem, option)
        together = evaluator.together(plan.parcels, plan.date)
        assert 0 <= together - float(option.promise.probability) < 1e-4 + 1e-9
        assert together >= float(problem.problem.q) - 1e-9


def test_the_cost_rule_alone_states_the_level_it_chose(snapshot: Snapshot, live: Live) -> None:
    cart = Cart(Destination("FR", "75011"), (CartLine("1", "MUG-01", 1),), MONDAY)
    cheap = plan_quote(under(snapshot, DateRule.COST, 0.5), cart, live, ID)
    dear = plan_quote(under(snapshot, DateRule.COST, 200), cart, live, ID)
    assert {option.promise.rule for option in (*cheap.options, *dear.options)} == {"cost"}
    assert LEAST <= cheap.options[0].promise.level < Decimal("0.95")
    assert dear.options[0].promise.level == Decimal("0.95")
    assert dear.options[0].promise.date > cheap.options[0].promise.date


def test_what_no_plan_can_keep_is_promised_by_the_level_alone(
    snapshot: Snapshot, live: Live
) -> None:
    """The rule asks about one parcel; twelve lamps need six, and tables that end at 99.5 %."""
    cart = Cart(Destination("FR", "75011"), (CartLine("1", "LAMP-02", 12),), MONDAY)
    network = under(snapshot, DateRule.LATER, 10_000).network
    ending = compile_snapshot(replace(network, transit=tuple(map(_ending, network.transit))), "y")
    told = plan_quote(ending, cart, live, ID)
    assert {option.promise.rule for option in told.options} == {"level"}
    assert build_problem(ending, cart, live).problem.q > Decimal("0.97")
    for option in told.options:
        assert Decimal(option.promise.probability) >= option.promise.level == Decimal("0.95")
    assert case_of_quote(ending, told)["q"] == "0.95"
    asked = explain_option(ending, told, told.options[0].code, live)
    assert all(each.date is None or each.days >= -14 for each in asked.alternatives)


def _ending(row: TransitRow) -> TransitRow:
    """The same table up to 99.5 %."""
    known = sum(level <= Decimal("0.995") for level in row.table.levels)
    table = replace(row.table, levels=row.table.levels[:known], minutes=row.table.minutes[:known])
    return replace(row, table=table)


def test_without_a_cost_the_level_decides_and_a_quote_is_written_down_as_it_was_planned(
    snapshot: Snapshot, live: Live
) -> None:
    cart = Cart(Destination("FR", "75011"), (CartLine("1", "MUG-01", 1),), MONDAY)
    plain = under(snapshot, DateRule.LATER, None)
    told = plan_quote(plain, cart, live, ID)
    assert {option.promise.rule for option in told.options} == {"level"}
    assert case_of_quote(plain, told)["q"] == "0.95"
    dear = under(snapshot, DateRule.LATER, 200)
    case = case_of_quote(dear, plan_quote(dear, cart, live, ID))
    assert Decimal(case["q"]) == build_problem(dear, cart, live).problem.q


def test_the_implied_level_is_the_least_that_chooses_the_day() -> None:
    arrived = np.array([0.2, 0.7, 0.9333, 0.97, 0.97])
    for day in range(4):
        level = level_of_day(arrived, day)
        assert days_at_level(1 - arrived[None, :], level)[0] == day + 1
        assert level <= (arrived[day - 1] if day else 0.0) + 1.01e-4


@pytest.mark.parametrize("days", ["0", "-3", "20000"])
def test_a_policy_refuses_costs_without_meaning(snapshot: Snapshot, days: str) -> None:
    with pytest.raises(InvalidInput, match="10000 days"):
        replace(snapshot.network.policies[0], lateness_cost_days=Decimal(days))
