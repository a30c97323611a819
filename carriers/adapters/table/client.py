"""The table carrier: prices from tariffs, numbers from its own range, labels and manifests made here.

There is no outside: the same order always gives the same answer, so every call may be repeated.
"""

from collections.abc import Mapping
from datetime import timedelta

from carriers.labels.content import (
    LabelContent,
    check_printable,
    gs1_check_digit,
)
from carriers.labels.render import render_label
from carriers.number_ranges import NumberRange
from carriers.ports import (
    UNKNOWN_CODES,
    Booked,
    BookedUnread,
    BookingOrder,
    Capability,
    CarrierProfile,
    LabelFormat,
    ManifestRequest,
    Rate,
    RateRequest,
    Receipt,
    Recovery,
    RefusesEverything,
    VoidRequest,
    companion,
    refuse_unknown,
)
from carriers.tariffs import (
    MeasuredParcel,
    NoRate,
    NoRateReason,
    Price,
    RateLane,
    Tariff,
    price_parcel,
)
from core.errors import CarrierRejected, InvalidInput
from core.places import Destination


class TableCarrier(RefusesEverything):
    """Behind the `Carrier` port: tariffs by service code, one number range."""

    def __init__(
        self,
        name: str,
        tariffs: Mapping[str, Tariff],
        numbers: NumberRange | None = None,
        *,
        title: str = "",
    ) -> None:
        self._tariffs = dict(tariffs)
        self.numbers = numbers or NumberRange()
        self._title = title or name
        self.profile = CarrierProfile(
            name=name,
            capabilities=frozenset(
                {
                    Capability.RATE,
                    Capability.BOOK,
                    Capability.VOID,
                    Capability.LABEL,
                    Capability.MANIFEST,
                    Capability.RETURN_LABEL,
                }
            ),
            recovery=Recovery.KEY,
            label_formats=tuple(LabelFormat),
            services=tuple(self._tariffs),
            options=frozenset({"note"}),
            deadline=timedelta(seconds=5),
            key_lives=None,
            proven_refusals=frozenset(NoRateReason) | {"address", "number_range"} | UNKNOWN_CODES,
            numbers=self.numbers.series,
        )

    def rate(self, ask: RateRequest) -> tuple[Rate, ...]:
        lane = RateLane(ask.origin, ask.destination, ask.residential)
        parcel = MeasuredParcel(ask.weight_g, ask.size)
        rates = []
        for service, tariff in self._tariffs.items():
            price = price_parcel(tariff, parcel, lane, ask.mailing_date)
            if isinstance(price, Price):
                rates.append(Rate(service, price.total))
        return tuple(sorted(rates, key=lambda rate: (rate.price.minor, rate.service)))

    def book(self, order: BookingOrder) -> Booked | BookedUnread:
        refuse_unknown(order, self.profile)
        try:
            check_printable(order.ship_to, "ship_to")
            check_printable(order.ship_from, "ship_from")
        except InvalidInput as error:
            raise CarrierRejected(error.message, code="address") from error
        price = price_parcel(
            self._tariffs[order.service],
            MeasuredParcel(order.weight_g, order.size),
            RateLane(
                Destination(order.ship_from.country, order.ship_from.postcode),
                Destination(order.ship_to.country, order.ship_to.postcode),
            ),
            order.mailing_date,
        )
        if isinstance(price, NoRate):
            raise CarrierRejected(f"{price.reason.value}: {price.detail}", code=price.reason.value)
        try:
            number = self.numbers.number(order.serial)
        except InvalidInput as error:  # the range was changed after the serial was given
            raise CarrierRejected(error.message, code="number_range") from error
        content = LabelContent(
            carrier=self._title,
            service=self._tariffs[order.service].name,
            barcode=number,
            reference=order.reference,
            ship_from=order.ship_from,
            ship_to=order.ship_to,
            weight_g=order.weight_g,
            mailing_date=order.mailing_date,
            sscc=number if is_sscc(number) else "",
            notes=tuple(order.options.values()),
        )
        label = render_label(content, order.label_format)
        other = render_label(content, companion(order.label_format))
        return Booked(number, order.reference, price.total, label, (other,))

    def return_label(self, order: BookingOrder) -> Booked | BookedUnread:
        return self.book(order)

    def void(self, ask: VoidRequest) -> Receipt:
        return Receipt(f"void-{ask.tracking_number}")

    def manifest(self, ask: ManifestRequest) -> Receipt:
        return Receipt(ask.reference)


def is_sscc(number: str) -> bool:
    """Whether a tracking number is an SSCC-18 with the right check digit."""
    return (
        len(number) == 18
        and number.isdigit()
        and number.isascii()
        and gs1_check_digit(number[:17]) == int(number[17])
    )
