"""Is it alive, can it serve, and how busy is it: for supervisors, balancers and Prometheus."""

from typing import Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel
from sqlalchemy import text
from starlette.responses import Response

from api.callers import lanewise_of
from api.problems import problems

router = APIRouter(tags=["operations"])


class Health(BaseModel):
    """The process answers."""

    status: Literal["ok"] = "ok"


class Readiness(BaseModel):
    """The process can serve: the database answers."""

    status: Literal["ready"] = "ready"
    database: Literal["sqlite", "postgresql"]


@router.get("/health", operation_id="health")
async def health() -> Health:
    """Whether the process lives. It asks nothing else and stays fast under any load."""
    return Health()


@router.get("/ready", operation_id="ready", responses=problems("unavailable"))
def ready(request: Request) -> Readiness:
    """Whether requests can be served now: the database answers."""
    sessions = lanewise_of(request).sessions
    with sessions.system(read_only=True) as session:
        session.execute(text("SELECT 1"))
        name = session.get_bind().dialect.name
    return Readiness(database="postgresql" if name == "postgresql" else "sqlite")


@router.get(
    "/metrics",
    operation_id="metrics",
    response_class=Response,
    responses={
        200: {"content": {"text/plain": {"schema": {"type": "string"}}}},
        **problems("unavailable"),
    },
)
def metrics(request: Request) -> Response:
    """Measures in the Prometheus text format: requests, latencies, refusals, queues."""
    return Response(
        request.app.state.metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8"
    )
