"""`lanewise journey FILE`: where an order is, from a file of tracking events; no database."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from core.errors import invalid
from tracking.event_lines import read_event_lines, summary

app = typer.Typer()


@app.command()
def journey(
    file: Annotated[
        str, typer.Argument(help="JSON lines of tracking events; - reads standard input")
    ] = "-",
    json_only: Annotated[
        bool, typer.Option("--json", help="JSON on standard output (it always is)")
    ] = False,
) -> None:
    """Fold tracking events into one state and one next step.

    The answer is the same for any order and any repetition of the lines.
    """
    events = read_event_lines(_read(file), file=file)
    typer.echo(json.dumps(summary(events), indent=None if json_only else 2, ensure_ascii=False))


def _read(file: str) -> str:
    try:
        raw = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise invalid("file", f"{file}: {error.strerror}") from None
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        raise invalid("file", f"{file}: is not UTF-8 text") from None
