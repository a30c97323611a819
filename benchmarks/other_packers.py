"""A packer that anyone can install on the same goods: py3dbp, by geometry alone."""

import importlib
import time
from collections.abc import Callable
from typing import Any

from benchmarks.figures import Figure
from benchmarks.packing_sets import load, timed
from routing.packing.catalogue import Catalogue, prepare
from routing.packing.goods import PackItem, Preset
from routing.packing.orders import read_orders


def compare(*, limit: int, say: Callable[[str], None]) -> list[Figure]:
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
