"""Remembers packings by the goods whatever their order, the catalogue and the preset."""

from collections import OrderedDict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

from routing.packing.catalogue import Catalogue
from routing.packing.fit import shape_of
from routing.packing.goods import CannotPack, Packing, PackItem, Preset
from routing.packing.pack import pack_from

Key = tuple[object, ...]


@dataclass(slots=True)
class PackingMemory:
    """The answers of `pack_from` used last; other boxes, rules or prices are another key.

    A catalogue is known by what it holds: prepared again from the same boxes and tariff, in any
    order, it finds the answers that were kept.
    """

    most: int = 10_000
    _known: OrderedDict[Key, Packing | CannotPack] = field(default_factory=OrderedDict)

    @property
    def size(self) -> int:
        """How many packings are remembered."""
        return len(self._known)

    def pack(
        self,
        items: Sequence[PackItem],
        catalogue: Catalogue,
        preset: Preset = Preset.CHECKOUT,
        *,
        unboxed: bool = False,
    ) -> Packing | CannotPack:
        """As `pack_from`, for goods seen before without packing them again."""
        groups: dict[tuple[str, int], list[int]] = {}  # equal goods: the rows that ask for them
        for index, item in enumerate(items):
            groups.setdefault((repr(shape_of(item)), item.weight_g), []).append(index)
        rows = [groups[goods] for goods in sorted(groups)]
        quantities = [sum(items[index].quantity for index in row) for row in rows]
        key = (catalogue.digest, preset, unboxed, *zip(sorted(groups), quantities, strict=True))
        answer = self._known.get(key)
        if answer is None:
            merged = [
                replace(items[row[0]], quantity=quantity)
                for row, quantity in zip(rows, quantities, strict=True)
            ]
            answer = self._known[key] = pack_from(merged, catalogue, preset, unboxed=unboxed)
            while len(self._known) > self.most:
                self._known.popitem(last=False)
        else:
            with suppress(KeyError):  # another thread may have dropped it
                self._known.move_to_end(key)
        if isinstance(answer, CannotPack):
            firsts = [rows[lack.item][0] for lack in answer.items]
            lacks = (
                replace(lack, item=first, item_id=items[first].id)
                for lack, first in zip(answer.items, firsts, strict=True)
            )
            return CannotPack(tuple(lacks))
        left = [iter([i for i in row for _ in range(items[i].quantity)]) for row in rows]
        return replace(
            answer,
            parcels=tuple(
                replace(
                    parcel,
                    placements=tuple(
                        replace(spot, item=next(left[spot.item])) for spot in parcel.placements
                    ),
                )
                for parcel in answer.parcels
            ),
        )
