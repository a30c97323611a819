"""Orders and addresses that carrier tests book."""

from dataclasses import replace
from datetime import date
from typing import Any

from carriers.ports import BookingOrder, LabelFormat
from core.places import Address
from core.units import Dimensions

SELLER = Address("", "Industrieweg 7", "Tilburg", "5026 RA", "NL", company="Klompen BV")
BUYER = Address("Jana Novak", "Invalidenstr. 5", "Berlin", "10115", "DE")


def order(number: int = 1, **changes: Any) -> BookingOrder:
    return replace(
        BookingOrder(
            key=f"key-{number}",
            reference=f"LW-{number:06d}",
            serial=number,
            service="standard",
            account="main",
            ship_from=SELLER,
            ship_to=BUYER,
            weight_g=1250,
            size=Dimensions(300, 200, 150),
            mailing_date=date(2026, 3, 2),
            label_format=LabelFormat.PDF_4X6,
        ),
        **changes,
    )
