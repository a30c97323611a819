"""Turns a service's tariff into the planner's table towards one destination, settled and itemized.

The table is exact: brackets end wherever a band, a weight surcharge or a started kilogram ends.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, Decimal
from operator import le

import numpy as np

from carriers.areas import best_match
from carriers.tariffs import (
    MeasuredParcel,
    NoRate,
    Price,
    RateLane,
    Tariff,
    price_parcel,
)
from core.money import Money
from core.places import Destination
from core.units import Dimensions
from routing.checkout.problem import NEVER, IntArray
from routing.checkout.problem import Box as ParcelBox
from routing.checkout.problem import Tariff as Table
from routing.distributions.traits import Goods
from routing.network.goods import Box
from routing.network.services import Co2eFactor, Service
from routing.network.trade import ExchangeRate, NoExchangeRate, settle
from routing.snapshot import Snapshot

KILOGRAM = 1000


@dataclass(frozen=True, slots=True, eq=False)
class PriceTable:
    """Prices of one service into one zone on one day, for the boxes of one set."""

    brackets_g: IntArray
    cost: IntArray
    """[boxes, brackets] settled minor units, NEVER where refused."""
    volumetric_g: IntArray
    components: tuple[tuple[str, IntArray], ...]
    rate: ExchangeRate | None
    box_ids: tuple[str, ...]

    def spread(self, table: Table, box_ids: list[str]) -> Table:
        """The table with one row for each of the problem's boxes; those of other sets refused."""
        if list(self.box_ids) == box_ids:
            return table
        row_of = {name: row for row, name in enumerate(self.box_ids)}
        rows = np.array([row_of.get(name, -1) for name in box_ids], dtype=np.int64)
        foreign = rows < 0

        def picked(matrix: IntArray, blank: int) -> IntArray:
            result: IntArray = matrix[rows].copy()
            result[foreign] = blank
            return result

        return Table(
            brackets_g=table.brackets_g,
            cost=picked(table.cost, NEVER),
            co2_g=table.co2_g,
            volumetric_g=picked(table.volumetric_g, 0),
            components=tuple((code, picked(part, 0)) for code, part in table.components),
        )


@dataclass(frozen=True, slots=True)
class Unpriced:
    """Why a service has no prices here."""

    reason: str
    detail: str = ""


def price_table(
    snapshot: Snapshot,
    service: Service,
    box_set: str,
    *,
    origin: Destination,
    destination: Destination,
    day: date,
) -> PriceTable | Unpriced:
    """The remembered or computed table; the key holds all that prices depend on."""
    tariff = _tariff(snapshot, service.tariff)
    zone = tariff.zone_for(destination)
    if zone is None:
        return Unpriced("destination_not_served", destination.country)
    if best_match(tariff.origins, origin) is None:
        return Unpriced("origin_not_served", origin.country)
    remote = tuple(
        best_match(surcharge.areas, destination) is not None
        for surcharge in tariff.surcharges
        if surcharge.areas
    )
    key = ("prices", service.code, box_set, zone, remote, day)
    known = snapshot.memory.other.get(key)
    if known is None:
        lane = RateLane(origin, destination, residential=True)
        boxes = snapshot.boxes_of[box_set]
        known = _compute(snapshot, service, tariff, boxes, lane, day)
        snapshot.memory.other[key] = known
    table: PriceTable | Unpriced = known
    return table


def planner_table(prices: PriceTable, factor: Co2eFactor | None, distance_m: int) -> Table:
    """The table with CO2e by bracket, taken at the bracket's upper end."""
    co2 = [co2_g(factor, int(weight), distance_m) for weight in prices.brackets_g]
    return Table(
        brackets_g=prices.brackets_g,
        cost=prices.cost,
        co2_g=np.array(co2, dtype=np.int64),
        volumetric_g=prices.volumetric_g,
        components=prices.components,
    )


def with_room(boxes: Sequence[ParcelBox], goods: Sequence[Goods]) -> tuple[tuple[int, int], ...]:
    """Rows of the boxes that may hold all of the goods, each with the gross weight, g.

    Nothing is packed: volume, sides and weight decide.
    """
    weight_g, volume_mm3, sides = 0, 0, (0, 0, 0)
    for one in goods:
        long, middle, short = one.sku.size.sorted_mm()
        weight_g += one.qty * one.sku.weight_g
        volume_mm3 += one.qty * long * middle * short
        sides = (max(sides[0], long), max(sides[1], middle), max(sides[2], short))
    return tuple(
        (row, weight_g + box.tare_g)
        for row, box in enumerate(boxes)
        if box.volume_mm3 >= volume_mm3
        and box.max_g >= weight_g
        and all(map(le, sides, sorted(box.inner_mm, reverse=True)))
    )


