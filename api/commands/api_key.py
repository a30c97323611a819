"""`lanewise api-key`: create, list and revoke keys."""

from typing import Annotated
from uuid import UUID

import typer
from sqlalchemy import select

from api.commands.output import emit
from api.preconditions import check_revision
from api.wiring import Lanewise, from_environment
from core.errors import NotFound, invalid
from core.ids import TenantId
from store.keys import create_key, only_tenant, revoke_key
from store.tables import ApiKeyRow, TenantRow

app = typer.Typer(help="API keys of a tenant.")
Tenant = Annotated[str | None, typer.Option(help="Name of the tenant; needed when several.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def find_tenant(lanewise: Lanewise, name: str | None) -> TenantId:
    """The tenant of that name, or the only one there is; refuses a database of another revision."""
    check_revision(lanewise)
    with lanewise.sessions.system(read_only=True) as session:
        if name is None:
            return only_tenant(session)
        found = session.scalar(select(TenantRow.id).where(TenantRow.name == name))
        if found is None:
            raise NotFound(f"no tenant named {name!r}")
        return TenantId(found)


@app.command()
def create(
    name: Annotated[str, typer.Option(help="What the key is for.")],
    scope: Annotated[list[str] | None, typer.Option(help="May repeat; default all.")] = None,
    seller: Annotated[str | None, typer.Option(help="Narrow the key to one seller.")] = None,
    tenant: Tenant = None,
    json: Json = False,
) -> None:
    """Create a key; it is shown this once."""
    lanewise = from_environment()
    with lanewise.sessions(find_tenant(lanewise, tenant), actor="cli") as session:
        key_id, secret = create_key(session, name, scopes=scope, seller=seller)
    emit({"id": str(key_id), "key": secret}, as_json=json, text=f"{secret}   (shown this once)")


@app.command("list")
def list_keys(tenant: Tenant = None, json: Json = False) -> None:
    """Show the keys that exist, without their secrets."""
    lanewise = from_environment()
    with lanewise.sessions(find_tenant(lanewise, tenant), read_only=True) as session:
        rows = session.scalars(select(ApiKeyRow).order_by(ApiKeyRow.created_at)).all()
    keys = [
        {
            "id": str(row.id),
            "name": row.name,
            "prefix": row.prefix,
            "scopes": row.scopes,
            "seller": row.seller,
            "revoked": row.revoked_at is not None,
        }
        for row in rows
    ]
    emit(
        keys,
        as_json=json,
        text="\n".join(f"{key['id']}  {key['prefix']}…  {key['name']}" for key in keys),
    )


@app.command()
def revoke(key_id: str, tenant: Tenant = None) -> None:
    """Stop a key at once."""
    lanewise = from_environment()
    try:
        identity = UUID(key_id)
    except ValueError:
        raise invalid("key_id", f"{key_id!r} is not an id of a key") from None
    with lanewise.sessions(find_tenant(lanewise, tenant), actor="cli") as session:
        revoke_key(session, identity)
    emit({"id": key_id, "revoked": True}, as_json=False, text=f"revoked {key_id}")
