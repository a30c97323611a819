"""What a case may state as tables instead of rules: exported quotes do, so that they replay exactly.

Optional fields of `plan-checkout/1`: `fits` (real packings in place of the volume rule), `boxes` of
a location or hub, `prices` and `volumetric_g` of a service by box, and `day_starts` where days are
not all 1440 minutes long.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from core.errors import invalid
from routing.checkout import fields
from routing.checkout.problem import (
    NEVER,
    BoolArray,
    Box,
    Fit,
    IntArray,
    Item,
    Tariff,
    VolumeRule,
)

MOST_STATES = 4096
"""Parts of a cart whose packings are recorded; larger carts keep the volume rule."""

Packing = Mapping[str, int]
"""Units by item id that fill a box: more of anything does not fit."""


@dataclass(frozen=True, slots=True)
class RecordedFit:
    """What fits, as recorded: contents go into a box when one of its packings holds them."""

    packings: Mapping[str, tuple[Packing, ...]]
    """By box."""

    def fits(self, counts: IntArray, items: Sequence[Item], boxes: Sequence[Box]) -> BoolArray:
        """[states, boxes]; see `routing.checkout.problem.Fit`."""
        names = sorted({item.id for item in items})
        place = np.array([names.index(item.id) for item in items], dtype=np.int64)
        totals = np.zeros((len(counts), len(names)), dtype=np.int64)
        for column, at in enumerate(place.tolist()):
            totals[:, at] += counts[:, column]
        allowed = np.zeros((len(counts), len(boxes)), dtype=np.bool_)
        for number, box in enumerate(boxes):
            for packing in self.packings.get(box.id, ()):
                most = np.array([packing.get(name, 0) for name in names], dtype=np.int64)
                allowed[:, number] |= (totals <= most[None, :]).all(axis=1)
        return allowed


def record_fit(
    fit: Fit, items: Mapping[str, tuple[Item, int]], boxes: Sequence[Box]
) -> dict[str, list[dict[str, int]]] | None:
    """The largest packings of each box for these items and their units; None for a large cart."""
    names = sorted(items)
    ranges = [range(items[name][1] + 1) for name in names]
    if int(np.prod([len(r) for r in ranges], dtype=np.float64)) > MOST_STATES:
        return None
    # Mixed-radix order, first item fastest: every part of a row comes before it.
    counts = np.array([row[::-1] for row in product(*ranges[::-1])], dtype=np.int64)
    table = fit.fits(counts, [items[name][0] for name in names], boxes)
    recorded = {}
    for number, box in enumerate(boxes):
        rows = counts[table[:, number]]
        largest: list[IntArray] = []
        for row in rows[np.argsort(-rows.sum(axis=1), kind="stable")]:
            if not any((row <= known).all() for known in largest):
                largest.append(row)
        recorded[box.id] = [
            {name: int(n) for name, n in zip(names, row, strict=True) if n} for row in largest
        ]
    return recorded


def read_fit(case: Mapping[str, Any], items: Mapping[str, Item], boxes: Sequence[Box]) -> Fit:
    """The recorded fit, else the volume rule."""
    fill_bp = fields.whole(case, "fill_bp", "", 1)
    if "fits" not in case:
        return VolumeRule(fill_bp)
    known = {box.id for box in boxes}
    packings: dict[str, tuple[Packing, ...]] = {}
    for box, rows in fields.mapping(case, "fits", "").items():
        if box not in known:
            raise invalid(f"fits.{box}", "is not in boxes")
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise invalid(f"fits.{box}", "must be a list of objects")
        for number, row in enumerate(rows):
            for sku, units in row.items():
                if sku not in items:
                    raise invalid(f"fits.{box}[{number}].{sku}", "is not in items")
                fields.whole_at(units, f"fits.{box}[{number}].{sku}", 1)
        packings[box] = tuple(rows)
    return RecordedFit(packings)


def read_boxes_at(row: Mapping[str, Any], path: str, boxes: Sequence[Box]) -> frozenset[str] | None:
    """The boxes that a place packs into; None: all of them."""
    if "boxes" not in row:
        return None
    named = frozenset(fields.texts(row, "boxes", path))
    for name in sorted(named - {box.id for box in boxes}):
        raise invalid(f"{path}boxes", f"{name!r} is not in boxes")
    return named


def priced_by_box(
    row: Mapping[str, Any], path: str, boxes: Sequence[Box], brackets: IntArray, co2_g: IntArray
) -> Tariff:
    """The tariff of a service with `prices`: {box: whole price by bracket, -1 where refused}."""
    prices = fields.mapping(row, "prices", path)
    volumes = fields.mapping(row, "volumetric_g", path)
    cost = np.full((len(boxes), len(brackets)), NEVER, dtype=np.int64)
    volumetric = np.zeros(len(boxes), dtype=np.int64)
    for number, box in enumerate(boxes):
        if box.id not in prices:
            continue
        values = fields.wholes(prices, box.id, f"{path}prices.", NEVER)
        if len(values) != len(brackets):
            reason = f"must hold {len(brackets)} values, one per bracket"
            raise invalid(f"{path}prices.{box.id}", reason)
        cost[number] = values
        volumetric[number] = fields.whole(volumes, box.id, f"{path}volumetric_g.")
    return Tariff(brackets, cost, co2_g, volumetric)


def read_day_starts(case: Mapping[str, Any]) -> IntArray | None:
    """Uneven days, where the case states them."""
    if "day_starts" not in case:
        return None
    starts = np.array(fields.wholes(case, "day_starts", ""), dtype=np.int64)
    if len(starts) < 2 or (np.diff(starts) <= 0).any():
        raise invalid("day_starts", "must ascend, and hold at least one day")
    return starts
