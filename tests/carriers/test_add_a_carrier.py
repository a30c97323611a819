"""The worked example of `docs/how-to/add-a-carrier.md` conforms, exactly as printed there."""

import json
import re
import threading
from collections.abc import Callable, Iterator
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from api.commands.carrier import NOW, try_mishaps
from api.conformance_journal import conform_journal
from api.conformance_page import html_report
from carriers.adapters.answers import Unreadable, data_of
from carriers.conformance import Verdict, conform
from carriers.conformance_samples import DUTCH
from carriers.ports import Booked, BookedUnread, BookingOrder, Carrier
from carriers.status import Scan
from core.errors import InvalidInput
from core.money import Money

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


def test_the_example_survives_every_mishap(make: Callable[[str], Carrier], acme_url: str) -> None:
    checks = try_mishaps(make, acme_url)
    assert [check for check in checks if check.verdict is Verdict.FAILED] == []
    assert all("4 calls" in check.detail for check in checks if check.name.startswith("fault_"))


def careless(make: Callable[[str], Carrier]) -> Callable[[str], Carrier]:
    """The example as one writes it at first: it names the errors it has thought of."""

    def careless_at(base_url: str) -> Carrier:
        careful: Any = make(base_url)

        class Careless(type(careful)):  # type: ignore[misc]
            def _post(self, path: str, body: Any, key: str, parse: Callable[[Any], Any]) -> Any:
                answer = self._caller.call(
                    "POST",
                    path,
                    json=body,
                    headers={"Idempotency-Key": key},
                    deadline=self.profile.deadline,
                )
                return parse(data_of(answer))

            def book(self, order: BookingOrder) -> Booked | BookedUnread:
                body = {"weight": "1.250"}
                try:
                    data = self._post("/shipments", body, order.key, lambda data: data)
                    cost = Money.from_decimal(Decimal(data["total"]), data["currency"])
                    return Booked(data["awb"], carrier_reference=data["id"], cost=cost)
                except (Unreadable, KeyError, TypeError, ValueError, InvalidInput) as error:
                    return BookedUnread(str(error))

            def track(self, tracking_number: str) -> tuple[Scan, ...]:
                path = f"/tracking/{tracking_number}"
                data = data_of(self._caller.call("GET", path, deadline=self.profile.deadline))
                return tuple(data["scans"])

        return Careless(base_url, token="test", deadline=careful.profile.deadline)  # type: ignore[no-any-return]

    return careless_at


def test_the_kit_finds_what_a_first_draft_forgets(
    make: Callable[[str], Carrier], acme_url: str
) -> None:
    failed = {
        check.name: check.detail
        for check in try_mishaps(careless(make), acme_url)
        if check.verdict is Verdict.FAILED
    }
    assert "book raised InvalidOperation" in failed["fault_values"]
    assert "track raised KeyError" in failed["fault_empty"]
    assert "void raised TypeError" in failed["fault_shape"]
    assert "track raised Unreadable" in failed["fault_html"]
    assert not {"fault_hang", "fault_conflict", "fault_unauthorized"} & {*failed}
