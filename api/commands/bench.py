"""`lanewise bench`: measure the published figures, print them, fail when a must is missed."""

import importlib
import json
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.figures import Figure, reference_loop_ms
from core.errors import Unavailable, invalid

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)

# name: module with `run(*, quick: bool, runs: int | None, say: Callable[[str], None]) -> list[Figure]`
BENCHMARKS: dict[str, str] = {
    "checkout": "benchmarks.checkout",
    "pack": "benchmarks.pack",
}


@app.command()
def bench(
    name: Annotated[str, typer.Argument(help=f"all, {', '.join(BENCHMARKS)}")],
    quick: Annotated[bool, typer.Option(help="Fewer and smaller instances.")] = False,
    runs: Annotated[
        int | None, typer.Option(min=1, help="Repetitions of each measurement.")
    ] = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write the figures to this file.")
    ] = None,
) -> None:
    """Measure published figures: CPU time on one core, with a reference loop beside it."""
    if name != "all" and name not in BENCHMARKS:
        raise invalid("name", f"{name!r} is none of all, {', '.join(BENCHMARKS)}")
    figures: list[Figure] = []
    for one in BENCHMARKS if name == "all" else (name,):
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
