"""The marketplace's doors as a rehearsal uses them: what a shop, a warehouse and a carrier send."""

import base64
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from core.errors import LanewiseError
from simulations.demand import Wish
from simulations.ports import Marketplace, Reply
from simulations.travel import Telling
from tracking.signature import signed_headers


@dataclass(frozen=True, slots=True)
class Placed:
    """A committed order, as far as the world must know it."""

    order_id: str
    parcels: tuple[str, ...]
    promised: datetime
    option: str
    level: str  # probability that the promise states, decimal text
    charge_minor: int


class Shop:
    """Calls the doors and insists on an answer; refusals that a shop must live with are None."""

    def __init__(self, marketplace: Marketplace) -> None:
        self.marketplace = marketplace
        self.refused: dict[str, int] = {}

    def quote(self, wish: Wish) -> dict[str, Any] | None:
        """The quote of a cart, or None when nothing can be offered."""
        body = {
            "destination": {
                "country": wish.destination.country,
                "postcode": wish.destination.postcode,
            },
            "lines": [{"sku": sku, "qty": qty} for sku, qty in wish.lines],
        }
        reply = self.marketplace.call("POST", "/v1/quotes", body)
        if reply.ok and reply.body["options"]:
            value: dict[str, Any] = reply.body
            return value
        self._count(reply, "no_option")
        return None

    def commit(self, wish: Wish, quote: dict[str, Any], option: dict[str, Any]) -> Placed | None:
        """Commit an option; None when the offer changed meanwhile."""
        body = {
            "quote_id": quote["id"],
            "option": option["code"],
            "consignee": {key: value for key, value in asdict(wish.address).items() if value},
            "language": wish.language,
        }
        reply = self.marketplace.call("POST", "/v1/orders", body, key=f"wish-{wish.number}")
        if not reply.ok:
            self._count(reply, "not_committed")
            return None
        return Placed(
            order_id=reply.body["order_id"],
            parcels=tuple(reply.body["parcels"]),
            promised=datetime.fromisoformat(option["promise"]["ends_at"]),
            option=option["code"],
            level=str(option["promise"]["level"]),
            charge_minor=int(option["charge"]["total"]["minor"]),
        )

    def order(self, order_id: str) -> dict[str, Any]:
        return self._need("GET", f"/v1/orders/{order_id}")

    def hand_over(self, scanned: str) -> None:
        """The scan at the warehouse door."""
        self._need("POST", "/v1/parcels/hand-overs", {"code": scanned}, key=f"hand-over-{scanned}")

    def count_stock(self, seller: str, sku: str, location: str, on_hand: int) -> None:
        """The shelf holds less than the books say."""
        change = {
            "seller": seller,
            "sku": sku,
            "location": location,
            "on_hand": on_hand,
            "counted_at": self.marketplace.now().isoformat(),
        }
        self._need("PUT", "/v1/stock", {"changes": [change]})

    def send_back(self, order_id: str, *, cause: str) -> str:
        """Ask to return one unit of an order's first line; the slip's code, empty when refused."""
        line = self.order(order_id)["lines"][0]
        body = {
            "order_id": order_id,
            "lines": [{"line": line["line"], "qty": 1, "cause": cause}],
        }
        reply = self.marketplace.call("POST", "/v1/returns", body, key=f"return-{order_id}")
        if not reply.ok:
            self._count(reply, "return_refused")
            return ""
        code: str = reply.body["items"][0]["code"]
        return code

    def receive_back(self, code: str) -> int:
        """The goods are back: the refund that is now to be paid, in minor units."""
        refund = self._need(
            "POST", "/v1/returns/receipts", {"code": code}, key=f"back-{code[-40:]}"
        )
        return int(refund["amount"]["minor"])

    def _need(
        self, method: str, path: str, body: Any = None, *, key: str | None = None
    ) -> dict[str, Any]:
        reply = self.marketplace.call(method, path, body, key=key)
        if not reply.ok:
            raise LanewiseError(f"{method} {path} answered {reply.status}: {reply.body}")
        value: dict[str, Any] = reply.body
        return value

    def _count(self, reply: Reply, otherwise: str) -> None:
        code = reply.body.get("code", otherwise) if isinstance(reply.body, dict) else otherwise
        self.refused[code] = self.refused.get(code, 0) + 1


def open_voice(marketplace: Marketplace, carrier: str) -> "CarrierVoice":
    """Register a carrier that will send webhooks, as an operator does."""
    reply = marketplace.call(
        "POST", "/v1/webhooks/carriers", {"carrier": carrier}, key=f"source-{carrier}"
    )
    if not reply.ok:
        raise LanewiseError(f"no webhook source for {carrier}: {reply.body}")
    return CarrierVoice(marketplace, reply.body["path"], reply.body["secret"])


class CarrierVoice:
    """A carrier that tells of its scans by signed webhooks (Standard Webhooks 1.0.0)."""

    def __init__(self, marketplace: Marketplace, path: str, secret: str) -> None:
        self._marketplace = marketplace
        self._path = path
        self._secret = base64.b64decode(secret.removeprefix("whsec_"))
        self.acknowledged: set[str] = set()
        """Ids of the messages that were taken."""

    def tell(self, tracking_number: str, telling: Telling, *, place: str) -> None:
        """Send one scan; the same scan again has the same message id."""
        scan = {
            "tracking_number": tracking_number,
            "code": telling.code,
            "text": telling.text,
            "occurred_at": telling.occurred_at.isoformat(),
            "place": place,
        }
        raw = json.dumps({"scans": [scan]}).encode()
        message = f"{tracking_number}-{telling.code}-{telling.occurred_at:%s}".replace("/", "-")
        headers = signed_headers(self._secret, message, self._marketplace.now(), raw)
        reply = self._marketplace.call("POST", self._path, raw=raw, headers=headers)
        if not reply.ok:
            raise LanewiseError(f"webhook answered {reply.status}: {reply.body}")
        self.acknowledged.add(message)


def pick(options: Sequence[dict[str, Any]], preference: str) -> dict[str, Any]:
    """The option that bears the shopper's preferred name, else the cheapest."""
    for wanted in (preference, "cheapest"):
        for option in options:
            if wanted in option["names"]:
                return option
    return options[0]
