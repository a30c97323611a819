"""An answer is read by its status first; a yes stays a yes, however strange its words."""

import gzip
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from carriers.adapters.answers import Unreadable, data_of, money_of, read_answer
from carriers.adapters.http import MAX_BODY, Answer, HttpCaller
from core.errors import CarrierRejected, CarrierUnavailable, InvalidInput
from core.money import Money

JSON = {"content-type": "application/json"}


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (401, b'{"code": "AUTH_EXPIRED"}', "credentials"),
        (403, b"<html>", "credentials"),
        (422, b'{"code": "address", "message": "no such street"}', "address"),
        (422, b"", "unprocessable"),
        (400, b"[]", "invalid"),
        (404, b"[" * 100_000, "not_found"),
        (418, b"", "declined"),
    ],
)
def test_a_refusal_has_the_code_that_its_status_allows(status: int, body: bytes, code: str) -> None:
    with pytest.raises(CarrierRejected) as caught:
        data_of(Answer(status, JSON, body))
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("status", "sent", "code"),
    [
        (408, True, "timeout"),
        (409, True, "conflict"),
        (425, True, "too_early"),
        (429, False, "rate_limit"),
        (503, True, "busy"),
        (500, True, "error"),
        (307, True, "redirect"),
    ],
)
def test_what_is_undecided_may_have_been_done(status: int, sent: bool, code: str) -> None:
    headers = {**JSON, "retry-after": "5"}
    with pytest.raises(CarrierUnavailable) as caught:
        data_of(Answer(status, headers, b'{"code": "refused"}'))
    assert (caught.value.sent, caught.value.code) == (sent, code)


@pytest.mark.parametrize("body", [b"", b"{", b"[" * 200_000, b"\xff"])
def test_a_yes_that_is_no_json_cannot_be_read(body: bytes) -> None:
    with pytest.raises(Unreadable):
        data_of(Answer(200, JSON, body))


def test_whatever_a_parser_trips_over_is_unreadable() -> None:
    def parse(data: Any) -> Any:
        return data["price"]["amount"] / 0

    for body in (b"null", b"[]", b'"x"', b"{}", b'{"price": {"amount": 1}}'):
        with pytest.raises(Unreadable):
            read_answer(Answer(201, JSON, body), parse)


@pytest.mark.parametrize(
    ("amount", "minor"), [("12.50", 1250), (12.5, 1250), (7, 700), ("-1", -100)]
)
def test_amounts_are_plain_decimals(amount: object, minor: int) -> None:
    assert money_of(amount, "EUR") == Money(minor, "EUR")


@pytest.mark.parametrize(
    "amount", ["12,50", "NaN", "1e400", "", ".5", "--5", "9" * 16, "١", None, True, {}, [1]]
)
def test_anything_else_is_no_amount(amount: object) -> None:
    with pytest.raises(Unreadable):
        money_of(amount, "EUR")


def test_an_amount_has_a_currency() -> None:
    with pytest.raises(InvalidInput):
        money_of("1.00", None)


class Packed(BaseHTTPRequestHandler):
    """Answers gzip: `/bomb` unpacks to 40 MB, `/half` breaks off, anything else is small."""

    def do_GET(self) -> None:
        bomb = self.path == "/bomb"
        body = gzip.compress(b" " * (40_000_000 if bomb else 1000) + b"{}", 1)
        if self.path == "/half":
            body = body[: len(body) // 2]
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Encoding", "br" if self.path == "/br" else "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Silence."""


@pytest.fixture(scope="module")
def packed() -> Iterator[HttpCaller]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Packed)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield HttpCaller(f"http://127.0.0.1:{server.server_address[1]}", {})
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_packed_answer_is_unpacked_within_the_limit(packed: HttpCaller) -> None:
    def ask(path: str) -> Answer:
        return packed.call("GET", path, deadline=timedelta(seconds=20))

    assert data_of(ask("/small")) == {}
    assert ask("/bomb").cut == "too long" and MAX_BODY < 40_000_000
    assert "breaks off" in ask("/half").cut
    assert "packed" in ask("/br").cut
