"""Tells the planner what fits into one box: real placements, cached, a part of what fits fits."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count, product

import numpy as np
from numpy.typing import NDArray

from routing.packing.bins import pack_bins
from routing.packing.catalogue import prepare
from routing.packing.goods import HEAVIEST_G, Box, PackItem, Preset, Tariff
from routing.packing.orders import SUPPORT_PCT
from routing.packing.pack import EFFORTS, pack_from
from routing.packing.search import price_all
from routing.packing.trial import Effort, Trials
from routing.packing.units import Units

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

MOST_STATES = 4096  # parts of a cart that are looked at for one question
REMEMBERED = 200_000  # answers, before all are forgotten
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
        item.company,
        item.nest_mm,
        item.sku if item.nest_mm else "",
    )


# Each question has its own budget: an answer must not depend on what was asked before.
QUESTION = Effort(EFFORTS[Preset.CHECKOUT].steps[:2], order=1 << 60, proof=0, proofs=0)

Key = tuple[int, ...]
Inner = tuple[int, int, int]


@dataclass(slots=True)
class FitMemory:
    """Answers by multiset of shapes and box, remembered; threads may share one."""

    support_pct: int = SUPPORT_PCT
    _numbers: Iterator[int] = field(default_factory=count)  # never used twice: threads share this
    _shapes: dict[Shape, int] = field(default_factory=dict)
    _known: dict[tuple[Key, Inner], bool] = field(default_factory=dict)
    _tables: dict[tuple[Key, tuple[Inner, ...], bytes], BoolArray] = field(default_factory=dict)

    def table(
        self, counts: IntArray, items: Sequence[PackItem], inners_mm: Sequence[Inner]
    ) -> BoolArray:
        """[states, boxes]: which rows of `counts` [states, items] go into which box.

        Every part of a row comes before it, as in mixed-radix order; row 0 may be empty. A row
        fits only if all its parts do, and whatever fits a box fits one at least as long, wide and
        high, so the answer is monotone. Weight is the caller's to check.
        """
        if len(self._shapes) + len(self._known) > REMEMBERED:
            self._shapes.clear()
            self._known.clear()
            self._tables.clear()
        # A number may outlive a clearing in another thread, so it never comes to mean another shape.
        shapes = tuple(
            self._shapes.setdefault(shape_of(item), next(self._numbers)) for item in items
        )
        asked = (shapes, tuple(inners_mm), counts.tobytes())
        table = self._tables.get(asked)
        if table is None:
            if len(self._tables) > REMEMBERED // 100:
                self._tables.clear()
            masks = self._masks(counts.tolist(), shapes, items, inners_mm)
            table = np.array(
                [[mask >> b & 1 for b in range(len(inners_mm))] for mask in masks], dtype=np.bool_
            )
            table.setflags(write=False)
            self._tables[asked] = table
        return table

    def _masks(
        self,
        states: list[list[int]],
        shapes: Key,
        items: Sequence[PackItem],
        inners_mm: Sequence[Inner],
    ) -> list[int]:
        """Per state, the mask of boxes it goes into."""
        every = (1 << len(inners_mm)) - 1
        by_room = sorted(range(len(inners_mm)), key=lambda b: (_room(inners_mm[b]), inners_mm[b]))
        larger = [
            sum(1 << c for c, other in enumerate(inners_mm) if _within(inner, other))
            for inner in inners_mm
        ]
        at = {tuple(state): index for index, state in enumerate(states)}
        trial: _Asker | None = None
        masks: list[int] = []
        for state in states:
            open_to = every
            for i, copies in enumerate(state):
                if copies:
                    part = at.get((*state[:i], copies - 1, *state[i + 1 :]))
                    if part is not None:
                        open_to &= masks[part]
            mask = 0 if any(state) else every
            for b in by_room if any(state) else ():
                if open_to & ~mask & 1 << b == 0:
                    continue
                key = tuple(
                    sorted(
                        s for s, copies in zip(shapes, state, strict=True) for _ in range(copies)
                    )
                )
                known = self._known.get((key, inners_mm[b]))
                if known is None:
                    if trial is None:
                        trial = _Asker(states, shapes, items, inners_mm, self.support_pct)
                    known = self._known[key, inners_mm[b]] = trial.fits(state, b)
                if known:
                    mask |= larger[b] & open_to
            masks.append(mask)
        return masks

    def fits_in_one(self, items: Sequence[PackItem], box: Box) -> bool:
        """True when all items go into one such box, weight included; monotone up to 4096 parts.

        Larger carts are tried as they are, so that a part of one may be refused. More pieces than
        `MOST_AT_ONCE`, a stack of nested copies counted once, are never seen to fit.
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


