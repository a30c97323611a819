"""Talks to the sandbox carrier over HTTP."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

from carriers.adapters.answers import Unreadable, raise_unless_accepted, read_answer
from carriers.adapters.http import Answer, HttpCaller
from carriers.adapters.sandbox import wire
from carriers.ports import (
    Booked,
    BookedUnread,
    BookingOrder,
    Capability,
    CarrierProfile,
    LabelFile,
    LabelFormat,
    ManifestRequest,
    PickupRequest,
    Rate,
    RateRequest,
    Receipt,
    Recovery,
    RefusesEverything,
    ServicePoint,
    VoidRequest,
    not_supported,
    refuse_unknown,
)
from carriers.sandbox import KEY_LIVES, OPTIONS, PROVEN_REFUSALS, SERVICES
from carriers.status import Scan
from core.errors import CarrierRejected, CarrierUnavailable, InvalidInput
from core.places import Destination

T = TypeVar("T")


def sandbox_profile(recovery: Recovery, deadline: timedelta, name: str) -> CarrierProfile:
    """What the sandbox carrier can do."""
    return CarrierProfile(
        name=name,
        capabilities=frozenset(Capability),
        recovery=recovery,
        label_formats=tuple(LabelFormat),
        services=tuple(SERVICES),
        options=OPTIONS,
        deadline=deadline,
        key_lives=KEY_LIVES,
        proven_refusals=PROVEN_REFUSALS,
    )


class SandboxClient(RefusesEverything):
    """The sandbox carrier behind the `Carrier` port. Its recovery class is the server's account's."""

    def __init__(
        self,
        base_url: str,
        api_key: str,
        *,
        recovery: Recovery = Recovery.KEY,
        deadline: timedelta = timedelta(seconds=10),
        name: str = "sandbox",
    ) -> None:
        self.profile = sandbox_profile(recovery, deadline, name)
        headers = {"X-Recovery": recovery.value}
        if api_key:  # without one the carrier refuses; an empty header is not even sent
            headers["Authorization"] = f"Bearer {api_key}"
        self._caller = HttpCaller(base_url, headers)

    def rate(self, ask: RateRequest) -> tuple[Rate, ...]:
        return self._ask(
            "POST",
            "/v1/rates",
            lambda data: tuple(wire.rate_from_json(row) for row in data["rates"]),
            body=wire.rate_ask_to_json(ask),
        )

    def book(self, order: BookingOrder) -> Booked | BookedUnread:
        refuse_unknown(order, self.profile)
        try:
            answer = self._send("/v1/parcels", wire.order_to_json(order), order.key)
            return read_answer(answer, wire.booked_from_json)
        except Unreadable as error:
            return BookedUnread(str(error))

    def return_label(self, order: BookingOrder) -> Booked | BookedUnread:
        return self.book(order)

    def find(self, reference: str) -> Booked | None:
        if self.profile.recovery is not Recovery.LOOK_UP:
            raise not_supported(self.profile, Capability.BOOK)
        found = self._ask(
            "GET",
            "/v1/parcels",
            lambda data: [wire.booked_from_json(row) for row in data["parcels"]],
            params={"reference": reference},
        )
        return found[-1] if found else None

    def void(self, ask: VoidRequest) -> Receipt:
        return self._receipt(f"/v1/parcels/{_path(ask.tracking_number)}/void", {}, ask.key)

    def label(self, tracking_number: str, wanted: LabelFormat) -> LabelFile:
        answer = self._caller.call(
            "GET",
            f"/v1/parcels/{_path(tracking_number)}/label",
            params={"format": wire.label_name(wanted)},
            deadline=self.profile.deadline,
        )
        raise_unless_accepted(answer)
        if answer.status == 202:
            raise CarrierUnavailable("the label is not ready", sent=False, code="label_not_ready")
        if answer.cut:
            raise CarrierUnavailable(f"the label broke off: {answer.cut}", sent=False, code="cut")
        try:
            return wire.label_from_body(answer.body, wanted)
        except InvalidInput as error:
            raise CarrierRejected(error.message, code="label_type") from error

    def manifest(self, ask: ManifestRequest) -> Receipt:
        return self._receipt("/v1/manifests", wire.manifest_to_json(ask), ask.key)

    def pickup(self, ask: PickupRequest) -> Receipt:
        return self._receipt("/v1/pickups", wire.pickup_to_json(ask), ask.key)

    def find_receipt(self, reference: str) -> Receipt | None:
        if self.profile.recovery is not Recovery.LOOK_UP:
            raise not_supported(self.profile, Capability.MANIFEST)
        found = self._ask(
            "GET",
            "/v1/receipts",
            lambda data: [wire.receipt_from_json(row) for row in data["receipts"]],
            params={"reference": reference},
        )
        return found[-1] if found else None

    def track(self, tracking_number: str) -> tuple[Scan, ...]:
        name = self.profile.name
        scans = self._ask(
            "GET",
            f"/v1/parcels/{_path(tracking_number)}/scans",
            lambda data: tuple(wire.scan_from_json(row, name) for row in data["scans"]),
        )
        if any(scan.tracking_number != tracking_number for scan in scans):
            raise CarrierUnavailable("scans of another parcel", sent=False, code="foreign_scan")
        return scans

    def points(self, near: Destination) -> tuple[ServicePoint, ...]:
        query = {"country": near.country, "postcode": near.postcode}
        return self._ask(
            "GET",
            "/v1/points",
            lambda data: tuple(wire.point_from_json(row) for row in data["points"]),
            params=query,
        )

    def _send(self, path: str, body: dict[str, Any], key: str) -> Answer:
        return self._caller.call(
            "POST",
            path,
            json=body,
            headers={"Idempotency-Key": key},
            deadline=self.profile.deadline,
        )

    def _receipt(self, path: str, body: dict[str, Any], key: str) -> Receipt:
        """The receipt; a yes that cannot be read is an unknown number, to be resolved."""
        try:
            return read_answer(self._send(path, body, key), wire.receipt_from_json)
        except Unreadable as error:
            raise CarrierUnavailable(
                f"accepted, but unreadable: {error}", sent=True, code="unreadable"
            ) from error

    def _ask(
        self,
        method: str,
        path: str,
        parse: Callable[[Any], T],
        *,
        body: dict[str, Any] | None = None,
        params: dict[str, str] | None = None,
    ) -> T:
        """A question that changes nothing: whatever goes wrong, it may be asked again."""
        try:
            answer = self._caller.call(
                method, path, json=body, params=params, deadline=self.profile.deadline
            )
            return read_answer(answer, parse)
        except Unreadable as error:
            raise CarrierUnavailable(str(error), sent=False, code="unreadable") from error


def _path(number: str) -> str:
    """A tracking number as one path segment; other signs than letters and digits are refused."""
    if not number.isalnum() or not number.isascii():
        raise CarrierRejected(f"not a number of this carrier: {number[:40]!r}", code="number")
    return number
