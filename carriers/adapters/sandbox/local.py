"""The sandbox carrier in process: the same model and faults, without HTTP.

For fault suites, simulated worlds and test mode. A fault that over HTTP would cost the deadline is
told at once.
"""

from collections.abc import Callable
from datetime import timedelta

from carriers.adapters.sandbox import wire
from carriers.adapters.sandbox.client import sandbox_profile
from carriers.adapters.sandbox.labels import sandbox_label
from carriers.ports import (
    Booked,
    BookedUnread,
    BookingOrder,
    CarrierProfile,
    LabelFile,
    LabelFormat,
    ManifestRequest,
    PickupRequest,
    Rate,
    RateRequest,
    Receipt,
    ServicePoint,
    VoidRequest,
    refuse_unknown,
)
from carriers.sandbox import ACTS, REFUSALS, Fault, Sandbox, SandboxParcel
from carriers.status import Scan
from core.clock import Clock
from core.errors import CarrierRejected, CarrierUnavailable, NotFound
from core.places import Destination

UNREAD = frozenset({Fault.HALF_BODY, Fault.GARBAGE, Fault.HTML, Fault.HUGE_BODY, Fault.SLOW_DRIP})


class LocalSandbox:
    """The `Carrier` port straight on the model."""

    def __init__(
        self,
        model: Sandbox,
        clock: Clock,
        *,
        name: str = "sandbox",
        draw_label: Callable[[SandboxParcel, LabelFormat], LabelFile] = sandbox_label,
    ) -> None:
        self.model = model
        self._clock = clock
        self._draw_label = draw_label
        self._profile = sandbox_profile(model.recovery, timedelta(seconds=10), name)

    @property
    def profile(self) -> CarrierProfile:
        return self._profile

    def rate(self, ask: RateRequest) -> tuple[Rate, ...]:
        self._before("rate")
        return self.model.rate(ask, self._clock.now())

    def book(self, order: BookingOrder) -> Booked | BookedUnread:
        refuse_unknown(order, self.profile)
        fault = self._before("book", order.key)
        parcel = self.model.book(order, self._clock.now())
        if fault in UNREAD:
            return BookedUnread(fault.value)
        self._after(fault)
        number = parcel.tracking_number
        if fault is Fault.DUPLICATE_NUMBER:
            number = next(iter(self.model.parcels))
        if fault is Fault.LABEL_NOT_READY:
            parcel.label_ready_at = self._clock.now() + timedelta(minutes=1)
        return Booked(number, number, parcel.cost)

    def return_label(self, order: BookingOrder) -> Booked | BookedUnread:
        return self.book(order)

    def find(self, reference: str) -> Booked | None:
        self._before("find")
        parcel = self.model.find(reference)
        if parcel is None:
            return None
        return Booked(parcel.tracking_number, parcel.tracking_number, parcel.cost)

    def void(self, ask: VoidRequest) -> Receipt:
        fault = self._before("void", about=ask.tracking_number)
        try:
            number = self.model.void(ask.tracking_number, self._clock.now())
        except NotFound as error:
            raise CarrierRejected(error.message, code="not_found") from error
        self._after(fault)
        return Receipt(number)

    def label(self, tracking_number: str, wanted: LabelFormat) -> LabelFile:
        fault = self._before("label")
        try:
            parcel = self.model.parcel(tracking_number)
        except NotFound as error:
            raise CarrierRejected(error.message, code="not_found") from error
        if parcel.label_ready_at > self._clock.now():
            raise CarrierUnavailable("the label is not ready", sent=False, code="label_not_ready")
        if fault is Fault.WRONG_LABEL:
            raise CarrierRejected("the content is not a label", code="label_type")
        self._after(fault)
        return self._draw_label(parcel, wanted)

    def manifest(self, ask: ManifestRequest) -> Receipt:
        fault = self._before("manifest", about=ask.reference)
        receipt = self.model.manifest(ask.reference, ask.tracking_numbers, self._clock.now())
        self._after(fault)
        return Receipt(receipt.number)

    def pickup(self, ask: PickupRequest) -> Receipt:
        fault = self._before("pickup", about=ask.reference)
        receipt = self.model.pickup(ask.reference, self._clock.now())
        self._after(fault)
        return Receipt(receipt.number)

    def find_receipt(self, reference: str) -> Receipt | None:
        self._before("find")
        receipt = self.model.find_receipt(reference)
        return Receipt(receipt.number) if receipt else None

    def track(self, tracking_number: str) -> tuple[Scan, ...]:
        self._before("track")
        try:
            scans = self.model.scans(tracking_number, self._clock.now())
        except NotFound as error:
            raise CarrierRejected(error.message, code="not_found") from error
        return tuple(wire.scan_from_json(wire.scan_to_json(s), self.profile.name) for s in scans)

    def points(self, near: Destination) -> tuple[ServicePoint, ...]:
        self._before("points")
        return self.model.points(near)

    def _before(self, operation: str, key: str = "", about: str = "") -> Fault | None:
        """Meet a fault that stops the call; one that strikes after acting is handed back."""
        fault = self.model.next_fault(operation, self._clock.now(), key=key, about=about)
        if fault is None or fault in ACTS:
            return fault
        if fault in REFUSALS or fault is Fault.CREDENTIALS:
            raise CarrierRejected("refused on demand", code=REFUSALS.get(fault, fault.value))
        raise CarrierUnavailable(
            f"sandbox fault: {fault.value}", sent=fault is not Fault.NOT_CONNECTED, code=fault.value
        )

    def _after(self, fault: Fault | None) -> None:
        """Lose the answer of a call that has acted."""
        if fault in (Fault.TIMEOUT_AFTER, Fault.ERROR_AFTER, Fault.BUSY_AFTER) or fault in UNREAD:
            raise CarrierUnavailable(f"sandbox fault: {fault.value}", sent=True, code=fault.value)
