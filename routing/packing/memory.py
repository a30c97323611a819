"""Remembers packings by the goods whatever their order, the catalogue and the preset."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from routing.packing.catalogue import Catalogue
from routing.packing.fit import shape_of
from routing.packing.goods import CannotPack, Packing, PackItem, Preset
from routing.packing.pack import pack_from

Key = tuple[object, ...]


@dataclass(slots=True)
class PackingMemory:
    """The latest answers of `pack_from`; other boxes, rules or prices are another key.

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
        goods = [(repr(shape_of(item)), item.weight_g, item.quantity) for item in items]
        order = sorted(range(len(items)), key=goods.__getitem__)
        key = (catalogue.digest, preset, unboxed, *(goods[index] for index in order))
        answer = self._known.get(key)
        if answer is None:
            answer = pack_from([items[i] for i in order], catalogue, preset, unboxed=unboxed)
            self._known[key] = answer
            while len(self._known) > self.most:
                self._known.popitem(last=False)
        if isinstance(answer, CannotPack):
            lacks = (
                replace(lack, item=order[lack.item], item_id=items[order[lack.item]].id)
                for lack in answer.items
            )
            return CannotPack(tuple(lacks))
        return replace(
            answer,
            parcels=tuple(
                replace(
                    parcel,
                    placements=tuple(
                        replace(spot, item=order[spot.item]) for spot in parcel.placements
                    ),
                )
                for parcel in answer.parcels
            ),
        )
