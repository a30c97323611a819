"""The conformance kit passes good adapters and finds what is wrong with bad ones."""

from datetime import UTC, datetime
from typing import Any

import pytest
from typer.testing import CliRunner

from api.commands.carrier import app, run_checks
from api.conformance_journal import conform_journal
from api.conformance_page import html_report
from api.conformance_server import strange
from carriers.adapters.sandbox.local import LocalSandbox
from carriers.conformance import Check, Verdict, conform
from carriers.conformance_samples import DUTCH
from carriers.mishaps import EFFECTS, Effect, Mishap, judge
from carriers.ports import (
    Booked,
    BookedUnread,
    BookingOrder,
    Receipt,
    Recovery,
    VoidRequest,
)
from carriers.sandbox import Sandbox
from core.clock import ManualClock
from core.errors import CarrierRejected, CarrierUnavailable

NOW = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)


def failed(checks: list[Any]) -> dict[str, str]:
    return {check.name: check.detail for check in checks if check.verdict is Verdict.FAILED}


@pytest.mark.parametrize("name", ["postnl", "royalmail", "parcelforce", "colissimo"])
def test_the_bundled_table_carriers_conform(name: str) -> None:
    assert failed(run_checks(name, None, "")) == {}


def test_the_sandbox_conforms_over_http_whatever_goes_wrong() -> None:
    checks = run_checks("sandbox", None, "")
    assert failed(checks) == {}
    faults = [check for check in checks if check.name.startswith("fault_")]
    assert len(faults) == len(Mishap) == len(EFFECTS)
    assert all(
        "11 calls" in check.detail for check in faults
    )  # all there is, return labels included


@pytest.mark.parametrize(
    ("operation", "mishap", "outcome", "wrong"),
    [
        ("book", Mishap.HTML, BookedUnread("?"), False),
        ("book", Mishap.HTML, CarrierUnavailable(sent=True), False),
        ("book", Mishap.HTML, CarrierUnavailable(sent=False), True),
        ("book", Mishap.HTML, CarrierRejected(code="html"), True),
        ("book", Mishap.VALUES, ArithmeticError("12,50"), True),
        ("book", Mishap.VALUES, Booked("X1"), False),
        ("book", Mishap.EMPTY, Booked("X1"), True),
        ("book", Mishap.CONFLICT, CarrierRejected(code="OWN_CODE"), True),
        ("book", Mishap.OVERLOADED, CarrierUnavailable(sent=False), True),
        ("book", Mishap.BUSY, CarrierUnavailable(sent=False), False),
        ("book", Mishap.UNAUTHORIZED, CarrierRejected(code="OWN_CODE"), True),
        ("book", Mishap.UNAUTHORIZED, CarrierRejected(code="credentials"), False),
        ("void", Mishap.EMPTY, Receipt(""), False),
        ("void", Mishap.HTML, Receipt(""), True),
        ("void", Mishap.TIMEOUT, KeyError("cancellation"), True),
        ("find", Mishap.EMPTY, None, True),
        ("find", Mishap.ERROR, CarrierUnavailable(sent=False), False),
        ("track", Mishap.SHAPE, (), True),
        ("track", Mishap.SHAPE, TypeError("scans"), True),
        ("label", Mishap.GARBAGE, CarrierRejected(code="label_type"), False),
        ("label", Mishap.CONFLICT, CarrierRejected(code="OWN_CODE"), True),
    ],
)
def test_each_mishap_has_few_true_readings(
    operation: str, mishap: Mishap, outcome: object, wrong: bool
) -> None:
    assert bool(judge(operation, mishap, outcome)) is wrong


def test_amounts_and_times_are_spoiled_and_nothing_else() -> None:
    told = {
        "n": "X1",
        "price": "4.90",
        "kg": 1.5,
        "at": "2026-05-04T17:00:00",
        "ok": True,
        "no": None,
    }
    assert strange([told]) == [
        {"n": "X1", "price": "12,50", "kg": "12,50", "at": "yesterday", "ok": True, "no": None}
    ]
    assert Effect.STRANGE is EFFECTS[Mishap.VALUES]


class BooksTwice(LocalSandbox):
    """Says that it honours keys and forgets them."""

    def book(self, order: BookingOrder) -> Booked | BookedUnread:
        self.model.recovery = Recovery.NEITHER
        return super().book(order)


class DropsOptions(LocalSandbox):
    """Leaves out what it does not know, in silence."""

    def book(self, order: BookingOrder) -> Booked | BookedUnread:
        from dataclasses import replace

        return super().book(replace(order, options={}))


@pytest.mark.parametrize(
    ("adapter", "check", "detail"),
    [
        (BooksTwice, "recovery", "the same key booked twice"),
        (DropsOptions, "refusals", "unknown option was not refused"),
    ],
)
def test_a_bad_adapter_is_found_out(adapter: type[LocalSandbox], check: str, detail: str) -> None:
    carrier = adapter(Sandbox(1, Recovery.KEY), ManualClock(NOW))
    assert failed(conform(carrier, NOW))[check] == detail


class ForgetsVoids(LocalSandbox):
    """Cannot cancel, although it says so."""

    def void(self, ask: VoidRequest) -> Receipt:
        raise CarrierRejected("not today", code="closed")


def test_the_journal_is_driven_as_the_product_drives_it() -> None:
    checks = conform_journal(
        ForgetsVoids(Sandbox(1, Recovery.KEY), ManualClock(NOW)), NOW, service="", places=DUTCH
    )
    assert [check.name for check in checks if check.verdict is Verdict.PASSED] == [
        "journal_book",
        "journal_return_label",
        "journal_pickup",
        "journal_manifest",
    ]
    assert failed(checks) == {
        "journal_void": "voiding; the call is parked: not voided: closed: not today"
    }


def test_the_commands_list_and_report() -> None:
    listed = CliRunner().invoke(app, ["list", "--json"])
    assert listed.exit_code == 0 and '"sandbox"' in listed.stdout
    told = CliRunner().invoke(app, ["conform", "postnl"])
    assert told.exit_code == 0 and "0 failed" in told.stdout
    page = html_report(
        "<script>",
        [Check("void", Verdict.PASSED), Check("labels", Verdict.FAILED, "<b>late</b>")],
    )
    assert "<script" not in page and "<b>" not in page and "does not conform" in page
    assert page.index("labels") < page.index("void")
