"""The network over HTTP: import a whole one, list its versions."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session
from starlette.responses import Response

from api.callers import Visit, allowed
from api.endpoints.fields import Given
from api.idempotency import Answer, Change, changing
from api.paging import MOST, Page
from api.planning import Planner
from api.policy_checks import POLICY_CHECKS
from api.problems import SHARED, problems
from routing.flows.import_network import import_network
from routing.flows.list_networks import list_networks

router = APIRouter(prefix="/v1/networks", tags=["network"])

FileName = Annotated[str, Field(pattern=r"^[a-z0-9_]{1,40}\.(csv|json|geojson)$", max_length=60)]


class NetworkIn(Given):
    """The files of a network, as `docs/reference/network.md` describes them."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"files": {"sellers.csv": "code,name\nseller-1,Acme\n"}}]},
    )

    files: dict[FileName, str] = Field(
        min_length=1, max_length=60, description="File name to text; whole files, UTF-8."
    )


class ImportedOut(BaseModel):
    """What was imported."""

    model_config = ConfigDict(from_attributes=True)

    version: int
    content_hash: str
    changed: bool = Field(description="False: the same network was active already.")
    sellers: int
    locations: int
    skus: int
    offers: int
    services: int


class NetworkOut(BaseModel):
    """A version of the network."""

    model_config = ConfigDict(from_attributes=True)

    version: int
    content_hash: str
    imported_at: datetime
    active: bool


@router.post(
    "",
    operation_id="import_network",
    status_code=201,
    response_model=ImportedOut,
    responses=problems(*SHARED, "idempotency_key_missing", "in_progress", "key_reused"),
)
def create_network(body: NetworkIn, change: Change = changing("network:write")) -> Response:
    """Check the whole network and make it the active one; every fault is named, or all is taken.

    The answer comes once the planners have it; until then quotes are made on the one before.
    """

    def work(session: Session) -> Answer:
        imported = import_network(session, body.files, checks=POLICY_CHECKS)
        return Answer(ImportedOut.model_validate(imported), 201)

    done = change.once(work)
    planner: Planner = change.visit.request.app.state.planner
    planner.swap_network(change.visit.caller.tenant)
    return done


@router.get("", operation_id="list_networks", responses=problems(*SHARED))
def show_networks(
    limit: Annotated[int, Query(ge=1, le=MOST)] = 50,
    cursor: Annotated[
        str | None, Query(pattern=r"^[0-9]{1,9}$", description="`next_cursor` of the page before.")
    ] = None,
    visit: Visit = allowed("network:read"),
) -> Page[NetworkOut]:
    """The versions that were imported, newest first."""
    before = None if cursor is None else int(cursor)
    with visit.reading() as session:
        found = list_networks(session, before=before, limit=limit + 1)
    items = [NetworkOut.model_validate(version) for version in found[:limit]]
    more = len(found) > limit
    return Page[NetworkOut](items=items, next_cursor=str(items[-1].version) if more else None)
