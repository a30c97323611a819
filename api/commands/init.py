"""`lanewise init`: database, tenant and the first API key, shown once."""

from typing import Annotated

import typer

from api.commands.output import emit
from api.models import metadata
from api.wiring import from_environment, make_var
from core.errors import Conflict
from store import schema
from store.keys import create_key, create_tenant

app = typer.Typer()


@app.command()
def init(
    tenant: Annotated[str, typer.Option(help="Name of the marketplace.")] = "demo",
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Create the database, a tenant and its first API key (shown this once)."""
    lanewise = from_environment()
    make_var(lanewise.settings)
    schema.upgrade(lanewise.sessions.engine, metadata)
    try:
        with lanewise.sessions.system() as session:
            tenant_id = create_tenant(session, tenant)
    except Conflict:
        raise Conflict(
            f"tenant {tenant!r} exists already; `lanewise api-key create` makes another key",
            code="tenant_exists",
        ) from None
    with lanewise.sessions(tenant_id, actor="init") as session:
        _, secret = create_key(session, "first")
    database = lanewise.sessions.engine.url.render_as_string(hide_password=True)
    emit(
        {"database": database, "tenant": tenant, "api_key": secret},
        as_json=json,
        text=f"database  {database}\ntenant    {tenant}\nAPI key   {secret}   (shown this once)",
    )
