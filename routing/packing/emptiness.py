"""How much air was shipped, by year and box, as the EU packaging rules ask.

Regulation (EU) 2025/40, Article 24: from 2030 (or three years after its implementing acts) the
empty space of transport and e-commerce packaging may not exceed half; filling material counts
as empty. A report, not legal advice.
"""

from collections.abc import Iterable
from dataclasses import dataclass

MOST_EMPTY = 0.5


@dataclass(frozen=True, slots=True)
class ShippedParcel:
    """One parcel that left: year, box, and what of the box's inner volume was goods."""

    year: int
    box_id: str
    inner_mm3: int
    goods_mm3: int

    @property
    def empty_share(self) -> float:
        return 1 - self.goods_mm3 / self.inner_mm3


@dataclass(frozen=True, slots=True)
class EmptySpace:
    """A year's parcels of one box (or of all, box_id ""): how much of them was air."""

    year: int
    box_id: str
    parcels: int
    inner_mm3: int
    goods_mm3: int
    above_limit: int  # parcels emptier than MOST_EMPTY

    @property
    def empty_share(self) -> float:
        """Of the whole volume shipped, 0..1: large boxes count for more."""
        return 1 - self.goods_mm3 / self.inner_mm3


def report_empty_space(parcels: Iterable[ShippedParcel]) -> list[EmptySpace]:
    """One row a year and box, and one a year for all boxes first."""
    sums: dict[tuple[int, str], list[int]] = {}
    for parcel in parcels:
        for box_id in ("", parcel.box_id):
            row = sums.setdefault((parcel.year, box_id), [0, 0, 0, 0])
            row[0] += 1
            row[1] += parcel.inner_mm3
            row[2] += parcel.goods_mm3
            row[3] += int(parcel.empty_share > MOST_EMPTY)
    return [EmptySpace(year, box_id, *row) for (year, box_id), row in sorted(sums.items())]
