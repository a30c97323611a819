"""The promise on real orders: the four windows of the project's table, as published figures."""

from collections.abc import Callable
from datetime import date
from typing import Any

from benchmarks.figures import Figure
from benchmarks.plan_cases import shared_folder
from benchmarks.promise.evaluate import evaluate
from benchmarks.promise.orders import bench_orders
from benchmarks.promise.quoting import quoting_figures
from simulations.adapters.olist_files import read_olist

# name: window, must and goal for (matched days, realised low/high, worst period, state, pinball)
WINDOWS = {
    "W1": (date(2017, 10, 1), date(2017, 12, 31), (24.9, 88.0, 100.0, 81.0, 78.0, 1.60),
           (23.0, 93.0, 100.0, 90.0, 89.0, 1.35)),
    "W2": (date(2018, 1, 1), date(2018, 2, 28), (24.6, 93.0, 97.0, 92.0, 88.0, 1.36),
           (22.5, 94.0, 96.0, 94.0, 92.0, 1.20)),
    "W3": (date(2018, 3, 1), date(2018, 4, 14), (21.6, 93.0, 97.0, 85.0, 88.0, 1.32),
           (19.2, 94.0, 96.0, 91.0, 92.0, 1.15)),
    "W4": (date(2018, 4, 15), date(2018, 5, 15), (21.1, 94.0, 98.5, 94.0, 94.0, 1.03),
           (18.5, 94.0, 96.5, 94.0, 94.0, 0.88)),
}  # fmt: skip
# moment: must and goal of the average precision
LATE = {
    "hand-over": (0.25, 0.38),
    "4 d before": (0.64, 0.74),
    "2 d before": (0.76, 0.84),
    "1 d before": (0.81, 0.89),
}
ETA_BETTER = 15.0  # %
HALF_MONTHS = ("W3", "W4")  # windows of about a month: the worst half-month counts


def run(*, quick: bool, runs: int | None, say: Callable[[str], None]) -> list[Figure]:
    """Figures of section 13 on the sample; quick takes the last window alone, without late parcels."""
    del runs  # the evaluation is deterministic: it has nothing to repeat
    data = read_olist(shared_folder("data/olist"), say)
    bench = bench_orders(data)
    figures: list[Figure] = []
    late: list[dict[str, Any]] = []
    for name in ("W4",) if quick else tuple(WINDOWS):
        first, last, must, goal = WINDOWS[name]
        report = evaluate(bench, first, last, (0.95,), late=not quick, say=say).report
        figures += _figures(name, report, must, goal)
        if not quick:
            late.append(report["late"])
    return figures + late_figures(late) + quoting_figures(data, quick=quick, say=say)


def late_figures(reports: list[dict[str, Any]]) -> list[Figure]:
    """Late parcels and the ETA, in the mean of the windows."""
    if not reports:
        return []
    figures = []
    for moment, (must, goal) in LATE.items():
        seen = sum(report[moment]["average_precision"] for report in reports) / len(reports)
        figures.append(
            Figure(
                f"late parcels, {moment}: average precision, mean of windows",
                f">= {must:.2f}",
                f">= {goal:.2f}",
                f"{seen:.3f}",
                seen >= must,
            )
        )
    bought, handed = (
        sum(report["eta"][name] for report in reports)
        for name in ("purchase_mae_days", "hand_over_mae_days")
    )
    better = 100 * (1 - handed / bought)
    seen_days = f"{better:.1f} % ({bought / len(reports):.2f} to {handed / len(reports):.2f} d)"
    figures.append(
        Figure(
            "ETA at hand-over: mean error below that at purchase",
            f">= {ETA_BETTER:g} %",
            "",
            seen_days,
            better >= ETA_BETTER,
        )
    )
    return figures


def _figures(
    name: str, report: dict[str, Any], must: tuple[float, ...], goal: tuple[float, ...]
) -> list[Figure]:
    by_method = {row["method"]: row for row in report["rows"]}
    row, quoted = by_method["learned"], by_method["marketplace"]
    days = by_method["learned matched"]["mean_days"]
    kept = 100 * row["realised"]
    period = row["worst_half_month" if name in HALF_MONTHS else "worst_month"]
    state = row["worst_state"]
    worst_state = 100.0 if state is None else 100 * state["realised"]
    parts: tuple[tuple[str, str, str, str, bool], ...] = (
        ("matched mean promise", f"<= {must[0]} d", f"<= {goal[0]} d",
         f"{days:.2f} d against {quoted['mean_days']:.2f}", days <= must[0]),
        ("nominal 95 % realises", f"{must[1]:g}-{must[2]:g} %", f"{goal[1]:g}-{goal[2]:g} %",
         f"{kept:.1f} %", must[1] <= kept <= must[2]),
        ("worst period at 95", f">= {must[3]:g} %", f">= {goal[3]:g} %",
         f"{100 * period['realised']:.1f} %", 100 * period["realised"] >= must[3]),
        ("worst state at 95", f">= {must[4]:g} %", f">= {goal[4]:g} %",
         f"{worst_state:.1f} %", worst_state >= must[4]),
        ("pinball loss at 95", f"<= {must[5]:.2f}", f"<= {goal[5]:.2f}",
         f"{row['pinball']:.3f}", row["pinball"] <= must[5]),
        ("full refit, CPU", "<= 120 s", "<= 30 s", f"{report['refit_s']:.1f} s",
         report["refit_s"] <= 120),
        ("quote alone, p99 CPU", "<= 10 ms", "", f"{report['ms_per_quote_p99']:.2f} ms",
         report["ms_per_quote_p99"] <= 10),
    )  # fmt: skip
    return [
        Figure(f"promise {name}: {what}", least, wish, seen, ok)
        for what, least, wish, seen, ok in parts
    ]
