"""`lanewise tours FILE`: plan the tours of a file, for people or as JSON."""

import json
import sys
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any

import typer

from core.errors import invalid
from routing.flows.plan_tours import plan_tours
from routing.tours.driver_sheet import driver_sheets
from routing.tours.engines import ENGINES, choose
from routing.tours.picture import gantt_svg, map_svg
from routing.tours.plan import RELOAD, Plan
from routing.tours.problem import Problem
from routing.tours.reading import read_tours_file

app = typer.Typer()


@app.command()
def tours(
    file: Annotated[Path, typer.Argument(help="Lanewise JSON, Solomon, Li & Lim or VRPLIB file.")],
    seconds: Annotated[
        float, typer.Option(help="CPU time on one core; start-up is not counted.")
    ] = 10.0,
    seed: Annotated[int, typer.Option(help="Same seed, same search.")] = 1,
    engine: Annotated[
        str, typer.Option(help=f"One of {', '.join(ENGINES)}; empty picks the best able one.")
    ] = "",
    map_file: Annotated[
        Path | None, typer.Option("--map", help="Write a map of the tours to this SVG file.")
    ] = None,
    gantt_file: Annotated[
        Path | None, typer.Option("--gantt", help="Write a chart of the day to this SVG file.")
    ] = None,
    manifest_file: Annotated[
        Path | None, typer.Option("--manifest", help="Write the drivers' sheets to this PDF file.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on standard output.")] = False,
) -> None:
    """Plan tours: who visits which stops, when, at what cost, and why a stop is left out."""
    problem = read_problem(file)
    if not 0 < seconds <= 86_400:
        raise invalid("--seconds", "must be more than 0 and at most a day")
    if engine and engine not in ENGINES:
        raise invalid("--engine", f"{engine!r} is not one of {', '.join(ENGINES)}")
    if engine and (lack := ENGINES[engine].lacks(problem)):
        raise invalid("--engine", f"{engine} {lack}")
    if not engine and not choose(problem)[0]:
        raise invalid("file", "; ".join(choose(problem)[1]))

    def told(plan: Plan) -> None:
        if sys.stderr.isatty():
            line = f"\r{plan.engine}: {len(plan.tours)} tours, {shown_cost(problem, plan):g}   "
            typer.echo(line, nl=False, err=True)

    plan = plan_tours(
        problem,
        seconds=seconds,
        seed=seed,
        engine=engine,
        told=told if sys.stderr.isatty() else None,
    )
    if sys.stderr.isatty():
        typer.echo(err=True)
    if map_file is not None:
        write(map_file, map_svg(problem, plan, depot=problem.depot_at).encode())
    if gantt_file is not None:
        write(gantt_file, gantt_svg(problem, plan).encode())
    if manifest_file is not None:
        write(manifest_file, driver_sheets(problem, plan))
    if as_json:
        typer.echo(json.dumps(as_document(problem, plan)))
    else:
        typer.echo(as_text(problem, plan))


def read_problem(file: Path) -> Problem:
    """The problem of that file; raises InvalidInput when it cannot be read."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise invalid(str(file), f"cannot be read: {error}") from error
    return read_tours_file(text, file=file.name)


def write(file: Path, content: bytes) -> None:
    """Write the file; raises InvalidInput when it cannot be."""
    try:
        file.write_bytes(content)
    except OSError as error:
        raise invalid(str(file), f"cannot be written: {error}") from error


def shown_cost(problem: Problem, plan: Plan) -> int | float:
    """The cost by the file's convention: unrounded distance where it prices so."""
    exact = problem.matrices[0].unrounded
    if problem.currency:
        return round(plan.cost / problem.scale)
    if exact is None:
        return problem.shown(plan.cost)
    total = 0.0
    types = dict(problem.fleet())
    for tour in plan.tours:
        kind = problem.vehicles[types[tour.vehicle]]
        places = [kind.start, *(problem.stops[v.stop].location for v in tour.visits), kind.end]
        total += sum(float(exact[a, b]) for a, b in pairwise(places))
    return round(total, 4)


def as_document(problem: Problem, plan: Plan) -> dict[str, Any]:
    """The answer in the file's own numbers; 0 within a tour is a reload."""
    bound = plan.bound
    return {
        "tours": [
            {
                "vehicle": tour.vehicle,
                "stops": [
                    0 if visit.stop == RELOAD else problem.stops[visit.stop].number
                    for visit in tour.visits
                ],
            }
            for tour in plan.tours
        ],
        "unserved": [
            {"stop": problem.stops[note.stop].number, "reason": note.reason, "detail": note.detail}
            for note in plan.unserved
        ],
        "cost": shown_cost(problem, plan),
        "bound": None if bound is None else problem.shown(bound),
        "engine": plan.engine,
        "notes": list(plan.notes),
    }


def as_text(problem: Problem, plan: Plan) -> str:
    """A page for a terminal."""
    unit = f" {problem.currency} minor units" if problem.currency else ""
    lines = [
        f"{len(plan.tours)} tours, cost {shown_cost(problem, plan):g}{unit}, by {plan.engine}",
        *plan.notes,
    ]
    for tour in plan.tours:
        stops = " ".join(
            "0" if visit.stop == RELOAD else str(problem.stops[visit.stop].number)
            for visit in tour.visits
        )
        lines.append(f"vehicle {tour.vehicle}: {stops}")
    lines += [
        f"stop {problem.stops[note.stop].number} is not served: {note.reason} ({note.detail})"
        for note in plan.unserved
    ]
    return "\n".join(lines)
