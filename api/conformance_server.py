"""A server that misbehaves on demand, for the conformance kit: the path's first part says how."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from carriers.conformance import Mishap

HUGE_BYTES = 100 * 1024 * 1024
_HEAD = "HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n{more}\r\n"


def _head(status: int, kind: str, length: int, more: str = "") -> bytes:
    return _HEAD.format(status=status, kind=kind, length=length, more=more).encode()


async def _misbehave(
    mishap: Mishap, writer: asyncio.StreamWriter, hits: list[str], stop: asyncio.Event
) -> None:
    json, body = "application/json", b'{"number": "X1", "price": {"amount": "1.00"}}'
    match mishap:
        case Mishap.HANG | Mishap.CLOSED:
            await stop.wait()
        case Mishap.DRIP:
            writer.write(_head(200, json, len(body)))
            for byte in body:
                writer.write(bytes([byte]))
                await writer.drain()
                await asyncio.sleep(0.2)
        case Mishap.ERROR:
            writer.write(_head(500, "text/plain", 0))
        case Mishap.REDIRECT:
            port = writer.get_extra_info("sockname")[1]
            more = f"Location: http://localhost:{port}/elsewhere/v1\r\n"
            writer.write(_head(307, "text/plain", 0, more))
        case Mishap.HTML:
            page = b"<html><h1>Maintenance</h1></html>"
            writer.write(_head(200, "text/html", len(page)) + page)
        case Mishap.GARBAGE:
            writer.write(_head(200, json, 6) + b"\x00\xff{{{[")
        case Mishap.HALF:
            writer.write(_head(200, json, len(body)) + body[: len(body) // 2])
        case Mishap.HUGE:
            writer.write(_head(200, json, HUGE_BYTES))
            for _ in range(HUGE_BYTES // 2**20):
                writer.write(b" " * 2**20)
                await writer.drain()
        case Mishap.UNAUTHORIZED:
            writer.write(_head(401, json, 2) + b"{}")
        case Mishap.BUSY:
            writer.write(_head(429, json, 2, "Retry-After: 1\r\n") + b"{}")


@contextmanager
def misbehaving_server() -> Iterator[tuple[str, list[str]]]:
    """(base URL, requests that followed a redirect); a path begins with the mishap's name."""
    hits: list[str] = []
    loops: list[asyncio.AbstractEventLoop] = []
    stop = asyncio.Event()
    ready = threading.Event()
    ports: list[int] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            request = (await reader.readuntil(b"\r\n")).decode("latin-1")
            path = request.split(" ")[1]
            name = path.split("/")[1]
            if name == "elsewhere":
                hits.append(path)
            else:
                await _misbehave(Mishap(name), writer, hits, stop)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError, ValueError, IndexError):
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
