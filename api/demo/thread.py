"""Act one: a cart of several sellers becomes a promise, parcels, labels, manifests, a hand-over."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from api.demo.house import DemoHouse
from core.errors import LanewiseError

CART = {
    "destination": {"country": "FR", "postcode": "69003"},
    "lines": [
        {"sku": "COFFEE-01", "qty": 2},
        {"sku": "BOOK-03", "qty": 1},
        {"sku": "LAMP-02", "qty": 1},
        {"sku": "TEA-01", "qty": 1},
    ],
}
CONSIGNEE = {
    "name": "Claire Martin",
    "street": "12 rue de la République",
    "city": "Lyon",
    "postcode": "69003",
    "country": "FR",
    "email": "claire.martin@customers.example",
}


@dataclass(slots=True)
class ThreadStory:
    """Everything act one made, for the tables and the page."""

    quote: dict[str, Any]
    option: dict[str, Any]
    order: dict[str, Any]
    labels: list[Path] = field(default_factory=list)
    manifests: list[tuple[Path, dict[str, Any]]] = field(default_factory=list)
    handed_over: list[str] = field(default_factory=list)


def choose_cart(house: DemoHouse) -> dict[str, Any]:
    """The demo's cart, with goods of four sellers that the network really has."""
    offered: dict[str, str] = {}
    for offer in house.network.offers:
        if offer.stock >= 5:
            offered.setdefault(offer.seller, offer.sku)
    reachable = {
        code: sku
        for code, sku in offered.items()
        if house.network.seller(code).country in ("FR", "DE", "NL", "BE")
    }
    lines = [{"sku": sku, "qty": 1} for sku in sorted(set(reachable.values()))[:4]]
    lines[0]["qty"] = 2
    return {"destination": CART["destination"], "lines": lines}


def play_thread(house: DemoHouse) -> ThreadStory:
    """Quote, commit, book, label, manifest, hand over: each through its door."""
    market = house.marketplace
    quote = _need(market.call("POST", "/v1/quotes", choose_cart(house)), "quote")
    option = next(
        (each for each in quote["options"] if "cheapest" in each["names"]), quote["options"][0]
    )
    body = {
        "quote_id": quote["id"],
        "option": option["code"],
        "consignee": CONSIGNEE,
        "language": "fr",
    }
    placed = _need(market.call("POST", "/v1/orders", body, key="act-one"), "commit")
    market.work()
    order = _order(house, placed["order_id"])
    story = ThreadStory(quote, option, order)
    for parcel in order["parcels"]:
        _save_labels(house, parcel, story)
    leaves = max(datetime.fromisoformat(parcel["leaves_at"]) for parcel in order["parcels"])
    for parcel in order["parcels"]:
        _manifest(house, parcel, story)
    market.advance(leaves - timedelta(minutes=15))
    for parcel in order["parcels"]:
        number = parcel["booking"]["tracking_number"]
        _need(
            market.call(
                "POST", "/v1/parcels/hand-overs", {"code": number}, key=f"act-one-{number}"
            ),
            "hand-over",
        )
        story.handed_over.append(number)
    market.work()
    story.order = _order(house, placed["order_id"])
    return story


def _order(house: DemoHouse, order_id: str) -> dict[str, Any]:
    return _need(house.marketplace.call("GET", f"/v1/orders/{order_id}"), "order")


def _save_labels(house: DemoHouse, parcel: dict[str, Any], story: ThreadStory) -> None:
    number = parcel["booking"]["tracking_number"]
    for wanted, ending in (("pdf_4x6", "pdf"), ("zpl_203", "zpl")):
        reply = house.marketplace.call("GET", f"/v1/parcels/{parcel['id']}/label?format={wanted}")
        if not reply.ok and ending == "zpl":
            continue  # this carrier gives only the format it was booked with
        path = house.folder / "labels" / f"{number}.{ending}"
        path.write_bytes(
            house.marketplace.fetch(f"/v1/parcels/{parcel['id']}/label?format={wanted}")
        )
        story.labels.append(path)


def _manifest(house: DemoHouse, parcel: dict[str, Any], story: ThreadStory) -> None:
    """Close the manifest that the parcel belongs on, unless another parcel has done so."""
    market, booking = house.marketplace, parcel["booking"]
    account = next(
        carrier.account or carrier.code
        for carrier in house.network.carriers
        if carrier.code == parcel["carrier"]
    )
    body = {
        "carrier": booking["carrier"],
        "account": account,
        "location": parcel["origin"],
        "mailing_date": booking["mailing_date"],
    }
    key = "-".join(str(value) for value in body.values())
    opened = _need(market.call("POST", "/v1/manifests", body, key=f"open-{key}"), "manifest")
    if any(opened["id"] == known["id"] for _, known in story.manifests):
        return
    _need(
        market.call("POST", f"/v1/manifests/{opened['id']}/close", key=f"close-{opened['id']}"),
        "manifest",
    )
    market.work()
    closed = _need(market.call("GET", f"/v1/manifests/{opened['id']}"), "manifest")
    path = house.folder / "manifests" / f"{closed['number']}.pdf"
    path.write_bytes(market.fetch(f"/v1/manifests/{closed['id']}/document"))
    story.manifests.append((path, closed))


def _need(reply: Any, what: str) -> dict[str, Any]:
    if not reply.ok:
        raise LanewiseError(f"the demo's {what} answered {reply.status}: {reply.body}")
    value: dict[str, Any] = reply.body
    return value


def local_time(text: str, zone: str) -> str:
    """An instant as people at the destination read it."""
    return f"{datetime.fromisoformat(text).astimezone(ZoneInfo(zone)):%a %d %b %H:%M}"
