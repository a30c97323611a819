"""`lanewise bench`: measure the published figures, print them, fail when a must is missed."""

import importlib
import json
import os
import sys
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from benchmarks.figures import Figure, reference_loop_ms
from core.errors import Unavailable, invalid

if TYPE_CHECKING:
    from benchmarks.promise.orders import BenchOrders

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    help="Measure published figures: CPU time on one core, with a reference loop beside it.",
)

LEVELS = (0.9, 0.95, 0.97)
ABLATION_LEVEL = 0.95

# name: module with `run(*, quick: bool, runs: int | None, say: Callable[[str], None]) -> list[Figure]`
BENCHMARKS: dict[str, str] = {
    "carriers": "benchmarks.carriers",
    "checkout": "benchmarks.checkout",
    "pack": "benchmarks.pack",
    "quotes": "benchmarks.quotes",
    "door": "benchmarks.quote_door",
    "promise": "benchmarks.promise.figures",
    "tours": "benchmarks.tours.figures",
}

WITH = {"checkout": ("checkout", "quotes", "door")}
"""What a benchmark measures beside itself."""

Quick = Annotated[bool, typer.Option(help="Fewer and smaller instances.")]
Runs = Annotated[int | None, typer.Option(min=1, help="Repetitions of each measurement.")]
JsonFile = Annotated[Path | None, typer.Option("--json", help="Write the figures to this file.")]


def measure(name: str, quick: bool, runs: int | None, json_file: Path | None) -> None:
    """Measure one benchmark or `all`, print the table, exit with 1 when a must is missed."""
    figures: list[Figure] = []
    for one in BENCHMARKS if name == "all" else WITH.get(name, (name,)):
        typer.echo(f"{one} …", err=True)
        module = importlib.import_module(BENCHMARKS[one])
        try:
            figures += module.run(
                quick=quick, runs=runs, say=lambda text: typer.echo(text, err=True)
            )
        except Unavailable as error:
            if name != "all":
                raise
            figures.append(Figure(one, "", "", f"not measured: {error.message}", False))
    tell(figures, json_file)


def tell(figures: list[Figure], json_file: Path | None) -> None:
    """Print the table (and write it as JSON); exit with 1 when a must is missed."""
    loop_ms = reference_loop_ms()
    load = os.getloadavg()[0]
    typer.echo(table(figures))
    typer.echo(f"reference loop {loop_ms:.0f} ms CPU, load {load:.1f}, {sys.version.split()[0]}")
    if json_file is not None:
        report = {
            "figures": [figure.as_json() for figure in figures],
            "reference_loop_ms": round(loop_ms, 1),
            "load": round(load, 2),
        }
        json_file.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    if not all(figure.ok for figure in figures):
        raise typer.Exit(1)


def table(figures: list[Figure]) -> str:
    """Figures in aligned columns; a missed must is marked."""
    rows = [("", "what", "must", "goal", "seen")]
    rows += [("ok" if f.ok else "MISS", f.what, f.must, f.goal, f.seen) for f in figures]
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def _command(name: str) -> Callable[[bool, int | None, Path | None], None]:
    def bench(quick: Quick = False, runs: Runs = None, json_file: JsonFile = None) -> None:
        measure(name, quick, runs, json_file)

    return bench


for _name in ("all", *BENCHMARKS):
    if _name not in ("promise", "tours"):  # these have options of their own
        _help = "Every benchmark below." if _name == "all" else f"The figures of {_name}."
        app.command(_name, help=_help)(_command(_name))


@app.command("promise")
def bench_promise(
    orders: Annotated[
        Path | None, typer.Option(help="Folder in the Olist format; without it, the figures.")
    ] = None,
    first: Annotated[
        datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="First purchase day.")
    ] = None,
    last: Annotated[
        datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Last purchase day.")
    ] = None,
    level: Annotated[
        list[float] | None, typer.Option(help="Probability to promise, 0..1; may repeat.")
    ] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write the report here.")] = None,
    promises: Annotated[
        Path | None, typer.Option(help="Write CSV order_id,method,level,promised_days here.")
    ] = None,
    late: Annotated[bool, typer.Option(help="Also predict late parcels and the ETA.")] = False,
    ablation: Annotated[
        bool, typer.Option(help="Instead: the default with one part taken away at a time.")
    ] = False,
    quick: Quick = False,
    runs: Runs = None,
) -> None:
    """How promises learned from real orders are kept: strict walk-forward, any window."""
    if orders is None:
        if first or last or level or promises or late or ablation:
            raise invalid("orders", "a folder of orders is needed with these options")
        measure("promise", quick, runs, json_file)
        return
    if first is None or last is None:
        raise invalid("from/to", "the window of purchases needs both days")
    if any(not 0 < one < 1 for one in level or ()):
        raise invalid("level", "a level lies between 0 and 1, e.g. 0.95")
    from benchmarks.promise.evaluate import as_table, evaluate, read_orders, write_promises

    def say(text: str) -> None:
        typer.echo(text, err=True)

    if ablation:
        if promises or late:
            raise invalid("ablation", "has no promises or late parcels to tell")
        _tell_ablation(read_orders(orders, say), first.date(), last.date(), level, json_file, say)
        return
    found = evaluate(
        read_orders(orders, say), first.date(), last.date(), level or LEVELS, late=late, say=say
    )
    typer.echo(as_table(found.report))
    if promises is not None:
        write_promises(promises, found)
    if json_file is not None:
        json_file.write_text(json.dumps(found.report, indent=1) + "\n", encoding="utf-8")


def _tell_ablation(
    bench: "BenchOrders",
    first: date,
    last: date,
    level: list[float] | None,
    json_file: Path | None,
    say: Callable[[str], None],
) -> None:
    from benchmarks.promise.ablation import ablate, as_table

    if level is not None and len(level) > 1:
        raise invalid("level", "an ablation has one level")
    report = ablate(bench, first, last, level[0] if level else ABLATION_LEVEL, say=say)
    typer.echo(as_table(report))
    if json_file is not None:
        json_file.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


@app.command("tours")
def bench_tours(
    sets: Annotated[
        list[str] | None, typer.Option(help="Only these sets; may repeat. Default: all.")
    ] = None,
    instances: Annotated[
        int, typer.Option(min=1, help="At most so many instances of each published row.")
    ] = 100,
    seeds: Annotated[int, typer.Option(min=1, help="Runs of each engine on each instance.")] = 3,
    table_file: Annotated[
        Path | None, typer.Option("--table", help="Write the table per instance here (Markdown).")
    ] = None,
    json_file: JsonFile = None,
    quick: Quick = False,
    runs: Runs = None,
) -> None:
    """Tours on published and generated instances: gaps per instance and engine, from one run."""
    from benchmarks.tours.figures import QUICK, SETS, measure
    from benchmarks.tours.runs import Bench, as_markdown

    if quick:
        sets, instances, seeds = sets or list(QUICK), 1, 1
    bench = Bench(
        lambda text: typer.echo(text, err=True), tuple(range(1, (runs or seeds) + 1)), instances
    )
    figures = measure(bench, sets or list(SETS))
    if table_file is not None:
        table_file.write_text(as_markdown(bench.runs) + "\n", encoding="utf-8")
    else:
        typer.echo(as_markdown(bench.runs))
    tell(figures, json_file)
