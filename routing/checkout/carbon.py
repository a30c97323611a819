"""CO2e at a price: what it weighs in the choice, and what it comes to in money.

The price is whole minor units per tonne. In the choice it counts unrounded, in millionths of a
minor unit; only amounts that people read are rounded, half up. CO2e that is unknown counts as
`CO2_UNKNOWN_G`, so that not knowing it never pays.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from routing.checkout.problem import (
    CO2_UNKNOWN_G,
    GRAMS_PER_TONNE,
    Objective,
    Plan,
    Problem,
    Service,
    frontier,
)


def shadow_minor(co2_g: int, minor_per_tonne: int) -> int:
    """Minor units of so much CO2e."""
    return (2 * co2_g * minor_per_tonne + GRAMS_PER_TONNE) // (2 * GRAMS_PER_TONNE)


def priced_in(problem: Problem) -> Problem:
    """The problem with CO2e added to its prices in whole minor units, for a search that is not
    exact anyway."""
    price = problem.co2_price
    lanes = tuple(
        replace(
            lane,
            fixed=lane.fixed + shadow_minor(lane.feeder_co2_g(), price),
            per_kg=lane.per_kg + shadow_minor(lane.co2_g_per_kg, price),
        )
        for lane in problem.lanes
    )
    services = tuple(_priced_service(service, price) for service in problem.services)
    return replace(problem, lanes=lanes, services=services, co2_price=0)


def _priced_service(service: Service, price: int) -> Service:
    tariff = service.tariff
    co2_g = tariff.co2_g if service.co2_known else np.full_like(tariff.co2_g, CO2_UNKNOWN_G)
    shadow = (2 * co2_g * price + GRAMS_PER_TONNE) // (2 * GRAMS_PER_TONNE)
    cost = np.where(tariff.cost >= 0, tariff.cost + shadow[None, :], tariff.cost)
    return replace(service, tariff=replace(tariff, cost=cost, components=()))


def weighed_again(
    problem: Problem, plans: tuple[Plan, ...], objectives: Sequence[Objective]
) -> tuple[Plan, ...]:
    """Plans found without the price, as the problem weighs them."""
    priced = [replace(plan, co2_price=problem.co2_price) for plan in plans]
    return frontier(priced, objectives)
