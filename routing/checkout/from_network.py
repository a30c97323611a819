"""Builds the planner's problem for one cart from the snapshot and what is live.

What cannot be had (no coverage, no price, no exchange rate, no capacity) is left out here, with the
reason kept, so that a quote can say what it did not consider.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from core.calendars import local_day
from core.errors import Fault, InvalidInput, invalid
from core.money import Money
from core.places import Destination
from routing.cart import Cart, CartLine, Live
from routing.checkout.cart_rules import rules_of
from routing.checkout.date_rule import choose_level
from routing.checkout.fitting import packing_fit
from routing.checkout.prices import PriceTable
from routing.checkout.problem import Item, Line, Offer, Problem
from routing.checkout.rules import NO_RULES, Rules, Without, joined
from routing.checkout.ways import LeftOut, Ways
from routing.distributions.lead_times import state_of
from routing.distributions.traits import Goods
from routing.network.destinations import Precision, ResolvedDestination, UnknownDestination
from routing.network.goods import Offer as NetworkOffer
from routing.network.goods import Sku
from routing.network.policies import DateRule, Policy
from routing.network.services import Service as NetworkService
from routing.network.trade import NoExchangeRate, settle
from routing.snapshot import PUBLISHED, Snapshot, minute_of


@dataclass(frozen=True, slots=True, eq=False)
class CartProblem:
    """The problem, and what is needed to read its answer as a delivery option."""

    cart: Cart
    policy: Policy
    problem: Problem
    destination: ResolvedDestination
    home: Destination
    """What the shopper gave; the same place unless they collect."""
    first_day: date
    """Day 0 of the problem, a local day at the destination."""
    settled_on: date
    offers: dict[tuple[str, str], NetworkOffer]
    """The offer behind (line id, location)."""
    prices: dict[str, PriceTable]
    """Of each service id of the problem."""
    services: dict[str, NetworkService]
    distances_m: dict[str, int]
    """From each node to the destination's point."""
    left_out: tuple[LeftOut, ...] = ()
    model: str = PUBLISHED
    """What its transit times come from."""
    rule: DateRule = DateRule.LEVEL
    """What the problem's level follows from: the policy's own, or what the cost rule implies."""

    @property
    def stated_level(self) -> Decimal:
        """The probability that promises state; the problem's level may be higher."""
        return min(self.policy.level, self.problem.q)

    def by_level(self) -> "CartProblem":
        """The same under the level rule alone."""
        problem = replace(self.problem, q=self.policy.level)
        return replace(self, problem=problem, rule=DateRule.LEVEL)

    def day(self, index: int) -> date:
        return self.first_day + timedelta(days=index)


def build_problem(snapshot: Snapshot, cart: Cart, live: Live) -> CartProblem:
    """The problem of that cart; raises InvalidInput for unknown SKUs, sellers, destinations."""
    return _Builder(snapshot, cart, live).build()


def resolve(snapshot: Snapshot, cart: Cart) -> ResolvedDestination:
    """Where the cart goes: the pickup point it names, else its destination."""
    if cart.pickup_point:
        place = next((p for p in snapshot.pickup_points if p.code == cart.pickup_point), None)
        if place is None:
            raise invalid("pickup_point", f"there is no pickup point {cart.pickup_point!r}")
        zones = (place.calendar.zone,)
        return ResolvedDestination(place.as_destination, place.point, zones, Precision.POSTCODE)
    resolved = snapshot.postal.resolve(cart.destination)
    if isinstance(resolved, UnknownDestination):
        raise invalid(
            "destination.country",
            f"nothing is known about {resolved.country}: no row in postcodes",
            code="destination_not_covered",
        )
    return resolved


def item_id(line: CartLine) -> str:
    """Lines of one SKU share stock only when they ask for the same seller, or for none."""
    return f"{line.sku}@{line.seller}" if line.seller else line.sku


