"""Webhooks from carriers: verified, kept, answered; read later."""

from datetime import timedelta
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.callers import lanewise_of
from api.endpoints.fields import Code, Given, Text
from api.idempotency import Answer, Change, changing
from api.problems import SHARED, problems
from tracking.flows.add_webhook_source import add_webhook_source
from tracking.flows.receive_webhook import receive_webhook

router = APIRouter(prefix="/v1/webhooks/carriers", tags=["tracking"])


class SourceIn(Given):
    """A carrier that will send us scans."""

    carrier: Code = Field(examples=["sandbox"])
    account_zone: Text = Field(
        "UTC", description="IANA zone in which its local times without a zone are read."
    )


class SourceOut(BaseModel):
    """Where the carrier sends, and the secret that signs; the secret is shown once."""

    id: UUID
    path: str
    secret: str = Field(description="Standard Webhooks secret, `whsec_…`.")


class ReceivedOut(BaseModel):
    """The webhook is kept."""

    is_repeat: bool = Field(description="The same `webhook-id` came before.")


@router.post(
    "",
    status_code=201,
    operation_id="add_webhook_source",
    response_model=SourceOut,
    responses=problems(*SHARED, "in_progress", "idempotency_key_missing", "key_reused"),
)
def add_source(body: SourceIn, change: Change = changing("operations")) -> Response:
    """Let a carrier send signed webhooks; answers the address part and the secret."""

    def work(session: Session) -> Answer:
        source = add_webhook_source(session, body.carrier, account_zone=body.account_zone)
        path = f"{router.prefix}/{source.id}"
        out = SourceOut(id=source.id, path=path, secret=source.secret)
        return Answer(out, 201, {"Location": path})

    return change.once(work)


@router.post(
    "/{source_id}",
    status_code=202,
    operation_id="receive_carrier_webhook",
    responses=problems(
        "malformed",
        "not_allowed",
        "not_found",
        "invalid_input",
        "too_large",
        "internal",
        "unavailable",
    ),
    openapi_extra={
        "x-scope": "signature",  # of the webhook itself; no API key
        "security": [],
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": {"type": "object"}}},
        },
    },
)
async def receive(source_id: UUID, request: Request) -> ReceivedOut:
    """Keep a carrier's signed webhook (Standard Webhooks headers) and answer; a job reads it.

    The secret in the signature is the key: no API key is asked for.
    """
    raw = await request.body()
    lanewise = lanewise_of(request)
    headers = {name.lower(): value for name, value in request.headers.items()}
    received = await run_in_threadpool(
        lambda: receive_webhook(
            lanewise.sessions,
            source_id,
            headers,
            raw,
            tolerance=timedelta(seconds=lanewise.settings.webhook_tolerance_s),
        )
    )
    worker = getattr(request.app.state, "worker", None)
    if worker is not None:
        worker.wake()
    return ReceivedOut(is_repeat=received.is_repeat)
