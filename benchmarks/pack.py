"""Packing on the sample order sets: cost against the best known, rules kept, CPU per order."""

import importlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.figures import Figure, quantile
from benchmarks.packing_validator import faults, sound_bins
from benchmarks.plan_cases import shared_folder
from core.kernels import compiled
from routing.packing.bins import pack_bins
from routing.packing.catalogue import Catalogue, prepare
from routing.packing.fit import warm
from routing.packing.goods import CannotPack, PackItem, Preset
from routing.packing.orders import read_bins, read_orders, write_packing
from routing.packing.pack import pack_from

SETS = ("flat", "olist", "olist_local", "cut")
QUICK = 40  # orders of each set
# set: (must, goal) share above the best known with all rules
CHECKOUT = {"flat": (0.1, 0), "olist": (0.8, 0.4), "olist_local": (0.8, 0.4), "cut": (3, 1.5)}
WAREHOUSE = {
    "flat": (0.2, 0.1),
    "olist": (0.2, 0.1),
    "olist_local": (0.5, 0.25),
    "cut": (0.5, 0.25),
}
# set: how far below the BoxPacker reference by geometry alone
BELOW_BOXPACKER = {"olist": 2.3, "olist_local": 4.5, "cut": 5.0}


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


def run(*, quick: bool, runs: int | None, say: Callable[[str], None]) -> list[Figure]:
    """Figures of packing; `runs` packings per order at checkout (the least CPU counts)."""
    warm()
    limit = QUICK if quick else None
    figures = []
    for preset, musts, repeats in (
        (Preset.CHECKOUT, CHECKOUT, runs or (1 if quick else 3)),
        (Preset.WAREHOUSE, WAREHOUSE, 1),
    ):
        tallies = {}
        for name in SETS:
            one = tally(name, preset, geometric=False, limit=limit, repeats=repeats)
            tallies[name] = one
            figures.append(_cost_figure(name, preset, one, *musts[name]))
            say(f"  {name}, {preset}: worst {[row for row in one.worst[:3] if row[0] > 0]}")
        figures.append(_valid_figure(preset, tallies))
        figures += _speed_figures(preset, tallies)
    for preset in (Preset.CHECKOUT, Preset.WAREHOUSE):
        bare = {name: tally(name, preset, geometric=True, limit=limit, repeats=1) for name in SETS}
        figures.append(_valid_figure(preset, bare, " by geometry"))
        figures += _geometry_figures(preset, bare)
    figures += _plain_figures(quick=quick)
    figures.append(_bin_figure(quick=quick))
    figures += _other_packer(limit=10 if quick else 40, say=say)
    return figures


def _cost_figure(name: str, preset: Preset, one: Tally, must: float, goal: float) -> Figure:
    above = 100 * (one.cost / one.best - 1)
    return Figure(
        f"pack {name}, {preset}: cost over the best known, all rules",
        f"<= +{must:g} %",
        f"<= +{goal:g} %",
        f"{above:+.2f} % ({one.cost}, {one.proven} of {len(one.spent_ms)} proven)",
        above <= must,
    )


def _valid_figure(preset: Preset, tallies: dict[str, Tally], words: str = "") -> Figure:
    wrong = [text for one in tallies.values() for text in one.wrong]
    count = sum(len(one.spent_ms) for one in tallies.values())
    seen = f"{len(wrong)} in {count} orders{': ' + wrong[0] if wrong else ''}"
    return Figure(f"pack, {preset}: broken rules{words}", "0", "0", seen, not wrong)


