"""`lanewise simulate SCENARIO`: a marketplace in a box, its report and its certificate."""

import json
import os
import time
from pathlib import Path
from typing import Annotated

import typer

from api.commands.output import emit, progress

app = typer.Typer()


@app.command()
def simulate(
    name: Annotated[str, typer.Argument(metavar="SCENARIO", help="calm, week, peak or storm.")],
    days: Annotated[int, typer.Option(help="Days of demand.", min=1, max=366)] = 7,
    seed: Annotated[int, typer.Option(help="The same seed tells the same story.")] = 1,
    out: Annotated[Path, typer.Option(help="Folder for index.html and report.json.")] = Path(
        "var/simulation"
    ),
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Run the demo marketplace with seeded shoppers, sellers, carriers and returners.

    Exit code 1 when a rule of the certificate was broken: something booked, told or refunded twice,
    lost, or not known. Promises that a misbehaving carrier broke are shown by their stated level.
    """
    from api.logs import set_up_logs
    from api.rehearsal.page import write_rehearsal
    from api.rehearsal.run import START, rehearse
    from api.settings import read_settings
    from simulations.scenario import scenario

    story = scenario(name, START, days)
    set_up_logs(read_settings(os.environ).model_copy(update={"log_level": "error"}))
    started = time.process_time()
    rehearsal = rehearse(story, seed, progress)
    page = write_rehearsal(rehearsal, out)
    progress(f"{days} days took {time.process_time() - started:.1f} s of CPU; look at {page}")
    certificate = rehearsal.certificate
    lines = [f"{name}: {json.dumps(rehearsal.report.figures())}"]
    lines += [
        f"level {row.level}: {row.kept} of {row.orders} promises kept"
        f" ({row.share:.1%}, 95 % interval {row.low:.1%} to {row.high:.1%})"
        for row in certificate.promises
    ]
    lines += [f"BROKEN: {c.rule}: {c.seen} of {c.of}" for c in certificate.checks if not c.holds]
    lines.append("every rule held" if certificate.holds else "certificate refused")
    emit(rehearsal.as_json(), as_json=as_json, text="\n".join(lines))
    if not certificate.holds:
        raise typer.Exit(1)
