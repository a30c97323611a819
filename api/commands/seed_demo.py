"""`lanewise seed-demo`: the bundled demo marketplace, into a database or a folder."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from api.commands.api_key import find_tenant
from api.commands.output import emit, progress
from api.wiring import from_environment
from core.errors import Unavailable
from routing.flows.import_network import import_network
from simulations.demo_network import demo_files

app = typer.Typer()


@app.command()
def seed_demo(
    seed: Annotated[int, typer.Option(help="Another seed, other stocks and prices.")] = 1,
    tenant: Annotated[str | None, typer.Option(help="Tenant; needed when several.")] = None,
    out: Annotated[
        Path | None, typer.Option(help="Write the import files here instead of importing.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Load the demo marketplace: invented sellers at real places, real published prices."""
    files = demo_files(seed)
    if out is not None:
        write_files(files, out)
        emit({"folder": str(out), "files": len(files)}, as_json=json, text=f"wrote {out}")
        return
    lanewise = from_environment()
    progress("importing the demo marketplace")
    with lanewise.sessions(find_tenant(lanewise, tenant), actor="cli") as session:
        imported = import_network(session, files)
    emit(
        asdict(imported),
        as_json=json,
        text=(
            f"Harbour Market, version {imported.version}: {imported.sellers} sellers, "
            f"{imported.locations} locations, {imported.skus} SKUs, {imported.services} services"
        ),
    )


def write_files(files: dict[str, str], folder: Path) -> None:
    """Write the files, making the folder."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (folder / name).write_text(text, "utf-8")
    except OSError as error:
        raise Unavailable(f"cannot write {error.filename}: {error.strerror}") from None
