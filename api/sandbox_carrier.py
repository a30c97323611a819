"""The sandbox carrier's own server: the pure model over real HTTP, failing as told.

Everything below `/v1` is the carrier's API; `/_sandbox` steers it (faults, clock, outages, webhooks).
It keeps its parcels in memory: a carrier to try things on, never one to ship with.
"""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any, Protocol

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from carriers.adapters.sandbox import wire
from carriers.adapters.sandbox.labels import sandbox_label
from carriers.ports import LabelFormat, Recovery
from carriers.sandbox import ACTS, REFUSALS, Fault, FaultPlan, Sandbox
from carriers.sandbox_journeys import Quirks
from core.clock import Clock, SystemClock, require_aware
from core.errors import CarrierRejected, InvalidInput, NotFound, invalid
from core.places import Destination
from tracking.signature import read_secret, signed_headers

HANG_S = 120.0  # longer than any caller's deadline
DRIP_S = 0.2
HUGE_BYTES = 100 * 1024 * 1024
WEBHOOK_SECRET = b"sandbox-webhook-secret"  # public on purpose: nothing here is real

Handler = Callable[[Sandbox, datetime, Fault | None], tuple[Any, int]]


class ShiftedClock:
    """A clock that can be set and then runs on."""

    def __init__(self, base: Clock) -> None:
        self._base = base
        self._shift = timedelta()

    def now(self) -> datetime:
        return self._base.now() + self._shift

    def set(self, instant: datetime) -> None:
        self._shift = require_aware("now", instant) - self._base.now()


