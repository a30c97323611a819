"""Verify an answer to a wave from the wave alone, sharing no code with the planner."""

from collections.abc import Mapping
from typing import Any

from routing.checkout.check import Wrong, recompute
from routing.waves.wave import as_case


def check_wave(wave: Mapping[str, Any], answer: object) -> list[str]:
    """Everything wrong with an answer; empty when it is right."""
    if not isinstance(answer, dict) or not isinstance(answer.get("plans"), dict):
        return ["plans: must be an object of plans by order"]
    plans = answer["plans"]
    orders = {order["id"]: order for order in wave["orders"]}
    errors = [f"plans.{name}: is no order of the wave" for name in plans if name not in orders]
    taken: dict[tuple[str, str], int] = {}
    left: dict[str, int] = {}
    total = 0
    for name, order in orders.items():
        if name not in plans:
            errors.append(f"plans.{name}: is missing")
            continue
        try:
            cost, date, _, _ = recompute(as_case(wave, order["lines"]), plans[name])
        except Wrong as error:
            errors.append(f"plans.{name}: {error}")
            continue
        total += cost
        if date > order["promised"]:
            errors.append(f"plans.{name}: arrives on {date}, promised for {order['promised']}")
        sku = {line["id"]: line["sku"] for line in order["lines"]}
        for parcel in plans[name]["parcels"]:
            left[parcel["node"]] = left.get(parcel["node"], 0) + 1
            for one in parcel["contents"]:
                key = (sku[one["line"]], one["location"])
                taken[key] = taken.get(key, 0) + one["qty"]
    for offer in wave["offers"]:
        units = taken.get((offer["sku"], offer["location"]), 0)
        if units > offer["stock"]:
            errors.append(f"offer {offer['id']}: {units} of {offer['stock']} units taken")
    for limits in wave["capacity"].values():
        for node, limit in limits.items():
            if left.get(node, 0) > limit:
                errors.append(f"node {node}: {left[node]} parcels, at most {limit}")
    if not errors and answer.get("cost") != total:
        errors.append(f"cost: says {answer.get('cost')!r}, is {total}")
    bound = answer.get("bound")
    if bound is not None and not (isinstance(bound, int | float) and bound <= total):
        errors.append(f"bound: {bound!r} is not a number up to the cost")
    return errors
