"""How goods at some places can reach a destination: services, lanes to hubs, boxes, timetables."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_CEILING

import numpy as np

from core.calendars import local_day
from core.money import Money
from core.places import great_circle_m, zone
from routing.cart import Cart, Live
from routing.checkout.learned_times import Asked, with_learned_times
from routing.checkout.prices import (
    PriceTable,
    Unpriced,
    likely_rate,
    planner_table,
    price_table,
    with_room,
)
from routing.checkout.problem import (
    NEVER,
    Box,
    Hub,
    IntArray,
    Lane,
    Location,
    Service,
    Transit,
)
from routing.distributions.lead_times import state_of
from routing.distributions.traits import Goods, parcel_traits
from routing.network.destinations import ResolvedDestination
from routing.network.places import Location as Place
from routing.network.places import TransitTable
from routing.network.policies import Policy
from routing.network.services import DeliversTo, transit_between
from routing.network.services import Service as NetworkService
from routing.network.trade import NoExchangeRate, settle
from routing.snapshot import PUBLISHED, Collection, Snapshot, instant_of, minute_of


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Something a plan could not use: a service at a place, an offer, a lane, and why."""

    kind: str
    code: str
    reason: str
    detail: str = ""


class Ways:
    """Collects the ways for one cart; call `explore` once, then read the results."""

    def __init__(
        self,
        snapshot: Snapshot,
        cart: Cart,
        live: Live,
        policy: Policy,
        to: ResolvedDestination,
        settled_on: date,
    ) -> None:
        self.snapshot, self.cart, self.live, self.to = snapshot, cart, live, to
        self.policy, self.settled_on = policy, settled_on
        self.network = snapshot.network
        self.first_utc = cart.at.date() - timedelta(days=1)
        self.first_day = min(local_day(zone, cart.at) for zone in to.zones)
        self.left_out: list[LeftOut] = []
        self.price_of: dict[str, PriceTable] = {}
        self.service_of: dict[str, NetworkService] = {}
        self.distances_m: dict[str, int] = {}
        self.boxes: tuple[Box, ...] = ()
        self.services: tuple[Service, ...] = ()
        self.lanes: tuple[Lane, ...] = ()
        self.hubs: tuple[Hub, ...] = ()
        self.model = PUBLISHED
        """What the transit times come from, as the promise ledger names it."""
        self.usable: set[str] = set()
        """Places from which something leaves: a service, or a lane to a hub with one."""

    def explore(self, goods: Mapping[str, Sequence[Goods]]) -> None:
        """Find every way from the places that hold these goods."""
        places = sorted(goods)
        lanes = list(self._lanes_from(places)) if self.policy.splits.hubs else []
        hubs = sorted({lane.hub for lane in lanes})
        nodes = [*places, *(hub for hub in hubs if hub not in places)]
        self._add_boxes(nodes)
        services = [service for node in nodes for service in self._services_at(node)]
        self.services = self.ask_learned_times(services, goods)
        leaving = {service.node for service in self.services}
        self.lanes = tuple(lane for lane in lanes if lane.hub in leaving)
        self.hubs = tuple(self._hub(code) for code in hubs if code in leaving)
        self.usable = leaving | {lane.location for lane in self.lanes}

    def ask_learned_times(
        self, services: Sequence[Service], goods: Mapping[str, Sequence[Goods]]
    ) -> tuple[Service, ...]:
        """The services with what was learned of their times; parcels through hubs keep the table's."""
        learned, network = self.snapshot.lead_times, self.network
        local = self.cart.at.astimezone(zone(network.marketplace.zone))
        if learned is None or not state_of(learned).covers(local.date()):
            return tuple(services)
        sellers = {network.location(node).seller for node in goods} - {""}
        roomy = {node: with_room(self.boxes, those) for node, those in goods.items()}
        asked = []
        for service in services:
            place = network.location(service.node)
            if place.seller and service.node in goods:
                rate = likely_rate(service.tariff, roomy[service.node])
                traits = parcel_traits(
                    place,
                    self.to,
                    service.kind,
                    goods[service.node],
                    sellers=len(sellers),
                    freight_minor=rate,
                )
                asked.append(Asked(service, self.location(service.node), traits))
        found = with_learned_times(
            asked,
            learned,
            now=minute_of(self.cart.at),
            at=local,
            level=float(self.policy.level),
            day_starts=self.snapshot.day_starts(self.to.zones, local.date()),
        )
        if found:
            self.model = self.snapshot.lead_times_name
        return tuple(found.get(service.id, service) for service in services)

    def location(self, code: str) -> Location:
        place = self.network.location(code)
        windows = self.snapshot.windows(place, self.first_utc)
        return Location(code, place.seller, place.handling_min, windows, self._box_ids(place))

    def _hub(self, code: str) -> Hub:
        hub, place = self.snapshot.hubs[code], self.network.location(code)
        windows = self.snapshot.windows(place, self.first_utc)
        fee = self._settled(hub.parcel_fee)
        return Hub(code, windows, hub.dwell_min, fee or 0, self._box_ids(place))

    def _settled(self, amount: Money) -> int | None:
        currency = self.network.marketplace.currency
        settled = settle(amount, currency, self.network.exchange_rates, self.settled_on)
        return None if isinstance(settled, NoExchangeRate) else settled.amount.minor

    def _box_ids(self, place: Place) -> frozenset[str] | None:
        """The place's own boxes; None, all of them, where there is but one set."""
        own = frozenset(f"{b.box_set}/{b.code}" for b in self.snapshot.boxes_of[place.box_set])
        return None if len(own) == len(self.boxes) else own

    def _add_boxes(self, nodes: Sequence[str]) -> None:
        found: dict[str, Box] = {}
        for box_set in sorted({self.network.location(node).box_set for node in nodes}):
            for box in self.snapshot.boxes_of[box_set]:
                cost = self._settled(box.cost)
                name = f"{box.box_set}/{box.code}"
                if cost is None:
                    self.left_out.append(LeftOut("box", name, "no_exchange_rate"))
                    continue
                inner = (box.inner.length_mm, box.inner.width_mm, box.inner.height_mm)
                found[name] = Box(name, inner, box.max_g, box.tare_g, cost)
        self.boxes = tuple(found.values())

    def _lanes_from(self, places: Sequence[str]) -> Iterator[Lane]:
        for place in places:
            for lane in self.snapshot.lanes_from.get(place, ()):
                fixed, per_kg = self._settled(lane.fixed), self._settled(lane.per_kg)
                fee = self._settled(self.snapshot.hubs[lane.hub].parcel_fee)
                if fixed is None or per_kg is None or fee is None:
                    self.left_out.append(LeftOut("lane", lane.code, "no_exchange_rate"))
                    continue
                co2 = lane.co2_g_per_kg
                yield Lane(
                    location=place,
                    hub=lane.hub,
                    departures=self.snapshot.moments(lane.departures, self.first_utc),
                    transit=self._transit(lane.transit),
                    fixed=fixed,
                    per_kg=per_kg,
                    co2_g_per_kg=0 if co2 is None else int(co2.to_integral_value(ROUND_CEILING)),
                    co2_known=co2 is not None,
                )

    def _services_at(self, node: str) -> Iterator[Service]:
        place = self.network.location(node)
        for collection in self.snapshot.collections_at.get(node, ()):
            name = f"{collection.service.code}@{node}"
            found = self._priced(name, place, collection.service)
            if isinstance(found, LeftOut):
                self.left_out.append(found)
                continue
            prices, transit = found
            self.price_of[name], self.service_of[name] = prices, collection.service
            yield self._service(name, place, collection, prices, transit)

    def _priced(
        self, name: str, place: Place, service: NetworkService
    ) -> tuple[PriceTable, TransitTable] | LeftOut:
        """Prices and transit times of a service that covers the destination, or why not."""
        origin, destination = place.as_destination, self.cart.destination
        if not service.is_valid_on(self.settled_on):
            return LeftOut("service", name, "not_in_force")
        if (service.delivers_to is DeliversTo.PICKUP_POINT) != bool(self.cart.pickup_point):
            return LeftOut("service", name, "delivers_elsewhere", service.delivers_to.value)
        if self.cart.nominated_day is not None and not service.nominates:
            return LeftOut("service", name, "no_nominated_day")
        if not self.snapshot.covers(service, destination, self.to.point):
            return LeftOut("service", name, "destination_not_served")
        transit = transit_between(
            self.snapshot.transit_of.get(service.code, ()),
            location=place.code,
            country=origin.country,
            to=destination,
        )
        if transit is None:
            return LeftOut("service", name, "no_transit_time")
        prices = price_table(
            self.snapshot,
            service,
            place.box_set,
            origin=origin,
            destination=destination,
            day=self.settled_on,
        )
        if isinstance(prices, Unpriced):
            return LeftOut("service", name, prices.reason, prices.detail)
        return prices, transit

    def _service(
        self,
        name: str,
        place: Place,
        collection: Collection,
        prices: PriceTable,
        transit: TransitTable,
    ) -> Service:
        service, pickup = collection.service, collection.pickup
        country = self.cart.destination.country
        table = planner_table(prices, service.co2e, self._distance_m(place))
        hub = self.snapshot.hubs.get(place.code)
        limits = (
            (place.code, place.daily_parcels),
            (place.code, hub.daily_parcels if hub is not None else None),
            (name, pickup.daily_parcels),
        )
        pickups = self.snapshot.moments(pickup.moments, self.first_utc)
        return Service(
            id=name,
            node=place.code,
            kind=service.code,
            max_g=service.max_weight_g,
            tariff=prices.spread(table, [box.id for box in self.boxes]),
            refuses=service.refused_flags,
            pickups=self._with_vans(
                self._with_room(pickups, pickup.moments.zone, limits), pickup.moments.zone, service
            ),
            transit=self._transit(transit),
            delivery_day=self._nominated(
                self.snapshot.delivery_days(service, country, self.first_day)
            ),
            co2_known=service.co2e is not None,
        )

    def _nominated(self, delivery_day: IntArray) -> IntArray:
        """Delivery days when everything is held until the nominated one, and none is after it."""
        if self.cart.nominated_day is None:
            return delivery_day
        wanted = (self.cart.nominated_day - self.first_day).days
        held = np.full_like(delivery_day, NEVER)
        if 0 <= wanted < len(held) and delivery_day[wanted] == wanted:
            held[: wanted + 1] = wanted
        return held

    def _with_room(
        self, pickups: IntArray, zone: str, limits: Sequence[tuple[str, int | None]]
    ) -> IntArray:
        """The pickups on days that still have room."""
        full = {
            day
            for key, limit in limits
            if limit is not None
            for (used_key, day), used in self.live.used.items()
            if used_key == key and used >= limit
        }
        if not full:
            return pickups
        days = [local_day(zone, instant_of(int(minute))) for minute in pickups]
        keep: IntArray = pickups[np.array([day not in full for day in days], dtype=np.bool_)]
        return keep

    def _with_vans(self, pickups: IntArray, zone: str, service: NetworkService) -> IntArray:
        """The pickups on days on which the service's own fleet takes out one more parcel."""
        if not service.fleet:
            return pickups
        days = [local_day(zone, instant_of(int(minute))) for minute in pickups]
        room = {
            day: (service.fleet_parcels(day) or 0)
            - self.live.used.get((service.fleet_slot, day), 0)
            for day in set(days)
        }
        keep: IntArray = pickups[np.array([room[day] > 0 for day in days], dtype=np.bool_)]
        return keep

    def _distance_m(self, place: Place) -> int:
        """Great-circle metres to the destination, remembered by place."""
        known = self.distances_m.get(place.code)
        if known is None:
            known = self.distances_m[place.code] = great_circle_m(place.point, self.to.point)
        return known

    def _transit(self, table: TransitTable) -> Transit:
        return Transit(table.levels, table.minutes)
