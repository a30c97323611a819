"""Recalls what became of the parcels of the last months, as facts to learn from.

Only what the store holds: plans, prices, tracking. No person is looked at; a destination is a
country, a region and a postal code.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from carriers.status import Status
from core.calendars import local_day
from core.places import zone
from routing.distributions.traits import Goods, ParcelTraits, parcel_traits
from routing.flows.load_snapshot import load_snapshot
from routing.network.destinations import ResolvedDestination
from routing.network.places import Location
from routing.quote import freight_minor
from routing.quote_text import destination_in
from routing.snapshot import Snapshot
from routing.tables import OrderLineRow, OrderRow, PlannedParcelRow, QuoteRow
from tracking.learning.facts import ParcelFact
from tracking.learning.hazards import WINDOW_DAYS
from tracking.learning.loss import HORIZON
from tracking.tables import TrackedParcelRow

NO_LESSON = {Status.CANCELLED.value, Status.RETURNING.value, Status.RETURNED.value}
_BEGINNING = 1000  # of a quote's text: its destination stands there

Prices = dict[tuple[UUID, str, str], int]


@dataclass(frozen=True, slots=True)
class Recalled:
    """The facts, where each order went, and the marketplace's calendar country."""

    facts: tuple[ParcelFact, ...]
    destination_of: Mapping[UUID, str]
    places_of: Mapping[UUID, frozenset[tuple[str, str]]]
    """The sellers and lanes of each order."""
    country: str
    today: date
    levels: tuple[float, ...]
    """Those that the marketplace's policies promise."""
    passed_over: int
    """Parcels that the present network can't describe: their place is gone, or they were joined."""


def recall_parcels(session: Session, as_of: datetime) -> Recalled:
    """Parcels bought before `as_of`, with the events until then.

    Raises NotFound without a network.
    """
    snapshot = load_snapshot(session)
    market = snapshot.network.marketplace
    since = as_of - timedelta(days=WINDOW_DAYS + HORIZON)
    prices = _prices(session, since, as_of)
    sellers: dict[UUID, set[str]] = defaultdict(set)
    for order, _, seller in prices:
        sellers[order].add(seller)
    facts: list[ParcelFact] = []
    destinations: dict[UUID, str] = {}
    places: dict[UUID, frozenset[tuple[str, str]]] = {}
    passed_over = 0
    for row in _rows(session, since, as_of):
        place = snapshot.network.find_location(row.origin)
        to = _resolved(snapshot, row.beginning)
        if place is None or to is None or row.through_hub or len(row.sellers) != 1:
            passed_over += 1
            places[row.order_id] = places.get(row.order_id, frozenset()) | {("", "")}
            continue
        traits = _traits(snapshot, row, place, to, prices, max(len(sellers[row.order_id]), 1))
        facts.append(_fact(row, traits, market.zone, as_of))
        destinations[row.order_id] = traits.group("destination")
        own = frozenset({(traits.group("seller"), traits.group("lane"))})
        places[row.order_id] = places.get(row.order_id, frozenset()) | own
    today = local_day(market.zone, as_of)
    levels = sorted({float(policy.level) for policy in snapshot.network.policies})
    return Recalled(
        facts=tuple(facts),
        destination_of=destinations,
        places_of=places,
        country=market.country,
        today=today,
        levels=tuple(levels),
        passed_over=passed_over,
    )


def _rows(session: Session, since: datetime, as_of: datetime) -> Iterator[Any]:
    """One row a parcel with its order, the beginning of its quote, and its tracking."""
    return iter(
        session.execute(
            select(
                PlannedParcelRow.order_id,
                PlannedParcelRow.origin,
                PlannedParcelRow.service,
                PlannedParcelRow.through_hub,
                PlannedParcelRow.sellers,
                PlannedParcelRow.contents,
                PlannedParcelRow.cost_lines,
                OrderRow.placed_at,
                func.substr(QuoteRow.content, 1, _BEGINNING).label("beginning"),
                TrackedParcelRow.handed_over_at,
                TrackedParcelRow.delivered_at,
                TrackedParcelRow.zone,
            )
            .join(OrderRow, OrderRow.id == PlannedParcelRow.order_id)
            .join(QuoteRow, QuoteRow.id == OrderRow.quote_id)
            .outerjoin(TrackedParcelRow, TrackedParcelRow.id == PlannedParcelRow.id)
            .where(OrderRow.placed_at >= since, OrderRow.placed_at < as_of)
            .where(OrderRow.state != "cancelled", PlannedParcelRow.state != "cancelled")
            .where(TrackedParcelRow.state.is_(None) | TrackedParcelRow.state.not_in(NO_LESSON))
            .order_by(OrderRow.placed_at, PlannedParcelRow.id)
        )
    )


def _prices(session: Session, since: datetime, as_of: datetime) -> Prices:
    rows = session.execute(
        select(
            OrderLineRow.order_id, OrderLineRow.line, OrderLineRow.seller, OrderLineRow.price_minor
        )
        .join(OrderRow, OrderRow.id == OrderLineRow.order_id)
        .where(OrderRow.placed_at >= since, OrderRow.placed_at < as_of)
    )
    return {(order, line, seller): minor for order, line, seller, minor in rows}


def _resolved(snapshot: Snapshot, beginning: str) -> ResolvedDestination | None:
    to = destination_in(beginning)
    if to is None:
        return None
    resolved = snapshot.postal.resolve(to)
    return resolved if isinstance(resolved, ResolvedDestination) else None


def _traits(
    snapshot: Snapshot,
    row: Any,
    place: Location,
    to: ResolvedDestination,
    prices: Prices,
    sellers: int,
) -> ParcelTraits:
    goods = [
        Goods(
            snapshot.network.sku(one["sku"]),
            int(one["qty"]),
            prices.get((row.order_id, one["line"], one["seller"]), 0),
        )
        for one in row.contents
        if snapshot.network.has_sku(one["sku"])
    ]
    return parcel_traits(
        place, to, row.service, goods, sellers=sellers, freight_minor=freight_minor(row.cost_lines)
    )


def _fact(row: Any, traits: ParcelTraits, market_zone: str, as_of: datetime) -> ParcelFact:
    """Events after `as_of` have not happened yet."""
    there = row.zone or market_zone

    def day_of(instant: datetime | None) -> date | None:
        return None if instant is None or instant >= as_of else local_day(there, instant)

    return ParcelFact(
        bought_at=row.placed_at.astimezone(zone(market_zone)).replace(tzinfo=None),
        handed_on=day_of(row.handed_over_at),
        delivered_on=day_of(row.delivered_at),
        traits=traits,
    )
