"""The sandbox carrier over real HTTP: it books once, and every fault is told for what it is."""

import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import pytest

from api.sandbox_thread import running_sandbox
from carriers.adapters.sandbox.client import SandboxClient
from carriers.ports import (
    Booked,
    BookedUnread,
    LabelFormat,
    ManifestRequest,
    PickupRequest,
    RateRequest,
    Recovery,
    VoidRequest,
)
from carriers.sandbox import Fault, Sandbox
from carriers.status import Status
from core.clock import ManualClock
from core.errors import CarrierRejected, CarrierUnavailable
from core.places import Destination
from core.units import Dimensions
from tests.carriers.orders import BUYER, SELLER, order

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
DEADLINE = timedelta(milliseconds=300)


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[str, Any, ManualClock]]:
    clock = ManualClock(START)
    with running_sandbox(clock) as (url, app):
        yield url, app, clock


@pytest.fixture
def client(server: tuple[str, Any, ManualClock]) -> SandboxClient:
    """Patient: for calls that are answered."""
    return SandboxClient(server[0], "sandbox")


@pytest.fixture
def hasty(server: tuple[str, Any, ManualClock]) -> SandboxClient:
    """For calls that never are."""
    return SandboxClient(server[0], "sandbox", deadline=DEADLINE)


@pytest.fixture
def model(server: tuple[str, Any, ManualClock]) -> Sandbox:
    models: dict[Recovery, Sandbox] = server[1].state.models
    for recovery in Recovery:
        models[recovery].__init__(7, recovery)  # type: ignore[misc]
    return models[Recovery.KEY]


def test_a_parcel_is_rated_booked_labelled_manifested_and_tracked(
    client: SandboxClient, model: Sandbox, server: tuple[str, Any, ManualClock]
) -> None:
    rates = client.rate(
        RateRequest(
            Destination("NL", "5026RA"),
            Destination("DE", "10115"),
            1250,
            Dimensions(300, 200, 150),
            date(2026, 3, 2),
        )
    )
    booked = client.book(order())
    assert isinstance(booked, Booked)
    assert booked.cost in [rate.price for rate in rates]
    assert client.book(order()) == booked  # the same key, the same answer
    assert len(model.parcels) == 1
    number = booked.tracking_number
    for wanted in LabelFormat:
        label = client.label(number, wanted)
        assert label == client.label(number, wanted)
    ask = ManifestRequest("k", "M-1", "main", SELLER, date(2026, 3, 2), (number,))
    assert client.manifest(ask) == client.manifest(ask)
    pickup = PickupRequest("k", "P-1", "main", SELLER, START, START + timedelta(hours=2), 1, 1250)
    assert client.pickup(pickup) == client.pickup(pickup)
    server[2].advance(timedelta(days=9))
    scans = client.track(number)
    assert [scans[0].status, scans[-1].status] == [Status.PRE_TRANSIT, Status.DELIVERED]
    assert scans[-1].time.offset == "+01:00"
    with pytest.raises(CarrierRejected) as caught:
        client.void(VoidRequest("v", number, number, "main"))
    assert caught.value.code == "handed_over"
    assert len(client.points(Destination("DE", "10115"))) == 3


@pytest.mark.parametrize(
    ("fault", "acted"),
    [
        (Fault.TIMEOUT_BEFORE, False),
        (Fault.TIMEOUT_AFTER, True),
        (Fault.ERROR_BEFORE, False),
        (Fault.ERROR_AFTER, True),
        (Fault.REDIRECT, False),
    ],
)
def test_a_lost_answer_is_unknown_and_the_same_key_resolves_it(
    client: SandboxClient, hasty: SandboxClient, model: Sandbox, fault: Fault, acted: bool
) -> None:
    model.script("book", [fault])
    with pytest.raises(CarrierUnavailable) as caught:
        hasty.book(order())
    assert caught.value.sent
    assert len(model.parcels) == acted
    assert isinstance(client.book(order()), Booked)
    assert len(model.parcels) == 1


@pytest.mark.parametrize(
    "fault", [Fault.SLOW_DRIP, Fault.HALF_BODY, Fault.GARBAGE, Fault.HTML, Fault.HUGE_BODY]
)
def test_a_yes_that_cannot_be_read_is_still_a_booking(
    hasty: SandboxClient, model: Sandbox, fault: Fault
) -> None:
    model.script("book", [fault])
    assert isinstance(hasty.book(order()), BookedUnread)
    assert len(model.parcels) == 1


@pytest.mark.parametrize(
    "fault",
    [
        Fault.TIMEOUT_BEFORE,
        Fault.TIMEOUT_AFTER,
        Fault.SLOW_DRIP,
        Fault.HUGE_BODY,
        Fault.HTML,
        Fault.REDIRECT,
    ],
)
def test_no_call_outlives_its_deadline(hasty: SandboxClient, model: Sandbox, fault: Fault) -> None:
    model.script("book", [fault])
    began = time.monotonic()  # the real clock: a deadline is real
    with suppress(CarrierUnavailable):
        hasty.book(order())
    assert time.monotonic() - began < DEADLINE.total_seconds() + 1


