"""A quote: the delivery options of a cart with promise, cost, charge and who is responsible."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from core.ids import QuoteId
from core.money import Money
from core.places import Destination
from core.units import Dimensions
from routing.cart import Cart, CartLine
from routing.charges import Charge
from routing.checkout.rules import NO_RULES, Rules


@dataclass(frozen=True, slots=True)
class Promise:
    """With at least `level`, everything has arrived by the end of `date` at the destination."""

    date: date
    ends_at: datetime
    """The end of that day there, UTC; with several zones the latest."""
    level: Decimal
    probability: str
    """What the model says, four decimals, rounded down."""
    rule: str = "level"
    """How the day was chosen: level, cost or later (of both)."""


@dataclass(frozen=True, slots=True)
class OptionContent:
    """Units of a line in a parcel, and where they come from."""

    line: str
    sku: str
    name: str
    qty: int
    seller: str
    location: str


@dataclass(frozen=True, slots=True)
class InboundLeg:
    """Goods going from a location to the hub before the parcel is made there."""

    location: str
    ready_at: datetime
    departs_at: datetime


@dataclass(frozen=True, slots=True)
class CostLine:
    """A part of a parcel's cost: freight, fuel, …, box, handling, inbound."""

    code: str
    amount: Money


NOT_FREIGHT = frozenset({"box", "handling", "inbound"})
"""Cost lines that are not the carrier's rate."""


@dataclass(frozen=True, slots=True)
class TransitTimes:
    """The outbound transit distribution, for the ETA."""

    levels: tuple[Decimal, ...]
    minutes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class OptionParcel:
    """One parcel of an option, from where it is packed to the door."""

    number: int
    origin: str
    """Location where it is packed and labelled; a hub for `through_hub`."""
    through_hub: bool
    service: str
    carrier: str
    service_name: str
    tracked: bool
    box: str
    size: Dimensions
    weight_g: int
    contents: tuple[OptionContent, ...]
    legs: tuple[InboundLeg, ...]
    ready_at: datetime
    """When it can be picked up at the latest (through a hub: with the promise's level)."""
    leaves_at: datetime
    date: date
    """The parcel's own date at the level; never later than the option's."""
    transit: TransitTimes
    cost: Money
    cost_lines: tuple[CostLine, ...]
    co2_g: int | None
    customs: str
    """none, dap or ddp."""
    duties: Money | None
    """Where known: paid by the sender (ddp) or on delivery (dap)."""
    duties_said: str
    """Sentence code: no_duties, duties_paid, duties_on_delivery, duties_not_included."""
    import_tax: Money | None = None
    """Import VAT on goods, duties and delivery, where prices do not contain it."""
    import_tax_said: str = "no_import_tax"
    """Sentence code: no_import_tax (no border), import_tax_in_price, import_tax_paid,
    import_tax_on_delivery, import_tax_not_included."""


@dataclass(frozen=True, slots=True)
class Difference:
    """How an option differs from the one before it in the list."""

    to: str
    days: int
    parcels: int
    charge: Money


@dataclass(frozen=True, slots=True)
class Responsibility:
    """Who sells, who ships, who takes returns, whom to contact."""

    seller: str
    name: str
    legal_name: str
    contact: str
    ships_from: tuple[str, ...]
    returns_to: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sentence:
    """One reason, as a code with parameters and the ids of the constraints behind it.

    A parameter's name says what it is: `…_at` an instant (ISO 8601, UTC), `…_on` a day, `…_minor`
    minor units of the quote's currency, `share` and `level` probabilities, `line`, `location`,
    `hub` and `seller` codes; everything else a number or a name.
    """

    code: str
    parameters: tuple[tuple[str, str], ...] = ()
    constraints: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DeliveryWindow:
    """A window by appointment on the promised day, kept with at least the level."""

    code: str
    starts_at: datetime
    ends_at: datetime
    probability: str
    """That everything has arrived by its end, four decimals, rounded down."""


@dataclass(frozen=True, slots=True)
class PickupPoint:
    """Where the shopper collects."""

    code: str
    name: str
    street: str
    city: str
    postcode: str
    country: str
    distance_m: int
    """Great-circle, from the destination's point."""


@dataclass(frozen=True, slots=True)
class DeliveryOption:
    """One choice for the shopper."""

    code: str
    names: tuple[str, ...]
    promise: Promise
    cost: Money
    charge: Charge
    parcels: tuple[OptionParcel, ...]
    co2_g: int | None
    co2_illustrative: bool
    order_within: datetime | None
    """Ordered until then, the option keeps its date; None: for longer than the horizon."""
    difference: Difference | None
    responsibility: tuple[Responsibility, ...]
    why: tuple[Sentence, ...] = ()
    """Why this date, this split, these origins."""
    windows: tuple[DeliveryWindow, ...] = ()
    """Where all its carriers deliver by appointment."""
    pickup_point: PickupPoint | None = None
    """None: to the door."""
    co2_cost: Money | None = None
    """Its CO2e at the price that counted in the choice, in no sum unless the policy charges it;
    None: without a price, or unknown."""


