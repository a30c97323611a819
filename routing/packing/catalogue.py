"""Boxes and a tariff laid out for the search: what every box costs at every weight."""

import hashlib
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from core.errors import invalid
from routing.packing.goods import Box, Tariff
from routing.packing.numbers import Ints, ints
from routing.packing.partition import INFINITE

Shapes = tuple[tuple[int, int, int], ...]
REMEMBERED = 100_000


@dataclass(frozen=True, slots=True, eq=False)
class Catalogue:
    """Boxes that differ in what matters, and rows that kernels read."""

    boxes: tuple[Box, ...]
    tariff: Tariff
    support_pct: int  # share of a base that must be held; -1 = geometry alone, no fragility
    sizes: tuple[Ints, ...]  # per box: inner x, y, z and the length of a row per axis
    volumes_mm3: tuple[int, ...]
    fixed: tuple[int, ...]  # per box: box cost and surcharge
    volumetric_g: tuple[int, ...]
    least_parcel: int  # no parcel costs less
    least_tare_g: int
    longest_mm: int  # a row per axis has this length
    box_rows: Ints
    to_g: Ints
    prices: Ints
    limits_g: tuple[int, ...]  # per bracket: up to this weight
    rises: bool  # no bracket costs less than a lighter one
    floor_prices: tuple[int, ...]  # per bracket: the least price at this weight or any above
    offers: tuple[tuple[int, int, int], ...]  # cost, room mm3 and net g of a box in a bracket
    digest: str  # of boxes, prices and rules: equal for catalogues that give the same packings
    _takers: dict[Shapes, int] = field(default_factory=dict)

    def parcel_minor(self, box: int, contents_g: int) -> int:
        """Cost of one parcel, or INFINITE."""
        kind = self.boxes[box]
        gross_g = contents_g + kind.tare_g
        if gross_g > kind.max_gross_g:
            return INFINITE
        return self._rate(max(gross_g, self.volumetric_g[box])) + self.fixed[box]

    def _rate(self, billable_g: int) -> int:
        at = bisect_left(self.limits_g, billable_g)
        if at < len(self.limits_g):
            return self.tariff.brackets[at][1]
        rate = self.tariff.rate_minor(billable_g)
        return INFINITE if rate is None else rate

    def takers(self, shapes: Shapes) -> int:
        """Mask of the boxes that take one piece of these shapes; remembered, goods come again."""
        mask = self._takers.get(shapes)
        if mask is None:
            mask = 0
            for b, box in enumerate(self.boxes):
                x, y, z = box.inner_mm
                if any(dx <= x and dy <= y and dz <= z for dx, dy, dz in shapes):
                    mask |= 1 << b
            if len(self._takers) >= REMEMBERED:
                self._takers.clear()
            self._takers[shapes] = mask
        return mask

    def least_with(self, takers: int, weight_g: int) -> int:
        """No parcel that holds such a piece, whatever else, costs less; `takers` as a mask."""
        return min(
            (
                self.least_rate(max(weight_g + box.tare_g, self.volumetric_g[b])) + self.fixed[b]
                for b, box in enumerate(self.boxes)
                if takers >> b & 1 and weight_g + box.tare_g <= box.max_gross_g
            ),
            default=INFINITE,
        )

    def least_rate(self, billable_g: int) -> int:
        """No parcel at least this heavy is carried for less."""
        at = bisect_left(self.limits_g, billable_g)
        return self.floor_prices[at] if at < len(self.limits_g) else self._rate(billable_g)