class _Builder:
    def __init__(self, snapshot: Snapshot, cart: Cart, live: Live) -> None:
        self.snapshot, self.cart, self.live = snapshot, cart, live
        self.network = snapshot.network
        self.left_out: list[LeftOut] = []
        self.home = cart.destination
        self.to = resolve(snapshot, cart)
        if cart.pickup_point:
            self.cart = replace(cart, destination=self.to.destination)
        self.today = local_day(self.network.marketplace.zone, cart.at)
        self.policy = snapshot.policy(cart.policy, self.today)
        self.offer_of: dict[tuple[str, str], NetworkOffer] = {}
        self.rules = NO_RULES
        self.wanted: dict[str, int] = {}
        """Units by item, over all its lines."""

    def build(self) -> CartProblem:
        lines = self.lines()
        self.rules = rules_of(self.network, self.policy, self.cart)
        offers = list(self.offers())
        ways = Ways(self.snapshot, self.cart, self.live, self.policy, self.to, self.today)
        ways.explore({offer.location: self.goods_at(offer.location) for offer in offers})
        self.left_out.extend(ways.left_out)
        used = {offer.location for offer in offers} & ways.usable
        problem = Problem(
            id="cart",
            now=minute_of(self.cart.at),
            q=self.policy.level,
            joint=True,
            lines=lines,
            offers=tuple(offer for offer in offers if offer.location in used),
            boxes=ways.boxes,
            locations=tuple(ways.location(code) for code in sorted(used)),
            hubs=ways.hubs,
            lanes=ways.lanes,
            services=ways.services,
            fit=packing_fit(self.snapshot, {line.item.id: self.sku(line) for line in lines}),
            max_parcels=min(
                self.policy.splits.max_parcels,
                self.rules.max_parcels or self.policy.splits.max_parcels,
            ),
            day_starts=self.snapshot.day_starts(self.to.zones, ways.first_day),
            rules=self.rules,
            co2_price=self.policy.co2.minor_per_tonne
            if self.cart.co2_minor_per_tonne is None
            else self.cart.co2_minor_per_tonne,
        )
        chosen = choose_level(problem, self.policy.date_rule, self.lateness_cost(ways.model))
        return CartProblem(
            cart=self.cart,
            policy=self.policy,
            problem=replace(problem, q=chosen.level) if chosen.level != problem.q else problem,
            destination=self.to,
            home=self.home,
            first_day=ways.first_day,
            settled_on=self.today,
            offers=self.offer_of,
            prices=ways.price_of,
            services=ways.service_of,
            distances_m=ways.distances_m,
            left_out=tuple(self.left_out),
            model=ways.model,
            rule=chosen.rule,
        )

    def lateness_cost(self, model: str) -> float | None:
        """Days that a late order is worth: the policy's, else what was learned for its level."""
        if self.policy.lateness_cost_days is not None:
            return float(self.policy.lateness_cost_days)
        if model == PUBLISHED or self.snapshot.lead_times is None:
            return None
        return state_of(self.snapshot.lead_times).lateness_costs.get(
            f"{float(self.policy.level):g}"
        )

    def goods_at(self, location: str) -> tuple[Goods, ...]:
        """All of the cart that could come from there."""
        return tuple(
            Goods(self.network.sku(line.sku), line.qty, self.settled(offer.price) or 0)
            for line in self.cart.lines
            if (offer := self.offer_of.get((line.id, location))) is not None
        )

    def sku(self, line: Line) -> Sku:
        return self.network.sku(line.item.id.partition("@")[0])

    def lines(self) -> tuple[Line, ...]:
        faults = []
        lines = []
        scopes: dict[str, set[str]] = {}
        for index, wanted in enumerate(self.cart.lines):
            scopes.setdefault(wanted.sku, set()).add(wanted.seller)
            known = self.snapshot.offers_of.get(wanted.sku, ())
            if not self.network.has_sku(wanted.sku):
                faults.append(Fault(f"lines[{index}].sku", f"unknown SKU {wanted.sku!r}"))
                continue
            if wanted.seller and all(offer.seller != wanted.seller for offer in known):
                reason = f"{wanted.seller!r} does not sell {wanted.sku}"
                faults.append(Fault(f"lines[{index}].seller", reason))
                continue
            lines.append(Line(wanted.id, self.item(wanted), wanted.qty))
        for sku, sellers in scopes.items():
            if "" in sellers and len(sellers) > 1:
                faults.append(Fault("lines", f"name a seller on every line of {sku}, or on none"))
        if faults:
            raise InvalidInput(faults=faults, code="unknown_sku")
        return tuple(lines)

    def item(self, line: CartLine) -> Item:
        sku = self.network.sku(line.sku)
        sides = (sku.size.length_mm, sku.size.width_mm, sku.size.height_mm)
        return Item(item_id(line), sku.weight_g, sides, sku.flags)

    def offers(self) -> Iterator[Offer]:
        """One offer per item and location: valid, in stock, and of the cheapest seller."""
        at: dict[str, dict[str, NetworkOffer]] = {}
        for line in self.cart.lines:
            self.wanted[item_id(line)] = self.wanted.get(item_id(line), 0) + line.qty
        for line in self.cart.lines:
            for offer in self.choose(line):
                self.offer_of[(line.id, offer.location)] = offer
                at.setdefault(item_id(line), {})[offer.location] = offer
        if self.rules.any:
            self.rules = joined([self.rules, self.apart(at)])
        for item, chosen in at.items():
            for offer in chosen.values():
                stock = self.live.stock.get(offer.key, 0)
                if stock <= 0:
                    continue
                cost = self.settled(offer.unit_cost) if offer.unit_cost else 0
                if cost is None:
                    self.left_out.append(LeftOut("offer", "/".join(offer.key), "no_exchange_rate"))
                    continue
                name = f"{item} at {offer.location}"
                yield Offer(name, item, offer.location, stock, cost, offer.lead_min)

    def apart(self, at: dict[str, dict[str, NetworkOffer]]) -> Rules:
        """Lines of one item whose rules choose different sellers, each kept from the others'."""
        return Rules(
            without=tuple(
                Without(line.id, offer.seller)
                for line in self.cart.lines
                for offer in at.get(item_id(line), {}).values()
                if (line.id, offer.location) not in self.offer_of
                and self.rules.permits(line.id, offer.seller, offer.location)
            )
        )

    def choose(self, line: CartLine) -> list[NetworkOffer]:
        """The offers that may serve a line: without a named seller, those of the lowest price."""
        bare = not self.rules.any
        valid = [
            offer
            for offer in self.snapshot.offers_of.get(line.sku, ())
            if offer.is_valid_on(self.today)
            and line.seller in ("", offer.seller)
            and (bare or self.rules.permits(line.id, offer.seller, offer.location))
        ]
        priced: dict[str, list[tuple[int, NetworkOffer]]] = {}
        for offer in valid:
            price = self.settled(offer.price)
            if price is None:
                self.left_out.append(LeftOut("offer", "/".join(offer.key), "no_exchange_rate"))
            elif line.seller or self.live.stock.get(offer.key, 0) > 0:
                priced.setdefault(offer.seller, []).append((price, offer))
        if not priced:
            return []
        if line.seller:
            return [offer for _, offer in priced[line.seller]] if line.seller in priced else []
        seller = min(priced, key=lambda code: (self.scarcity(line, priced[code]), code))
        return [offer for _, offer in priced[seller]]

    def scarcity(self, line: CartLine, offers: list[tuple[int, NetworkOffer]]) -> tuple[bool, int]:
        """A seller who cannot serve the whole line comes after those who can; then by price."""
        stock = sum(self.live.stock.get(offer.key, 0) for _, offer in offers)
        return stock < self.wanted[item_id(line)], min(price for price, _ in offers)

    def settled(self, amount: Money) -> int | None:
        currency = self.network.marketplace.currency
        settled = settle(amount, currency, self.network.exchange_rates, self.today)
        return None if isinstance(settled, NoExchangeRate) else settled.amount.minor
