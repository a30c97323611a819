"""Calls a carrier over HTTP so that nothing outlives its deadline and nothing is sent twice.

One call is one fresh connection (a stale one could swallow a booking unseen), one deadline over
connecting, sending and reading together, no redirects, a limit on the answer's size, unpacked as well.
"""

import asyncio
import threading
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Any

import httpx

from core.errors import CarrierRejected, CarrierUnavailable

MAX_BODY = 8 * 1024 * 1024  # bytes; a label is under 1 MB
GZIP = 16 + zlib.MAX_WBITS  # zlib's name for a gzip header
GRACE_S = 0.5  # to abandon a call whose deadline has passed


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; `cut` says why the body is not whole (empty: it is)."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    cut: str = ""


@lru_cache(maxsize=1)
def _loop() -> asyncio.AbstractEventLoop:
    """One background event loop for all calls: only there can a slow drip be cancelled."""
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="carrier-calls", daemon=True).start()
    return loop


class HttpCaller:
    """Sends requests to one base URL with fixed headers."""

    def __init__(self, base_url: str, headers: Mapping[str, str], *, verify: bool = True) -> None:
        self.base_url = base_url.rstrip("/")
        self.headers = dict(headers)
        self._context = (
            httpx.create_ssl_context(verify=verify) if self.base_url.startswith("https") else False
        )

    def call(
        self,
        method: str,
        path: str,
        *,
        deadline: timedelta,
        json: Any = None,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """The answer, whatever its status.

        Raises CarrierUnavailable: `sent=False` when no connection was made, `sent=True` when the
        request may have arrived and no answer came in time; CarrierRejected for a key that no header
        can carry.
        """
        sent_headers = {**self.headers, "Accept-Encoding": "gzip", **(headers or {})}
        if not all(value.isascii() and value.isprintable() for value in sent_headers.values()):
            raise CarrierRejected("the API key has signs that no header has", code="credentials")
        work = self._send(method, path, deadline.total_seconds(), json, params, sent_headers)
        future = asyncio.run_coroutine_threadsafe(work, _loop())
        try:
            return future.result(timeout=deadline.total_seconds() + GRACE_S)
        except TimeoutError:
            future.cancel()
            raise CarrierUnavailable("no answer in time", sent=True, code="deadline") from None

    async def _send(
        self,
        method: str,
        path: str,
        deadline_s: float,
        json: Any,
        params: Mapping[str, str] | None,
        headers: Mapping[str, str],
    ) -> Answer:
        limits = httpx.Limits(max_keepalive_connections=0)
        timeout = httpx.Timeout(deadline_s)
        head: Answer | None = None
        connected = False

        async def on_connected(event: str, info: Mapping[str, Any]) -> None:
            nonlocal connected
            if event in ("http11.send_request_headers.started",):
                connected = True

        try:
            async with (
                asyncio.timeout(deadline_s),
                httpx.AsyncClient(
                    verify=self._context, timeout=timeout, limits=limits, trust_env=False
                ) as client,
                client.stream(
                    method,
                    self.base_url + path,
                    json=json,
                    params=params,
                    headers=headers,
                    extensions={"trace": on_connected},
                ) as response,
            ):
                head = Answer(response.status_code, dict(response.headers), b"", "not read")
                return await _read(response)
        except TimeoutError:
            if head is not None:
                return Answer(head.status, head.headers, b"", "deadline passed while reading")
            raise CarrierUnavailable("no answer in time", sent=connected, code="deadline") from None
        except httpx.HTTPError as error:
            if head is not None:
                return Answer(head.status, head.headers, b"", type(error).__name__)
            kind = type(error).__name__
            raise CarrierUnavailable(
                f"the carrier did not answer ({kind})", sent=connected, code="no_answer"
            ) from error


async def _read(response: httpx.Response) -> Answer:
    """The body up to the limit; a body that is too long, packed or not, is cut and said so."""
    headers = dict(response.headers)
    packing = headers.get("content-encoding", "identity")
    if packing not in ("identity", "gzip"):
        return Answer(response.status_code, headers, b"", "packed in a way we did not ask for")
    unpack = zlib.decompressobj(wbits=GZIP) if packing == "gzip" else None
    chunks: list[bytes] = []
    size = 0
    async for raw in response.aiter_raw():
        try:  # never more than the limit at once: 400 kB of gzip hold 100 MB
            chunk = raw if unpack is None else unpack.decompress(raw, MAX_BODY + 1)
        except zlib.error:
            return Answer(response.status_code, headers, b"", "broken gzip")
        size += len(chunk)
        if size > MAX_BODY or (unpack is not None and unpack.unconsumed_tail):
            return Answer(response.status_code, headers, b"", "too long")
        chunks.append(chunk)
    if unpack is not None and not unpack.eof:
        return Answer(response.status_code, headers, b"", "the gzip breaks off")
    return Answer(response.status_code, headers, b"".join(chunks))
