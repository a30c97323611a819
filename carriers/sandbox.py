"""A carrier that exists only to be tried: what it accepts, remembers and gets wrong. Pure.

A deterministic machine: everything follows from the seed, the calls and the instants given. The
sandbox server, its client's tests, the fault suites and simulated worlds all drive this one model.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from carriers.ports import BookingOrder, Rate, RateRequest, Recovery, ServicePoint
from carriers.sandbox_journeys import Quirks, SandboxScan, journey
from core.errors import CarrierRejected, NotFound
from core.money import Money
from core.places import Address, Destination, GeoPoint

SERVICES = {"economy": (390, 4), "standard": (490, 2), "express": (990, 1)}  # cents, days
OPTIONS = frozenset({"signature", "saturday", "note"})
MAX_WEIGHT_G = 31_500
RATE_HOLDS_FOR = timedelta(minutes=30)
KEY_LIVES = timedelta(hours=24)  # then an idempotency key is taken for a new one
# It looks for the key first: these refusals say that nothing was booked under it.
PROVEN_REFUSALS = frozenset({"refused", "address", "too_heavy", "rate_expired", "rate_unknown"})
REFUSED_STREET = "Refuse Street"  # an address on it is refused, for tests and demos


class Fault(StrEnum):
    """What can be made to go wrong with one call."""

    NOT_CONNECTED = "not_connected"  # the connection is refused: certainly not sent
    REFUSE = "refuse"
    TIMEOUT_BEFORE = "timeout_before"  # the request is lost, nobody answers
    TIMEOUT_AFTER = "timeout_after"  # it acts, the answer is lost
    ERROR_BEFORE = "error_before"  # 500, nothing happened
    ERROR_AFTER = "error_after"  # 500, yet it acted
    BUSY_BEFORE = "busy_before"  # 503 with Retry-After, nothing happened
    BUSY_AFTER = "busy_after"  # the same of a gateway, yet it acted
    CONFLICT = "conflict"  # 409 under a code of its own, nothing happened
    CREDENTIALS = "credentials"  # 401 under a code of its own
    SLOW_DRIP = "slow_drip"  # acts, then answers a byte at a time
    HALF_BODY = "half_body"  # acts, the answer breaks off
    GARBAGE = "garbage"  # acts, answers nonsense
    HTML = "html"  # acts, answers a web page
    HUGE_BODY = "huge_body"  # acts, answers 100 MB
    REDIRECT = "redirect"  # points to another host, nothing happened
    DUPLICATE_NUMBER = "duplicate_number"  # acts, tells another parcel's number
    WRONG_LABEL = "wrong_label"  # acts, the label is of the wrong type
    LABEL_NOT_READY = "label_not_ready"  # acts, the label comes a minute later
    RATE_EXPIRED = "rate_expired"


ACTS = frozenset(
    {
        Fault.TIMEOUT_AFTER,
        Fault.ERROR_AFTER,
        Fault.BUSY_AFTER,
        Fault.SLOW_DRIP,
        Fault.HALF_BODY,
        Fault.GARBAGE,
        Fault.HTML,
        Fault.HUGE_BODY,
        Fault.DUPLICATE_NUMBER,
        Fault.WRONG_LABEL,
        Fault.LABEL_NOT_READY,
    }
)
REFUSALS = {Fault.REFUSE: "refused", Fault.RATE_EXPIRED: "rate_expired"}


def unit(seed: int, *parts: object) -> float:
    """A number in [0, 1) that follows from the seed and the parts alone."""
    text = "\x1f".join(str(part) for part in (seed, *parts))
    digest = hashlib.blake2b(text.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64


@dataclass(frozen=True, slots=True)
class FaultPlan:
    """Which share of calls fails how: operation -> fault -> parts per million. `*` is any other."""

    shares_ppm: Mapping[str, Mapping[Fault, int]] = field(default_factory=dict)

    def draw(self, seed: int, operation: str, call: int) -> Fault | None:
        """The fault of the n-th call of an operation, or None."""
        shares = self.shares_ppm.get(operation, self.shares_ppm.get("*", {}))
        point = unit(seed, "fault", operation, call) * 1_000_000
        for fault, ppm in shares.items():
            point -= ppm
            if point < 0:
                return fault
        return None


@dataclass(slots=True)
class SandboxParcel:
    """What the carrier remembers of one accepted parcel."""

    tracking_number: str
    order: BookingOrder
    booked_at: datetime
    cost: Money
    label_ready_at: datetime
    manifest: str | None = None
    handed_over_at: datetime | None = None
    voided_at: datetime | None = None


@dataclass(slots=True)
class SandboxReceipt:
    """A manifest or pickup the carrier has accepted."""

    number: str
    reference: str
    kind: str
    made_at: datetime


class Sandbox:
    """The carrier's memory and rules. Instants are given; nothing here reads a clock."""

    def __init__(
        self,
        seed: int,
        recovery: Recovery,
        *,
        faults: FaultPlan | None = None,
        quirks: Quirks | None = None,
    ) -> None:
        self.seed = seed
        self.recovery = recovery
        self.faults = faults or FaultPlan()
        self.quirks = quirks or Quirks()
        self.parcels: dict[str, SandboxParcel] = {}
        self.receipts: list[SandboxReceipt] = []
        self.outages: list[tuple[datetime, datetime]] = []
        self._script: dict[str, list[Fault | None]] = {}
        self._calls: dict[str, int] = {}
        self._by_key: dict[str, str] = {}
        self._by_reference: dict[str, list[str]] = {}

    def script(self, operation: str, faults: list[Fault | None]) -> None:
        """The next calls of the operation meet these faults in order (None: all is well)."""
        self._script.setdefault(operation, []).extend(faults)

    def next_fault(
        self, operation: str, now: datetime, *, key: str = "", about: str = ""
    ) -> Fault | None:
        """What happens to the call that has just come in; scripted first, then an outage, then drawn.

        What it has done before, by key or `about` (a number or reference), it does not refuse.
        """
        fault = self._next_fault(operation, now)
        done = fault in REFUSALS and self._is_done(operation, now, key, about)
        return None if done else fault

    def _is_done(self, operation: str, now: datetime, key: str, about: str) -> bool:
        if operation == "void":
            parcel = self.parcels.get(about)
            return parcel is not None and parcel.voided_at is not None
        if operation == "manifest" or (operation == "pickup" and self.recovery is Recovery.KEY):
            return self.find_receipt(about) is not None
        return self._known(key, now) is not None

    def _known(self, key: str, now: datetime) -> "SandboxParcel | None":
        """What was booked under the key, as long as it is remembered."""
        number = self._by_key.get(key) if self.recovery is Recovery.KEY else None
        parcel = self.parcels[number] if number is not None else None
        return parcel if parcel is not None and now < parcel.booked_at + KEY_LIVES else None

    def _next_fault(self, operation: str, now: datetime) -> Fault | None:
        self._calls[operation] = call = self._calls.get(operation, 0) + 1
        if self._script.get(operation):
            return self._script[operation].pop(0)
        if any(start <= now < end for start, end in self.outages):
            return Fault.ERROR_BEFORE
        return self.faults.draw(self.seed, operation, call)

    def rate(self, ask: RateRequest, now: datetime) -> tuple[Rate, ...]:
        """Prices of all services; good for half an hour."""
        if ask.weight_g > MAX_WEIGHT_G:
            raise CarrierRejected("over 31.5 kg", code="too_heavy")
        abroad = ask.origin.country != ask.destination.country
        return tuple(
            Rate(
                service,
                _price(service, ask.weight_g, abroad),
                rate_id=_rate_id(service, unit(self.seed, ask), now + RATE_HOLDS_FOR),
                expires_at=now + RATE_HOLDS_FOR,
                transit_days=days + 2 * abroad,
            )
            for service, (_, days) in SERVICES.items()
        )

    def book(self, order: BookingOrder, now: datetime) -> SandboxParcel:
        """Accept a parcel; the same key gives the same answer where the carrier honours keys."""
        known = self._known(order.key, now)
        if known is not None:
            return known
        _check(order)
        _check_rate(order, now)
        serial = len(self.parcels) + 1
        number = sandbox_number(self.seed, serial)
        parcel = SandboxParcel(
            tracking_number=number,
            order=order,
            booked_at=now,
            cost=_price(
                order.service, order.weight_g, order.ship_from.country != order.ship_to.country
            ),
            label_ready_at=now,
        )
        self.parcels[number] = parcel
        self._by_key[order.key] = number
        self._by_reference.setdefault(order.reference, []).append(number)
        return parcel

    def find(self, reference: str) -> SandboxParcel | None:
        """The live parcel with our reference; refused where the carrier has no look-up."""
        if self.recovery is not Recovery.LOOK_UP:
            raise CarrierRejected("no look-up by reference", code="not_supported")
        numbers = self._by_reference.get(reference, [])
        return self.parcels[numbers[-1]] if numbers else None

    def void(self, tracking_number: str, now: datetime) -> str:
        """Cancel before hand-over; a second time gives the same answer."""
        parcel = self.parcel(tracking_number)
        if parcel.handed_over_at is not None and parcel.handed_over_at <= now:
            raise CarrierRejected("already handed over", code="handed_over")
        if parcel.voided_at is None:
            parcel.voided_at = now
        return f"V-{tracking_number}"

    def manifest(
        self, reference: str, tracking_numbers: tuple[str, ...], now: datetime
    ) -> SandboxReceipt:
        """Close a list of parcels; the same reference gives the same answer."""
        for receipt in self.receipts:
            if receipt.kind == "manifest" and receipt.reference == reference:
                return receipt
        chosen = [self.parcel(number) for number in tracking_numbers]
        for parcel in chosen:
            if parcel.voided_at is not None:
                raise CarrierRejected(f"{parcel.tracking_number} is voided", code="voided")
            if parcel.manifest is not None:
                raise CarrierRejected(
                    f"{parcel.tracking_number} is on {parcel.manifest}", code="already_manifested"
                )
        receipt = SandboxReceipt(f"SM{len(self.receipts) + 1:06d}", reference, "manifest", now)
        self.receipts.append(receipt)
        for parcel in chosen:
            parcel.manifest = receipt.number
            parcel.handed_over_at = now
        return receipt

    def pickup(self, reference: str, now: datetime) -> SandboxReceipt:
        """Agree to come; asked twice it comes twice, unless the carrier honours keys."""
        if self.recovery is Recovery.KEY:
            for receipt in self.receipts:
                if receipt.kind == "pickup" and receipt.reference == reference:
                    return receipt
        receipt = SandboxReceipt(f"SP{len(self.receipts) + 1:06d}", reference, "pickup", now)
        self.receipts.append(receipt)
        return receipt

    def find_receipt(self, reference: str) -> SandboxReceipt | None:
        """The manifest or pickup with our reference."""
        return next((r for r in self.receipts if r.reference == reference), None)

    def parcel(self, tracking_number: str) -> SandboxParcel:
        """The parcel; raises NotFound for a number that is not this carrier's."""
        try:
            return self.parcels[tracking_number]
        except KeyError:
            raise NotFound(f"no parcel {tracking_number}") from None

    def scans(self, tracking_number: str, now: datetime) -> tuple[SandboxScan, ...]:
        """What has been published of a parcel by now, in the order of publication."""
        parcel = self.parcel(tracking_number)
        return tuple(scan for scan in self.whole_journey(parcel) if scan.published_at <= now)

    def whole_journey(self, parcel: SandboxParcel) -> tuple[SandboxScan, ...]:
        """All that will ever be published of a parcel (past and to come), by time of publication."""
        order = parcel.order
        return journey(
            seed=self.seed,
            tracking_number=parcel.tracking_number,
            origin=Destination(order.ship_from.country, order.ship_from.postcode),
            destination=Destination(order.ship_to.country, order.ship_to.postcode),
            cities=(order.ship_from.city, order.ship_to.city),
            transit_days=SERVICES[order.service][1]
            + 2 * (order.ship_from.country != order.ship_to.country),
            booked_at=parcel.booked_at,
            handed_over_at=parcel.handed_over_at,
            quirks=self.quirks,
        )

    def points(self, near: Destination) -> tuple[ServicePoint, ...]:
        """Three service points near a postcode."""
        base_lat, base_lon = 52.0 - 10 * unit(self.seed, near), 4.0 + 10 * unit(self.seed, near, 1)
        return tuple(
            ServicePoint(
                point_id=f"{near.country}-{near.postcode or 'X'}-{index}",
                name=f"Sandbox Point {index}",
                at=GeoPoint(round(base_lat + index / 100, 5), round(base_lon, 5)),
                address=Address("", f"Corner {index}", "Sandboxville", near.postcode, near.country),
            )
            for index in (1, 2, 3)
        )

    def duplicates(self) -> dict[str, int]:
        """References with more than one live parcel, and how many: what must never happen."""
        counts = {
            reference: sum(self.parcels[number].voided_at is None for number in numbers)
            for reference, numbers in self._by_reference.items()
        }
        return {reference: count for reference, count in counts.items() if count > 1}


