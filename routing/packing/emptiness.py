"""How much air was shipped, by year, seller and box, as the EU packaging rules ask.

Regulation (EU) 2025/40, Article 24: from 2030 (or three years after its implementing acts) the
empty space of transport and e-commerce packaging may not exceed half; filling material counts
as empty. A report, not legal advice.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from routing.network.goods import Sku

MOST_EMPTY = 0.5
SHARED = "(several)"  # the seller of a parcel that holds goods of more than one


@dataclass(frozen=True, slots=True)
class ShippedParcel:
    """One parcel that left: local day, seller, box, and what of its inner volume was goods."""

    parcel: str
    day: date
    seller: str
    box_id: str
    inner_mm3: int
    goods_mm3: int
    day_is_planned: bool = False  # nothing told when its carrier had it

    @property
    def empty_share(self) -> float:
        """Of the box's inner volume, 0..1."""
        return 1 - self.goods_mm3 / self.inner_mm3

    @property
    def above_limit(self) -> bool:
        """Emptier than MOST_EMPTY."""
        return self.empty_share > MOST_EMPTY


@dataclass(frozen=True, slots=True)
class EmptySpace:
    """A year's parcels of a seller in a box ("" stands for all): how much of them was air."""

    year: int
    seller: str
    box_id: str
    parcels: int
    inner_mm3: int
    goods_mm3: int
    above_limit: int  # parcels emptier than MOST_EMPTY

    @property
    def empty_share(self) -> float:
        """Of the whole volume shipped, 0..1: large boxes count for more."""
        return 1 - self.goods_mm3 / self.inner_mm3


def goods_mm3(contents: Iterable[tuple[Sku, int]]) -> int:
    """The volume that SKUs and their numbers take; what nests adds only what sticks out."""
    total = 0
    for sku, qty in contents:
        volume = sku.size.volume_mm3
        nests = sku.nest_mm > 0 and "fragile" not in sku.flags
        further = volume // sku.size.height_mm * sku.nest_mm if nests else volume
        total += volume + (qty - 1) * further
    return total


def sum_empty_space(parcels: Iterable[ShippedParcel]) -> list[EmptySpace]:
    """Rows by year, seller and box, totals first: all, by box, by seller, by both."""
    sums: dict[tuple[int, str, str], list[int]] = {}
    for parcel in parcels:
        for seller in ("", parcel.seller):
            for box_id in ("", parcel.box_id):
                row = sums.setdefault((parcel.day.year, seller, box_id), [0, 0, 0, 0])
                row[0] += 1
                row[1] += parcel.inner_mm3
                row[2] += parcel.goods_mm3
                row[3] += int(parcel.above_limit)
    return [EmptySpace(*key, *row) for key, row in sorted(sums.items())]
