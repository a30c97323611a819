"""The worked example of `docs/how-to/add-a-carrier.md` conforms, exactly as printed there."""

import json
import re
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from api.commands.carrier import CLOSED_URL, NOW, elapsed_s
from api.conformance_journal import conform_journal
from api.conformance_page import html_report
from api.conformance_server import misbehaving_server
from carriers.conformance import DUTCH, Mishap, Verdict, conform, conform_faults
from carriers.ports import Carrier

PAGE = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "add-a-carrier.md"


@pytest.fixture(scope="module")
def make() -> Callable[[str], Carrier]:
    code = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), flags=re.S)
    assert len(code) == 1 and code[0].count("\n") < 200
    names: dict[str, Any] = {"__name__": "acme"}
    exec(compile(code[0], "acme.py", "exec"), names)
    factory: Callable[[str], Carrier] = names["make"]
    return factory


class Acme(BaseHTTPRequestHandler):
    """Acme's test account: honours keys, refuses five tonnes."""

    by_key: dict[str, dict[str, str]] = {}  # noqa: RUF012

    def answer(self, status: int, body: Any) -> None:
        raw = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])) or b"{}")
        if self.path.endswith("/cancel"):
            return self.answer(200, {"cancellation": f"C{self.path.split('/')[2]}"})
        if float(body["weight"]) > 30:
            return self.answer(422, {"code": "too_heavy", "message": "over 30 kg"})
        number = f"AC{len(self.by_key):08d}"
        made = {"awb": number, "id": number, "total": "4.90", "currency": "EUR"}
        return self.answer(201, self.by_key.setdefault(self.headers["Idempotency-Key"], made))

    def do_GET(self) -> None:
        number = self.path.rsplit("/", 1)[1]
        if number not in {made["awb"] for made in self.by_key.values()}:
            return self.answer(404, {"code": "not_found"})
        if self.path.startswith("/labels/"):
            return self.answer(200, {"zpl": f"^XA^FD{number}^FS^XZ"})
        scan = {"awb": number, "code": "PU", "text": "Picked up", "zone": "Europe/Berlin"}
        return self.answer(200, {"scans": [{**scan, "scanned": "2026-05-04T17:00:00"}]})

    def log_message(self, *_: object) -> None:
        """Silence."""


@pytest.fixture
def acme_url() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Acme)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_example_keeps_every_promise(make: Callable[[str], Carrier], acme_url: str) -> None:
    checks = conform(make(acme_url), NOW)
    assert [check for check in checks if check.verdict is Verdict.FAILED] == []
    assert sum(check.verdict is Verdict.PASSED for check in checks) >= 8


def test_the_example_is_driven_through_the_journal_and_reported(
    make: Callable[[str], Carrier], acme_url: str
) -> None:
    checks = conform_journal(make(acme_url), NOW, service="", places=DUTCH)
    assert [(check.name, check.verdict.value) for check in checks] == [
        ("journal_book", "passed"),
        ("journal_return_label", "skipped"),
        ("journal_void", "passed"),
        ("journal_pickup", "skipped"),
        ("journal_manifest", "passed"),
    ]
    assert "acme conforms" in html_report("acme", checks)


def test_the_example_survives_every_mishap(make: Callable[[str], Carrier]) -> None:
    with misbehaving_server() as (base, followed):
        checks = list(
            conform_faults(
                lambda m: make(CLOSED_URL if m is Mishap.CLOSED else f"{base}/{m.value}"),
                elapsed_s,
                day=NOW.date(),
            )
        )
    assert [check for check in checks if check.verdict is Verdict.FAILED] == []
    assert not followed
