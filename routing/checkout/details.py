"""A plan as a delivery option: its parcels with times, prices line by line, customs, promise."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cached_property

from core.money import Money
from core.units import Dimensions
from routing.charges import Charge, CostShare, charge_delivery
from routing.checkout.carbon import shadow_minor
from routing.checkout.customs import CustomsDesk
from routing.checkout.deadline import latest_order
from routing.checkout.evaluate import Evaluator, ParcelCost
from routing.checkout.from_network import CartProblem
from routing.checkout.likelihood import Likelihoods
from routing.checkout.pickups import pickup_point_of
from routing.checkout.problem import CO2_UNKNOWN_G, NEVER, Content, Plan, PlannedParcel
from routing.checkout.sentences import sentences_of
from routing.checkout.why import share_text
from routing.checkout.windows import windows_of
from routing.network.trade import tax_on
from routing.quote import (
    CostLine,
    DeliveryOption,
    InboundLeg,
    OptionContent,
    OptionParcel,
    Promise,
    Responsibility,
    Sentence,
    TransitTimes,
)
from routing.snapshot import Snapshot, instant_of


class Describer:
    """Describes plans of one cart; what plans share is worked out once."""

    def __init__(self, snapshot: Snapshot, cart_problem: CartProblem) -> None:
        self.snapshot, self.of = snapshot, cart_problem
        self.network = snapshot.network
        self.currency = self.network.marketplace.currency
        self.evaluator = Evaluator(cart_problem.problem)
        self.likelihoods = Likelihoods(self.evaluator)
        self.customs = CustomsDesk(snapshot, cart_problem)
        self.point = pickup_point_of(snapshot, cart_problem)
        self._parcels: dict[PlannedParcel, OptionParcel] = {}

    def arrives_as_one(self, plan: Plan) -> bool:
        """All parcels on one and the same day, with the promised probability."""
        if plan.parcels_n == 1:
            return True
        return self.likelihoods.on_one_day(plan.parcels) >= self.likelihoods.need

    def option(
        self,
        code: str,
        plan: Plan,
        names: tuple[str, ...],
        plans: Sequence[Plan],
        *,
        also: tuple[Sentence, ...] = (),
        complete: bool = True,
    ) -> DeliveryOption:
        """The option of a plan of the frontier `plans`; `difference` comes with the list.

        `also`: more reasons for it, told after its own. `complete`: there are no plans beside.
        """
        parcels = self.parcels(plan)
        end = latest_order(self.likelihoods, plan.parcels, plan.date)
        factors = [self._factor_is_illustrative(parcel) for parcel in plan.parcels]
        return DeliveryOption(
            code=code,
            names=names,
            promise=self._promise(plan),
            cost=Money(plan.cost, self.currency),
            charge=self._charge(parcels),
            parcels=parcels,
            co2_g=plan.co2_g if plan.co2_known else None,
            co2_illustrative=any(factors),
            order_within=None if end == NEVER else instant_of(end),
            difference=None,
            responsibility=self._responsibility(parcels),
            why=(
                *sentences_of(self.of, self.likelihoods, plan, plans, complete=complete),
                *also,
            ),
            windows=windows_of(self.of, plan),
            pickup_point=self.point,
            co2_cost=self._co2_cost(plan.co2_g) if plan.co2_known else None,
        )

    def parcels(self, plan: Plan) -> tuple[OptionParcel, ...]:
        """The plan's parcels as an option tells them."""
        return tuple(
            self._numbered(number, parcel) for number, parcel in enumerate(plan.parcels, start=1)
        )

    def _co2_cost(self, co2_g: int | None) -> Money | None:
        """CO2e at its price; None without one."""
        price = self.of.problem.co2_price
        if not price or co2_g is None:
            return None
        return Money(shadow_minor(co2_g, price), self.currency)

    def _promise(self, plan: Plan) -> Promise:
        together = 1.0
        for parcel in plan.parcels:
            together *= self.likelihoods.by(parcel, plan.date)
        return Promise(
            date=self.of.day(plan.date),
            ends_at=self._end_of_day(plan.date),
            level=self.of.stated_level,
            probability=share_text(together),
            rule=self.of.rule.value,
        )

    def _end_of_day(self, day: int) -> datetime:
        return instant_of(int(self.of.problem.day_starts[day + 1]))

    def _factor_is_illustrative(self, parcel: PlannedParcel) -> bool:
        factor = self.of.services[parcel.service].co2e
        return factor is not None and factor.illustrative

    def _numbered(self, number: int, parcel: PlannedParcel) -> OptionParcel:
        known = self._parcels.get(parcel)
        if known is None or known.number != number:
            known = self._parcels[parcel] = self._parcel(number, parcel)
        return known

    def _parcel(self, number: int, parcel: PlannedParcel) -> OptionParcel:
        service = self.of.services[parcel.service]
        cost = self.evaluator.cost(parcel)
        if cost is None:
            raise AssertionError("a planned parcel has a price")
        box = self._boxes[parcel.box]
        ready = self.evaluator.at_node(parcel, self.of.problem.q)
        pickups = self.evaluator.services[parcel.service].pickups
        leaves = int(pickups[int(pickups.searchsorted(ready))])
        customs = self.customs.cross(parcel, cost.total)
        transit = self.evaluator.services[parcel.service].transit
        tare_g = self.evaluator.boxes[parcel.box][1].tare_g
        return OptionParcel(
            number=number,
            origin=parcel.node,
            through_hub=parcel.node in self.evaluator.hubs,
            service=service.code,
            carrier=service.carrier,
            service_name=service.name,
            tracked=service.tracked,
            box=parcel.box.partition("/")[2],
            size=box,
            weight_g=self.evaluator.weight_g(parcel.contents) + tare_g,
            contents=tuple(self._content(content) for content in parcel.contents),
            legs=self._legs(parcel),
            ready_at=instant_of(ready),
            leaves_at=instant_of(leaves),
            date=self.of.day(self.likelihoods.own_day(parcel)),
            transit=TransitTimes(transit.levels, transit.minutes),
            cost=Money(cost.total, self.currency),
            cost_lines=self._cost_lines(cost),
            co2_g=cost.co2_g if cost.co2_g < CO2_UNKNOWN_G else None,
            customs=customs.terms,
            duties=customs.duties,
            duties_said=customs.duties_said,
            import_tax=customs.tax,
            import_tax_said=customs.tax_said,
        )

    @cached_property
    def _boxes(self) -> Mapping[str, Dimensions]:
        return {f"{box.box_set}/{box.code}": box.outer for box in self.network.boxes}

    def _cost_lines(self, cost: ParcelCost) -> tuple[CostLine, ...]:
        parts = [
            *cost.components,
            ("box", cost.box),
            ("handling", cost.units),
            ("inbound", cost.inbound),
        ]
        return tuple(CostLine(code, Money(minor, self.currency)) for code, minor in parts if minor)

    def _content(self, content: Content) -> OptionContent:
        offer = self.of.offers[content.line, content.location]
        name = self.network.sku(offer.sku).name
        line, location, qty = content
        return OptionContent(line, offer.sku, name, qty, offer.seller, location)

    def _legs(self, parcel: PlannedParcel) -> tuple[InboundLeg, ...]:
        if parcel.node not in self.evaluator.hubs:
            return ()
        departures = self.evaluator.departures(parcel) or {}
        return tuple(
            InboundLeg(
                location,
                instant_of(
                    max(self.evaluator.ready(c) for c in parcel.contents if c.location == location)
                ),
                instant_of(departs),
            )
            for location, departs in sorted(departures.items())
        )

    def _charge(self, parcels: Sequence[OptionParcel]) -> Charge:
        shares: list[CostShare] = []
        goods: dict[str, int] = {}
        for parcel in parcels:
            weights: dict[str, int] = {}
            for content in parcel.contents:
                price = self.customs.settled(self.of.offers[content.line, content.location].price)
                goods[content.seller] = goods.get(content.seller, 0) + price * content.qty
                weight_g = self.network.sku(content.sku).weight_g * content.qty
                weights[content.seller] = weights.get(content.seller, 0) + weight_g
            parts = parcel.cost.split(list(weights.values()))
            shares.extend(
                CostShare(seller, parcel.number, part.minor)
                for seller, part in zip(weights, parts, strict=True)
            )
        return charge_delivery(
            self.of.policy.charges,
            shares,
            group=self.of.cart.group,
            goods_minor=goods,
            duties_minor={
                parcel.number: parcel.duties.minor
                for parcel in parcels
                if parcel.customs == "ddp" and parcel.duties is not None
            },
            currency=self.currency,
            import_tax_minor={
                parcel.number: parcel.import_tax.minor
                for parcel in parcels
                if parcel.customs == "ddp" and parcel.import_tax is not None
            },
            co2_minor={
                parcel.number: amount.minor
                for parcel in parcels
                if self.of.policy.co2.charged
                and (amount := self._co2_cost(parcel.co2_g)) is not None
            },
            tax=tax_on(
                self.network.taxes,
                self.of.cart.destination.country,
                "shipping",
                self.of.settled_on,
            ),
        )

    def _responsibility(self, parcels: Sequence[OptionParcel]) -> tuple[Responsibility, ...]:
        ships: dict[str, dict[str, None]] = {}
        for parcel in parcels:
            for content in parcel.contents:
                ships.setdefault(content.seller, {})[content.location] = None
        blocks = []
        for code, places in sorted(ships.items()):
            seller = self.network.seller(code)
            returns = (seller.returns_to,) if seller.returns_to else tuple(places)
            blocks.append(
                Responsibility(
                    code, seller.name, seller.legal_name, seller.email, tuple(places), returns
                )
            )
        return tuple(blocks)
