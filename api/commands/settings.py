"""`lanewise settings`: show what is set, or write the generated reference."""

import os
from pathlib import Path
from typing import Annotated

import typer

from api.commands.output import emit, progress
from api.settings import read_settings, settings_example, settings_reference
from core.errors import Conflict

app = typer.Typer()
ROOT = Path(__file__).resolve().parent.parent.parent
SECRET = {"secret_key", "smtp_url", "database_url"}


@app.command()
def settings(
    write: Annotated[
        bool, typer.Option("--write", help="Write docs/reference/settings.md and .env.example.")
    ] = False,
    check: Annotated[bool, typer.Option("--check", help="Fail when those are stale.")] = False,
) -> None:
    """Show every setting in force; secrets are masked."""
    pages = {
        ROOT / "docs" / "reference" / "settings.md": settings_reference(),
        ROOT / ".env.example": settings_example(),
    }
    if write:
        for path, text in pages.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            progress(f"wrote {path.name}")
        return
    if check:
        for path, text in pages.items():
            if not path.exists() or path.read_text() != text:
                raise Conflict(f"{path.name} is stale: run `lanewise settings --write`")
        return
    values = read_settings(os.environ).model_dump(mode="json")
    emit(
        {key: "***" if key in SECRET and value else value for key, value in values.items()},
        as_json=True,
    )
