"""Quotes through HTTP: server CPU per quote, bare, with the store and whole, beside a raw callable.

The server is a process of its own (`api.quote_bench`) that tells its CPU time; a few connections
are kept open and ask at the same time, so that quotes are stored in groups as under load.
"""

import json
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from benchmarks.figures import Figure
from benchmarks.quotes import demo_carts
from carriers.adapters.table.published import published_tariffs
from core.errors import Unavailable
from routing.cart import Cart
from routing.network.format import read_network
from simulations.demo_network import demo_files

MOST_RATIO, GOAL_RATIO = 8.0, 4.0
MOST_STORE_US = 350.0
AT_ONCE = 16
"""Connections."""
ROUNDS = 5
"""The least of so many rounds counts."""


class Door:
    """One connection to the server."""

    def __init__(self, port: int, key: str) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self._key = key
        self._rest = b""

    def ask(self, path: str, body: bytes) -> tuple[int, bytes]:
        """(status, body) of one POST."""
        head = (
            f"POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {self._key}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        self._socket.sendall(head.encode() + body)
        while b"\r\n\r\n" not in self._rest:
            self._rest += self._more()
        lines, _, self._rest = self._rest.partition(b"\r\n\r\n")
        first, *headers = lines.decode().split("\r\n")
        named = {
            name.lower(): value for name, _, value in (each.partition(": ") for each in headers)
        }
        size = int(named["content-length"])
        while len(self._rest) < size:
            self._rest += self._more()
        answer, self._rest = self._rest[:size], self._rest[size:]
        return int(first.split()[1]), answer

    def _more(self) -> bytes:
        found = self._socket.recv(65536)
        if not found:
            raise Unavailable("the server closed the connection")
        return found

    def cpu_s(self) -> float:
        """CPU time that the server has used so far."""
        return float(json.loads(self.ask("/cpu", b"{}")[1])["cpu_s"])

    def ask_all(self, path: str, bodies: Sequence[bytes]) -> int:
        """One POST after another; how many. Raises Unavailable when one is refused."""
        for body in bodies:
            status, answer = self.ask(path, body)
            if status not in (200, 201):
                raise Unavailable(f"{path} answered {status}: {answer[:200]!r}")
        return len(bodies)


class Shop:
    """Several connections that ask at the same time."""

    def __init__(self, port: int, key: str) -> None:
        self._doors = [Door(port, key) for _ in range(AT_ONCE)]
        self._threads = ThreadPoolExecutor(AT_ONCE)

    def spent_us(self, path: str, bodies: Sequence[bytes], rounds: int) -> float:
        """Server CPU per request, microseconds, of the best round."""
        spent = []
        for _ in range(rounds):
            before = self._doors[0].cpu_s()
            shares = [bodies[n::AT_ONCE] for n in range(AT_ONCE)]
            asked = sum(self._threads.map(Door.ask_all, self._doors, [path] * AT_ONCE, shares))
            spent.append((self._doors[0].cpu_s() - before) / asked * 1e6)
        return min(spent)

    def close(self) -> None:
        """End the threads."""
        self._threads.shutdown()


def run(*, quick: bool, runs: int | None, say: Callable[[str], None]) -> list[Figure]:
    """All figures; `runs` rounds of each measurement."""
    carts = demo_carts(read_network(demo_files(1), published_tariffs()), 60 if quick else 300)
    bodies = [_body(cart) for cart in carts]
    rounds = runs or ROUNDS
    with _served() as shop:
        same = bodies[:1] * (200 if quick else 500)
        for way in ("bare", "kept", "full"):
            shop.spent_us(f"/{way}/v1/quotes", bodies[:AT_ONCE], 1)  # imports and kernels
        raw = shop.spent_us("/raw", same, rounds)
        bare = shop.spent_us("/bare/v1/quotes", same, rounds)
        kept = shop.spent_us("/kept/v1/quotes", same, rounds)
        say("  endpoint without planning")
        whole = shop.spent_us("/full/v1/quotes", bodies, max(2, rounds // 2))
    return [
        Figure(
            "quote endpoint without planning and store, over a raw ASGI callable: server CPU",
            f"<= {MOST_RATIO:g} x",
            f"<= {GOAL_RATIO:g} x",
            f"{bare / raw:.1f} x ({bare:.0f} over {raw:.0f} us)",
            bare <= MOST_RATIO * raw,
        ),
        Figure(
            "storing a quote: server CPU more",
            f"<= {MOST_STORE_US:g} us",
            "",
            f"{kept - bare:.0f} us",
            kept - bare <= MOST_STORE_US,
        ),
        Figure(
            "quotes through HTTP, demo carts, planned and stored, warm",
            "",
            "",
            f"{whole / 1000:.1f} ms CPU each, {1e6 / whole:.0f} per CPU second",
            True,
        ),
    ]


def _body(cart: Cart) -> bytes:
    lines = [{"sku": line.sku, "qty": line.qty, "seller": line.seller} for line in cart.lines]
    place = {"country": cart.destination.country, "postcode": cart.destination.postcode}
    wanted = {"destination": place, "lines": lines, "at": cart.at.isoformat()}
    return json.dumps(wanted).encode()


@contextmanager
def _served() -> Iterator[Shop]:
    server = subprocess.Popen(  # our own module, no shell
        [sys.executable, "-m", "api.quote_bench"], stdout=subprocess.PIPE, text=True
    )
    try:
        assert server.stdout is not None
        line = server.stdout.readline()
        if not line:
            raise Unavailable("the server to be measured did not start")
        told = json.loads(line)
        shop = Shop(told["port"], told["key"])
        yield shop
        shop.close()
    finally:
        server.terminate()
        server.wait(30)
        if server.stdout is not None:
            server.stdout.close()
