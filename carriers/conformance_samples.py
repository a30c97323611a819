"""What the conformance kit asks of a carrier: one ordinary parcel between two ordinary places. Pure."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count

from carriers.ports import (
    BookingOrder,
    CarrierProfile,
    LabelFormat,
    ManifestRequest,
    PickupRequest,
    RateRequest,
    VoidRequest,
)
from core.places import Address, Destination
from core.units import Dimensions

Places = tuple[Address, Address]  # from, to
DUTCH: Places = (
    Address("", "Industrieweg 7", "Tilburg", "5026 RA", "NL", company="Klompen BV"),
    Address("Jana Novak", "Oudegracht 5", "Utrecht", "3511 AA", "NL"),
)
ACCOUNT = "conformance"
WEIGHT_G = 1250
SIZE = Dimensions(300, 200, 150)


@dataclass(frozen=True, slots=True)
class Samples:
    """Requests of one run; `run` keeps their references apart from those of earlier runs."""

    profile: CarrierProfile
    now: datetime
    service: str = ""  # none: the first of the profile
    run: str = "1"
    places: Places = DUTCH
    _numbers: "count[int]" = field(default_factory=lambda: count(1))

    def order(self, **changes: object) -> BookingOrder:
        """The next parcel; its key and reference are its own."""
        number = next(self._numbers)
        formats = self.profile.label_formats
        series = self.profile.numbers
        order = BookingOrder(
            key=f"conform-{self.run}-{number}",
            reference=f"CF{self.run}{number:04d}",
            serial=number + (series.first if series is not None else 0),
            service=self.service or next(iter(self.profile.services), ""),
            account=ACCOUNT,
            ship_from=self.places[0],
            ship_to=self.places[1],
            weight_g=WEIGHT_G,
            size=SIZE,
            mailing_date=self.now.date(),
            label_format=formats[0] if formats else LabelFormat.PDF_4X6,
        )
        return replace(order, **changes)  # type: ignore[arg-type]

    def way_back(self) -> BookingOrder:
        """The next parcel, from the person to the shop."""
        order = self.order(return_to_sender=True)
        return replace(order, ship_from=order.ship_to, ship_to=order.ship_from)

    def rate(self) -> RateRequest:
        return RateRequest(
            self._destination(0), self.home(), WEIGHT_G, SIZE, mailing_date=self.now.date()
        )

    def home(self) -> Destination:
        """Where the person is."""
        return self._destination(1)

    def _destination(self, side: int) -> Destination:
        return Destination(self.places[side].country, self.places[side].postcode)

    def void(self, number: str, carrier_reference: str) -> VoidRequest:
        return VoidRequest(f"void-{self.run}", number, carrier_reference, ACCOUNT)

    def manifest(self, numbers: tuple[str, ...]) -> ManifestRequest:
        return ManifestRequest(
            f"m-{self.run}", f"CFM{self.run}", ACCOUNT, self.places[0], self.now.date(), numbers
        )

    def pickup(self) -> PickupRequest:
        start = self.now + timedelta(days=1)
        return PickupRequest(
            f"p-{self.run}",
            f"CFP{self.run}",
            ACCOUNT,
            self.places[0],
            start,
            start + timedelta(hours=3),
            2,
            2 * WEIGHT_G,
        )
