"""A public suite for any adapter: what the port promises, tried on a carrier that may be broken.

`conform` tries an adapter against its carrier (a sandbox or test account); `carriers/mishaps.py` tries
it against a server that misbehaves on demand.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from carriers.conformance_samples import DUTCH, Places, Samples
from carriers.ports import (
    Booked,
    BookingOrder,
    Capability,
    Carrier,
    LabelFormat,
    Recovery,
    VoidRequest,
)
from core.errors import CarrierRejected, CarrierUnavailable
from core.places import Address, Destination

HOSTILE = Address(
    '^XZ~JA <b>"x"</b>', "=1+1;DROP TABLE, Straße 1", "Berlin", "10115", "DE", company="^FS^FDx"
)
MOST_DEADLINE = timedelta(seconds=60)


class Verdict(StrEnum):
    """How a check ended."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Check:
    """One promise and what was seen."""

    name: str
    verdict: Verdict
    detail: str = ""


class _Failed(Exception):
    """A promise was broken."""


def _want(holds: bool, detail: str) -> None:
    if not holds:
        raise _Failed(detail)


class _Suite:
    """The checks against a working carrier; each is tried whatever became of the others."""

    def __init__(self, carrier: Carrier, samples: Samples) -> None:
        self.carrier = carrier
        self.samples = samples

    def order(self, **changes: object) -> BookingOrder:
        return self.samples.order(**changes)

    def booked(self, order: BookingOrder) -> Booked:
        answer = self.carrier.book(order)
        if not isinstance(answer, Booked):
            raise _Failed(f"a yes that cannot be read: {answer.reason}")
        return answer

    def refused(self, call: Callable[[], object], what: str) -> None:
        try:
            call()
        except CarrierRejected as error:
            _want(bool(error.code), f"{what}: the refusal has no code")
            return
        raise _Failed(f"{what} was not refused")

    def profile(self) -> None:
        profile = self.carrier.profile
        _want(bool(profile.capabilities), "no capability is declared")
        _want(timedelta() < profile.deadline <= MOST_DEADLINE, f"deadline {profile.deadline}")
        if Capability.LABEL in profile.capabilities:
            _want(bool(profile.label_formats), "labels without a format")

    def rates(self) -> None:
        ask = self.samples.rate()
        first = self.carrier.rate(ask)
        _want(bool(first), "no rate for an ordinary parcel")
        _want(all(rate.price.minor > 0 for rate in first), "a price of nothing")
        again = {rate.service: rate.price for rate in self.carrier.rate(ask)}
        _want(again == {rate.service: rate.price for rate in first}, "the same ask, other prices")

    def recovery(self) -> None:
        order = self.order()
        first = self.booked(order)
        _want(bool(first.tracking_number), "booked without a number")
        match self.carrier.profile.recovery:
            case Recovery.KEY:
                again = self.booked(order)
                _want(again.tracking_number == first.tracking_number, "the same key booked twice")
            case Recovery.LOOK_UP:
                found = self.carrier.find(order.reference)
                _want(found is not None, "the reference is not found")
                assert found is not None
                _want(found.tracking_number == first.tracking_number, "another parcel was found")
                _want(self.carrier.find("NO-SUCH-REFERENCE") is None, "something was found")
            case Recovery.NEITHER:
                self.refused(lambda: self.carrier.find(order.reference), "look-up")

    def refusals(self) -> None:
        self.refused(
            lambda: self.carrier.book(self.order(service="no-such-service")), "unknown service"
        )
        self.refused(
            lambda: self.carrier.book(self.order(options={"no_such_option": "1"})),
            "unknown option",
        )
        self.refused(lambda: self.carrier.book(self.order(weight_g=5_000_000)), "5 tonnes")
        missing = set(LabelFormat) - set(self.carrier.profile.label_formats)
        for wanted in sorted(missing):
            self.refused(
                lambda wanted=wanted: self.carrier.book(self.order(label_format=wanted)),  # type: ignore[misc]
                f"label format {wanted.value}",
            )

    def labels(self) -> None:
        for wanted in self.carrier.profile.label_formats:
            booked = self.booked(self.order(label_format=wanted))
            label = booked.label or self.carrier.label(booked.tracking_number, wanted)
            _want(label.format is wanted, f"{label.format} instead of {wanted}")
            if booked.label is None:
                again = self.carrier.label(booked.tracking_number, wanted)
                _want(again.content == label.content, "the label changed")

    def hostile_text(self) -> None:
        """Signs of ZPL, HTML, SQL and CSV in an address stay text, or the address is refused."""
        for wanted in self.carrier.profile.label_formats:
            evil = replace(
                self.samples.places[1],
                name=HOSTILE.name,
                company=HOSTILE.company,
                street=HOSTILE.street,
            )
            try:
                booked = self.booked(self.order(ship_to=evil, label_format=wanted))
            except CarrierRejected:
                continue
            label = booked.label or self.carrier.label(booked.tracking_number, wanted)
            if wanted in (LabelFormat.ZPL_203, LabelFormat.ZPL_300):
                starts = label.content.count(b"^XA")
                _want(starts == label.content.count(b"^XZ") == 1, "text became a command")
                _want(b"~JA" not in label.content, "text became a command")

    def void(self) -> None:
        booked = self.booked(self.order())
        ask = self.samples.void(booked.tracking_number, booked.carrier_reference)
        first = self.carrier.void(ask)
        _want(self.carrier.void(ask) == first, "the same void, another answer")

    def manifest(self) -> None:
        numbers = tuple(self.booked(self.order()).tracking_number for _ in range(2))
        ask = self.samples.manifest(numbers)
        first = self.carrier.manifest(ask)
        _want(bool(first.carrier_reference), "a manifest without a number")
        if self.carrier.profile.recovery is not Recovery.NEITHER:
            _want(self.carrier.manifest(ask) == first, "the same manifest, another answer")

    def pickup(self) -> None:
        receipt = self.carrier.pickup(self.samples.pickup())
        _want(bool(receipt.carrier_reference), "a pickup without a number")

    def track(self) -> None:
        number = self.booked(self.order()).tracking_number
        for scan in self.carrier.track(number):
            _want(scan.tracking_number == number, "a scan of another parcel")
        self.refused(lambda: self.carrier.track("NOT0A0NUMBER"), "another carrier's number")

    def return_label(self) -> None:
        answer = self.carrier.return_label(self.samples.way_back())
        _want(isinstance(answer, Booked), "no return label")

    def points(self) -> None:
        for point in self.carrier.points(self.samples.home()):
            _want(bool(point.point_id and point.name), "a point without id or name")

    def undeclared(self) -> None:
        """What is not declared is refused with `not_supported`, never tried."""
        calls: dict[Capability, Callable[[], object]] = {
            Capability.VOID: lambda: self.carrier.void(VoidRequest("k", "X1", "X1", "a")),
            Capability.PICKUP: self.pickup,
            Capability.TRACK: lambda: self.carrier.track("X1"),
            Capability.POINTS: lambda: self.carrier.points(Destination("NL")),
        }
        for capability, call in calls.items():
            if capability in self.carrier.profile.capabilities:
                continue
            try:
                call()
            except CarrierRejected as error:
                _want(error.code == "not_supported", f"{capability.value}: {error.code}")
            else:
                raise _Failed(f"{capability.value} is not declared, yet works")


