"""Sentences of the playground: codes of quotes in words, each from a fact of the solved plan."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from core.errors import InvalidInput
from routing.network.network import Network
from routing.quote import DeliveryOption, Difference, Quote

NAMES = {
    "fastest": "fastest",
    "cheapest": "cheapest",
    "fewest_parcels": "fewest parcels",
    "all_on_one_day": "all on one day",
    "greenest": "greenest",
}

COSTS = {
    "freight": "freight",
    "fuel": "fuel",
    "residential": "home delivery",
    "remote": "remote area",
    "oversize": "oversize",
    "peak": "peak season",
    "box": "box",
    "handling": "handling",
    "inbound": "way to the hub",
    "hub": "hub",
}

DUTIES = {
    "no_duties": "",
    "duties_paid": "Duties are paid.",
    "duties_on_delivery": "Duties are due on delivery.",
    "duties_not_included": "Duties are not included.",
    "no_import_tax": "",
    "import_tax_in_price": "",
    "import_tax_paid": "Import VAT is paid.",
    "import_tax_on_delivery": "Import VAT is due on delivery.",
    "import_tax_not_included": "Import VAT is not included.",
}

CHARGES = {
    "delivery": "delivery",
    "delivery_free": "free delivery",
    "co2e": "CO2e",
    "duties": "duties",
    "import_tax": "import VAT",
    "tax": "tax",
}


CHANGES = {
    "quote_expired": "Prices and dates were no longer held",
    "stock_gone": "Some of the goods were sold meanwhile",
    "capacity_gone": "The day was booked up meanwhile",
    "order_deadline_passed": "It is too late for that date",
    "address_treated_otherwise": "The address is not served like the country or region quoted for",
}


def changed_text(codes: Sequence[str], instead: Difference | None, quote: Quote) -> str:
    """What has changed since the quote, and which option is now the nearest."""
    why = "; ".join(CHANGES.get(code, code.replace("_", " ")) for code in dict.fromkeys(codes))
    if instead is None:
        return f"{why}."
    number = 1 + [option.code for option in quote.options].index(instead.to)
    days = abs(instead.days)
    when = f"{days} {'day' if days == 1 else 'days'} {'later' if instead.days > 0 else 'earlier'}"
    return f"{why}. Nearest to your choice is now option {number}" + (
        f", {when}." if instead.days else ", on the same day."
    )


def faults_text(error: InvalidInput) -> list[str]:
    """An error of the cart as lines for a person."""
    return [f"{fault.field}: {fault.reason}" for fault in error.faults] or [error.message]


def percent(share: Decimal | str) -> str:
    """0.95 as 95 %."""
    return f"{(Decimal(share) * 100).normalize():f} %"


def weight(grams: int) -> str:
    """Grams as a person reads them."""
    return f"{Decimal(grams) / 1000:.1f} kg" if grams >= 1000 else f"{grams} g"


def time_left(until: datetime | None, now: datetime) -> str:
    """`2 h 13 min`; empty when it is over or further than three days."""
    if until is None or not timedelta() <= until - now <= timedelta(days=3):
        return ""
    minutes = int((until - now).total_seconds()) // 60
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest} min" if hours else f"{rest} min"


def difference_text(option: DeliveryOption, numbers: Mapping[str, int], money: str) -> str:
    """How an option differs from its neighbour, e.g. `vs 1: 1 day later, 2 parcels fewer, −€3.10`."""
    change = option.difference
    if change is None:
        return ""
    parts = []
    if change.days:
        days = f"{abs(change.days)} {'day' if abs(change.days) == 1 else 'days'}"
        parts.append(f"{days} {'later' if change.days > 0 else 'earlier'}")
    if change.parcels:
        count = abs(change.parcels)
        noun = "parcel" if count == 1 else "parcels"
        parts.append(f"{count} {noun} {'more' if change.parcels > 0 else 'fewer'}")
    if change.charge.minor:
        parts.append(money)
    return f"against {numbers.get(change.to, 0)}: " + ", ".join(parts) if parts else ""


class Names:
    """Names of sellers and places of one network; the code where it is gone."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._sellers = {seller.code: seller.name for seller in network.sellers}
        self._places = {place.code: place.address.city for place in network.locations}

    def article(self, sku: str) -> str:
        return self._network.sku(sku).name if self._network.has_sku(sku) else sku

    def seller(self, code: str) -> str:
        return self._sellers.get(code, code)

    def place(self, code: str) -> str:
        return self._places.get(code, code)
