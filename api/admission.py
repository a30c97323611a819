"""The gate around the app: request ids, size and load limits, security headers, measures, logs.

A plain ASGI layer, so that it costs little and sees every answer, the failed ones too.
"""

import time
import traceback
import uuid
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import structlog
from starlette.exceptions import HTTPException
from starlette.responses import Response

from api.metrics import Metrics
from api.problems import KINDS, problem_response

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

log = structlog.get_logger("http")

ALWAYS_OPEN = ("/health", "/ready", "/metrics")  # answered under any load
MOST_AT_ONCE = 256  # requests in flight; beyond it 503 at once

SECURITY_HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"x-frame-options", b"DENY"),
    (
        b"content-security-policy",
        b"default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
        b"form-action 'self'; frame-ancestors 'none'",
    ),
]


class Gate:
    """Admits requests, and answers for the app when it cannot."""

    def __init__(
        self, app: App, *, max_body_bytes: int, metrics: Metrics, at_once: int = MOST_AT_ONCE
    ) -> None:
        self.app = app
        self.max_body_bytes = max_body_bytes
        self.metrics = metrics
        self.at_once = at_once
        self.in_flight = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        visit = _Passage(self, scope, receive, send)
        self.in_flight += 1
        try:
            await visit.run()
        finally:
            self.in_flight -= 1


class _Passage:
    """One request's way through the gate."""

    def __init__(self, gate: Gate, scope: Scope, receive: Receive, send: Send) -> None:
        self.gate = gate
        self.scope = scope
        self.receive_from = receive
        self.send_to = send
        self.request_id = uuid.uuid4().hex
        self.received_bytes = 0
        self.status = 0
        self.began = time.perf_counter()

    async def run(self) -> None:
        self.scope.setdefault("state", {})["request_id"] = self.request_id
        refusal = self._refusal()
        if refusal is not None:
            await refusal(self.scope, self.receive_from, self.send)
        else:
            try:
                await self.gate.app(self.scope, self.receive, self.send)
            except Exception as error:
                # The message may hold data of a person; the place in the code never does.
                frames = traceback.extract_tb(error.__traceback__)[-6:]
                log.error(
                    "request_failed",
                    request_id=self.request_id,
                    error=type(error).__name__,
                    at=[f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
                )
                if self.status == 0:
                    answer = self._problem("internal")
                    await answer(self.scope, self.receive_from, self.send)
        self._tell()

    def _refusal(self) -> Response | None:
        if self.gate.in_flight > self.gate.at_once and self.scope["path"] not in ALWAYS_OPEN:
            self.gate.metrics.refused.labels("overloaded").inc()
            return self._problem("overloaded")
        for name, value in self.scope["headers"]:
            if name == b"content-length":
                if not value.isdigit():
                    return self._problem("malformed")
                if int(value) > self.gate.max_body_bytes:
                    return self._problem("too_large")
        return None

    def _problem(self, kind: str) -> Response:
        return problem_response(kind, KINDS[kind][1], request_id=self.request_id)

    async def receive(self) -> Message:
        message = await self.receive_from()
        if message["type"] == "http.request":
            self.received_bytes += len(message.get("body", b""))
            if self.received_bytes > self.gate.max_body_bytes:
                raise HTTPException(413, KINDS["too_large"][1])
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = list(message.get("headers", []))
            present = {name.lower() for name, _ in headers}
            headers.append((b"x-request-id", self.request_id.encode()))
            headers += [item for item in SECURITY_HEADERS if item[0] not in present]
            message = {**message, "headers": headers}
        await self.send_to(message)

    def _tell(self) -> None:
        took_s = time.perf_counter() - self.began
        route = getattr(self.scope.get("route"), "path", "unknown")
        method = self.scope["method"]
        known = method if method in KNOWN_METHODS else "other"
        self.gate.metrics.requests.labels(known, route, str(self.status)).inc()
        self.gate.metrics.latency.labels(route).observe(took_s)
        caller = self.scope.get("state", {}).get("caller")
        log.info(
            "request",
            request_id=self.request_id,
            method=known,
            route=route,
            status=self.status,
            took_ms=round(took_s * 1000, 1),
            key=None if caller is None else str(caller.key_id),
            tenant=None if caller is None else str(caller.tenant),
        )


KNOWN_METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))
