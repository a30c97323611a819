"""Errors as RFC 9457 problem documents: the only place where errors become HTTP answers."""

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.responses import Response

from core.errors import (
    CarrierRejected,
    CarrierUnavailable,
    Conflict,
    Expired,
    Fault,
    InvalidInput,
    LanewiseError,
    NotAllowed,
    NotFound,
    Unavailable,
)

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_S = 2  # what a caller is told to wait when something is briefly not to be had


class HttpError(LanewiseError):
    """The request cannot be taken as it was sent."""

    def __init__(
        self, kind: str, message: str | None = None, *, headers: Mapping[str, str] | None = None
    ) -> None:
        self.kind = kind
        self.headers = dict(headers or {})
        super().__init__(message or KINDS[kind][1], code=kind)


# kind: (status, title). The kind is the last part of a problem's `type` and its default `code`.
KINDS: dict[str, tuple[int, str]] = {
    "malformed": (400, "The request is not well formed"),
    "idempotency_key_missing": (400, "This request needs an Idempotency-Key header"),
    "unauthenticated": (401, "The request needs a valid API key"),
    "not_allowed": (403, "The key does not permit this"),
    "not_found": (404, "There is no such thing, or not for you"),
    "method_not_allowed": (405, "This address does not take that method"),
    "conflict": (409, "The state has changed, or forbids this now"),
    "in_progress": (409, "The same request is being worked on"),
    "expired": (410, "What this refers to has expired"),
    "changed": (412, "It was changed by somebody else since you read it"),
    "too_large": (413, "The request is too large"),
    "unsupported_media_type": (415, "The body's media type is not one this takes"),
    "invalid_input": (422, "The input breaks a rule"),
    "key_reused": (422, "The Idempotency-Key was used for another request"),
    "carrier_rejected": (422, "The carrier refused"),
    "precondition_required": (428, "This change needs an If-Match header"),
    "too_many_requests": (429, "Too many requests"),
    "internal": (500, "Something went wrong here"),
    "unavailable": (503, "Not to be had right now"),
    "carrier_unavailable": (503, "The carrier does not answer right now"),
    "overloaded": (503, "More requests than can be served right now"),
}

_ERRORS: dict[type[LanewiseError], str] = {
    InvalidInput: "invalid_input",
    NotFound: "not_found",
    Conflict: "conflict",
    Expired: "expired",
    NotAllowed: "not_allowed",
    CarrierRejected: "carrier_rejected",
    CarrierUnavailable: "carrier_unavailable",
    Unavailable: "unavailable",
}

_STATUS_KINDS = {400: "malformed", 404: "not_found", 405: "method_not_allowed", 413: "too_large"}


class FieldFault(BaseModel):
    """One thing wrong with the request."""

    field: str = Field(description="Where: a path with dots, e.g. `lines.0.quantity`.")
    reason: str = Field(description="Why it is wrong.")
    file: str | None = Field(default=None, description="The file, in an import.")
    row: int | None = Field(default=None, description="The row of that file, counted from 1.")