def _speed_figures(preset: Preset, tallies: dict[str, Tally]) -> list[Figure]:
    spent = [row for one in tallies.values() for row in one.spent_ms]
    every = [ms for ms, _ in spent]
    what = f"pack, {preset}, {'compiled' if compiled() else 'plain'}: CPU per order"
    if preset is Preset.WAREHOUSE:
        mean, p99 = sum(every) / len(every), quantile(every, 0.99)
        return [
            Figure(
                what,
                "mean <= 30 ms, p99 <= 300 ms",
                "mean <= 15 ms, p99 <= 150 ms",
                f"mean {mean:.1f} ms, p99 {p99:.0f} ms, max {max(every):.0f} ms",
                mean <= 30 and p99 <= 300,
            )
        ]
    few = quantile([ms for ms, pieces in spent if pieces <= 10], 0.99)
    many = quantile([ms for ms, pieces in spent if pieces > 10], 0.99)
    p50 = quantile(every, 0.5)
    return [
        Figure(
            what,
            "p50 <= 0.3 ms, p99 < 5 ms to 10 pieces, < 10 ms to 20",
            "",
            f"p50 {p50:.2f} ms, p99 {few:.1f} ms to 10, {many:.1f} ms above, max {max(every):.1f} ms",
            p50 <= 0.3 and few < 5 and many < 10,
        )
    ]


def _geometry_figures(preset: Preset, tallies: dict[str, Tally]) -> list[Figure]:
    figures = []
    for name, must in BELOW_BOXPACKER.items():
        below = 100 * (1 - tallies[name].cost / tallies[name].boxpacker)
        figures.append(
            Figure(
                f"pack {name}, {preset}, geometry: below BoxPacker",
                f">= {must:g} %",
                "",
                f"{below:.2f} %",
                below >= must,
            )
        )
    orders = sum(len(one.spent_ms) for one in tallies.values())
    dearer = 100 * sum(len(one.dearer) for one in tallies.values()) / orders
    most = 0.2 if preset is Preset.WAREHOUSE else 0.7
    small = sum(one.small for one in tallies.values())
    right = 100 * sum(one.at_bound for one in tallies.values()) / small
    least = 100 if preset is Preset.WAREHOUSE else 99.5
    return [
        *figures,
        Figure(
            f"pack, {preset}, geometry: orders dearer than BoxPacker",
            f"<= {most:g} %",
            "0",
            f"{dearer:.2f} % of {orders}",
            dearer <= most,
        ),
        Figure(
            f"pack, {preset}, geometry, to 6 pieces: at the published bound",
            f">= {least:g} %",
            "100 %",
            f"{right:.2f} % of {small}",
            right >= least,
        ),
    ]