class _Asker:
    """Trials over the largest numbers of each item that any state has."""

    def __init__(
        self,
        states: list[list[int]],
        shapes: Key,
        items: Sequence[PackItem],
        inners_mm: Sequence[Inner],
        support_pct: int,
    ) -> None:
        distinct = sorted(set(inners_mm))
        boxes = [Box(str(b), inner, inner, 0, HEAVIEST_G, b) for b, inner in enumerate(distinct)]
        catalogue = prepare(boxes, _FREE, support_pct=support_pct)
        number = {box.inner_mm: b for b, box in enumerate(catalogue.boxes)}
        most = [max(state[i] for state in states) for i in range(len(items))]
        lots = [
            _copies(item, quantity) for item, quantity in zip(items, most, strict=True) if quantity
        ]
        self._units = Units(lots, catalogue)
        self._trials = Trials(self._units, catalogue, QUESTION)
        self._number = [number[inner] for inner in inners_mm]
        kind_of = {shape_of(kind.item): k for k, kind in enumerate(self._units.kinds)}
        self._kinds = [kind_of.get(shape_of(item), -1) for item in items]
        self._first = [self._units.kind_of.index(k) for k in range(len(self._units.kinds))]

    def fits(self, state: list[int], box: int) -> bool:
        """True when a trial finds places for the state's pieces in the box."""
        wanted: dict[int, int] = {}
        for kind, copies in zip(self._kinds, state, strict=True):
            if copies:
                wanted[kind] = wanted.get(kind, 0) + copies
        pieces = tuple(
            sorted(self._first[k] + copy for k, copies in wanted.items() for copy in range(copies))
        )
        if not _may_share(self._units, tuple(wanted), len(pieces)):
            return False
        levels = len(QUESTION.steps)
        return self._trials.fit(pieces, self._number[box], levels) is not None


def _room(inner_mm: Inner) -> int:
    return inner_mm[0] * inner_mm[1] * inner_mm[2]


def _within(small: Inner, large: Inner) -> bool:
    return all(a <= b for a, b in zip(small, large, strict=True))


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
        item.group,
    )


def _may_share(units: Units, kinds: tuple[int, ...], pieces: int) -> bool:
    items = [units.kinds[kind].item for kind in kinds]
    return len({item.company for item in items}) < 2 and (
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
    catalogue = prepare([box, large], tariff)
    pack_from(items, catalogue, Preset.CHECKOUT)
    # Three that the small box takes by volume only: every kind of search is made in vain.
    stubborn = [PackItem("e", 70, 70, 40, 100, quantity=3)]
    trials = Trials(Units(stubborn, catalogue), catalogue, EFFORTS[Preset.CHECKOUT])
    trials.fit((0, 1, 2), 0, 2)
    prices = price_all(trials)
    prices.strike(1, 0)
    prices.least()
    trials.impossible((0, 1), 0)
    trials.fill_some((0, 1), 1)
    pack_bins([(9, 9, 9), (5, 5, 5), (5, 5, 6), (7, 2, 9)], (10, 10, 10), budget=2_000)
