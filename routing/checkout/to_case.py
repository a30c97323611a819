"""Writes a problem as a planning case that solves to the same plans (`plan-checkout/1`).

Prices, packings and days of the real network follow no rule of the format, so they are written as
the tables of `routing.checkout.case_tables`, beside the format's own fields. CO2e that is unknown
counts `CO2_UNKNOWN_G` for each parcel and each feeder.
"""

from datetime import date, timedelta
from typing import Any

import numpy as np

from core.errors import Conflict
from routing.checkout.case import DAY_MIN, PRICE, SCHEMA
from routing.checkout.case_rules import rules_as_json
from routing.checkout.case_tables import record_fit
from routing.checkout.problem import (
    CO2_UNKNOWN_G,
    Box,
    IntArray,
    Item,
    Lane,
    Problem,
    Service,
    Transit,
    Window,
)

ZONE = "to"
"""Every node's zone: prices are those towards this one customer."""
FILL_BP = 10_000
"""The volume rule for readers that do not know `fits`: nothing larger than the box."""
WEEKS_BEFORE = 1
"""Cases count from a Monday before the first opening that matters."""


def case_of(problem: Problem, first_day: date) -> dict[str, Any]:
    """The case; `first_day` is the calendar day of day 0 of the problem.

    Raises Conflict for a cart with so many units that its packings cannot be written down.
    """
    return _Writer(problem, first_day).case()


