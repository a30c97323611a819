"""Takes in orders that were planned, promised and sent elsewhere, with all that happened to them.

Nothing is set in motion: no stock is reserved, no carrier asked, nobody told. The persons behind
such orders are unknown; each gets an id without data, as a person has after their data were erased.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from carriers.booking import Direction
from carriers.status import EventTime, TimeBasis
from core.errors import NotFound
from core.ids import OrderId, ParcelId, QuoteId, TenantId, time_ordered_id
from core.money import Money
from core.places import Destination
from routing.cart import CartLine
from routing.charges import Charge, ChargeLine
from routing.network.canonical import canonical_json, to_plain
from routing.quote import CostLine, OptionContent, Quote
from routing.tables import (
    UNSTATED_RULE,
    NetworkVersionRow,
    OrderLineRow,
    OrderRow,
    PlannedParcelRow,
    PromiseRow,
    QuoteRow,
    ShipmentRow,
)
from store.base import Base
from store.session import add_rows, now, tenant_of
from store.tables import PersonRow
from tracking.event import CarrierEvent, event_id
from tracking.journey import Journey, fold
from tracking.past_order import PROMISED_ELSEWHERE, PastEvent, PastOrder, PastParcel
from tracking.tables import EventRow, TrackedParcelRow, event_values

UNSTATED = "0"
"""The level of a promise whose maker stated none: a probability of at least nothing."""

Values = dict[str, Any]
Rows = dict[type[Base], list[Values]]


def import_history(
    session: Session,
    orders: Sequence[PastOrder],
    *,
    network_hash: str,
    policy: str,
    policy_version: int,
) -> int:
    """Write those of `orders` that are not there yet; returns how many were new.

    Ids follow from the orders themselves, so that an import that was cut short goes on where it
    stopped. Raises NotFound when the network of that hash was never imported.
    """
    network = select(NetworkVersionRow.id).where(NetworkVersionRow.content_hash == network_hash)
    if session.scalar(network.limit(1).with_for_update()) is None:  # a twin import waits here
        raise NotFound("no such network version", code="unknown_network")
    keys = [order.key for order in orders]
    known = set(session.scalars(select(OrderRow.key).where(OrderRow.key.in_(keys))))
    new = [order for order in orders if order.key not in known]
    rows: Rows = {}
    base = {"network_hash": network_hash, "policy": policy, "policy_version": policy_version}
    for order in new:
        _OrderRows(rows, base, order, tenant_of(session), now(session)).write()
    for table in _IN_ORDER:
        add_rows(session, table, rows.get(table, []))
    return len(new)


# By foreign keys: what is pointed at comes first.
_IN_ORDER: tuple[type[Base], ...] = (
    PersonRow,
    QuoteRow,
    OrderRow,
    ShipmentRow,
    OrderLineRow,
    PlannedParcelRow,
    PromiseRow,
    TrackedParcelRow,
    EventRow,
)


class _OrderRows:
    """Gathers the rows of one order into `rows`, by table."""

    def __init__(
        self, rows: Rows, base: Values, order: PastOrder, tenant: TenantId, instant: datetime
    ) -> None:
        self.rows, self.base, self.order = rows, base, order
        self.tenant, self.instant = tenant, instant
        self.id = self._id("order")

    def _id(self, kind: str) -> UUID:
        """Always the same for this order and tenant; sorts by the time the order was placed."""
        text = f"{self.tenant}\x1f{self.order.key}\x1f{kind}".encode()
        return time_ordered_id(
            self.order.placed_at, lambda count: hashlib.sha256(text).digest()[:count]
        )

    def _add(self, table: type[Base], values: Values) -> None:
        self.rows.setdefault(table, []).append(values)

    def write(self) -> None:
        subject = self._id("person")
        erased = {"created_at": self.instant, "erased_at": self.instant}
        self._add(PersonRow, {"id": subject, "wrapped_key": None, "sealed": None, **erased})
        self._quote()
        self._order(subject)
        for number, parcel in enumerate(self.order.parcels, start=1):
            self._parcel(number, parcel)
        self._promise()

    def _quote(self) -> None:
        """An order belongs to a quote; of this one only the question is known, not the options."""
        order = self.order
        quote = Quote(
            id=QuoteId(self._id("quote")),
            network=self.base["network_hash"],
            policy=self.base["policy"],
            policy_version=self.base["policy_version"],
            at=order.placed_at,
            expires_at=order.placed_at,
            destination=Destination(order.country, order.postcode, order.region),
            precision="",
            zones=(order.zone,),
            currency=order.currency,
            group="",
            lines=tuple(
                CartLine(line.line, line.sku, line.qty, parcel.seller)
                for parcel in order.parcels
                for line in parcel.lines
            ),
            options=(),
            exact=False,
            bound_minor=None,
            reasons=(),
            left_out=(),
            rates=(),
        )
        values = {"id": quote.id, "network_hash": quote.network, "at": quote.at}
        more = {"expires_at": quote.expires_at, "content": canonical_json(quote)}
        self._add(QuoteRow, {**values, **more})

    def _order(self, subject: UUID) -> None:
        order = self.order
        charge = Charge(
            Money(order.freight_minor, order.currency),
            Money.zero(order.currency),
            None,
            True,
            tuple(
                ChargeLine(
                    "delivery", parcel.seller, number, Money(parcel.freight_minor, order.currency)
                )
                for number, parcel in enumerate(order.parcels, start=1)
            ),
        )
        self._add(
            OrderRow,
            {
                **self.base,
                "id": self.id,
                "quote_id": self._id("quote"),
                "option": "imported",
                "key": order.key,
                "subject_id": subject,
                "country": order.country,
                "zones": [order.zone],
                "currency": order.currency,
                "cost_minor": order.freight_minor,
                "charge": to_plain(charge),
                "promised_date": order.promised_date,
                "promise_ends_at": order.promise_ends_at,
                "level": UNSTATED,
                "state": "cancelled" if order.is_cancelled else "committed",
                "placed_at": order.placed_at,
            },
        )

    def _promise(self) -> None:
        order = self.order
        parcels = [
            {
                "id": str(self._id(f"parcel {number}")),
                "service": parcel.service,
                "origin": parcel.origin,
                "date": order.promised_date.isoformat(),
            }
            for number, parcel in enumerate(order.parcels, start=1)
        ]
        self._add(
            PromiseRow,
            {
                **self.base,
                "id": self._id("promise"),
                "order_id": self.id,
                "made_at": order.placed_at,
                "promised_date": order.promised_date,
                "ends_at": order.promise_ends_at,
                "level": UNSTATED,
                "rule": UNSTATED_RULE,
                "probability": UNSTATED_RULE,
                "model": PROMISED_ELSEWHERE,
                "parcels": parcels,
            },
        )

    def _parcel(self, number: int, parcel: PastParcel) -> None:
        """A shipment, its lines, the one parcel and what happened to it."""
        shipment, id_ = self._id(f"shipment {number}"), ParcelId(self._id(f"parcel {number}"))
        self._add(ShipmentRow, {"id": shipment, "order_id": self.id, "seller": parcel.seller})
        for line in parcel.lines:
            self._add(
                OrderLineRow,
                {
                    "id": self._id(f"line {line.line} {number}"),
                    "order_id": self.id,
                    "shipment_id": shipment,
                    "line": line.line,
                    "sku": line.sku,
                    "name": line.name,
                    "seller": parcel.seller,
                    "qty": line.qty,
                    "price_minor": line.price_minor,
                    "currency": self.order.currency,
                },
            )
        events = [self._event(id_, number, parcel, event) for event in parcel.events]
        journey = fold(events)
        levels, minutes = parcel.transit
        transit = {"levels": [str(level) for level in levels], "minutes": list(minutes)}
        self._planned(id_, number, parcel, shipment, transit, journey)
        self._tracked(id_, parcel, transit, journey)

    def _event(
        self, id_: ParcelId, number: int, parcel: PastParcel, event: PastEvent
    ) -> CarrierEvent:
        time = EventTime(event.occurred_local, None, event.occurred_at, TimeBasis.PLACE_ZONE)
        kept = CarrierEvent(
            id=event_id(str(id_), parcel.carrier, event.state, time, event.code),
            parcel=str(id_),
            carrier=parcel.carrier,
            state=event.state,
            occurred_at=event.occurred_at,
            occurred_local=event.occurred_local,
            offset=None,
            time_basis=time.time_basis,
            received_at=self.instant,
            code=event.code,
            text=event.text,
            source=f"import:{self.order.source}",
        )
        row = self._id(f"event {number} {event.state.value} {event.code}")
        self._add(EventRow, event_values(kept, row, self.instant))
        return kept

    def _planned(
        self,
        id_: ParcelId,
        number: int,
        parcel: PastParcel,
        shipment: UUID,
        transit: Values,
        journey: Journey,
    ) -> None:
        order = self.order
        gone = (
            "handed_over" if journey.handed_over_at else "cancelled" if order.is_cancelled else ""
        )
        contents = [
            OptionContent(one.line, one.sku, one.name, one.qty, parcel.seller, parcel.origin)
            for one in parcel.lines
        ]
        freight = CostLine("freight", Money(parcel.freight_minor, order.currency))
        self._add(
            PlannedParcelRow,
            {
                "id": id_,
                "order_id": self.id,
                "number": number,
                "origin": parcel.origin,
                "through_hub": False,
                "service": parcel.service,
                "carrier": parcel.carrier,
                "box": parcel.box,
                "length_mm": parcel.size.length_mm,
                "width_mm": parcel.size.width_mm,
                "height_mm": parcel.size.height_mm,
                "weight_g": parcel.weight_g,
                "contents": to_plain(contents),
                "legs": [],
                "sellers": [parcel.seller],
                "shipment_ids": [str(shipment)],
                "ready_at": parcel.leaves_at,
                "leaves_at": parcel.leaves_at,
                "own_date": order.promised_date,
                "promised_date": order.promised_date,
                "promise_ends_at": order.promise_ends_at,
                "transit": transit,
                "customs": "none",
                "cost_minor": parcel.freight_minor,
                "cost_lines": to_plain((freight,)),
                "state": gone or "planned",
                "booking_id": None,
            },
        )

    def _tracked(
        self, id_: ParcelId, parcel: PastParcel, transit: Values, journey: Journey
    ) -> None:
        order = self.order
        self._add(
            TrackedParcelRow,
            {
                "id": id_,
                "order_id": OrderId(self.id),
                "order_reference": order.reference,
                "seller": parcel.seller,
                "seller_name": parcel.seller_name,
                "direction": Direction.OUTBOUND.value,
                "notices": "{}",
                "carrier": parcel.carrier,
                "service": parcel.service,
                "tracking_number": "",
                "consignee_id": None,
                "language": "en",
                "zone": order.zone,
                "departs_at": parcel.leaves_at,
                "promised_by": order.promise_ends_at,
                "level": UNSTATED,
                "transit": transit,
                "delivery": {},
                "followed_at": self.instant,
                "state": journey.state.value,
                "since": journey.since,
                "reason": None,
                "party": None,
                "handed_over_at": journey.handed_over_at,
                "moved_at": journey.moved_at,
                "delivered_at": journey.delivered_at,
                "is_over": True,  # history: nobody waits for it, so nothing watches it
                "attempts": 0,
                "unknown_events": 0,
                "eta_earliest": None,
                "eta_likely": None,
                "eta_latest": None,
                "late_permille": None,
                "lost_permille": None,
                "eta_because": None,
                "refreshed_at": self.instant,
                "told_occasion": None,
                "told_day": None,
                "told_detail": "",
            },
        )
