"""Packing on the sample order sets: cost against the best known, rules kept, CPU per order."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.figures import Figure, quantile
from benchmarks.other_packers import compare
from benchmarks.packing_sets import Tally, tally
from benchmarks.packing_validator import sound_bins
from benchmarks.plan_cases import shared_folder
from core.kernels import compiled
from routing.packing.bins import pack_bins
from routing.packing.fit import warm
from routing.packing.goods import Preset
from routing.packing.orders import read_bins

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
        figures += _geometry_figures(preset, bare, quick=quick)
    figures += _plain_figures(quick=quick)
    figures.append(_bin_figure(quick=quick))
    figures += compare(limit=10 if quick else 40, say=say)
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


def _geometry_figures(preset: Preset, tallies: dict[str, Tally], *, quick: bool) -> list[Figure]:
    """Against BoxPacker the musts are of whole sets: a few of their orders may leave less to win."""
    figures = []
    for name, must in BELOW_BOXPACKER.items():
        below = 100 * (1 - tallies[name].cost / tallies[name].boxpacker)
        figures.append(
            Figure(
                f"pack {name}, {preset}, geometry: below BoxPacker",
                "> 0 %" if quick else f">= {must:g} %",
                "",
                f"{below:.2f} %",
                below > 0 if quick else below >= must,
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
