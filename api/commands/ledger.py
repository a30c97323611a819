"""`lanewise ledger`: check the seals of the promise ledger, or close a batch now."""

from typing import Annotated

import typer
from sqlalchemy import select

from api.commands.api_key import Json, Tenant, find_tenant
from api.commands.output import emit
from api.wiring import from_environment
from core.errors import NotFound
from routing.flows.seal_promises import seal_promises
from routing.flows.verify_ledger import verify_ledger
from routing.ledger import LedgerHead, parse_head
from routing.tables import LedgerHeadRow

Head = Annotated[
    str | None,
    typer.Option("--head", help="A head that `ledger head` printed: that seal must still stand."),
]
app = typer.Typer(help="The ledger of promises: what was promised, to whom, when, on what.")


@app.command()
def verify(head: Head = None, tenant: Tenant = None, json: Json = False) -> None:
    """Recompute every hash; exit with 1 and the names of broken places when something changed."""
    witness = None if head is None else parse_head(head)
    lanewise = from_environment()
    with lanewise.sessions(find_tenant(lanewise, tenant), read_only=True) as session:
        report = verify_ledger(session, witness)
    lines = [str(fault) for fault in report.faults]
    lines.append(
        f"{report.seals} seals over {report.sealed} promises, {report.unsealed} not sealed yet: "
        + (f"{len(report.faults)} faults" if report.faults else "intact")
    )
    emit(
        {
            "intact": not report.faults,
            "seals": report.seals,
            "sealed": report.sealed,
            "unsealed": report.unsealed,
            "faults": [
                {
                    "kind": fault.kind,
                    "seal": fault.seal,
                    "promise": fault.promise,
                    "order": fault.order,
                }
                for fault in report.faults
            ],
        },
        as_json=json,
        text="\n".join(lines),
    )
    if report.faults:
        raise typer.Exit(1)


@app.command()
def head(tenant: Tenant = None, json: Json = False) -> None:
    """Print the newest seal as NUMBER:HASH, to be kept outside the database.

    Whoever rewrites the whole ledger can't make `verify --head` of that one agree.
    """
    lanewise = from_environment()
    with lanewise.sessions(find_tenant(lanewise, tenant), read_only=True) as session:
        row = session.scalar(select(LedgerHeadRow))
        if row is None:
            raise NotFound("no promise has been sealed yet", code="no_seal")
        told = {
            "head": str(LedgerHead(row.number, row.hash)),
            "sealed_at": row.sealed_at.isoformat(),
            "sealed": row.sealed,
        }
    emit(told, as_json=json, text=str(told["head"]))


@app.command()
def seal(tenant: Tenant = None, json: Json = False) -> None:
    """Seal what is not sealed yet, without waiting for the worker."""
    lanewise = from_environment()
    count = seal_promises(lanewise.sessions, find_tenant(lanewise, tenant), whole=True)
    emit({"sealed": count}, as_json=json, text=f"{count} promises sealed")
