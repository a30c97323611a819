"""`lanewise ledger`: check the seals of the promise ledger, or close a batch now."""

import typer

from api.commands.api_key import Json, Tenant, find_tenant
from api.commands.output import emit
from api.wiring import from_environment
from routing.flows.seal_promises import seal_promises
from routing.flows.verify_ledger import verify_ledger

app = typer.Typer(help="The ledger of promises: what was promised, to whom, when, on what.")


@app.command()
def verify(tenant: Tenant = None, json: Json = False) -> None:
    """Recompute every hash; exit with 1 and the names of broken places when something changed."""
    lanewise = from_environment()
    with lanewise.sessions(find_tenant(lanewise, tenant), read_only=True) as session:
        report = verify_ledger(session)
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
                {"kind": fault.kind, "seal": fault.seal, "promise": fault.promise}
                for fault in report.faults
            ],
        },
        as_json=json,
        text="\n".join(lines),
    )
    if report.faults:
        raise typer.Exit(1)


@app.command()
def seal(tenant: Tenant = None, json: Json = False) -> None:
    """Seal what is not sealed yet, without waiting for the worker."""
    lanewise = from_environment()
    with lanewise.sessions(find_tenant(lanewise, tenant), actor="cli") as session:
        count = seal_promises(session)
    emit({"sealed": count}, as_json=json, text=f"{count} promises sealed")
