"""What a quote looks like over HTTP: cart in, options out. Read from routing's values as they are."""

import datetime as dt
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import BeforeValidator, ConfigDict, Field

from api.endpoints.fields import Amount, Code, Given, Instant, Text
from api.endpoints.fields import Out as Out
from api.endpoints.rule_schemas import RulesIn, RulesOut
from routing.cart import MOST_LINES, MOST_UNITS
from routing.network.policies import MOST_MINOR_PER_TONNE

Country = Annotated[
    str, Field(pattern=r"^[A-Z]{2}$", description="ISO 3166-1 alpha-2.", examples=["FR"])
]
Postcode = Annotated[
    str, Field(max_length=20, pattern=r"^[A-Za-z0-9 -]*$", description="May be empty.")
]


class DestinationIn(Given):
    """Where to: country and postal code are enough."""

    country: Country
    postcode: Postcode = ""
    region: Annotated[Text, Field(description="Region, where there is no postal code.")] = ""


class LineIn(Given):
    """So many units of a SKU."""

    sku: Code
    qty: int = Field(ge=1, le=100_000, description="Units.")
    seller: Code | None = Field(None, description="Only from this seller; default: any.")
    id: Code | None = Field(None, description="Your id of the line; default: its place, from 1.")


class CartIn(Given):
    """A cart to be quoted."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "destination": {"country": "FR", "postcode": "69003"},
                    "lines": [{"sku": "SKU-0001", "qty": 1}, {"sku": "SKU-0002", "qty": 2}],
                },
                {
                    "destination": {"country": "FR", "postcode": "69003"},
                    "lines": [
                        {"id": "pot", "sku": "SKU-0001", "qty": 1},
                        {"id": "cups", "sku": "SKU-0002", "qty": 4},
                    ],
                    "rules": {
                        "max_parcels": 2,
                        "whole_lines": ["cups"],
                        "without_sellers": ["SELLER-3"],
                        "pins": [
                            {
                                "line": "pot",
                                "to": "location",
                                "code": "LOC-1",
                                "reason": "engraved there",
                            }
                        ],
                    },
                },
            ]
        },
    )

    destination: DestinationIn
    lines: list[LineIn] = Field(
        min_length=1, max_length=MOST_LINES, description=f"At most {MOST_UNITS} units in all."
    )
    at: Instant | None = Field(None, description="Plan as if it were then; default: now.")
    policy: Code | None = Field(None, description="Default: the marketplace's first policy.")
    group: Code | None = Field(None, description="Customer group, for charge rules.")
    nominated_day: dt.date | None = Field(
        None, description="Everything is to arrive on that day, neither before nor later."
    )
    pickup_point: Code | None = Field(None, description="Everything is to be collected there.")
    pickup_points: int = Field(
        0, ge=0, le=3, description="Offer so many of the nearest pickup points beside the door."
    )
    co2_minor_per_tonne: int | None = Field(
        None,
        ge=0,
        le=MOST_MINOR_PER_TONNE,
        description="What a tonne of CO2e counts in the choice beside the cost, in minor units of "
        "the settlement currency; default: the policy's.",
    )
    rules: RulesIn | None = Field(None, description="Side constraints; default: none.")


class DestinationOut(Out):
    """Where to."""

    country: str
    postcode: str
    region: str


class PromiseOut(Out):
    """Everything has arrived by the end of `date` at the destination, with probability `level`.

    Of parcels that arrive at all: the odds that one is lost are not in it.
    """

    date: dt.date
    ends_at: dt.datetime = Field(description="The end of that day at the destination, UTC.")
    level: Decimal = Field(description="The probability promised, 0 to 1.")
    probability: str = Field(
        description="What the model says of that day, rounded down; of parcels that arrive at all."
    )
    rule: str = Field(
        "level",
        description="How the day was chosen: `level` (the first that keeps it), `cost` (days against "
        "the odds of being late) or `later` of both.",
    )


class ChargeLineOut(Out):
    """One line of the charge."""

    code: str
    seller: str
    parcel: int | None = None
    amount: Amount


class ChargeOut(Out):
    """What the shopper pays for delivery; the lines sum to the total."""

    total: Amount
    tax: Amount = Field(description="Contained in the total.")
    tax_rate: Decimal | None = None
    tax_included: bool
    lines: list[ChargeLineOut]


class DimensionsOut(Out):
    """Outer size."""

    length_mm: int
    width_mm: int
    height_mm: int


class ContentOut(Out):
    """Units of a line in a parcel."""

    line: str
    sku: str
    name: str
    qty: int
    seller: str
    location: str


class LegOut(Out):
    """Goods going to the hub where the parcel is made."""

    location: str
    ready_at: dt.datetime
    departs_at: dt.datetime


class CostLineOut(Out):
    """A part of a parcel's cost."""

    code: str
    amount: Amount


