"""`lanewise tracking-number`: whose tracking numbers these are."""

import json
import sys
from typing import Annotated, Any

import typer

from carriers.tracking_numbers import recognize_number

app = typer.Typer()


@app.command()
def tracking_number(
    numbers: Annotated[
        list[str] | None, typer.Argument(help="Numbers; none: standard input, one a line.")
    ] = None,
    own: Annotated[
        list[str] | None, typer.Option("--own", help="Courier code of ours; may repeat.")
    ] = None,
) -> None:
    """Recognise tracking numbers: one JSON line each, candidates best first, or why not."""
    lines = numbers if numbers else (line.rstrip("\r\n") for line in sys.stdin)
    for line in lines:
        typer.echo(json.dumps(answer(line, frozenset(own or ())), ensure_ascii=False))


def answer(number: str, own: frozenset[str]) -> dict[str, Any]:
    """The line told of one number."""
    found = recognize_number(number, own_couriers=own)
    if not found.is_valid:
        return {"number": number, "valid": False, "reason": found.reason}
    return {
        "number": number,
        "valid": True,
        "candidates": [
            {"carrier": c.courier, "format": c.format_id, "checked": c.checked}
            for c in found.candidates
        ],
    }
