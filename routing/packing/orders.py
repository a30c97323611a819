"""Reads files of orders to pack and writes their packings, field for field as documented.

Input: `boxes`, `tariff`, `support_pct` and `orders` of `items`; lengths in mm, masses in g, money
in minor units (`cost_cents`). Optional: `seller` of an item with `mix_sellers` 0 for the file, and
`box_surcharge_cents` by box in the tariff. Errors name the order, the item and the field.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.errors import Fault, InvalidInput, invalid
from routing.packing.goods import (
    LONGEST_MM,
    MOST_PIECES,
    Binned,
    Box,
    CannotPack,
    Packing,
    PackItem,
    Tariff,
)

SUPPORT_PCT = 70  # unless the file says otherwise

Sides = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class PackFile:
    """One catalogue and the orders to pack with it."""

    boxes: tuple[Box, ...]
    tariff: Tariff
    support_pct: int
    orders: Mapping[str, tuple[PackItem, ...]]


def _row(value: object, place: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise invalid(place, "must be an object")
    return value


def _rows(document: Mapping[str, Any], name: str, place: str = "") -> list[Any]:
    where = f"{place}.{name}" if place else name
    if name not in document:
        raise invalid(where, "is missing")
    rows = document[name]
    if not isinstance(rows, list):
        raise invalid(where, "must be a list")
    return rows


def _name(row: Mapping[str, Any], place: str) -> str:
    value = _need(row, "id", place)
    if isinstance(value, bool) or not isinstance(value, (str, int)) or value == "":
        raise invalid(f"{place}.id", f"must be text, not {value!r}")
    return str(value)


def _text(row: Mapping[str, Any], name: str, place: str, default: str = "") -> str:
    """A word or a number as text; null says no more than nothing."""
    value = row.get(name)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise invalid(f"{place}.{name}", f"must be text, not {value!r}")
    return str(value)


def _need(row: Mapping[str, Any], name: str, place: str) -> Any:
    if name not in row:
        raise invalid(f"{place}.{name}", "is missing")
    return row[name]


def _named(error: InvalidInput, place: str) -> InvalidInput:
    faults = [
        fault
        if fault.field.startswith(f"{place}.")
        else Fault(f"{place}.{fault.field}", fault.reason)
        for fault in error.faults
    ]
    return InvalidInput(None if faults else f"{place}: {error.message}", faults=faults)


def _flag(row: Mapping[str, Any], name: str, place: str) -> bool:
    value = row.get(name, 0)
    if value not in (0, 1):  # True and False are 1 and 0
        raise invalid(f"{place}.{name}", f"must be 0 or 1, not {value!r}")
    return bool(value)


def read_box(value: object, place: str) -> Box:
    """A box from `id, inner, outer, tare_g, max_gross_g, cost_cents`."""
    row = _row(value, place)
    sides = []
    for name in ("inner", "outer"):
        side = _need(row, name, place)
        if not isinstance(side, list) or len(side) != 3:
            raise invalid(f"{place}.{name}", "must be three lengths in mm")
        sides.append((side[0], side[1], side[2]))
    try:
        return Box(
            id=_name(row, place),
            inner_mm=sides[0],
            outer_mm=sides[1],
            tare_g=_need(row, "tare_g", place),
            max_gross_g=_need(row, "max_gross_g", place),
            cost_minor=_need(row, "cost_cents", place),
        )
    except InvalidInput as error:
        raise _named(error, place) from None


def read_tariff(value: object) -> Tariff:
    """A tariff from `divisor_mm3_per_g, dim_threshold_g, brackets, extra_cents_per_kg`."""
    row = _row(value, "tariff")
    brackets = _need(row, "brackets", "tariff")
    if not isinstance(brackets, list) or not all(
        isinstance(one, list) and len(one) == 2 for one in brackets
    ):
        raise invalid("tariff.brackets", "must be a list of [up to g, price]")
    try:
        return Tariff(
            id=_text(row, "id", "tariff"),
            brackets=tuple((one[0], one[1]) for one in brackets),
            extra_minor_per_kg=row.get("extra_cents_per_kg"),
            divisor_mm3_per_g=_need(row, "divisor_mm3_per_g", "tariff"),
            dim_threshold_g=row.get("dim_threshold_g", 0),
            box_surcharge_minor=dict(
                _row(row.get("box_surcharge_cents", {}), "box_surcharge_cents")
            ),
        )
    except InvalidInput as error:
        raise _named(error, "tariff") from None


def read_item(value: object, place: str, *, mixed: bool = True) -> PackItem:
    """A piece from `l, w, h, g` and its optional flags; sellers share parcels when `mixed`."""
    row = _row(value, place)
    sizes = {name: _need(row, name, place) for name in ("l", "w", "h", "g")}
    flags = {name: _flag(row, name, place) for name in ("upright", "fragile", "alone")}
    words = {name: _text(row, name, place) for name in ("hazmat", "sku", "seller")}
    try:
        return PackItem(
            id=_text(row, "id", place, place),
            length_mm=sizes["l"],
            width_mm=sizes["w"],
            height_mm=sizes["h"],
            weight_g=sizes["g"],
            **flags,
            hazmat=words["hazmat"],
            nest_mm=row.get("nest_mm", 0),
            sku=words["sku"],
            quantity=row.get("quantity", 1),
            group="" if mixed else words["seller"],
        )
    except InvalidInput as error:
        raise _named(error, place) from None


def read_orders(document: object) -> PackFile:
    """The file as values; raises InvalidInput that names the place of each fault."""
    top = _row(document, "file")
    boxes = tuple(read_box(row, f"boxes[{i}]") for i, row in enumerate(_rows(top, "boxes")))
    if not boxes:
        raise invalid("boxes", "there are no boxes to pack into")
    tariff = read_tariff(top.get("tariff"))
    for box_id in sorted(tariff.box_surcharge_minor.keys() - {box.id for box in boxes}):
        raise invalid(f"tariff.box_surcharge_cents.{box_id}", "there is no such box")
    support_pct = top.get("support_pct", SUPPORT_PCT)
    if isinstance(support_pct, bool) or not isinstance(support_pct, int):
        raise invalid("support_pct", "must be a whole number from 0 to 100")
    if not 0 <= support_pct <= 100:
        raise invalid("support_pct", f"must be from 0 to 100, not {support_pct}")
    mixed = _flag({"mix_sellers": 1, **top}, "mix_sellers", "file")
    orders: dict[str, tuple[PackItem, ...]] = {}
    for i, value in enumerate(_rows(top, "orders")):
        row = _row(value, f"orders[{i}]")
        order_id = _name(row, f"orders[{i}]")
        if order_id in orders:
            raise invalid(f"orders[{i}].id", f"{order_id} is there twice")
        orders[order_id] = tuple(
            read_item(item, f"{order_id}.items[{k}]", mixed=mixed)
            for k, item in enumerate(_rows(row, "items", order_id))
        )
        if sum(item.quantity for item in orders[order_id]) > MOST_PIECES:
            raise invalid(f"{order_id}.items", f"more than {MOST_PIECES} pieces in one order")
    return PackFile(boxes, tariff, support_pct, orders)


@dataclass(frozen=True, slots=True)
class BinFile:
    """Instances of filling equal bins: id: (inner size, pieces); `turn` = pieces may be turned."""

    turn: bool
    instances: Mapping[str, tuple[Sides, tuple[Sides, ...]]]


def _sides(value: object, place: str) -> Sides:
    if (
        not isinstance(value, list)
        or len(value) != 3
        or not all(type(side) is int and 0 < side <= LONGEST_MM for side in value)
    ):
        raise invalid(place, f"must be three lengths from 1 to {LONGEST_MM} mm")
    return value[0], value[1], value[2]


def read_bins(document: object) -> BinFile:
    """Instances with `id`, `bin` and `items`; raises InvalidInput that names the place."""
    top = _row(document, "file")
    turn = _flag(top, "rotation", "file")
    instances: dict[str, tuple[Sides, tuple[Sides, ...]]] = {}
    for i, value in enumerate(_rows(top, "instances")):
        row = _row(value, f"instances[{i}]")
        name = _name(row, f"instances[{i}]")
        if name in instances:
            raise invalid(f"instances[{i}].id", f"{name} is there twice")
        bin_mm = _sides(_need(row, "bin", name), f"{name}.bin")
        items = _rows(row, "items", name)
        if len(items) > MOST_PIECES:
            raise invalid(f"{name}.items", f"more than {MOST_PIECES} pieces")
        instances[name] = (
            bin_mm,
            tuple(_sides(item, f"{name}.items[{k}]") for k, item in enumerate(items)),
        )
    return BinFile(turn, instances)


def write_bins(binned: Binned) -> dict[str, Any]:
    """Bins in the documented answer format."""
    fields = ("item", "x", "y", "z", "dx", "dy", "dz")
    return {
        "bins": [[dict(zip(fields, spot, strict=True)) for spot in one] for one in binned.bins],
        "lower_bound": binned.lower_bound,
        "proven": binned.lower_bound == len(binned.bins),
    }


def write_packing(packing: Packing | CannotPack) -> dict[str, Any]:
    """A packing in the documented answer format; `unpackable` names what has no parcel."""
    if isinstance(packing, CannotPack):
        return {
            "parcels": [],
            "cost": None,
            "lower_bound": None,
            "proven": False,
            "unpackable": [
                {
                    "item": lack.item,
                    "box": lack.box_id,
                    "over_mm": lack.over_mm,
                    "over_g": lack.over_g,
                    "why": str(lack),
                }
                for lack in packing.items
            ],
        }
    return {
        "parcels": [
            {
                "box": None if parcel.box is None else parcel.box.id,
                "placements": [
                    {
                        "item": spot.item,
                        "x": spot.x,
                        "y": spot.y,
                        "z": spot.z,
                        "dx": spot.dx,
                        "dy": spot.dy,
                        "dz": spot.dz,
                    }
                    for spot in parcel.placements
                ],
                "empty_share": round(parcel.empty_share, 4),
            }
            for parcel in packing.parcels
        ],
        "cost": packing.cost_minor,
        "lower_bound": packing.lower_bound_minor,
        "proven": packing.proven,
        **({"best_effort": True} if packing.best_effort else {}),
    }
