"""How an option is delivered, as far as the shopper chose: in a window, on a day, at a point."""

from dataclasses import replace

from core.errors import NotFound
from core.places import Address
from routing.quote import DeliveryOption, Quote


def in_window(option: DeliveryOption, window: str) -> DeliveryOption:
    """The option promised by the end of one of its windows; raises NotFound for another code."""
    if not window:
        return option
    for each in option.windows:
        if each.code == window:
            promise = replace(option.promise, ends_at=each.ends_at, probability=each.probability)
            return replace(option, promise=promise)
    raise NotFound(f"the option has no window {window!r}", code="unknown_window")


def delivered_to(consignee: Address, option: DeliveryOption) -> Address:
    """The consignee at the pickup point where the option ends, else where they live."""
    point = option.pickup_point
    if point is None:
        return consignee
    return replace(
        consignee,
        company=point.name,
        street=point.street,
        street2="",
        city=point.city,
        postcode=point.postcode,
        country=point.country,
        region="",
    )


def carrier_note(quote: Quote, option: DeliveryOption, window: str) -> str:
    """What a carrier is asked to heed, printed on the label; empty: nothing."""
    for each in option.windows:
        if each.code == window:
            span = f"{each.starts_at:%H:%M}-{each.ends_at:%H:%M}"
            return f"DELIVER {option.promise.date:%Y-%m-%d} {span} UTC"
    if quote.nominated_day is not None:
        return f"DELIVER {quote.nominated_day:%Y-%m-%d}, NOT BEFORE"
    return ""