def test_a_closed_port_means_not_sent() -> None:
    with pytest.raises(CarrierUnavailable) as caught:
        SandboxClient("http://127.0.0.1:9", "sandbox", deadline=DEADLINE).book(order())
    assert not caught.value.sent


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"service": "teleport"}, "unknown_service"),
        ({"options": {"gift_wrap": "yes"}}, "unknown_option"),
        ({"weight_g": 31_501}, "too_heavy"),
        ({"ship_to": replace(BUYER, street="5 Refuse Street")}, "address"),
    ],
)
def test_what_the_carrier_cannot_do_is_refused(
    client: SandboxClient, model: Sandbox, changes: dict[str, Any], code: str
) -> None:
    with pytest.raises(CarrierRejected) as caught:
        client.book(order(**changes))
    assert caught.value.code == code
    assert not model.parcels


@pytest.mark.parametrize("key", ["wrong", ""])
def test_wrong_or_missing_credentials_are_a_refusal(
    server: tuple[str, Any, ManualClock], key: str
) -> None:
    with pytest.raises(CarrierRejected) as caught:
        SandboxClient(server[0], key).book(order())
    assert caught.value.code == "credentials"


def test_a_label_of_the_wrong_type_is_refused_and_a_late_one_awaited(
    client: SandboxClient, model: Sandbox, server: tuple[str, Any, ManualClock]
) -> None:
    model.script("book", [Fault.LABEL_NOT_READY])
    booked = client.book(order())
    assert isinstance(booked, Booked)
    with pytest.raises(CarrierUnavailable) as caught:
        client.label(booked.tracking_number, LabelFormat.PDF_4X6)
    assert caught.value.code == "label_not_ready"
    server[2].advance(timedelta(minutes=2))
    model.script("label", [Fault.WRONG_LABEL])
    with pytest.raises(CarrierRejected) as refused:
        client.label(booked.tracking_number, LabelFormat.PDF_4X6)
    assert refused.value.code == "label_type"
    client.label(booked.tracking_number, LabelFormat.PDF_4X6)


@pytest.mark.parametrize("number", ["LWSB0", "../state", "a/b", ""])
def test_a_foreign_number_is_refused(client: SandboxClient, model: Sandbox, number: str) -> None:
    with pytest.raises(CarrierRejected):
        client.track(number)


def test_look_up_finds_what_a_lost_answer_booked(
    server: tuple[str, Any, ManualClock], model: Sandbox
) -> None:
    client = SandboxClient(server[0], "sandbox", recovery=Recovery.LOOK_UP, deadline=DEADLINE)
    assert client.find("LW-000001") is None
    server[1].state.models[Recovery.LOOK_UP].script("book", [Fault.ERROR_AFTER])
    with pytest.raises(CarrierUnavailable):
        client.book(order())
    found = client.find("LW-000001")
    assert found is not None and found.tracking_number.startswith("LWSB")


def test_the_clock_and_faults_are_steered_over_http(
    server: tuple[str, Any, ManualClock], model: Sandbox, client: SandboxClient
) -> None:
    url = server[0]
    answer = httpx.post(f"{url}/_sandbox/faults", json={"script": {"book": ["refuse"]}})
    assert answer.status_code == 200
    with pytest.raises(CarrierRejected):
        client.book(order())
    client.book(order())
    assert httpx.get(f"{url}/_sandbox/state").json()["key"]["parcels"] == 1
    later = (START + timedelta(days=30)).isoformat()
    assert httpx.post(f"{url}/_sandbox/clock", json={"now": later}).json()["now"] == later
    assert BUYER.country == "DE"


@pytest.mark.parametrize(
    ("fault", "acted", "code"),
    [
        (Fault.CONFLICT, False, "conflict"),
        (Fault.BUSY_BEFORE, False, "busy"),
        (Fault.BUSY_AFTER, True, "busy"),
    ],
)
def test_an_undecided_answer_may_have_acted(
    client: SandboxClient, model: Sandbox, fault: Fault, acted: bool, code: str
) -> None:
    model.script("book", [fault])
    with pytest.raises(CarrierUnavailable) as caught:
        client.book(order())
    assert caught.value.sent and caught.value.code == code
    assert len(model.parcels) == acted


def test_a_401_is_about_our_credentials_whatever_code_it_carries(
    client: SandboxClient, model: Sandbox
) -> None:
    model.script("book", [Fault.CREDENTIALS])
    with pytest.raises(CarrierRejected) as caught:
        client.book(order())
    assert caught.value.code == "credentials" and "expired" in caught.value.message


@pytest.mark.parametrize("key", ["schlüssel", "abc\n", "a\tb"])
def test_a_key_that_no_header_carries_is_refused_before_anything_is_sent(key: str) -> None:
    with pytest.raises(CarrierRejected) as caught:
        SandboxClient("http://127.0.0.1:9", key, deadline=DEADLINE).book(order())
    assert caught.value.code == "credentials"
