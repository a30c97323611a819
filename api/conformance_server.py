"""A server that misbehaves on demand, for the conformance kit: the path's first part says how."""

import asyncio
import json
import re
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

import httpx

from carriers.mishaps import Mishap

HUGE_BYTES = 100 * 1024 * 1024
PACKED_BYTES = 200 * 1024 * 1024
NESTED = 100_000
_HEAD = "HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n{more}\r\n"
_JSON, _BODY = "application/json", b'{"number": "X1", "price": {"amount": "1.00"}}'
_OWN_CODE = b'{"code": "OWN_CODE", "message": "a code that only the carrier knows"}'
# What is answered whole, with a status and a JSON body.
_PLAIN: dict[Mishap, tuple[int, bytes, str]] = {
    Mishap.ERROR: (500, b"", ""),
    Mishap.OVERLOADED: (503, b"{}", "Retry-After: 5\r\n"),
    Mishap.GARBAGE: (200, b"\x00\xff{{{[", ""),
    Mishap.NESTED: (200, b"[" * NESTED, ""),
    Mishap.SHAPE: (200, b'["?"]', ""),
    Mishap.EMPTY: (200, b"{}", ""),
    Mishap.UNAUTHORIZED: (401, _OWN_CODE, ""),
    Mishap.TIMEOUT: (408, _OWN_CODE, ""),
    Mishap.CONFLICT: (409, _OWN_CODE, ""),
    Mishap.BUSY: (429, _OWN_CODE, "Retry-After: 1\r\n"),
}


@dataclass(frozen=True, slots=True)
class _Request:
    """One request as it came; `path` without the mishap's name."""

    mishap: str
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


def _answer(status: int, body: bytes, more: str = "", kind: str = _JSON) -> bytes:
    return _head(status, kind, len(body), more) + body


def _head(status: int, kind: str, length: int, more: str = "") -> bytes:
    return _HEAD.format(status=status, kind=kind, length=length, more=more).encode()


async def _misbehave(
    request: _Request, upstream: str, writer: asyncio.StreamWriter, stop: asyncio.Event
) -> None:
    mishap = Mishap(request.mishap)
    if mishap in _PLAIN:
        writer.write(_answer(*_PLAIN[mishap]))
        return
    match mishap:
        case Mishap.HANG | Mishap.CLOSED:
            await stop.wait()
        case Mishap.DRIP:
            writer.write(_head(200, _JSON, len(_BODY)))
            for byte in _BODY:
                writer.write(bytes([byte]))
                await writer.drain()
                await asyncio.sleep(0.2)
        case Mishap.REDIRECT:
            port = writer.get_extra_info("sockname")[1]
            writer.write(_answer(307, b"", f"Location: http://localhost:{port}/elsewhere/v1\r\n"))
        case Mishap.HTML:
            writer.write(_answer(200, b"<html><h1>Maintenance</h1></html>", kind="text/html"))
        case Mishap.HALF:
            writer.write(_head(200, _JSON, len(_BODY)) + _BODY[: len(_BODY) // 2])
        case Mishap.HUGE:
            writer.write(_head(200, _JSON, HUGE_BYTES))
            for _ in range(HUGE_BYTES // 2**20):
                writer.write(b" " * 2**20)
                await writer.drain()
        case Mishap.PACKED:
            writer.write(_answer(200, _packed(), "Content-Encoding: gzip\r\n"))
        case Mishap.VALUES:
            writer.write(await _strange_answer(request, upstream))


@cache
def _packed() -> bytes:
    packer = zlib.compressobj(1, wbits=16 + zlib.MAX_WBITS)  # with gzip's header
    chunk = bytes(2**20)
    parts = [packer.compress(chunk) for _ in range(PACKED_BYTES // len(chunk))]
    return b"".join(parts) + packer.flush()


async def _strange_answer(request: _Request, upstream: str) -> bytes:
    """The carrier's own answer, its amounts and times made unreadable."""
    kept = ("authorization", "content-type", "idempotency-key", "x-recovery")
    headers = {name: value for name, value in request.headers.items() if name in kept}
    async with httpx.AsyncClient(trust_env=False, timeout=10) as client:
        answer = await client.request(
            request.method, upstream + request.path, content=request.body, headers=headers
        )
    kind = answer.headers.get("content-type", "text/plain")
    body = json.dumps(strange(answer.json())).encode() if "json" in kind else answer.content
    return _answer(answer.status_code, body, kind=kind)


def strange(value: Any) -> Any:
    """The same JSON with `12,50` for each amount and `yesterday` for each time; numbers are amounts."""
    match value:
        case dict():
            return {name: strange(each) for name, each in value.items()}
        case list():
            return [strange(each) for each in value]
        case bool() | None:
            return value
        case int() | float():
            return "12,50"
        case str() if re.fullmatch(r"-?\d+[.]\d+", value):
            return "12,50"
        case str() if re.match(r"\d{4}-\d\d-\d\d", value):
            try:
                datetime.fromisoformat(value)
            except ValueError:
                return value
            return "yesterday"
    return value


async def _read_request(reader: asyncio.StreamReader) -> _Request:
    """The whole request: a server that closes with unread bytes takes its answer back."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    method, target, _ = head[0].split(" ", 2)
    lines = (line.partition(":") for line in head[1:] if line)
    headers = {name.strip().lower(): value.strip() for name, _, value in lines}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    _, mishap, *path = target.split("/", 2)
    return _Request(mishap, method, "/" + "/".join(path), headers, body)


@contextmanager
def misbehaving_server(upstream: str = "") -> Iterator[tuple[str, list[str]]]:
    """(base URL, requests that followed a redirect); a path begins with the mishap's name.

    `upstream` is where the carrier itself answers; without it `VALUES` cannot be tried.
    """
    hits: list[str] = []
    loops: list[asyncio.AbstractEventLoop] = []
    stop = asyncio.Event()
    ready = threading.Event()
    ports: list[int] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            request = await _read_request(reader)
            if request.mishap == "elsewhere":
                hits.append(request.path)
            else:
                await _misbehave(request, upstream, writer, stop)
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError, ValueError, httpx.HTTPError):
            pass
        finally:
            writer.close()

    async def run() -> None:
        loops.append(asyncio.get_running_loop())
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        ports.append(server.sockets[0].getsockname()[1])
        ready.set()
        async with server:
            await stop.wait()

    thread = threading.Thread(target=lambda: asyncio.run(run()), daemon=True)
    thread.start()
    ready.wait(10)
    try:
        yield f"http://127.0.0.1:{ports[0]}", hits
    finally:
        loops[0].call_soon_threadsafe(stop.set)
        thread.join(5)
