"""Reads a carrier's HTTP answer as one of: data, a refusal, no answer, or a yes we cannot read."""

import json
from typing import Any

from carriers.adapters.http import Answer
from core.errors import CarrierRejected, CarrierUnavailable

_REFUSAL_CODES = {
    400: "invalid",
    401: "credentials",
    403: "credentials",
    404: "not_found",
    409: "conflict",
    422: "refused",
}


class Unreadable(Exception):
    """The carrier said yes, in words that could not be read."""


def data_of(answer: Answer) -> Any:
    """The JSON of a 2xx answer.

    Raises CarrierRejected for 4xx, CarrierUnavailable for the rest (429 and 503 with Retry-After
    count as not acted upon; a redirect is not followed), Unreadable for a 2xx that is not JSON.
    """
    raise_unless_accepted(answer)
    if answer.cut:
        raise Unreadable(answer.cut)
    if "json" not in answer.headers.get("content-type", ""):
        raise Unreadable(f"{answer.headers.get('content-type', 'no type')} instead of JSON")
    try:
        return json.loads(answer.body)
    except ValueError as error:
        raise Unreadable("broken JSON") from error


def raise_unless_accepted(answer: Answer) -> None:
    """Pass a 2xx; raise for anything else."""
    if 200 <= answer.status < 300:
        return
    if answer.status == 429 or (answer.status == 503 and "retry-after" in answer.headers):
        raise CarrierUnavailable("the carrier is busy", sent=False, code="busy")
    if 400 <= answer.status < 500:
        code, message = _refusal(answer)
        raise CarrierRejected(message, code=code)
    if 300 <= answer.status < 400:
        raise CarrierUnavailable(
            "the carrier points elsewhere; redirects are not followed", sent=True, code="redirect"
        )
    raise CarrierUnavailable(f"the carrier answered {answer.status}", sent=True, code="error")


def _refusal(answer: Answer) -> tuple[str, str]:
    """(code, message) from the body where it has them; the message is cut to one short line."""
    code = _REFUSAL_CODES.get(answer.status, "refused")
    try:
        body = json.loads(answer.body)
        message = str(body.get("message", ""))
        code = str(body.get("code") or code)
    except (ValueError, AttributeError):
        message = ""
    line = " ".join(message.split())[:200]
    return code[:40], line or f"the carrier refused ({answer.status})"
