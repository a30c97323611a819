"""How commands speak: data to standard output, progress to standard error."""

import json
import sys
from typing import Any

import typer


def emit(value: Any, *, as_json: bool, text: str | None = None) -> None:
    """Print the answer: JSON for machines, else `text`."""
    if as_json or text is None:
        typer.echo(json.dumps(value, ensure_ascii=False, default=str))
    else:
        typer.echo(text)


def progress(text: str) -> None:
    """One line of progress, where it disturbs no data."""
    typer.echo(text, file=sys.stderr)