def likely_rate(table: Table, roomy: Sequence[tuple[int, int]]) -> int | None:
    """What a parcel in the cheapest of these boxes (see `with_room`) costs, minor units.

    Without a box it counts as the dearest of the table; None where every box is refused.
    """
    rates = [
        int(table.cost[row, bracket])
        for row, gross_g in roomy
        if (bracket := _bracket(table, max(gross_g, int(table.volumetric_g[row])))) is not None
    ]
    rates = [rate for rate in rates if rate != NEVER] or [int(table.cost.max(initial=NEVER))]
    return None if min(rates) == NEVER else min(rates)


def _bracket(table: Table, weight_g: int) -> int | None:
    place = int(np.searchsorted(table.brackets_g, weight_g))
    return place if place < len(table.brackets_g) else None


def co2_g(factor: Co2eFactor | None, weight_g: int, distance_m: int) -> int:
    """g CO2e of a parcel over that distance, rounded up; 0 where the factor is unknown."""
    if factor is None:
        return 0
    kilograms = Decimal(weight_g) / KILOGRAM
    tonne_km = kilograms / 1000 * distance_m / 1000
    grams = factor.g_per_parcel + factor.g_per_kg * kilograms + factor.g_per_tonne_km * tonne_km
    return int(grams.to_integral_value(ROUND_CEILING))


def _tariff(snapshot: Snapshot, code: str) -> Tariff:
    known = snapshot.memory.other.get("tariffs")
    if known is None:
        known = snapshot.memory.other["tariffs"] = dict(snapshot.network.tariffs)
    tariff: Tariff = known[code]
    return tariff


def _brackets(tariff: Tariff, day: date, most_g: int) -> list[int]:
    version = tariff.version_on(day)
    if version is None:
        return []
    ends = {band.max_weight_g for rates in version.formats for band in rates.bands}
    for surcharge in tariff.surcharges:
        if surcharge.over_weight_g is not None:
            ends.add(surcharge.over_weight_g)
        if surcharge.per_kg_minor:
            ends.update(range(KILOGRAM, most_g + KILOGRAM, KILOGRAM))
    heaviest = max(ends)
    return sorted(end for end in ends if end <= max(heaviest, most_g))


def _compute(
    snapshot: Snapshot,
    service: Service,
    tariff: Tariff,
    boxes: Sequence[Box],
    lane: RateLane,
    day: date,
) -> PriceTable | Unpriced:
    brackets = _brackets(tariff, day, service.max_weight_g)
    if not brackets:
        return Unpriced("not_in_force", day.isoformat())
    currency = snapshot.network.marketplace.currency
    probe = settle(Money(0, tariff.currency), currency, snapshot.network.exchange_rates, day)
    if isinstance(probe, NoExchangeRate):
        return Unpriced("no_exchange_rate", f"{probe.base}/{probe.quote}")
    shape = (len(boxes), len(brackets))
    cost = np.full(shape, NEVER, dtype=np.int64)
    parts: dict[str, IntArray] = {}
    for b, box in enumerate(boxes):
        if not service.takes(box.outer):
            continue
        for w, weight_g in enumerate(brackets):
            price = price_parcel(tariff, MeasuredParcel(weight_g, box.outer), lane, day)
            if isinstance(price, NoRate):
                continue
            lines = _settled(price, probe.rate, currency)
            cost[b, w] = sum(amount for _, amount in lines)
            for code, amount in lines:
                column = parts.setdefault(code, np.zeros(shape, dtype=np.int64))
                column[b, w] += amount
    if (cost == NEVER).all():
        return Unpriced("no_rate", service.code)
    return PriceTable(
        brackets_g=np.array(brackets, dtype=np.int64),
        cost=cost,
        volumetric_g=np.array([_volumetric_g(tariff, box.outer) for box in boxes], dtype=np.int64),
        components=tuple(sorted(parts.items())),
        rate=probe.rate,
        box_ids=tuple(f"{box.box_set}/{box.code}" for box in boxes),
    )


def _volumetric_g(tariff: Tariff, outer: Dimensions) -> int:
    return 0 if tariff.volumetric is None else tariff.volumetric.weight_g(outer)


def _settled(price: Price, rate: ExchangeRate | None, currency: str) -> list[tuple[str, int]]:
    """The lines in the settlement currency: the total is exchanged once, the lines share it."""
    if rate is None:
        return [(line.code, line.amount.minor) for line in price.lines]
    total = price.total.exchange(rate.rate, currency)
    weights = [line.amount.minor for line in price.lines]
    if min(weights) < 0 or sum(weights) == 0:
        return [("freight", total.minor)]
    shares = total.split(weights)
    return [(line.code, share.minor) for line, share in zip(price.lines, shares, strict=True)]