def prepare(boxes: Sequence[Box], tariff: Tariff, *, support_pct: int = 70) -> Catalogue:
    """Lay out the boxes; `support_pct` -1 ignores support and fragility.

    Raises InvalidInput without boxes, with a box named twice or a share above 100.
    """
    if not boxes:
        raise invalid("boxes", "there are no boxes to pack into")
    if len({box.id for box in boxes}) != len(boxes):
        raise invalid("boxes", "two boxes have the same id")
    if not -1 <= support_pct <= 100:
        raise invalid("support_pct", f"must be between 0 and 100, not {support_pct}")
    # An order of the boxes that does not depend on how they were listed.
    ordered = tuple(sorted(boxes, key=lambda box: (box.cost_minor, box.volume_mm3, box.id)))
    volumetric_g = tuple(tariff.volumetric_g(box.outer_volume_mm3) for box in ordered)
    fixed = tuple(box.cost_minor + tariff.box_surcharge_minor.get(box.id, 0) for box in ordered)
    longest = 1 + max(side for box in ordered for side in box.inner_mm)
    floors = [price for _, price in tariff.brackets]
    for i in range(len(floors) - 2, -1, -1):
        floors[i] = min(floors[i], floors[i + 1])
    if tariff.extra_minor_per_kg is not None:
        floors = [
            min(floor, tariff.brackets[-1][1] + tariff.extra_minor_per_kg) for floor in floors
        ]
    rows: list[int] = []
    for box, volumetric, cost in zip(ordered, volumetric_g, fixed, strict=True):
        rows += (box.volume_mm3, box.tare_g, box.max_gross_g, volumetric, cost)
    catalogue = Catalogue(
        boxes=ordered,
        tariff=tariff,
        support_pct=support_pct,
        sizes=tuple(ints((*box.inner_mm, longest)) for box in ordered),
        volumes_mm3=tuple(box.volume_mm3 for box in ordered),
        fixed=fixed,
        volumetric_g=volumetric_g,
        least_parcel=0,
        longest_mm=longest,
        least_tare_g=min(box.tare_g for box in ordered),
        box_rows=ints(rows),
        to_g=ints(to_g for to_g, _ in tariff.brackets),
        prices=ints(price for _, price in tariff.brackets),
        limits_g=tuple(to_g for to_g, _ in tariff.brackets),
        rises=floors == [price for _, price in tariff.brackets],
        floor_prices=tuple(floors),
        offers=tuple(_offers(ordered, fixed, volumetric_g, tariff)),
        digest=_digest(ordered, tariff, support_pct),
    )
    least = min(
        catalogue.least_rate(max(box.tare_g, volumetric)) + cost
        for box, volumetric, cost in zip(ordered, volumetric_g, fixed, strict=True)
    )
    object.__setattr__(catalogue, "least_parcel", least)
    return catalogue


def _digest(boxes: Sequence[Box], tariff: Tariff, support_pct: int) -> str:
    """SHA-256 of what decides about packings; a tariff's name does not."""
    surcharges = sorted((box, fee) for box, fee in tariff.box_surcharge_minor.items() if fee)
    prices = replace(tariff, id="", box_surcharge_minor={})
    said = repr((tuple(boxes), prices, surcharges, support_pct))
    return hashlib.sha256(said.encode()).hexdigest()


def _offers(
    boxes: Sequence[Box], fixed: Sequence[int], volumetric_g: Sequence[int], tariff: Tariff
) -> Iterator[tuple[int, int, int]]:
    """What every box costs at the top of every bracket it can be billed in, and what it holds."""
    limits = [to_g for to_g, _ in tariff.brackets]
    if tariff.extra_minor_per_kg is not None:
        # Between these weights the price rises in a straight line, or by steps above it.
        heaviest = max(*(box.max_gross_g for box in boxes), *volumetric_g)
        limits += range(limits[-1] + 1000, heaviest, max(1000, heaviest // 200_000 * 1000))
        limits.append(max(limits[-1], heaviest))
    for box, cost, volumetric in zip(boxes, fixed, volumetric_g, strict=True):
        for to_g in limits:
            gross_g = min(to_g, box.max_gross_g)
            rate = tariff.rate_minor(max(gross_g, volumetric))
            if to_g >= volumetric and rate is not None and gross_g > box.tare_g:
                yield rate + cost, box.volume_mm3, gross_g - box.tare_g
            if to_g >= max(box.max_gross_g, volumetric):
                break
