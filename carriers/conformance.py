"""A public suite for any adapter: what the port promises, tried on a carrier that may be broken.

`conform` tries an adapter against its carrier (a sandbox or test account). `conform_faults` tries it
against a server that misbehaves on demand; the caller provides both, this module only asks.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from carriers.ports import (
    Booked,
    BookedUnread,
    BookingOrder,
    Capability,
    Carrier,
    LabelFormat,
    ManifestRequest,
    PickupRequest,
    RateRequest,
    Recovery,
    VoidRequest,
)
from core.errors import CarrierRejected, CarrierUnavailable
from core.places import Address, Destination
from core.units import Dimensions

HOSTILE = Address(
    '^XZ~JA <b>"x"</b>', "=1+1;DROP TABLE, Straße 1", "Berlin", "10115", "DE", company="^FS^FDx"
)
Places = tuple[Address, Address]  # from, to
DUTCH: Places = (
    Address("", "Industrieweg 7", "Tilburg", "5026 RA", "NL", company="Klompen BV"),
    Address("Jana Novak", "Oudegracht 5", "Utrecht", "3511 AA", "NL"),
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


class Mishap(StrEnum):
    """What the misbehaving server does with the next request."""

    CLOSED = "closed"  # nothing listens
    HANG = "hang"
    DRIP = "drip"  # 200, one byte at a time
    ERROR = "error"  # 500
    REDIRECT = "redirect"  # 307 to another host
    HTML = "html"  # 200 text/html
    GARBAGE = "garbage"  # 200, not JSON
    HALF = "half"  # 200, the body breaks off
    HUGE = "huge"  # 200, 100 MB
    UNAUTHORIZED = "unauthorized"  # 401
    BUSY = "busy"  # 429


# What booking must make of each: an exception's (class, sent), or the value `BookedUnread`.
EXPECTED: dict[Mishap, tuple[type[Exception], bool | None] | type[BookedUnread]] = {
    Mishap.CLOSED: (CarrierUnavailable, False),
    Mishap.HANG: (CarrierUnavailable, True),
    Mishap.DRIP: BookedUnread,
    Mishap.ERROR: (CarrierUnavailable, True),
    Mishap.REDIRECT: (CarrierUnavailable, True),
    Mishap.HTML: BookedUnread,
    Mishap.GARBAGE: BookedUnread,
    Mishap.HALF: BookedUnread,
    Mishap.HUGE: BookedUnread,
    Mishap.UNAUTHORIZED: (CarrierRejected, None),
    Mishap.BUSY: (CarrierUnavailable, False),
}


class _Failed(Exception):
    """A promise was broken."""


def _want(holds: bool, detail: str) -> None:
    if not holds:
        raise _Failed(detail)


class _Suite:
    """The checks against a working carrier; each is tried whatever became of the others."""

    def __init__(
        self, carrier: Carrier, now: datetime, service: str, run: str, places: "Places"
    ) -> None:
        self.carrier = carrier
        self.now = now
        self.service = service
        self.run = run
        self.shop, self.home = places
        self.made = 0

    def order(self, **changes: object) -> BookingOrder:
        self.made += 1
        formats = self.carrier.profile.label_formats
        numbers = self.carrier.profile.numbers
        order = BookingOrder(
            key=f"conform-{self.run}-{self.made}",
            reference=f"CF{self.run}{self.made:04d}",
            serial=self.made + (numbers.first if numbers is not None else 0),
            service=self.service,
            account="conformance",
            ship_from=self.shop,
            ship_to=self.home,
            weight_g=1250,
            size=Dimensions(300, 200, 150),
            mailing_date=self.now.date(),
            label_format=formats[0] if formats else LabelFormat.PDF_4X6,
        )
        return replace(order, **changes)  # type: ignore[arg-type]

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
        ask = RateRequest(
            Destination(self.shop.country, self.shop.postcode),
            Destination(self.home.country, self.home.postcode),
            1250,
            Dimensions(300, 200, 150),
            self.now.date(),
        )
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
                self.home, name=HOSTILE.name, company=HOSTILE.company, street=HOSTILE.street
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
        ask = VoidRequest(
            f"void-{self.run}", booked.tracking_number, booked.carrier_reference, "conformance"
        )
        first = self.carrier.void(ask)
        _want(self.carrier.void(ask) == first, "the same void, another answer")

    def manifest(self) -> None:
        numbers = tuple(self.booked(self.order()).tracking_number for _ in range(2))
        ask = ManifestRequest(
            f"m-{self.run}", f"CFM{self.run}", "conformance", self.shop, self.now.date(), numbers
        )
        first = self.carrier.manifest(ask)
        _want(bool(first.carrier_reference), "a manifest without a number")
        if self.carrier.profile.recovery is not Recovery.NEITHER:
            _want(self.carrier.manifest(ask) == first, "the same manifest, another answer")

    def pickup(self) -> None:
        start = self.now + timedelta(days=1)
        ask = PickupRequest(
            f"p-{self.run}",
            f"CFP{self.run}",
            "conformance",
            self.shop,
            start,
            start + timedelta(hours=3),
            2,
            2500,
        )
        _want(bool(self.carrier.pickup(ask).carrier_reference), "a pickup without a number")

    def track(self) -> None:
        number = self.booked(self.order()).tracking_number
        for scan in self.carrier.track(number):
            _want(scan.tracking_number == number, "a scan of another parcel")
        self.refused(lambda: self.carrier.track("NOT0A0NUMBER"), "another carrier's number")

    def return_label(self) -> None:
        order = self.order(return_to_sender=True)
        answer = self.carrier.return_label(
            replace(order, ship_from=order.ship_to, ship_to=order.ship_from)
        )
        _want(isinstance(answer, Booked), "no return label")

    def points(self) -> None:
        for point in self.carrier.points(Destination(self.home.country, self.home.postcode)):
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
    chosen = service or next(iter(carrier.profile.services), "")
    suite = _Suite(carrier, now, chosen, run, places)
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


def conform_faults(
    make: Callable[[Mishap], Carrier],
    elapsed: Callable[[Callable[[], object]], float],
    *,
    service: str = "",
    day: date,
) -> Iterator[Check]:
    """Try booking against each mishap; `make` gives the adapter on such a server, `elapsed` times."""
    for mishap, wanted in EXPECTED.items():
        carrier = make(mishap)
        chosen = service or next(iter(carrier.profile.services), "")
        midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
        order = _Suite(carrier, midnight, chosen, "f", DUTCH).order()
        seen: list[object] = []
        took_s = elapsed(lambda c=carrier, o=order, s=seen: s.append(_outcome(c, o)))  # type: ignore[misc]
        most_s = carrier.profile.deadline.total_seconds() + 1
        name = f"fault_{mishap.value}"
        if took_s > most_s:
            yield Check(name, Verdict.FAILED, f"took {took_s:.1f} s, {most_s:.0f} s allowed")
        elif seen[0] != wanted and not _matches(seen[0], wanted):
            yield Check(name, Verdict.FAILED, f"expected {_text(wanted)}, got {_text(seen[0])}")
        else:
            yield Check(name, Verdict.PASSED, _text(seen[0]))


def _outcome(carrier: Carrier, order: BookingOrder) -> object:
    try:
        return type(carrier.book(order))
    except CarrierUnavailable as error:
        return CarrierUnavailable, error.sent
    except CarrierRejected:
        return CarrierRejected, None
    except Exception as error:
        return type(error), None


def _matches(seen: object, wanted: object) -> bool:
    """A careful adapter may call something unknown that could be known; never the reverse."""
    careful = (CarrierUnavailable, True)
    return seen == careful and wanted in (BookedUnread, (CarrierUnavailable, False))


def _text(outcome: object) -> str:
    if isinstance(outcome, tuple):
        kind, sent = outcome
        told = {True: ", may have acted", False: ", not sent", None: ""}[sent]
        return f"{kind.__name__}{told}"
    return getattr(outcome, "__name__", str(outcome))
