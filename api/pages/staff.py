"""Sign-in of staff by API key: a signed cookie that names the key, and tokens against forgery."""

import base64
import hashlib
import hmac
import struct
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any
from urllib.parse import quote
from uuid import UUID

from fastapi import Depends, Form, Request
from sqlalchemy import select
from starlette.responses import Response

from api.callers import Visit, lanewise_of
from api.wiring import Lanewise
from core.errors import LanewiseError, NotAllowed
from core.ids import TenantId
from store.keys import Caller
from store.tables import ApiKeyRow

COOKIE = "lanewise_session"
LASTS = timedelta(hours=12)  # a long shift
_BODY = struct.Struct(">16sq16s")  # key id, end in Unix seconds, nonce


class SignInNeeded(LanewiseError):
    """Sign in first."""


@dataclass(frozen=True, slots=True)
class Staff:
    """Who is signed in, and the token that their forms must carry."""

    caller: Caller
    csrf: str


def _sign(secret: bytes, purpose: bytes, body: bytes) -> bytes:
    key = hmac.new(secret, b"lanewise pages " + purpose, hashlib.sha256).digest()
    return hmac.new(key, body, hashlib.sha256).digest()


def session_cookie(lanewise: Lanewise, key_id: UUID) -> str:
    """The cookie's value for a signed-in key."""
    until = int((lanewise.clock.now() + LASTS).timestamp())
    body = _BODY.pack(key_id.bytes, until, lanewise.entropy(16))
    return base64.urlsafe_b64encode(body + _sign(lanewise.secret, b"session", body)).decode()


def read_staff(lanewise: Lanewise, cookie: str) -> Staff | None:
    """Who a cookie names; None when it is forged, ended, or its key was revoked."""
    try:
        raw = base64.urlsafe_b64decode(cookie.encode())
    except ValueError:
        return None
    body, signature = raw[: _BODY.size], raw[_BODY.size :]
    if not hmac.compare_digest(signature, _sign(lanewise.secret, b"session", body)):
        return None
    key_bytes, until, _nonce = _BODY.unpack(body)
    if until <= lanewise.clock.now().timestamp():
        return None
    with lanewise.sessions.system(read_only=True) as session:
        row = session.scalar(select(ApiKeyRow).where(ApiKeyRow.id == UUID(bytes=key_bytes)))
        if row is None or row.revoked_at is not None:
            return None
        caller = Caller(row.id, TenantId(row.tenant_id), frozenset(row.scopes), row.seller)
    return Staff(caller, _sign(lanewise.secret, b"csrf", body).hex())


def set_cookie(response: Response, lanewise: Lanewise, key_id: UUID) -> None:
    """Sign in by cookie: not readable by scripts, not sent from other sites' forms."""
    response.set_cookie(
        COOKIE,
        session_cookie(lanewise, key_id),
        max_age=int(LASTS.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=(lanewise.settings.public_url or "").startswith("https://"),
    )


class SignedIn:
    """The dependency of a staff page; with `form`, of one that changes something."""

    def __init__(self, scope: str, *, sellers: bool = False) -> None:
        self.scope = scope
        self.sellers = sellers

    def __call__(self, request: Request) -> Visit:
        lanewise = lanewise_of(request)
        staff = read_staff(lanewise, request.cookies.get(COOKIE, ""))
        if staff is None:
            raise SignInNeeded(quote(request.url.path))
        if not staff.caller.may(self.scope):
            raise NotAllowed(f"your key lacks the scope {self.scope}", code="scope_missing")
        if staff.caller.seller is not None and not self.sellers:
            raise NotAllowed("a seller's key does not open this page", code="marketplace_only")
        request.state.staff = staff
        request.state.caller = staff.caller
        return Visit(lanewise, staff.caller, request)


def signed_in(scope: str, *, sellers: bool = False) -> Any:
    """`visit: Visit = signed_in("shipments:read")` in a page's signature."""
    return Depends(SignedIn(scope, sellers=sellers))


def signed_form(scope: str, *, sellers: bool = False) -> Any:
    """The same for a form that changes something: its token must be the session's."""
    page = SignedIn(scope, sellers=sellers)

    def form(
        request: Request,
        visit: Annotated[Visit, Depends(page)],
        csrf: Annotated[str, Form(max_length=200)] = "",
    ) -> Visit:
        if not hmac.compare_digest(csrf.encode(), request.state.staff.csrf.encode()):
            raise NotAllowed("the form is stale: load the page again", code="csrf")
        return visit

    return Depends(form)