def sandbox_number(seed: int, serial: int) -> str:
    """A tracking number: LWSB, two digits of the seed, eight of the serial, a modulo-10 digit."""
    body = f"{seed % 100:02d}{serial:08d}"
    weighted = sum(int(d) * (3 if i % 2 == 0 else 1) for i, d in enumerate(reversed(body)))
    return f"LWSB{body}{-weighted % 10}"


def _price(service: str, weight_g: int, abroad: bool) -> Money:
    base, _ = SERVICES[service]
    return Money(base + 60 * -(-weight_g // 1000) + (500 if abroad else 0), "EUR")


def _check(order: BookingOrder) -> None:
    if order.service not in SERVICES:
        raise CarrierRejected(f"no such service: {order.service}", code="unknown_service")
    strange = sorted(set(order.options) - OPTIONS)
    if strange:
        raise CarrierRejected(f"no such option: {', '.join(strange)}", code="unknown_option")
    if order.weight_g > MAX_WEIGHT_G:
        raise CarrierRejected("over 31.5 kg", code="too_heavy")
    if REFUSED_STREET.lower() in order.ship_to.street.lower():
        raise CarrierRejected("the address is not served", code="address")
    if order.mailing_date < date(2000, 1, 1):
        raise CarrierRejected("the mailing date is past", code="mailing_date")


def _rate_id(service: str, point: float, expires_at: datetime) -> str:
    return f"rate-{service}-{int(point * 1e9):09d}-{int(expires_at.timestamp())}"


def _check_rate(order: BookingOrder, now: datetime) -> None:
    """A booking at a told rate: for the service that it is of, and before it expires."""
    if not order.rate_id:
        return
    start, _, expires = order.rate_id.rpartition("-")
    if not start.startswith(f"rate-{order.service}-") or not expires.isdigit():
        raise CarrierRejected("no such rate of this service", code="rate_unknown")
    if now.timestamp() >= int(expires):
        raise CarrierRejected("the rate has expired", code="rate_expired")