@dataclass(frozen=True, slots=True)
class Alternative:
    """What an option would be under a change; found by solving the cart again."""

    question: Sentence
    """ordered_earlier, before_cut_off, from_place, without_place, fewer_parcels, without_rule."""
    date: date | None
    """None: there would be no way at all."""
    days: int = 0
    """Later (negative: earlier) than the option; likewise parcels, cost and charge."""
    parcels: int = 0
    cost: Money | None = None
    charge: Money | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything there is to say about one option."""

    option: str
    why: tuple[Sentence, ...]
    alternatives: tuple[Alternative, ...]


@dataclass(frozen=True, slots=True)
class WhyNot:
    """Why there is no option, or none for a line."""

    code: str
    line: str | None
    details: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Unused:
    """Something the plan left out, and why: kind (service, offer, lane, box), code, reason."""

    kind: str
    code: str
    reason: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class UsedRate:
    """An exchange rate behind the prices."""

    base: str
    quote: str
    rate: Decimal
    day: date
    source: str


@dataclass(frozen=True, slots=True)
class SeenStock:
    """Units of an offer that were free when the quote was made."""

    seller: str
    sku: str
    location: str
    units: int


@dataclass(frozen=True, slots=True)
class SeenUse:
    """Parcels planned already for a place (or `SERVICE@PLACE`) and day when the quote was made."""

    place: str
    day: date
    parcels: int


@dataclass(frozen=True, slots=True)
class Quote:
    """The priced options of a cart, held until a time."""

    id: QuoteId
    network: str
    """Content hash of the network it was planned on."""
    policy: str
    policy_version: int
    at: datetime
    expires_at: datetime
    destination: Destination
    precision: str
    zones: tuple[str, ...]
    currency: str
    group: str
    lines: tuple[CartLine, ...]
    options: tuple[DeliveryOption, ...]
    exact: bool
    bound_minor: int | None
    """A lower bound on the cost of any plan."""
    reasons: tuple[WhyNot, ...]
    left_out: tuple[Unused, ...]
    rates: tuple[UsedRate, ...]
    model: str = "published-quantiles"
    """What its probabilities come from, as the promise ledger names it."""
    stock: tuple[SeenStock, ...] = ()
    """What was live when it was made, so that the quote can be planned again alike."""
    used: tuple[SeenUse, ...] = ()
    nominated_day: date | None = None
    pickup: str = ""
    """The pickup point that was asked for."""
    pickup_points: int = 0
    """How many of the nearest pickup points were asked for."""
    rules: Rules = NO_RULES
    """The side constraints that were asked for."""
    co2_minor_per_tonne: int | None = None
    """The price of CO2e that was asked for; None: the policy's."""
    method: str = "exact"
    """How it was planned: exact, exact_without_co2, large (search) or cpsat."""
    degraded_by: str = ""
    """How it was made where planning overran its time: last_good_plan, greedy or static_table;
    empty: planned in full. Its dates and prices hold like any other's; better ones may exist."""

    @property
    def cart(self) -> Cart:
        """What was asked."""
        return Cart(
            destination=self.destination,
            lines=self.lines,
            at=self.at,
            policy=self.policy,
            group=self.group,
            nominated_day=self.nominated_day,
            pickup_point=self.pickup,
            pickup_points=self.pickup_points,
            rules=self.rules,
            co2_minor_per_tonne=self.co2_minor_per_tonne,
        )

    @property
    def degraded(self) -> bool:
        """Whether it was made in a hurry."""
        return self.degraded_by != ""

    def option(self, code: str) -> DeliveryOption | None:
        """The option of that code or name."""
        for option in self.options:
            if code == option.code or code in option.names:
                return option
        return None


def nearest_option(chosen: DeliveryOption, options: Sequence[DeliveryOption]) -> Difference | None:
    """The option nearest to one that can't be had any more, and how it differs from it.

    One that bears a name of the chosen, else the cheapest not later, else the earliest.
    """
    if not options:
        return None
    alike = [option for option in options if set(option.names) & set(chosen.names)]
    in_time = [option for option in options if option.promise.date <= chosen.promise.date]
    best = min(
        alike or in_time or options,
        key=lambda option: (
            (option.charge.total.minor, option.promise.date)
            if in_time
            else (option.promise.date, option.charge.total.minor)
        ),
    )
    return difference_of(chosen, best, to=best.code)


def difference_of(before: DeliveryOption, after: DeliveryOption, *, to: str) -> Difference:
    """How one option differs from another; `to` names the one it is told beside."""
    charge = after.charge.total - before.charge.total
    return Difference(
        to=to,
        days=(after.promise.date - before.promise.date).days,
        parcels=len(after.parcels) - len(before.parcels),
        charge=charge,
    )


def freight_minor(cost_lines: Sequence[Mapping[str, Any]]) -> int | None:
    """What the carrier asked, from a parcel's stored cost lines, minor units; None where none are kept."""
    if not cost_lines:
        return None
    rates = (line for line in cost_lines if line["code"] not in NOT_FREIGHT)
    return sum(int(line["amount"]["minor"]) for line in rates)