def _plain_figures(*, quick: bool) -> list[Figure]:
    """The reduced preset without compiled kernels, in a process of its own."""
    root = Path(__file__).resolve().parent.parent
    done = subprocess.run(
        [sys.executable, "-c", f"from benchmarks.pack import plain; plain({quick})"],
        env={**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=True,
    )
    seen = json.loads(done.stdout)
    return [
        Figure(
            "pack, reduced, plain Python: CPU per order",
            "p50 <= 1 ms, p99 <= 60 ms",
            "p50 <= 0.5 ms, p99 <= 30 ms",
            f"p50 {seen['p50']:.2f} ms, p99 {seen['p99']:.0f} ms; cost {seen['above']:+.2f} % "
            f"over the best known, {seen['wrong']} broken rules",
            seen["p50"] <= 1 and seen["p99"] <= 60 and not seen["wrong"],
        )
    ]


def plain(quick: bool) -> None:
    """Print, as JSON, CPU and cost of the reduced preset in this process."""
    assert not compiled()
    limit = QUICK if quick else None
    tallies = [
        tally(name, Preset.REDUCED, geometric=False, limit=limit, repeats=1) for name in SETS
    ]
    every = [ms for one in tallies for ms, _ in one.spent_ms]
    cost, best = sum(one.cost for one in tallies), sum(one.best for one in tallies)
    report = {
        "p50": quantile(every, 0.5),
        "p99": quantile(every, 0.99),
        "above": 100 * (cost / best - 1),
        "wrong": sum(len(one.wrong) for one in tallies),
    }
    print(json.dumps(report))


def _bin_figure(*, quick: bool) -> Figure:
    """Classes of Martello, Pisinger and Vigo: bins in total, validated, against their bound L2."""
    folder = shared_folder("data/packing")
    document = json.loads((folder / "mpv.json").read_text(encoding="utf-8"))
    known = json.loads((folder / "mpv_bounds.json").read_text(encoding="utf-8"))
    file = read_bins(document)
    names = list(file.instances)[:: 8 if quick else 1]
    used = wrong = 0
    slowest = 0.0
    for name in names:
        bin_mm, pieces = file.instances[name]
        start = time.process_time()
        binned = pack_bins(pieces, bin_mm, turn=file.turn)
        slowest = max(slowest, time.process_time() - start)
        used += len(binned.bins)
        wrong += not sound_bins(binned.bins, pieces, bin_mm)
    bound = sum(known[name]["lb"] for name in names)
    best = sum(known[name]["ub"] for name in names)
    return Figure(
        f"bins in total, {len(names)} instances of MPV classes 1-8, no turning, 1 s each",
        "<= 1.07 x the bounds",
        "<= 1.0685",
        f"{used / bound:.4f} ({used} bins, best known {best}, bound {bound}, {wrong} broken), "
        f"slowest {slowest:.2f} s CPU",
        (used <= 1.07 * bound or quick) and not wrong and slowest <= 1,
    )


def _other_packer(*, limit: int, say: Callable[[str], None]) -> list[Figure]:
    """py3dbp on the same goods, by geometry: the cheapest single box it can fill.

    It knows neither tariffs nor splits, so only orders that it gets into one box are compared.
    """
    try:
        py3dbp = importlib.import_module("py3dbp")
    except ImportError:
        say("  py3dbp is not installed: not compared")
        return []
    theirs_ms = ours_ms = 0.0
    theirs = ours = compared = refused = 0
    for name in ("flat", "cut"):
        document, _ = load(name)
        file = read_orders(document)
        catalogue = prepare(file.boxes, file.tariff, support_pct=-1)
        for order in document["orders"][:limit]:
            goods = file.orders[order["id"]]
            start = time.process_time()
            cost = _py3dbp_cost(py3dbp, goods, catalogue)
            theirs_ms += (time.process_time() - start) * 1000
            ms, answer = timed(goods, catalogue, Preset.CHECKOUT, 1)
            ours_ms += ms
            if cost is None:
                refused += 1
                continue
            compared += 1
            theirs += cost
            ours += answer["cost"]
    orders = compared + refused
    return [
        Figure(
            f"py3dbp on the same {orders} orders (flat, cut), geometry alone",
            "",
            "",
            f"{100 * (theirs / ours - 1):+.1f} % dearer on the {compared} it got into one box, "
            f"{refused} refused; CPU {theirs_ms / orders:.1f} ms an order to our "
            f"{ours_ms / orders:.2f} ms",
            theirs >= ours,
        )
    ]


def _py3dbp_cost(py3dbp: Any, goods: tuple[PackItem, ...], catalogue: Catalogue) -> int | None:
    """Cost of the cheapest box that py3dbp fills with everything, or None."""
    weight_g = sum(item.weight_g for item in goods)
    volume = sum(item.volume_mm3 for item in goods)
    choices = sorted((catalogue.parcel_minor(b, weight_g), b) for b in range(len(catalogue.boxes)))
    for cost, b in choices:
        box = catalogue.boxes[b]
        if cost >= 1 << 50 or volume > box.volume_mm3:
            continue
        packer = py3dbp.Packer()
        packer.add_bin(py3dbp.Bin(box.id, *box.inner_mm, box.max_gross_g))
        for number, item in enumerate(goods):
            packer.add_item(
                py3dbp.Item(
                    str(number), item.length_mm, item.width_mm, item.height_mm, item.weight_g
                )
            )
        packer.pack(bigger_first=True, number_of_decimals=0)
        if not packer.bins[0].unfitted_items:
            return cost
    return None