_CHECKS: tuple[tuple[str, Capability | None], ...] = (
    ("profile", None),
    ("rates", Capability.RATE),
    ("recovery", Capability.BOOK),
    ("refusals", Capability.BOOK),
    ("labels", Capability.LABEL),
    ("hostile_text", Capability.LABEL),
    ("void", Capability.VOID),
    ("manifest", Capability.MANIFEST),
    ("pickup", Capability.PICKUP),
    ("track", Capability.TRACK),
    ("return_label", Capability.RETURN_LABEL),
    ("points", Capability.POINTS),
    ("undeclared", None),
)


def conform(
    carrier: Carrier,
    now: datetime,
    *,
    service: str = "",
    run: str = "1",
    places: Places = DUTCH,
) -> list[Check]:
    """Try every declared capability; `run` keeps references apart from those of earlier runs."""
    suite = _Suite(carrier, Samples(carrier.profile, now, service, run, places))
    return [_tried(suite, name, needed) for name, needed in _CHECKS]


def _tried(suite: _Suite, name: str, needed: Capability | None) -> Check:
    if needed is not None and needed not in suite.carrier.profile.capabilities:
        return Check(name, Verdict.SKIPPED, f"{needed.value} is not declared")
    try:
        getattr(suite, name)()
    except (_Failed, CarrierRejected, CarrierUnavailable) as error:
        return Check(name, Verdict.FAILED, str(error))
    except Exception as error:  # an adapter may raise anything: that is a finding
        return Check(name, Verdict.FAILED, f"{type(error).__name__}: {error}")
    return Check(name, Verdict.PASSED)
