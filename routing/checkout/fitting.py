"""Real packing as the planner's fit: a box holds what the packer can place in it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from routing.checkout.problem import BoolArray, Box, IntArray, Item
from routing.network.goods import Sku
from routing.packing.fit import FitMemory
from routing.packing.goods import PackItem
from routing.packing.trial import MOST_AT_ONCE
from routing.snapshot import Snapshot


@dataclass(frozen=True, slots=True, eq=False)
class PackingFit:
    """Asks the packer, with a memory that all carts of a snapshot share."""

    memory: FitMemory
    pieces: Mapping[str, PackItem]
    """By the planner's item id."""

    def fits(self, counts: IntArray, items: Sequence[Item], boxes: Sequence[Box]) -> BoolArray:
        """[states, boxes]; see `routing.checkout.problem.Fit`.

        No box takes more than `MOST_AT_ONCE` pieces: that is as many as the packer looks at.
        """
        pieces = [self.pieces[item.id] for item in items]
        few = counts.sum(axis=1) <= MOST_AT_ONCE
        allowed = np.zeros((len(counts), len(boxes)), dtype=np.bool_)
        allowed[few] = self.memory.table(counts[few], pieces, [box.inner_mm for box in boxes])
        return allowed


def packing_fit(snapshot: Snapshot, skus: Mapping[str, Sku]) -> PackingFit:
    """The fit for a cart's items."""
    memory = snapshot.memory.other.get("fit")
    if memory is None:
        memory = snapshot.memory.other["fit"] = FitMemory()
    return PackingFit(memory, {item: pack_item(item, sku) for item, sku in skus.items()})


def pack_item(item: str, sku: Sku, quantity: int = 1) -> PackItem:
    """A SKU as the packer sees it; what nests stands upright, what ships alone does not nest."""
    nest_mm = 0 if "alone" in sku.flags else sku.nest_mm
    return PackItem(
        id=item,
        length_mm=sku.size.length_mm,
        width_mm=sku.size.width_mm,
        height_mm=sku.size.height_mm,
        weight_g=sku.weight_g,
        upright="upright" in sku.flags or nest_mm > 0,
        fragile="fragile" in sku.flags,
        alone="alone" in sku.flags,
        hazmat=sku.hazmat_class,
        nest_mm=nest_mm,
        sku=sku.code,
        quantity=quantity,
    )
