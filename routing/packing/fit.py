"""Tells the planner what fits into one box: real placements, cached, a part of what fits fits."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import product

import numpy as np
from numpy.typing import NDArray

from routing.packing.bins import pack_bins
from routing.packing.catalogue import prepare
from routing.packing.goods import HEAVIEST_G, Box, PackItem, Preset, Tariff
from routing.packing.orders import SUPPORT_PCT
from routing.packing.pack import EFFORTS, pack_from
from routing.packing.trial import Trials
from routing.packing.units import Units

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

MOST_STATES = 4096  # parts of a cart that are looked at for one question
REMEMBERED = 50_000
_FREE = Tariff("free", ((HEAVIEST_G, 0),))

Shape = tuple[object, ...]


def shape_of(item: PackItem) -> Shape:
    """What matters for fitting: two items with equal shapes are interchangeable."""
    if item.upright:
        flat = sorted((item.length_mm, item.width_mm))
        sides = (*flat, item.height_mm)
    else:
        sides = tuple(sorted((item.length_mm, item.width_mm, item.height_mm)))
    return (
        *sides,
        item.upright,
        item.fragile,
        item.alone,
        item.hazmat,
        item.nest_mm,
        item.sku if item.nest_mm else "",
    )


@dataclass(slots=True)
class FitMemory:
    """Answers by multiset of shapes and box; the same question is never worked out twice."""

    support_pct: int = SUPPORT_PCT
    preset: Preset = Preset.CHECKOUT
    _known: dict[tuple[tuple[Shape, ...], tuple[int, int, int]], bool] = field(default_factory=dict)

    def table(
        self,
        counts: IntArray,
        items: Sequence[PackItem],
        inners_mm: Sequence[tuple[int, int, int]],
    ) -> BoolArray:
        """[states, boxes]: which rows of `counts` [states, items] go into which box.

        Every part of a row comes before it, as in mixed-radix order; row 0 may be empty. A row
        fits only if all its parts do, so the answer is monotone. Weight is the caller's to check.
        """
        states = [tuple(int(count) for count in row) for row in counts]
        at = {state: index for index, state in enumerate(states)}
        result = np.zeros((len(states), len(inners_mm)), dtype=np.bool_)
        shapes = [shape_of(item) for item in items]
        most = [max((state[i] for state in states), default=0) for i in range(len(items))]
        lots = [
            _copies(item, quantity) for item, quantity in zip(items, most, strict=True) if quantity
        ]
        if not lots:
            result[:] = True
            return result
        boxes = [Box(str(b), inner, inner, 0, HEAVIEST_G, b) for b, inner in enumerate(inners_mm)]
        by_room = sorted(range(len(boxes)), key=lambda b: boxes[b].volume_mm3)
        catalogue = prepare(boxes, _FREE, support_pct=self.support_pct)
        number = {box.id: b for b, box in enumerate(catalogue.boxes)}
        units = Units(lots, catalogue)
        trials = Trials(units, catalogue, EFFORTS[self.preset])
        levels = len(trials.effort.steps)
        kind_of_shape = {shape_of(kind.item): k for k, kind in enumerate(units.kinds)}
        first = [units.kind_of.index(k) for k in range(len(units.kinds))]
        for index, state in enumerate(states):
            wanted: dict[int, int] = {}
            for i, count in enumerate(state):
                if count:
                    kind = kind_of_shape[shapes[i]]
                    wanted[kind] = wanted.get(kind, 0) + count
            pieces = tuple(
                sorted(first[k] + c for k, count in wanted.items() for c in range(count))
            )
            key = tuple(
                sorted((shapes[i] for i, n in enumerate(state) for _ in range(n)), key=repr)
            )
            parts = [
                at.get((*state[:i], count - 1, *state[i + 1 :]))
                for i, count in enumerate(state)
                if count
            ]
            allowed = _may_share(units, tuple(wanted), len(pieces))
            for b in by_room:
                if not pieces:
                    result[index, b] = True
                    continue
                if not allowed or any(part is not None and not result[part, b] for part in parts):
                    continue
                known = self._known.get((key, boxes[b].inner_mm))
                if known is None:
                    known = (
                        any(result[index, c] and _within(boxes[c], boxes[b]) for c in by_room)
                        or trials.fit(pieces, number[str(b)], levels) is not None
                    )
                    if len(self._known) >= REMEMBERED:
                        self._known.clear()
                    self._known[key, boxes[b].inner_mm] = known
                result[index, b] = known
        return result

    def fits_in_one(self, items: Sequence[PackItem], box: Box) -> bool:
        """True when all items go into one such box, weight included; monotone up to 4096 parts.

        Larger carts are tried as they are, so that a part of one may be refused.
        """
        if sum(item.weight_g * item.quantity for item in items) + box.tare_g > box.max_gross_g:
            return False
        merged: dict[Shape, tuple[PackItem, int]] = {}
        for item in items:
            shape = shape_of(item)
            merged[shape] = (item, merged.get(shape, (item, 0))[1] + item.quantity)
        ordered = [merged[shape] for shape in sorted(merged, key=repr)]
        states = 1
        for _, quantity in ordered:
            states *= quantity + 1
        top = tuple(quantity for _, quantity in ordered)
        rows = list(product(*(range(q + 1) for q in top))) if states <= MOST_STATES else [top]
        counts = np.array(rows, dtype=np.int64).reshape(len(rows), len(ordered))
        return bool(self.table(counts, [item for item, _ in ordered], [box.inner_mm])[-1, 0])


def _within(small: Box, large: Box) -> bool:
    return all(a <= b for a, b in zip(small.inner_mm, large.inner_mm, strict=True))


def _copies(item: PackItem, quantity: int) -> PackItem:
    return PackItem(
        item.id,
        item.length_mm,
        item.width_mm,
        item.height_mm,
        0,
        item.upright,
        item.fragile,
        item.alone,
        item.hazmat,
        item.nest_mm,
        item.sku,
        quantity,
    )


def _may_share(units: Units, kinds: tuple[int, ...], pieces: int) -> bool:
    items = [units.kinds[kind].item for kind in kinds]
    return len({item.hazmat for item in items}) < 2 and (
        pieces < 2 or not any(item.alone for item in items)
    )


def warm() -> None:
    """Run every packing kernel once with its one signature, so that no request compiles."""
    box = Box("small", (100, 100, 60), (104, 104, 64), 10, 10_000, 10)
    large = Box("large", (200, 200, 100), (204, 204, 104), 20, 10_000, 30)
    tariff = Tariff("warm", ((500, 100), (1000, 150)), 50)
    items = [
        PackItem("a", 99, 52, 41, 100),
        PackItem("b", 99, 45, 41, 100, upright=True),
        PackItem("c", 97, 61, 19, 100, fragile=True),
        PackItem("d", 61, 60, 58, 400, quantity=2),
    ]
    pack_from(items, prepare([box, large], tariff), Preset.CHECKOUT)
    pack_bins([(9, 9, 9), (5, 5, 5), (5, 5, 6), (7, 2, 9)], (10, 10, 10), budget=2_000)
