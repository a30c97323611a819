"""Judges packings from the README of the instances alone; shares nothing with the packer."""

from collections import Counter
from collections.abc import Sequence
from itertools import permutations
from typing import Any


def parcel_cost(box: dict[str, Any], tariff: dict[str, Any], contents_g: int) -> int:
    gross = contents_g + box["tare_g"]
    a, b, c = box["outer"]
    dim = (a * b * c + tariff["divisor_mm3_per_g"] - 1) // tariff["divisor_mm3_per_g"]
    billable = max(gross, dim if dim > tariff["dim_threshold_g"] else 0)
    for limit, price in tariff["brackets"]:
        if billable <= limit:
            return int(price + box["cost_cents"])
    limit, price = tariff["brackets"][-1]
    kilos = -((limit - billable) // 1000)
    return int(price + kilos * tariff["extra_cents_per_kg"] + box["cost_cents"])


def _overlap(a: dict[str, int], b: dict[str, int], axes: str) -> bool:
    return all(a[k] < b[k] + b["d" + k] and b[k] < a[k] + a["d" + k] for k in axes)


def _nested(items: list[dict[str, Any]], a: dict[str, int], b: dict[str, int]) -> bool:
    one, other = items[a["item"]], items[b["item"]]
    nest = one.get("nest_mm", 0)
    return bool(
        nest
        and one.get("sku")
        and one.get("sku") == other.get("sku")
        and (a["x"], a["y"], a["dx"], a["dy"]) == (b["x"], b["y"], b["dx"], b["dy"])
        and abs(a["z"] - b["z"]) >= nest
    )


def faults(
    order: dict[str, Any],
    answer: dict[str, Any],
    boxes: list[dict[str, Any]],
    tariff: dict[str, Any],
    support_pct: int,
    *,
    geometric: bool = False,
) -> list[str]:
    """Everything wrong with an answer, in words; an empty list is a valid packing."""
    items = order["items"]
    wrong: list[str] = []
    by_id = {box["id"]: box for box in boxes}
    placed = Counter(p["item"] for parcel in answer["parcels"] for p in parcel["placements"])
    if placed != Counter(range(len(items))):
        wrong.append(f"placed {sorted(placed.items())} of {len(items)}")
    total = 0
    for parcel in answer["parcels"]:
        box = by_id[parcel["box"]]
        rows = parcel["placements"]
        weight = sum(items[p["item"]]["g"] for p in rows)
        if weight + box["tare_g"] > box["max_gross_g"]:
            wrong.append("too heavy")
        total += parcel_cost(box, tariff, weight)
        for p in rows:
            item = items[p["item"]]
            sides = (item["l"], item["w"], item["h"])
            turned = (p["dx"], p["dy"], p["dz"])
            if turned not in set(permutations(sides)):
                wrong.append(f"{p} is not {sides}")
            if item.get("upright") and p["dz"] != item["h"]:
                wrong.append(f"{p} is not upright")
            if any(
                p[k] < 0 or p[k] + p["d" + k] > room
                for k, room in zip("xyz", box["inner"], strict=True)
            ):
                wrong.append(f"{p} is outside")
            if item.get("alone") and len(rows) > 1:
                wrong.append(f"{p} is not alone")
        if len({items[p["item"]].get("hazmat") for p in rows}) > 1:
            wrong.append("mixed hazmat classes")
        for i, a in enumerate(rows):
            wrong += [
                f"{a} overlaps {b}"
                for b in rows[i + 1 :]
                if _overlap(a, b, "xyz") and not _nested(items, a, b)
            ]
        if geometric:
            continue
        for a in rows:
            wrong += [
                f"{b} rests on fragile {a}"
                for b in rows
                if items[a["item"]].get("fragile")
                and a["z"] + a["dz"] == b["z"]
                and _overlap(a, b, "xy")
            ]
            if a["z"] == 0 or any(
                b is not a and b["z"] < a["z"] and _nested(items, a, b) for b in rows
            ):
                continue
            held = sum(
                max(0, min(a["x"] + a["dx"], b["x"] + b["dx"]) - max(a["x"], b["x"]))
                * max(0, min(a["y"] + a["dy"], b["y"] + b["dy"]) - max(a["y"], b["y"]))
                for b in rows
                if b["z"] + b["dz"] == a["z"]
            )
            if held * 100 < support_pct * a["dx"] * a["dy"]:
                wrong.append(f"{a} is held by {held} of {a['dx'] * a['dy']}")
    if total != answer["cost"]:
        wrong.append(f"cost {answer['cost']} is {total}")
    return wrong


def sound_bins(
    bins: Sequence[Sequence[Sequence[int]]],
    pieces: Sequence[Sequence[int]],
    bin_mm: Sequence[int],
    *,
    turn: bool = False,
) -> bool:
    """True when every piece lies once, within its bin, as it is (or turned), overlapping none."""
    if sorted(spot[0] for one in bins for spot in one) != list(range(len(pieces))):
        return False
    for one in bins:
        for i, a in enumerate(one):
            sides, size = tuple(a[4:7]), tuple(pieces[a[0]])
            if sides not in (set(permutations(size)) if turn else {size}):
                return False
            if any(a[1 + k] < 0 or a[1 + k] + a[4 + k] > bin_mm[k] for k in range(3)):
                return False
            for b in one[i + 1 :]:
                if all(
                    a[1 + k] < b[1 + k] + b[4 + k] and b[1 + k] < a[1 + k] + a[4 + k]
                    for k in range(3)
                ):
                    return False
    return True