class _Writer:
    def __init__(self, problem: Problem, first_day: date) -> None:
        self.problem = problem
        self.shift_days = first_day.weekday() + 7 * WEEKS_BEFORE
        self.monday = first_day - timedelta(days=self.shift_days)
        self.origin = int(problem.day_starts[0]) - self.shift_days * DAY_MIN

    def case(self) -> dict[str, Any]:
        problem = self.problem
        nodes = [place.id for place in problem.locations] + [hub.id for hub in problem.hubs]
        case: dict[str, Any] = {
            "schema": SCHEMA,
            "id": problem.id,
            "monday": self.monday.isoformat(),
            "now": problem.now - self.origin,
            "q": str(problem.q),
            "reliability": "joint" if problem.joint else "per_leg",
            "max_parcels": problem.max_parcels,
            "fill_bp": FILL_BP,
            "lines": [{"id": x.id, "sku": x.item.id, "qty": x.qty} for x in problem.lines],
            "items": {line.item.id: _item(line.item) for line in problem.lines},
            "offers": [
                {
                    "id": offer.id,
                    "sku": offer.item,
                    "location": offer.location,
                    "stock": offer.stock,
                    "unit_cost": offer.unit_cost,
                    "lead_min": offer.lead_min,
                }
                for offer in problem.offers
            ],
            "boxes": [_box(box) for box in problem.boxes],
            "fits": self._fits(),
            "locations": {
                place.id: {
                    "seller": place.seller or "-",
                    "handling_min": place.handling_min,
                    "windows": self._windows(place.windows),
                    **_boxes_at(place.boxes),
                }
                for place in problem.locations
            },
            "hubs": {
                hub.id: {
                    "windows": self._windows(hub.windows),
                    "dwell_min": hub.dwell_min,
                    "parcel_fee": hub.parcel_fee,
                    **_boxes_at(hub.boxes),
                }
                for hub in problem.hubs
            },
            **rules_as_json(problem.rules),
            **({PRICE: problem.co2_price} if problem.co2_price else {}),
            "lanes": [self._lane(lane) for lane in problem.lanes],
            "services": [self._service(service) for service in problem.services],
            "zone_of": dict.fromkeys(nodes, ZONE),
        }
        return case | self._days()

    def _days(self) -> dict[str, Any]:
        """`day_starts` where the clocks change, or where several zones end the day."""
        before = np.arange(self.shift_days, dtype=np.int64) * DAY_MIN
        starts = np.concatenate([before, self.problem.day_starts - self.origin])
        even = (np.diff(starts) == DAY_MIN).all()
        return {} if even else {"day_starts": starts.tolist()}

    def _fits(self) -> dict[str, list[dict[str, int]]]:
        problem = self.problem
        items: dict[str, tuple[Item, int]] = {}
        for line in problem.lines:
            known = items.get(line.item.id, (line.item, 0))[1]
            items[line.item.id] = (line.item, known + line.qty)
        fits = record_fit(problem.fit, items, problem.boxes)
        if fits is None:
            raise Conflict("the cart has too many units to be written down", code="cart_too_large")
        return fits

    def _minutes(self, timetable: IntArray) -> list[int]:
        return [int(m) for m in timetable - self.origin]

    def _windows(self, windows: tuple[Window, ...]) -> list[list[int]]:
        return [[minute - self.origin for minute in window] for window in windows]

    def _lane(self, lane: Lane) -> dict[str, Any]:
        return {
            "location": lane.location,
            "hub": lane.hub,
            "departures": self._minutes(lane.departures),
            "transit_min": _transit(lane.transit),
            "fixed": lane.fixed,
            "per_kg": lane.per_kg,
            "co2_fixed_g": lane.feeder_co2_g(),
            "co2_g_per_kg": lane.co2_g_per_kg,
        }

    def _service(self, service: Service) -> dict[str, Any]:
        days = np.flatnonzero(service.delivery_day == np.arange(len(service.delivery_day)))
        delivers = {int(day) + self.shift_days for day in days}
        weekdays = sorted({day % 7 for day in delivers}) or [0]
        first = self.shift_days
        horizon = range(first, first + len(service.delivery_day))
        return {
            "id": service.id,
            "node": service.node,
            "kind": service.kind,
            "max_g": service.max_g,
            "no_flags": sorted(service.refuses),
            "pickups": self._minutes(service.pickups),
            "transit_min": {ZONE: _transit(service.transit)},
            "delivery_dow": weekdays,
            "holidays": [d for d in horizon if d % 7 in weekdays and d not in delivers],
            **self._prices(service),
        }

    def _prices(self, service: Service) -> dict[str, Any]:
        """The exact prices by box; beside them the format's own fields, at the dearest box."""
        boxes, tariff = self.problem.boxes, service.tariff
        unknown = np.full_like(tariff.co2_g, CO2_UNKNOWN_G)
        co2_g = tariff.co2_g if service.co2_known else unknown
        priced = [n for n in range(len(boxes)) if (tariff.cost[n] >= 0).any()]
        return {
            "brackets_g": tariff.brackets_g.tolist(),
            "prices": {boxes[n].id: tariff.cost[n].tolist() for n in priced},
            "volumetric_g": {boxes[n].id: int(tariff.volumetric_g[n]) for n in priced},
            "rate": {ZONE: np.maximum(tariff.cost.max(axis=0), 0).tolist()},
            "co2_g": {ZONE: co2_g.tolist()},
            "divisor_cm3_per_kg": 5000,
            "fuel_bp": 0,
            "oversize_mm": 0,
            "oversize_fee": 0,
        }


def _item(item: Item) -> dict[str, Any]:
    dims, flags = list(item.dims_mm), sorted(item.flags)
    return {"weight_g": item.weight_g, "dims_mm": dims, "flags": flags}


def _box(box: Box) -> dict[str, Any]:
    return {
        "id": box.id,
        "inner_mm": list(box.inner_mm),
        "max_g": box.max_g,
        "tare_g": box.tare_g,
        "cost": box.cost,
    }


def _boxes_at(boxes: frozenset[str] | None) -> dict[str, Any]:
    return {} if boxes is None else {"boxes": sorted(boxes)}


def _transit(transit: Transit) -> dict[str, int]:
    return {
        str(level): minutes for level, minutes in zip(transit.levels, transit.minutes, strict=True)
    }
