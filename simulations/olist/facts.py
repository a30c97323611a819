"""Olist-format orders as facts to learn lead times from, and what could be known each morning."""

from dataclasses import dataclass, replace
from datetime import date

from core.places import Destination
from routing.distributions.lead_times import LeadTimeModel, LearnedLeadTimes, NetworkState
from routing.distributions.traits import Goods, parcel_traits
from routing.network.destinations import Precision, ResolvedDestination
from routing.network.network import Network
from simulations.olist.network import ZONE_NAME, home_state, location_code
from simulations.olist.orders import COUNTRY, ZONE, OlistData, OlistOrder
from simulations.olist.past_orders import CANCELLED
from tracking.learning.boosting import BoostingPlan
from tracking.learning.facts import ParcelFact, taught
from tracking.learning.lateness import lateness_costs
from tracking.learning.pulse import state_of_day
from tracking.learning.teach import LEAST_DELIVERIES, PLAN, Lesson, calendar_of, fit, prepare


def parcel_facts(data: OlistData, network: Network) -> list[ParcelFact]:
    """One fact a seller's parcel; `network` must hold the sellers and goods of all orders."""
    return [
        _fact(data, network, order, seller)
        for order in data.orders
        if order.status not in CANCELLED
        for seller in order.sellers
    ]


def _fact(data: OlistData, network: Network, order: OlistOrder, seller: str) -> ParcelFact:
    found = data.places.get(order.zip_prefix)
    place = network.location(location_code(seller))
    there = found[0] if found else place.point
    region = found[1] if found else order.state
    to = ResolvedDestination(
        Destination(COUNTRY, f"{order.zip_prefix:05d}", order.state),
        there,
        (ZONE_NAME,),
        Precision.POSTCODE,
        region,
    )
    goods = [
        Goods(network.sku(item.product), 1, item.price_minor)
        for item in order.items
        if item.seller == seller
    ]
    handed = order.handed_over_at
    return ParcelFact(
        bought_at=order.purchased_at.astimezone(ZONE).replace(tzinfo=None),
        handed_on=None if handed is None else handed.astimezone(ZONE).date(),
        delivered_on=order.delivered_on,
        traits=parcel_traits(
            place,
            to,
            f"derived-{home_state(data.sellers[seller])}",
            goods,
            sellers=len(order.sellers),
            freight_minor=sum(i.freight_minor for i in order.items if i.seller == seller),
        ),
    )


@dataclass(frozen=True, slots=True, eq=False)
class Mornings:
    """What was known on each morning of the data: nothing later is looked at."""

    lesson: Lesson

    def lead_times(self, day: date, model: LeadTimeModel | None) -> LearnedLeadTimes | NetworkState:
        """Model and state as of a morning; without a model the state alone."""
        state = self.state(day)
        if model is None:
            return state
        costs = lateness_costs(self._lesson(day), model, {})
        state = replace(state, lateness_costs=costs)
        return LearnedLeadTimes(f"learned as of {day:%Y-%m}", model, state)

    def state(self, day: date) -> NetworkState:
        return state_of_day(self._lesson(day), {})

    def _lesson(self, day: date) -> Lesson:
        return replace(self.lesson, today=self.lesson.taught.day(day))

    def model(self, day: date, plan: BoostingPlan = PLAN) -> LeadTimeModel | None:
        """Fitted on what was known that morning; None while there is too little."""
        today = self.lesson.taught.day(day)
        if int((self.lesson.taught.history.delivered < today).sum()) < LEAST_DELIVERIES:
            return None
        return fit(replace(self.lesson, today=today), plan=plan)


def mornings(data: OlistData, network: Network) -> Mornings:
    """Prepared once for all days of the data."""
    known = taught(parcel_facts(data, network))
    last = int(known.history.purchased[-1]) + 2
    return Mornings(prepare(known, calendar_of(known.first_day, last, country=COUNTRY), last))