class Problem(BaseModel):
    """What went wrong (RFC 9457)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": "/docs#problem-invalid_input",
                    "title": "The input breaks a rule",
                    "status": 422,
                    "detail": "lines.0.sku: no such SKU",
                    "code": "unknown_sku",
                    "errors": [{"field": "lines.0.sku", "reason": "no such SKU"}],
                    "request_id": "0195e1c8b7a2",
                }
            ]
        }
    )

    type: str = Field(description="Address of the kind of problem.")
    title: str = Field(description="The kind of problem, in words; always the same for a type.")
    status: int = Field(description="The HTTP status.")
    detail: str = Field(description="What happened this time.")
    code: str = Field(description="A stable word for machines, finer than the type.")
    errors: list[FieldFault] = Field(
        default_factory=list, description="Each field at fault with its reason."
    )
    request_id: str = Field("", description="Quote it when you ask for help; it is in the logs.")


def problem_response(
    kind: str,
    detail: str,
    *,
    code: str | None = None,
    faults: tuple[Fault, ...] | list[FieldFault] = (),
    headers: Mapping[str, str] | None = None,
    request_id: str = "",
) -> Response:
    """The answer for one problem."""
    status, title = KINDS[kind]
    problem = Problem(
        type=f"/docs#problem-{kind}",
        title=title,
        status=status,
        detail=detail,
        code=code or kind,
        errors=[
            FieldFault(field=fault.field, reason=fault.reason, file=fault.file, row=fault.row)
            for fault in faults
        ],
        request_id=request_id,
    )
    given = dict(headers or {})
    if status in (429, 503):
        given.setdefault("Retry-After", str(RETRY_AFTER_S))
    body = problem.model_dump_json(exclude_none=True).encode()
    return Response(body, status, given, media_type=MEDIA_TYPE)


def response_for(error: LanewiseError, request_id: str = "") -> Response:
    """The answer for an error of any room."""
    if isinstance(error, HttpError):
        return problem_response(
            error.kind, error.message, headers=error.headers, request_id=request_id
        )
    kind = next((name for known, name in _ERRORS.items() if isinstance(error, known)), "internal")
    if kind == "internal":
        return problem_response(kind, KINDS[kind][1], request_id=request_id)
    faults = error.faults if isinstance(error, InvalidInput) else ()
    detail = KINDS[kind][1] if isinstance(error, Unavailable) else error.message
    return problem_response(kind, detail, code=error.code, faults=faults, request_id=request_id)


def faults_of(error: RequestValidationError) -> list[FieldFault]:
    """Field and reason of everything that pydantic found; never the value itself."""
    faults = []
    for item in error.errors():
        place = [str(part) for part in item["loc"]]
        if place[:1] == ["body"] and len(place) > 1:
            place = place[1:]
        reason = str(item["msg"]).removeprefix("Value error, ")
        faults.append(FieldFault(field=".".join(place), reason=reason))
    return faults


def request_id_of(request: Request) -> str:
    """The id under which this request is logged."""
    return str(request.scope.get("state", {}).get("request_id", ""))


def answer_with_problems(app: FastAPI) -> None:
    """Turn every error of this app into a problem document."""

    @app.exception_handler(LanewiseError)
    def of_lanewise(request: Request, error: Exception) -> Response:
        assert isinstance(error, LanewiseError)
        return response_for(error, request_id_of(request))

    @app.exception_handler(RequestValidationError)
    def of_validation(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        found = error.errors()
        if any(item["type"] == "json_invalid" for item in found):
            return problem_response(
                "malformed", "the body is not JSON", request_id=request_id_of(request)
            )
        faults = faults_of(error)
        detail = "; ".join(f"{fault.field}: {fault.reason}" for fault in faults[:3])
        return problem_response(
            "invalid_input", detail, faults=faults, request_id=request_id_of(request)
        )

    @app.exception_handler(HTTPException)
    def of_http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        return response_for_http(request, error)


def response_for_http(request: Request, error: HTTPException) -> Response:
    """The answer for what the framework itself refuses (no such address, no such method)."""
    kind = _STATUS_KINDS.get(error.status_code, "malformed")
    return problem_response(
        kind, str(error.detail), headers=error.headers, request_id=request_id_of(request)
    )


def problems(*kinds: str) -> dict[int | str, dict[str, Any]]:
    """OpenAPI responses of an operation that may answer with these kinds."""
    titles: dict[int, list[str]] = {}
    for kind in kinds:
        status, title = KINDS[kind]
        titles.setdefault(status, []).append(title)
    return {
        status: {
            "description": ". ".join(titles[status]),
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status in sorted(titles)
    }


COMMON = ("malformed", "unauthenticated", "not_allowed", "invalid_input")
SHARED = (*COMMON, "too_large", "too_many_requests", "internal", "unavailable")
"""What every operation with a key may answer."""
