"""API keys over HTTP: create (shown once), list, revoke; a key never gives more than it has."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, WithJsonSchema
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.responses import Response

from api.callers import SCOPES, Visit, allowed
from api.endpoints.fields import Code, Given, Text
from api.etags import IfMatch, etag, require_match
from api.idempotency import Answer, Change, changing
from api.paging import Page, PagingDep
from api.problems import SHARED, problems
from core.errors import NotAllowed, NotFound
from store.audit import audit
from store.keys import ALL_SCOPES, create_key, revoke_key
from store.session import lock
from store.tables import ApiKeyRow

router = APIRouter(prefix="/v1/api-keys", tags=["operations"])


def _known(scope: str) -> str:
    if scope != ALL_SCOPES and scope not in SCOPES:
        raise ValueError("is not a scope")
    return scope


Scope = Annotated[
    str,
    AfterValidator(_known),
    WithJsonSchema({"type": "string", "enum": [ALL_SCOPES, *SCOPES]}),
]


class NewKey(Given):
    """A key to be made."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"name": "shop backend", "scopes": ["quotes"]}]},
    )

    name: Annotated[Text, Field(min_length=1, description="What the key is for.")]
    scopes: list[Scope] | None = Field(
        None, min_length=1, max_length=30, description="What it may do; default: all you may."
    )
    seller: Code | None = Field(None, description="Narrows the key to one seller's things.")


class KeyOut(BaseModel):
    """A key, without its secret."""

    id: UUID
    name: str
    prefix: str = Field(description="The first characters of the secret, to recognize it by.")
    scopes: list[str]
    seller: str | None = None
    created_at: datetime
    revoked_at: datetime | None = None


class FreshKey(KeyOut):
    """A key just made."""

    key: str = Field(description="The secret. It is shown this once.")


def _out(row: ApiKeyRow) -> KeyOut:
    return KeyOut(
        id=row.id,
        name=row.name,
        prefix=row.prefix,
        scopes=[str(scope) for scope in row.scopes],
        seller=row.seller,
        created_at=row.created_at,
        revoked_at=row.revoked_at,
    )


def check_grant(visit: Visit, scopes: list[str] | None, seller: str | None) -> list[str]:
    """The scopes of the new key; refuses any that the caller lacks."""
    caller = visit.caller
    asked = sorted(set(scopes or caller.scopes))
    if any(not caller.may(scope) for scope in asked):
        raise NotAllowed("a key cannot give what it does not have", code="scope_missing")
    visit.own_seller(seller)
    return asked


@router.post(
    "",
    operation_id="create_api_key",
    status_code=201,
    response_model=FreshKey,
    responses=problems(*SHARED, "idempotency_key_missing", "in_progress", "key_reused"),
)
def create(body: NewKey, change: Change = changing("keys")) -> Response:
    """Make a key. A retry with the same Idempotency-Key shows the same secret again."""
    scopes = check_grant(change.visit, body.scopes, body.seller)

    def work(session: Session) -> Answer:
        key_id, secret = create_key(session, body.name, scopes=scopes, seller=body.seller)
        row = session.get_one(ApiKeyRow, key_id)
        fresh = FreshKey(**_out(row).model_dump(), key=secret)
        return Answer(fresh, 201, {"Location": f"/v1/api-keys/{key_id}"})

    return change.once(work)


@router.get("", operation_id="list_api_keys", responses=problems(*SHARED))
def list_keys(paging: PagingDep, visit: Visit = allowed("keys")) -> Page[KeyOut]:
    """The tenant's keys, newest first, revoked ones too."""
    with visit.reading() as session:
        rows, cursor = paging.take(session, select(ApiKeyRow), ApiKeyRow.id)
        return Page[KeyOut](items=[_out(row) for row in rows], next_cursor=cursor)


@router.get("/{key_id}", operation_id="read_api_key", responses=problems(*SHARED, "not_found"))
def read_key(key_id: UUID, response: Response, visit: Visit = allowed("keys")) -> KeyOut:
    """One key; its `ETag` is what a change must name in `If-Match`."""
    with visit.reading() as session:
        key = _out(_found(session, key_id))
    response.headers["ETag"] = etag(key)
    return key


class KeyChange(Given):
    """What may be changed of a key."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"name": "shop backend, Lyon"}]}
    )

    name: Annotated[Text, Field(min_length=1, description="What the key is for.")]


@router.patch(
    "/{key_id}",
    operation_id="change_api_key",
    responses=problems(*SHARED, "not_found", "changed", "precondition_required"),
)
def change_key(
    key_id: UUID,
    body: KeyChange,
    response: Response,
    if_match: IfMatch = None,
    visit: Visit = allowed("keys"),
) -> KeyOut:
    """Rename a key, unless somebody changed it since you read it."""
    with visit.writing() as session:
        row = lock(session, ApiKeyRow, key_id)
        require_match(if_match, _out(row))
        row.name = body.name
        audit(session, "api_key.renamed", "api_key", key_id)
        key = _out(row)
    response.headers["ETag"] = etag(key)
    return key


def _found(session: Session, key_id: UUID) -> ApiKeyRow:
    row = session.get(ApiKeyRow, key_id)
    if row is None:
        raise NotFound("no such API key")
    return row


@router.delete(
    "/{key_id}",
    operation_id="revoke_api_key",
    status_code=204,
    response_class=Response,
    responses=problems(*SHARED, "not_found"),
)
def revoke(key_id: Annotated[UUID, Path()], visit: Visit = allowed("keys")) -> Response:
    """Stop a key: here at once, on other nodes within five seconds. Repeats safely."""
    with visit.writing() as session:
        revoke_key(session, key_id)
    visit.request.app.state.callers.forget()
    return Response(status_code=204)
