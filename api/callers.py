"""Who calls: API keys as bearer tokens, scopes, rates, and the sessions that belong to a caller."""

import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from threading import Lock
from typing import Annotated, Any

from anyio import to_thread
from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy.orm import Session

from api.problems import HttpError
from api.wiring import Lanewise
from core.errors import NotAllowed
from store.keys import Caller, find_caller

# What a key may be allowed to do; `*` is everything.
SCOPES = {
    "quotes": "ask for options and estimates",
    "orders:read": "read orders",
    "orders:write": "commit and cancel orders",
    "shipments:read": "read parcels, labels and manifests",
    "shipments:write": "book, void, scan, close manifests",
    "network:read": "read the network and its versions",
    "network:write": "import a network",
    "stock:read": "read stock and offers",
    "stock:write": "set stock",
    "events:read": "read tracking events and journeys",
    "events:write": "record tracking events",
    "returns:read": "read returns",
    "returns:write": "request, receive and inspect returns",
    "tours:read": "read tours and how far their planning is",
    "tours:write": "plan and cancel tours",
    "keys": "create and revoke API keys",
    "operations": "read jobs and the audit trail, revive jobs",
}

KNOWN_FOR_S = 5.0  # how long another node may still accept a key after it was revoked elsewhere
KNOWN_KEYS = 10_000  # most keys remembered at once
BURST_S = 10  # an idle key may spend this many seconds of its rate at once

bearer = HTTPBearer(
    scheme_name="apiKey",
    description="An API key: `Authorization: Bearer lw_…`",
    auto_error=False,
)


class CallerBook:
    """Recently seen keys, so that a hot door need not ask the database; and each key's rate."""

    def __init__(self, lanewise: Lanewise, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._lanewise = lanewise
        self._monotonic = monotonic
        self._known: dict[bytes, tuple[float, Caller]] = {}
        self._left: dict[bytes, tuple[float, float]] = {}
        self._lock = Lock()

    def recall(self, secret: str) -> Caller | None:
        """Who holds this key, if it was seen just now; asks no database."""
        known = self._known.get(_digest(secret))
        if known is None or self._monotonic() - known[0] >= KNOWN_FOR_S:
            return None
        return known[1]

    def find(self, secret: str) -> Caller | None:
        """Who holds this key; unknown keys are asked for anew each time. May block."""
        recalled = self.recall(secret)
        if recalled is not None:
            return recalled
        digest, instant = _digest(secret), self._monotonic()
        with self._lanewise.sessions.system(read_only=True) as session:
            caller = find_caller(session, secret)
        if caller is None:
            self._known.pop(digest, None)
            return None
        if len(self._known) >= KNOWN_KEYS:
            self._known.clear()
        self._known[digest] = (instant, caller)
        return caller

    def forget(self) -> None:
        """A key changed: ask the database again."""
        self._known.clear()

    def spend(self, caller: Caller) -> float:
        """Take one request from the key's allowance; seconds to wait when there is none left."""
        per_second = self._lanewise.settings.rate_limit_per_minute / 60
        most = max(1.0, per_second * BURST_S)
        instant = self._monotonic()
        key = caller.key_id.bytes
        with self._lock:
            left, at = self._left.get(key, (most, instant))
            left = min(most, left + (instant - at) * per_second)
            if left < 1:
                self._left[key] = (left, instant)
                return (1 - left) / per_second
            if len(self._left) > KNOWN_KEYS:
                self._left.clear()
            self._left[key] = (left - 1, instant)
        return 0.0


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


@dataclass(frozen=True, slots=True)
class Visit:
    """One authenticated request: its caller, and sessions that see only the caller's tenant."""

    lanewise: Lanewise
    caller: Caller
    request: Request

    def reading(self) -> AbstractContextManager[Session]:
        """A session for reading."""
        return self.lanewise.sessions(self.caller.tenant, read_only=True, actor=self._actor)

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A session that commits at the end of the block, before anything is answered."""
        with self.lanewise.sessions(self.caller.tenant, actor=self._actor) as session:
            yield session
        self.wake()

    def wake(self) -> None:
        """Tell the background worker of this process, if there is one, that there may be work."""
        worker = getattr(self.request.app.state, "worker", None)
        if worker is not None:
            worker.wake()

    def own_seller(self, seller: str | None) -> str | None:
        """The seller that the answer is narrowed to; raises NotAllowed for somebody else's."""
        own = self.caller.seller
        if own is not None and seller is not None and seller != own:
            raise NotAllowed(f"the key belongs to seller {own}", code="foreign_seller")
        return own if own is not None else seller

    @property
    def _actor(self) -> str:
        return f"key:{self.caller.key_id}"


Credentials = Annotated[HTTPAuthorizationCredentials | None, Security(bearer)]


def lanewise_of(request: Request) -> Lanewise:
    """The Lanewise that this app serves."""
    lanewise: Lanewise = request.app.state.lanewise
    return lanewise


class Allow:
    """The dependency of an endpoint: the caller holds a key with `scope`.

    Keys of a single seller are let in only where the endpoint narrows its answer to that seller.
    """

    def __init__(self, scope: str, *, sellers: bool = False) -> None:
        if scope not in SCOPES:
            raise ValueError(f"unknown scope {scope}")
        self.scope = scope
        self.sellers = sellers

    async def __call__(self, request: Request, credentials: Credentials) -> Visit:
        book: CallerBook = request.app.state.callers
        caller = None
        if credentials is not None:  # a thread costs more than all the rest of this
            caller = book.recall(credentials.credentials)
            caller = caller or await to_thread.run_sync(book.find, credentials.credentials)
        if caller is None:
            raise HttpError(
                "unauthenticated", headers={"WWW-Authenticate": 'Bearer realm="lanewise"'}
            )
        request.state.caller = caller
        wait_s = book.spend(caller)
        if wait_s > 0:
            raise HttpError("too_many_requests", headers={"Retry-After": str(int(wait_s) + 1)})
        if not caller.may(self.scope):
            raise NotAllowed(f"the key lacks the scope {self.scope}", code="scope_missing")
        if caller.seller is not None and not self.sellers:
            raise NotAllowed("a seller's key does not open this", code="marketplace_only")
        return Visit(lanewise_of(request), caller, request)


def allowed(scope: str, *, sellers: bool = False) -> Any:
    """`visit: Visit = allowed("orders:read")` in an endpoint's signature."""
    return Depends(Allow(scope, sellers=sellers))
