"""Reads a carrier's HTTP answer as one of: data, a refusal, no answer, or a yes we cannot read.

The status decides what an answer means; the carrier's own code is believed only where the status says
that it speaks of the request itself.
"""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any, TypeVar

from carriers.adapters.http import Answer
from core.errors import CarrierRejected, CarrierUnavailable
from core.money import Money

T = TypeVar("T")

CREDENTIALS = frozenset({401, 403})
# The same request may be under way, or have been acted upon: not a refusal of the parcel.
UNDECIDED = {408: "timeout", 409: "conflict", 425: "too_early"}
_REFUSAL_CODES = {400: "invalid", 404: "not_found", 422: "unprocessable"}
MOST_DIGITS = 15  # of an amount


class Unreadable(Exception):
    """The carrier said yes, in words that could not be read."""


def read_answer(answer: Answer, parse: Callable[[Any], T]) -> T:
    """What `parse` makes of the JSON of a 2xx answer; whatever it trips over is Unreadable.

    Raises as `data_of` does.
    """
    data = data_of(answer)
    try:
        return parse(data)
    except Exception as error:  # a yes stays one, however strange its words
        raise Unreadable(f"not the answer that is documented ({type(error).__name__})") from error


def data_of(answer: Answer) -> Any:
    """The JSON of a 2xx answer; raises as `raise_unless_accepted`, Unreadable when it is not JSON."""
    raise_unless_accepted(answer)
    if answer.cut:
        raise Unreadable(answer.cut)
    if "json" not in answer.headers.get("content-type", ""):
        raise Unreadable(f"{answer.headers.get('content-type', 'no type')} instead of JSON")
    try:
        return json.loads(answer.body)
    except (ValueError, RecursionError) as error:
        raise Unreadable("broken JSON") from error


def money_of(amount: object, currency: object) -> Money:
    """Money from a carrier's decimal text or number; raises Unreadable for anything else."""
    text = str(amount) if isinstance(amount, str | int | float) else ""
    whole, _, part = text.removeprefix("-").partition(".")
    digits = whole + part
    if not (whole and digits.isascii() and digits.isdigit() and len(digits) <= MOST_DIGITS):
        raise Unreadable(f"no amount: {text[:20]!r}")
    return Money.from_decimal(Decimal(text), str(currency))


def raise_unless_accepted(answer: Answer) -> None:
    """Pass a 2xx; raise CarrierRejected for a refusal, CarrierUnavailable for the rest.

    401 and 403 are refusals with the code `credentials`, whatever the body says. 429 was not acted
    upon. 408, 409, 425 and all of 5xx may have been (a gateway says 503 after the carrier acted), and
    so may a redirect, which is not followed.
    """
    status = answer.status
    if 200 <= status < 300:
        return
    if status == 429:
        raise CarrierUnavailable("the carrier limits our rate", sent=False, code="rate_limit")
    if status in UNDECIDED:
        raise CarrierUnavailable(f"undecided ({status})", sent=True, code=UNDECIDED[status])
    if 400 <= status < 500:
        code, message = _refusal(answer)
        raise CarrierRejected(message, code="credentials" if status in CREDENTIALS else code)
    if 300 <= status < 400:
        raise CarrierUnavailable(
            "the carrier points elsewhere; redirects are not followed", sent=True, code="redirect"
        )
    code = "busy" if status == 503 else "error"
    raise CarrierUnavailable(f"the carrier answered {status}", sent=True, code=code)


def _refusal(answer: Answer) -> tuple[str, str]:
    """(code, message) from the body where it has them; the message is cut to one short line."""
    code = _REFUSAL_CODES.get(answer.status, "declined")
    try:
        body = json.loads(answer.body)
        message = str(body.get("message", ""))
        code = str(body.get("code") or code)
    except (ValueError, AttributeError, RecursionError):
        message = ""
    line = " ".join(message.split())[:200]
    return code[:40], line or f"the carrier refused ({answer.status})"
