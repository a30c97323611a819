"""`lanewise import DIR`: a network from a folder of CSV and JSON files."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from api.commands.api_key import find_tenant
from api.commands.output import emit
from api.policy_checks import POLICY_CHECKS
from api.wiring import from_environment
from core.errors import invalid
from routing.flows.import_network import import_network

app = typer.Typer()
LARGEST_FILE = 200_000_000


@app.command()
def import_(
    folder: Annotated[Path, typer.Argument(help="Folder of the files; see the reference.")],
    tenant: Annotated[str | None, typer.Option(help="Tenant; needed when several.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Validate a network as a whole and make it the active one; nothing changes on any fault."""
    files = read_folder(folder)
    lanewise = from_environment()
    with lanewise.sessions(find_tenant(lanewise, tenant), actor="cli") as session:
        imported = import_network(session, files, checks=POLICY_CHECKS)
    what = "imported" if imported.changed else "unchanged"
    emit(
        asdict(imported),
        as_json=json,
        text=(
            f"{what}: version {imported.version}, {imported.sellers} sellers, "
            f"{imported.locations} locations, {imported.skus} SKUs, {imported.offers} offers, "
            f"{imported.services} services"
        ),
    )


def read_folder(folder: Path) -> dict[str, str]:
    """Every CSV, JSON and GeoJSON file of the folder as text; raises InvalidInput."""
    if not folder.is_dir():
        raise invalid("DIR", f"{folder} is not a folder")
    files: dict[str, str] = {}
    for path in sorted(folder.iterdir()):
        if path.suffix not in (".csv", ".json", ".geojson") or not path.is_file():
            continue
        if path.stat().st_size > LARGEST_FILE:
            raise invalid(path.name, f"is larger than {LARGEST_FILE} bytes")
        try:
            files[path.name] = path.read_text("utf-8")
        except UnicodeDecodeError:
            raise invalid(path.name, "is not UTF-8 text") from None
        except OSError as error:
            raise invalid(path.name, f"cannot be read: {error.strerror}") from None
    if not files:
        raise invalid("DIR", f"{folder} holds no CSV or JSON file")
    return files