class BrokenResponse(Response):
    """An answer that goes wrong on the wire."""

    def __init__(self, fault: Fault, content: bytes) -> None:
        super().__init__(content, media_type="application/json")
        self.fault = fault

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = bytes(self.body)
        length = HUGE_BYTES if self.fault is Fault.HUGE_BODY else len(body)
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(length).encode()),
        ]
        await send({"type": "http.response.start", "status": 201, "headers": headers})
        async for chunk in self._chunks(body):
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        if self.fault is Fault.HALF_BODY:
            raise ConnectionResetError("half of the answer was sent, as asked")
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _chunks(self, body: bytes) -> AsyncIterator[bytes]:
        if self.fault is Fault.HALF_BODY:
            yield body[: len(body) // 2]
        elif self.fault is Fault.HUGE_BODY:
            for _ in range(HUGE_BYTES // 2**20):
                yield b" " * 2**20
        else:
            for byte in body:
                yield bytes([byte])
                await asyncio.sleep(DRIP_S)


def create_app(
    seed: int = 1, *, clock: Clock | None = None, api_key: str = "sandbox", hang_s: float = HANG_S
) -> FastAPI:
    """The server: one carrier per recovery class, chosen by the header `X-Recovery`."""
    app = FastAPI(title="Lanewise sandbox carrier", version="1", docs_url=None, redoc_url=None)
    shifted = ShiftedClock(clock or SystemClock())
    models = {recovery: Sandbox(seed, recovery) for recovery in Recovery}
    app.state.models, app.state.clock, app.state.sent = models, shifted, {}

    def model_of(request: Request) -> Sandbox:
        return models[Recovery(request.headers.get("x-recovery", Recovery.KEY.value))]

    async def serve(request: Request, operation: str, act: Handler, about: str = "") -> Response:
        if request.headers.get("authorization") != f"Bearer {api_key}":
            return _refused(401, "credentials", "wrong or missing API key")
        model, now = model_of(request), shifted.now()
        key = request.headers.get("idempotency-key", "")
        fault = model.next_fault(operation, now, key=key, about=about)
        stopped = await _stopped(fault, hang_s)
        if stopped is not None:
            return stopped
        try:
            content, status = act(model, now, fault)
        except CarrierRejected as error:
            return _refused(422, error.code or "refused", error.message)
        except NotFound as error:
            return _refused(404, "not_found", error.message)
        except (KeyError, TypeError, ValueError, InvalidInput) as error:
            return _refused(400, "invalid", f"unreadable request: {error}")
        return await _answered(content, status, fault, hang_s)

    _parcel_endpoints(app, serve)
    _other_endpoints(app, serve)
    _steering(app, models, shifted)
    return app


async def _stopped(fault: Fault | None, hang_s: float) -> Response | None:
    """The answer (or silence) of a call that a fault stops before it acts."""
    if fault is None or fault in ACTS:
        return None
    if fault in REFUSALS:
        return _refused(422, REFUSALS[fault], "refused on demand")
    if fault is Fault.REDIRECT:
        return Response(status_code=307, headers={"location": "http://elsewhere.invalid/v1"})
    if fault is Fault.ERROR_BEFORE:
        return Response("Internal Server Error", status_code=500)
    if fault is Fault.BUSY_BEFORE:
        return _busy()
    if fault is Fault.CONFLICT:
        return _refused(409, "KEY_IN_USE", "the same request is under way")
    if fault is Fault.CREDENTIALS:
        return _refused(401, "AUTH_EXPIRED", "the API key has expired")
    await asyncio.sleep(hang_s)
    return Response(status_code=504)


async def _answered(content: Any, status: int, fault: Fault | None, hang_s: float) -> Response:
    """The answer of a call that has acted, spoiled by its fault."""
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    if fault is Fault.TIMEOUT_AFTER:
        await asyncio.sleep(hang_s)
        return Response(status_code=504)
    if fault is Fault.ERROR_AFTER:
        return Response("Internal Server Error", status_code=500)
    if fault is Fault.BUSY_AFTER:
        return _busy()
    if fault in (Fault.SLOW_DRIP, Fault.HALF_BODY, Fault.HUGE_BODY):
        return BrokenResponse(fault, raw)
    if fault is Fault.GARBAGE:
        return Response(b"\x00\xff{{{", status_code=status, media_type="application/json")
    if fault is Fault.HTML:
        return Response("<html><h1>Welcome</h1></html>", status_code=200, media_type="text/html")
    if isinstance(content, bytes):
        return Response(content, status_code=status, media_type="application/octet-stream")
    return JSONResponse(content, status_code=status)


def _busy() -> Response:
    return Response("Service Unavailable", status_code=503, headers={"retry-after": "5"})


def _refused(status: int, code: str, message: str) -> JSONResponse:
    return JSONResponse({"code": code, "message": message}, status_code=status)


class Serve(Protocol):
    """Meets the fault that is due, then acts; `about` is the number that is meant, if any."""

    def __call__(
        self, request: Request, operation: str, act: Handler, about: str = ""
    ) -> Awaitable[Response]: ...


def _parcel_endpoints(app: FastAPI, serve: Serve) -> None:
    @app.post("/v1/parcels")
    async def book(request: Request) -> Response:
        raw = await request.body()
        key = request.headers.get("idempotency-key", "")

        def act(model: Sandbox, now: datetime, fault: Fault | None) -> tuple[Any, int]:
            parcel = model.book(wire.order_from_json(json.loads(raw), key), now)
            if fault is Fault.LABEL_NOT_READY:
                parcel.label_ready_at = now + timedelta(minutes=1)
            if fault is Fault.DUPLICATE_NUMBER:
                first = next(iter(model.parcels.values()))
                return wire.parcel_to_json(first), 201
            return wire.parcel_to_json(parcel), 201

        return await serve(request, "book", act)

    @app.get("/v1/parcels")
    async def find(request: Request, reference: str) -> Response:
        def act(model: Sandbox, now: datetime, fault: Fault | None) -> tuple[Any, int]:
            found = model.find(reference)
            return {"parcels": [wire.parcel_to_json(found)] if found else []}, 200

        return await serve(request, "find", act)

    @app.post("/v1/parcels/{number}/void")
    async def void(request: Request, number: str) -> Response:
        def act(model: Sandbox, now: datetime, fault: Fault | None) -> tuple[Any, int]:
            return {"number": model.void(number, now)}, 200

        return await serve(request, "void", act, number)

    @app.get("/v1/parcels/{number}/label")
    async def label(request: Request, number: str, format: str) -> Response:
        def act(model: Sandbox, now: datetime, fault: Fault | None) -> tuple[Any, int]:
            parcel = model.parcel(number)
            if parcel.label_ready_at > now:
                return {"message": "not ready"}, 202
            wanted = next(f for f in LabelFormat if wire.label_name(f) == format)
            if fault is Fault.WRONG_LABEL:
                return b"GIF89a not a label", 200
            return sandbox_label(parcel, wanted).content, 200

        return await serve(request, "label", act)

    @app.get("/v1/parcels/{number}/scans")
    async def scans(request: Request, number: str) -> Response:
        def act(model: Sandbox, now: datetime, fault: Fault | None) -> tuple[Any, int]:
            return {"scans": [wire.scan_to_json(s) for s in model.scans(number, now)]}, 200

        return await serve(request, "track", act)


def _other_endpoints(app: FastAPI, serve: Serve) -> None:
    @app.post("/v1/rates")
    async def rates(request: Request) -> Response:
        raw = await request.body()

        def act(model: Sandbox, now: datetime, fault: Fault | None) -> tuple[Any, int]:
            found = model.rate(wire.rate_ask_from_json(json.loads(raw)), now)
            return {"rates": [wire.rate_to_json(rate) for rate in found]}, 200

        return await serve(request, "rate", act)

    @app.post("/v1/manifests")
    async def manifests(request: Request) -> Response:
        raw = await request.body()

        def act(model: Sandbox, now: datetime, fault: Fault | None) -> tuple[Any, int]:
            data = json.loads(raw)
            receipt = model.manifest(data["reference"], tuple(data["numbers"]), now)
            return {"number": receipt.number}, 201

        return await serve(request, "manifest", act)

    @app.post("/v1/pickups")
    async def pickups(request: Request) -> Response:
        raw = await request.body()

        def act(model: Sandbox, now: datetime, fault: Fault | None) -> tuple[Any, int]:
            return {"number": model.pickup(json.loads(raw)["reference"], now).number}, 201

        return await serve(request, "pickup", act)

    @app.get("/v1/receipts")
    async def receipts(request: Request, reference: str) -> Response:
        def act(model: Sandbox, now: datetime, fault: Fault | None) -> tuple[Any, int]:
            found = model.find_receipt(reference)
            return {"receipts": [{"number": found.number}] if found else []}, 200

        return await serve(request, "find", act)

    @app.get("/v1/points")
    async def points(request: Request, country: str, postcode: str = "") -> Response:
        def act(model: Sandbox, now: datetime, fault: Fault | None) -> tuple[Any, int]:
            found = model.points(Destination(country, postcode))
            return {"points": [wire.point_to_json(point) for point in found]}, 200

        return await serve(request, "points", act)


def _steering(app: FastAPI, models: dict[Recovery, Sandbox], clock: ShiftedClock) -> None:
    @app.get("/_sandbox/health")
    def health() -> dict[str, str]:
        return {"status": "ok", "now": clock.now().isoformat()}

    @app.post("/_sandbox/clock")
    async def set_clock(request: Request) -> dict[str, str]:
        clock.set(datetime.fromisoformat((await request.json())["now"]))
        return {"now": clock.now().isoformat()}

    @app.post("/_sandbox/faults")
    async def set_faults(request: Request) -> dict[str, str]:
        """`{"script": {"book": ["refuse", null]}}`, `{"shares_ppm": …}`, `{"quirks": …}`, `{"outage": …}`."""
        data = await request.json()
        for model in models.values():
            for operation, faults in data.get("script", {}).items():
                model.script(operation, [Fault(fault) if fault else None for fault in faults])
            if "shares_ppm" in data:
                model.faults = FaultPlan(
                    {
                        operation: {Fault(fault): int(ppm) for fault, ppm in shares.items()}
                        for operation, shares in data["shares_ppm"].items()
                    }
                )
            if "quirks" in data:
                model.quirks = Quirks(**data["quirks"])
            if "outage" in data:
                start, end = (datetime.fromisoformat(data["outage"][k]) for k in ("from", "until"))
                model.outages.append((start, end))
        return {"status": "ok"}

    @app.get("/_sandbox/state")
    def state() -> dict[str, Any]:
        return {
            recovery.value: {
                "parcels": len(model.parcels),
                "duplicates": model.duplicates(),
                "receipts": len(model.receipts),
            }
            for recovery, model in models.items()
        }

    @app.post("/_sandbox/webhooks")
    async def send_webhooks(request: Request) -> dict[str, int]:
        """Post every scan published by now to `url`, signed by Standard Webhooks with `secret`.

        `copies` > 1 makes a storm, `reverse` reorders.
        """
        data = await request.json()
        url = str(data["url"])
        if not url.startswith(("http://", "https://")):
            raise invalid("url", "must be http or https")
        bodies = [
            json.dumps(wire.scan_to_json(scan)).encode()
            for model in models.values()
            for number in model.parcels
            for scan in model.scans(number, clock.now())
        ] * int(data.get("copies", 1))
        if data.get("reverse"):
            bodies.reverse()
        secret = read_secret(str(data.get("secret", ""))) or WEBHOOK_SECRET
        return {"sent": await _post_all(url, bodies, secret, clock.now())}


async def _post_all(url: str, bodies: list[bytes], secret: bytes, at: datetime) -> int:
    import httpx

    sent = 0
    async with httpx.AsyncClient(timeout=10, trust_env=False) as client:
        for body in bodies:
            message = hashlib.sha256(body).hexdigest()[:32]
            signed = signed_headers(secret, message, at, body)
            headers = {"content-type": "application/json", **signed}
            answer = await client.post(url, content=body, headers=headers)
            sent += answer.is_success
    return sent