class OptionParcelOut(Out):
    """One parcel of an option."""

    number: int
    origin: str
    through_hub: bool
    carrier: str
    service: str
    service_name: str
    tracked: bool
    box: str
    size: DimensionsOut
    weight_g: int
    contents: list[ContentOut]
    legs: list[LegOut]
    ready_at: dt.datetime
    leaves_at: dt.datetime | None = None
    date: dt.date = Field(description="The parcel's own date at the level.")
    cost: Amount
    cost_lines: list[CostLineOut]
    co2_g: int | None = Field(None, description="Absent: unknown.")
    customs: str = Field(description="none, dap or ddp.")
    duties: Amount | None = None
    duties_said: str = Field(description="What to tell the shopper about duties, as a code.")
    import_tax: Amount | None = None
    import_tax_said: str = Field(description="The same about import VAT.")


class DifferenceOut(Out):
    """How an option differs from its neighbour `to`."""

    to: str
    days: int
    parcels: int
    charge: Amount


class ResponsibilityOut(Out):
    """Who sells, ships, takes returns, answers."""

    seller: str
    name: str
    legal_name: str
    contact: str
    ships_from: list[str]
    returns_to: list[str]


def _as_dict(pairs: object) -> object:
    return dict(pairs) if isinstance(pairs, tuple) else pairs


Parameters = Annotated[dict[str, str], BeforeValidator(_as_dict)]


class SentenceOut(Out):
    """One reason, as a code with parameters; `/why` has it as a text."""

    code: str
    parameters: Parameters = Field(
        description="By name: `…_at` instants, `…_on` days, `…_minor` minor units of the currency."
    )
    constraints: list[str] = Field(description="Ids of the constraints behind it.")


class WindowOut(Out):
    """A window by appointment on the promised day; name its code on commit."""

    code: str
    starts_at: dt.datetime
    ends_at: dt.datetime
    probability: str = Field(
        description="That everything has arrived by its end, rounded down; of parcels that arrive."
    )


class PickupPointOut(Out):
    """Where the shopper collects."""

    code: str
    name: str
    street: str
    city: str
    postcode: str
    country: str
    distance_m: int = Field(description="Great-circle, from the destination's centre.")


class OptionOut(Out):
    """One choice for the shopper."""

    code: str
    names: list[str] = Field(description="fastest, cheapest, fewest_parcels, greenest, …")
    promise: PromiseOut
    cost: Amount = Field(description="What it costs the marketplace.")
    charge: ChargeOut
    parcels: list[OptionParcelOut]
    co2_g: int | None = None
    co2_illustrative: bool
    order_within: dt.datetime | None = Field(
        None, description="Ordered until then, the option keeps its date."
    )
    difference: DifferenceOut | None = None
    responsibility: list[ResponsibilityOut]
    why: list[SentenceOut] = Field(description="Why this date, this split, these origins.")
    windows: list[WindowOut] = Field(description="Where all its carriers deliver by appointment.")
    co2_cost: Amount | None = Field(
        None,
        description="Its CO2e at the price that counted in the choice; in no sum, unless the policy "
        "charges it: then the charge has lines `co2e`. Absent: no price, or unknown.",
    )
    pickup_point: PickupPointOut | None = Field(None, description="Absent: to the door.")


class WhyNotOut(Out):
    """Why there is no option, or none for a line."""

    code: str
    line: str | None = None
    details: Parameters = Field(default_factory=dict)


class RateOut(Out):
    """An exchange rate behind the prices."""

    base: str
    quote: str
    rate: Decimal
    day: dt.date
    source: str


class LineOut(Out):
    """A line as it was asked for."""

    id: str
    sku: str
    qty: int
    seller: str


class QuoteOut(Out):
    """The priced options of a cart, held until `expires_at`."""

    id: UUID
    at: dt.datetime
    expires_at: dt.datetime
    destination: DestinationOut
    precision: str = Field(description="How exactly the destination is known.")
    zones: list[str]
    policy: str
    policy_version: int
    network: str = Field(description="Hash of the network version it was planned on.")
    currency: str
    lines: list[LineOut]
    options: list[OptionOut] = Field(description="No option beats another in every respect.")
    exact: bool = Field(description="No better option exists within the model.")
    method: str = Field(description="exact, exact_without_co2, large (a search) or cpsat.")
    rules: RulesOut
    degraded: bool = Field(
        False, description="Planning overran its time: dates and prices hold, better may exist."
    )
    degraded_by: str = Field("", description="If degraded: last_good_plan, greedy or static_table.")
    co2_minor_per_tonne: int | None = Field(None, description="As asked; absent: the policy's.")
    reasons: list[WhyNotOut] = Field(description="Why there is no option, if there is none.")
    rates: list[RateOut]


def quote_out(quote: object) -> QuoteOut:
    """The answer for a quote."""
    return QuoteOut.model_validate(quote)
