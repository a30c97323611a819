"""`lanewise faults SUITE`: tries what must never happen, many times, and counts."""

import importlib
import json
import sys
from typing import Annotated, Any

import typer

from api.logs import set_up_logs
from api.settings import Settings
from core.errors import InvalidInput

app = typer.Typer()

# suite: module in benchmarks/faults with `run(runs, seed, progress=…) -> SuiteReport`
SUITES = {name: name for name in ("booking", "calls", "batch", "ingestion", "thread", "served")}
WITH_DOORS = {"thread", "served"}  # suites that go through the API: they are handed ways to open it


@app.command()
def faults(
    suite: Annotated[str, typer.Argument(help=f"One of: {', '.join(SUITES)}.")],
    runs: Annotated[int, typer.Option(help="How many runs.", min=1)] = 1000,
    seed: Annotated[int, typer.Option(help="Seed: the same seed, the same faults.")] = 1,
    database: Annotated[
        str | None,
        typer.Option(
            help="URL of a PostgreSQL server to make databases on, for "
            f"{' and '.join(sorted(WITH_DOORS))}. Default: SQLite."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on standard output.")] = False,
) -> None:
    """Run a fault suite; exit code 1 when anything broke."""
    if suite not in SUITES:
        raise InvalidInput(f"no such suite: {suite}; one of {', '.join(SUITES)}")
    set_up_logs(Settings(log_level="error"))  # on standard error: standard output is the report's
    module = importlib.import_module(f"benchmarks.faults.{SUITES[suite]}")
    given: dict[str, Any] = {}
    if suite in WITH_DOORS:
        given = _doors(suite) | {"database": database}
    elif database is not None:
        raise InvalidInput(f"the suite {suite} brings its own database")
    report = module.run(
        runs,
        seed,
        progress=lambda line: print(line, file=sys.stderr),  # noqa: T201
        **given,
    )
    if as_json:
        typer.echo(json.dumps(report.as_json()))
    else:
        for row in report.rows:
            typer.echo("  ".join(f"{name}={value}" for name, value in row.items()))
        typer.echo("ok" if report.ok else "BROKEN: " + "; ".join(report.broken))
    if not report.ok:
        raise typer.Exit(1)


def _doors(suite: str) -> dict[str, Any]:
    """What a suite that goes through the API is handed."""
    from api.marketplace import rehearse_on
    from api.rehearsal_server import serve_on

    return {"open_shop": rehearse_on} | ({"serve": serve_on} if suite == "served" else {})
