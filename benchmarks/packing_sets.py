"""The sample order sets of the shared data: packed, judged and timed one set at a time."""

import json
import time
from dataclasses import dataclass, field
from typing import Any

from benchmarks.packing_validator import faults
from benchmarks.plan_cases import shared_folder
from routing.packing.catalogue import Catalogue, prepare
from routing.packing.goods import CannotPack, PackItem, Preset
from routing.packing.orders import read_orders, write_packing
from routing.packing.pack import pack_from


@dataclass(slots=True)
class Tally:
    """What packing one set of orders gave."""

    cost: int = 0
    best: int = 0
    boxpacker: int = 0
    dearer: list[str] = field(default_factory=list)  # than BoxPacker
    small: int = 0  # orders of up to 6 pieces
    at_bound: int = 0  # of these, how many cost no more than the published bound
    proven: int = 0
    wrong: list[str] = field(default_factory=list)
    worst: list[tuple[int, str, int]] = field(default_factory=list)  # above best known, id, pieces
    spent_ms: list[tuple[float, int]] = field(default_factory=list)  # CPU, pieces


def load(name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """A set of orders and what is known about each."""
    folder = shared_folder("data/packing")
    orders = json.loads((folder / f"orders_{name}.json").read_text(encoding="utf-8"))
    bounds = json.loads((folder / "bounds.json").read_text(encoding="utf-8"))
    return orders, bounds[f"orders_{name}"]


def tally(name: str, preset: Preset, *, geometric: bool, limit: int | None, repeats: int) -> Tally:
    """Pack a set, check every packing, and time each order (least of the repeats)."""
    document, bounds = load(name)
    file = read_orders(document)
    catalogue = prepare(file.boxes, file.tariff, support_pct=-1 if geometric else file.support_pct)
    result = Tally()
    for order in document["orders"][:limit]:
        goods, known = file.orders[order["id"]], bounds[order["id"]]
        least, answer = timed(goods, catalogue, preset, repeats)
        wrong = faults(
            order,
            answer,
            document["boxes"],
            document["tariff"],
            document["support_pct"],
            geometric=geometric,
        )
        best = known["best_geometric" if geometric else "best_rules70"]
        result.wrong += [f"{order['id']}: {wrong[0]}"] if wrong else []
        result.cost += answer["cost"]
        result.best += best
        result.boxpacker += known["boxpacker"]
        result.proven += answer["proven"]
        if answer["cost"] > known["boxpacker"]:
            result.dearer.append(order["id"])
        if len(goods) <= 6:
            result.small += 1
            result.at_bound += answer["cost"] <= known["lb"]
        result.worst.append((answer["cost"] - best, order["id"], len(goods)))
        result.spent_ms.append((least, len(goods)))
    result.worst.sort(reverse=True)
    return result


def timed(
    goods: tuple[PackItem, ...], catalogue: Catalogue, preset: Preset, repeats: int
) -> tuple[float, dict[str, Any]]:
    """(least CPU ms, answer) of packing one order."""
    least = float("inf")
    for _ in range(repeats):
        start = time.process_time_ns()
        packing = pack_from(goods, catalogue, preset)
        least = min(least, (time.process_time_ns() - start) / 1e6)
    assert not isinstance(packing, CannotPack)
    return least, write_packing(packing)
