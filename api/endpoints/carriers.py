"""Carriers over HTTP: what each can do, how each has been doing, and what each asks for a parcel."""

import datetime as dt
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from api.callers import Visit, allowed
from api.endpoints.fields import Amount, Code, Given
from api.endpoints.quote_schemas import Country, Out, Postcode
from api.problems import SHARED, problems
from carriers.flows.ask_rates import ask_rates
from carriers.flows.report_health import report_health
from carriers.health import Breaker
from carriers.ports import CarrierProfile, RateRequest
from core.errors import NotFound
from core.places import Destination
from core.units import Dimensions
from tracking.flows.count_unknown_codes import count_unknown_codes

router = APIRouter(prefix="/v1/carriers", tags=["shipments"])

Side = Annotated[int, Field(ge=1, le=10_000)]


class CarrierOut(Out):
    """What a carrier can do through its adapter."""

    name: str
    capabilities: list[str]
    recovery: str = Field(description="How a lost answer is resolved: key, look_up or neither.")
    services: list[str]
    label_formats: list[str]
    options: list[str]
    deadline_s: float


class CountOut(BaseModel):
    """How many of what."""

    name: str
    count: int


class UnknownCodeOut(Out):
    """An event code that no table knows."""

    code: str
    text: str
    events: int
    last_at: dt.datetime


class StoppedAccountOut(Out):
    """An account whose credentials the carrier refuses; other accounts go on."""

    account: str
    code: str
    open_until: dt.datetime | None = Field(description="When the next call tries.")


class HealthOut(Out):
    """How a carrier has been doing in the last 24 hours, by the booking journal."""

    carrier: str
    calls: int
    accepted: int
    refused: int
    waiting: int
    parked: int = Field(description="Of any age: each waits for a person.")
    accepted_share: float | None = Field(description="Of the settled calls, 0..1.")
    answered_share: float | None = Field(description="Of all tries ever; a refusal is an answer.")
    latency_p50_ms: int | None
    latency_p95_ms: int | None
    breaker: Breaker = Field(description="open: calls wait until `open_until`.")
    open_until: dt.datetime | None
    stopped_for: str = Field(description="Why it takes nothing from us: credentials, rate_limit.")
    stopped_accounts: list[StoppedAccountOut]
    failures_in_a_row: int
    last_answer_at: dt.datetime | None
    last_failure_at: dt.datetime | None
    last_failure: str
    refusals: list[CountOut] = Field(description="By the carrier's code, most frequent first.")
    kinds: list[CountOut] = Field(description="Calls by kind: book, void, manifest, pickup.")
    unknown_codes: list[UnknownCodeOut] = Field(description="Of the last seven days.")


class RatePlace(Given):
    """Where a parcel starts or ends, as far as prices need it."""

    country: Country
    postcode: Postcode = ""


class SizeIn(Given):
    """Outer measures in mm."""

    length_mm: Side
    width_mm: Side
    height_mm: Side


class RatesIn(Given):
    """One parcel to be priced by the carriers themselves."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "origin": {"country": "NL", "postcode": "5026 RA"},
                    "destination": {"country": "DE", "postcode": "10115"},
                    "weight_g": 1250,
                    "size": {"length_mm": 300, "width_mm": 200, "height_mm": 150},
                    "mailing_date": "2026-05-04",
                }
            ]
        },
    )

    origin: RatePlace
    destination: RatePlace
    weight_g: Annotated[int, Field(ge=1, le=2_000_000)]
    size: SizeIn
    mailing_date: dt.date
    residential: bool = False
    carriers: list[Code] = Field([], max_length=50, description="Only these; none: all.")


class RateOut(BaseModel):
    """A carrier's price."""

    carrier: str
    service: str
    price: Amount
    transit_days: int | None = None
    expires_at: dt.datetime | None = None
    is_stale: bool = Field(description="Told longer ago than half an hour; the carrier is silent.")


class NoRateOut(BaseModel):
    """A carrier without a price, and why."""

    carrier: str
    reason: str


class RatesOut(BaseModel):
    """Prices, fresh before stale, each by amount; and who told none."""

    rates: list[RateOut]
    missing: list[NoRateOut]


def profile_out(profile: CarrierProfile) -> CarrierOut:
    """The answer for a carrier."""
    return CarrierOut(
        name=profile.name,
        capabilities=sorted(profile.capabilities),
        recovery=profile.recovery.value,
        services=list(profile.services),
        label_formats=list(profile.label_formats),
        options=sorted(profile.options),
        deadline_s=profile.deadline.total_seconds(),
    )


@router.get("", operation_id="list_carriers", responses=problems(*SHARED))
def list_carriers(visit: Visit = allowed("shipments:read")) -> list[CarrierOut]:
    """The carriers that you can book with, by name; the services of your own contracts among them."""
    carriers = visit.lanewise.carriers_of(visit.caller.tenant)
    return [profile_out(one.profile) for _, one in sorted(carriers.items())]


@router.get("/health", operation_id="read_carrier_health", responses=problems(*SHARED))
def read_health(visit: Visit = allowed("operations")) -> list[HealthOut]:
    """How each carrier has been doing, by name."""
    return health_of(visit)


def health_of(visit: Visit) -> list[HealthOut]:
    """The figures of the health page and its endpoint."""
    carriers = visit.lanewise.carriers_of(visit.caller.tenant)
    with visit.reading() as session:
        reports = report_health(session, carriers)
        unknown = count_unknown_codes(session)
    answers = []
    for report in reports:
        plain = {
            name: getattr(report, name)
            for name in HealthOut.model_fields
            if name not in ("stopped_accounts", "refusals", "kinds", "unknown_codes")
        }
        answers.append(
            HealthOut(
                **plain,
                stopped_accounts=[
                    StoppedAccountOut.model_validate(one) for one in report.stopped_accounts
                ],
                refusals=[CountOut(name=name, count=n) for name, n in report.refusals],
                kinds=[CountOut(name=name, count=n) for name, n in report.kinds],
                unknown_codes=[
                    UnknownCodeOut.model_validate(code)
                    for code in unknown
                    if code.carrier == report.carrier
                ],
            )
        )
    return answers


@router.post("/rates", operation_id="ask_rates", responses=problems(*SHARED, "not_found"))
def rates(body: RatesIn, visit: Visit = allowed("quotes")) -> RatesOut:
    """What the carriers ask for this parcel now, within three seconds; it changes nothing.

    A slow carrier is asked twice, a silent one is represented by what it told before, marked stale.
    """
    known = visit.lanewise.carriers_of(visit.caller.tenant)
    strange = sorted(set(body.carriers) - set(known))
    if strange:
        raise NotFound(f"no such carrier: {', '.join(strange)}")
    asked = {name: known[name] for name in body.carriers or known}
    found = ask_rates(
        visit.lanewise.sessions,
        visit.caller.tenant,
        asked,
        RateRequest(
            Destination(body.origin.country, body.origin.postcode),
            Destination(body.destination.country, body.destination.postcode),
            body.weight_g,
            Dimensions(body.size.length_mm, body.size.width_mm, body.size.height_mm),
            body.mailing_date,
            body.residential,
        ),
    )
    return RatesOut(
        rates=[
            RateOut(
                carrier=item.carrier,
                service=item.rate.service,
                price=Amount.of(item.rate.price),
                transit_days=item.rate.transit_days,
                expires_at=item.rate.expires_at,
                is_stale=item.is_stale,
            )
            for item in found.rates
        ],
        missing=[NoRateOut(carrier=n, reason=why) for n, why in sorted(found.missing.items())],
    )
