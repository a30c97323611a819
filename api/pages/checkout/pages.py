"""The pages of the checkout playground: cart, options, order."""

from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form, Query, Request
from pydantic import ValidationError
from sqlalchemy.orm import Session
from starlette.responses import HTMLResponse, RedirectResponse, Response

from api.callers import Visit
from api.endpoints.orders import AddressIn, commit_key
from api.endpoints.quote_schemas import CartIn
from api.endpoints.quotes import cart_of, plan_and_keep
from api.pages.checkout.articles import Sample, articles_of, countries_of, samples_of
from api.pages.checkout.chart import chart_of
from api.pages.checkout.why_words import WhyWords
from api.pages.checkout.words import (
    CHARGES,
    COSTS,
    DUTIES,
    NAMES,
    Names,
    changed_text,
    difference_text,
    faults_text,
    percent,
    time_left,
    weight,
)
from api.pages.render import environment, language_of, render
from api.pages.staff import signed_form, signed_in
from api.planning import Planner, QuoteTask
from core.calendars import zone_ending_last
from core.errors import InvalidInput, NotFound, invalid
from core.ids import OrderId, QuoteId
from core.money import Money
from core.places import Address
from routing.flows.commit_option import Outdated, commit_option
from routing.flows.load_snapshot import load_snapshot
from routing.flows.read_order import read_order
from routing.flows.read_quote import read_quote
from routing.network.network import Network
from routing.quote import DeliveryOption, Quote

router = APIRouter(prefix="/checkout")

EXAMPLE = Address("Claire Martin", "12 rue de la République", "Lyon", "", "FR")
ROWS = 4  # rows of an empty cart
MOST_PARCELS = 6  # that the cart's form offers as a limit

Rows = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Filled:
    """What stands in the cart's form."""

    rows: Rows
    country: str
    postcode: str
    day: str = ""
    points: int = 0
    without: str = ""
    """A seller to be left out."""
    most: int = 0
    """Parcels at most; 0: as many as the policy allows."""


def _padded(rows: Rows) -> Rows:
    return rows + [("", "1")] * max(1, ROWS - len(rows))


def _from_sample(sample: Sample) -> Filled:
    rows = [(sku, str(qty)) for sku, qty in sample.lines]
    return Filled(_padded(rows), sample.country, sample.postcode)


def _from_quote(quote: Quote) -> Filled:
    rows = [(line.sku, str(line.qty)) for line in quote.lines]
    day = "" if quote.nominated_day is None else quote.nominated_day.isoformat()
    place = quote.destination
    without = next(iter(quote.rules.without_sellers), "")
    most = quote.rules.max_parcels or 0
    return Filled(
        _padded(rows), place.country, place.postcode, day, quote.pickup_points, without, most
    )


@router.get("")
def cart(
    request: Request,
    sample: Annotated[int, Query(ge=0, le=20)] = 0,
    visit: Visit = signed_in("quotes"),
) -> HTMLResponse:
    """An empty cart, or a sample one."""
    with visit.reading() as session:
        network = load_snapshot(session).network
    samples = samples_of(network)
    chosen = samples[sample - 1] if 0 < sample <= len(samples) else None
    filled = _from_sample(chosen) if chosen else Filled(_padded([]), "FR", "")
    return _page(request, network, filled)


@router.post("")
def ask(
    request: Request,
    sku: Annotated[list[str], Form()],
    qty: Annotated[list[str], Form()],
    country: Annotated[str, Form(max_length=2)],
    postcode: Annotated[str, Form(max_length=20)] = "",
    day: Annotated[str, Form(max_length=10)] = "",
    points: Annotated[int, Form(ge=0, le=3)] = 0,
    without: Annotated[str, Form(max_length=100)] = "",
    most: Annotated[int, Form(ge=0, le=MOST_PARCELS)] = 0,
    visit: Visit = signed_form("quotes"),
) -> Response:
    """Plan the cart, then show its quote under an address of its own."""
    pairs = list(zip(sku[:60], qty[:60], strict=False))
    rows = [(code.strip(), count) for code, count in pairs if code.strip()]
    try:
        wanted = {
            "destination": {"country": country, "postcode": postcode},
            "lines": [{"sku": code, "qty": count} for code, count in rows],
            "nominated_day": day or None,
            "pickup_points": points,
            "rules": {"without_sellers": [without] if without else [], "max_parcels": most or None},
        }
        quote = plan_and_keep(visit, request.app.state.planner, _cart(wanted, visit))
    except (InvalidInput, NotFound) as error:
        with visit.reading() as session:
            network = load_snapshot(session).network
        faults = faults_text(error) if isinstance(error, InvalidInput) else [error.message]
        filled = Filled(_padded(rows), country, postcode, day, points, without, most)
        return _page(request, network, filled, faults=faults, status=422)
    return RedirectResponse(f"/checkout/{quote.id}", 303)


def _cart(wanted: dict[str, Any], visit: Visit) -> Any:
    """The cart as the API takes it, so that the page refuses what the API refuses."""
    try:
        return cart_of(CartIn.model_validate(wanted), visit)
    except ValidationError as error:
        first = error.errors()[0]
        raise invalid(".".join(str(part) for part in first["loc"]), first["msg"]) from None


@router.get("/orders/{order_id}")
def placed(
    request: Request, order_id: UUID, visit: Visit = signed_in("orders:read")
) -> HTMLResponse:
    """What became of the order."""
    with visit.reading() as session:
        order = read_order(session, OrderId(order_id))
    return render(request, "checkout/placed.html", order=order)


@router.get("/{quote_id}")
def options(request: Request, quote_id: UUID, visit: Visit = signed_in("quotes")) -> HTMLResponse:
    """The options of a quote."""
    with visit.reading() as session:
        quote = read_quote(session, QuoteId(quote_id))
        network = load_snapshot(session, quote.network).network
    return _page(request, network, _from_quote(quote), quote=quote, visit=visit)


@router.get("/{quote_id}/why/{option}")
def why(
    request: Request, quote_id: UUID, option: str, visit: Visit = signed_in("quotes")
) -> HTMLResponse:
    """Why an option is as it is, and what it would be under a change, solved now."""
    planner: Planner = request.app.state.planner
    told = planner.why(QuoteTask(visit.caller.tenant, QuoteId(quote_id), option[:40]))
    with visit.reading() as session:
        quote = read_quote(session, QuoteId(quote_id))
        network = _network(session, quote)
    chosen = next(each for each in quote.options if each.code == told.option)
    words = WhyWords.of(
        _tag(request), Names(network), zone_ending_last(quote.zones, quote.at.date()), chosen
    )
    return render(
        request,
        "checkout/why.html",
        zone=zone_ending_last(quote.zones, quote.at.date()),
        back=f"/checkout/{quote_id}#option-{chosen.code}",
        option=chosen,
        why_language=words.catalogue.language,
        reasons=[words.why(sentence) for sentence in told.why],
        alternatives=[words.what_if(alternative) for alternative in told.alternatives],
    )


def _tag(request: Request) -> str:
    return language_of(request).replace("_", "-")


@router.post("/{quote_id}/order")
def place(
    request: Request,
    quote_id: UUID,
    option: Annotated[str, Form(max_length=40)],
    name: Annotated[str, Form(max_length=100)],
    street: Annotated[str, Form(max_length=100)],
    city: Annotated[str, Form(max_length=100)],
    email: Annotated[str, Form(max_length=254)] = "",
    window: Annotated[list[str] | None, Form(max_length=60)] = None,
    visit: Visit = signed_form("orders:write"),
) -> Response:
    """Commit the chosen option; sending the form twice is one order."""
    with visit.writing() as session:
        quote = read_quote(session, QuoteId(quote_id))
        consignee = _consignee(quote, name=name, street=street, city=city, email=email)
        outcome = commit_option(
            session,
            quote.id,
            option,
            consignee,
            key=commit_key(visit.caller.key_id, f"page-{quote_id}-{option}"),
            language=language_of(request),
            window=_window(option, window or []),
        )
        network = _network(session, quote)
    if isinstance(outcome, Outdated):
        fresh = plan_and_keep(visit, request.app.state.planner, outcome.cart)
        instead = outcome.beside(fresh).instead
        changed = changed_text([because.code for because in outcome.because], instead, fresh)
        filled = _from_quote(fresh)
        return _page(
            request, network, filled, quote=fresh, visit=visit, changed=changed, status=409
        )
    return RedirectResponse(f"/checkout/orders/{outcome.order_id}", 303)


def _window(option: str, chosen: list[str]) -> str:
    """The window chosen for an option, of the choices `OPTION:WINDOW` of all of them."""
    for each in chosen[:60]:
        of, _, window = each.partition(":")
        if of == option:
            return window
    return ""


def _network(session: Session, quote: Quote) -> Network:
    return load_snapshot(session, quote.network).network


def _consignee(quote: Quote, **given: str) -> Address:
    place = quote.destination
    wanted = {**given, "country": place.country, "postcode": place.postcode}
    try:
        return AddressIn.model_validate(wanted).value()
    except ValidationError as error:
        first = error.errors()[0]
        raise invalid(".".join(str(part) for part in first["loc"]), first["msg"]) from None


def _page(
    request: Request,
    network: Network,
    filled: Filled,
    *,
    quote: Quote | None = None,
    visit: Visit | None = None,
    faults: list[str] | None = None,
    changed: str = "",
    status: int = 200,
) -> HTMLResponse:
    shown: dict[str, Any] = (
        {} if quote is None or visit is None else _words(request, network, quote, visit)
    )
    return render(
        request,
        "checkout/checkout.html",
        status=status,
        zone="" if quote is None else zone_ending_last(quote.zones, quote.at.date()),
        rows=filled.rows,
        country=filled.country,
        postcode=filled.postcode,
        day=filled.day,
        points=filled.points,
        without=filled.without,
        most=filled.most,
        most_parcels=MOST_PARCELS,
        sellers=[(seller.code, seller.name) for seller in network.sellers],
        countries=countries_of(network),
        articles=articles_of(network),
        samples=[sample.title for sample in samples_of(network)],
        faults=faults or [],
        quote=quote,
        changed=changed,
        **shown,
    )


def _words(request: Request, network: Network, quote: Quote, visit: Visit) -> dict[str, Any]:
    """Everything the options' template says in words."""
    names = Names(network)
    numbers = {option.code: number for number, option in enumerate(quote.options, start=1)}
    money = environment(language_of(request)).filters["money"]
    now = visit.lanewise.clock.now()
    language = _tag(request)
    zone_name = zone_ending_last(quote.zones, quote.at.date())
    refusal = WhyWords.of_refusal(language, names, zone_name, quote)

    def why_of(option: DeliveryOption) -> list[str]:
        words = WhyWords.of(language, names, zone_ending_last(quote.zones, quote.at.date()), option)
        return [words.why(sentence) for sentence in option.why]

    def difference(option: DeliveryOption) -> str:
        if option.difference is None:
            return ""
        amount = option.difference.charge
        sign = "+" if amount.minor > 0 else "−"
        return difference_text(
            option, numbers, f"{sign}{money(Money(abs(amount.minor), amount.currency))}"
        )

    return {
        "chart": chart_of(quote.options),
        "reasons": [refusal.why_not(reason) for reason in quote.reasons],
        "why_of": why_of,
        "why_language": language,
        "consignee": EXAMPLE,
        "name_of": lambda code: NAMES.get(code, code.replace("_", " ")),
        "cost_name": lambda code: COSTS.get(code, code.replace("_", " ")),
        "charge_name": lambda line: " ".join(
            part for part in (CHARGES.get(line.code, line.code), names.seller(line.seller)) if part
        ),
        "duties_of": lambda code: DUTIES.get(code, ""),
        "seller_of": names.seller,
        "place_of": names.place,
        "weight_of": weight,
        "percent": percent,
        "difference_of": difference,
        "left_of": lambda option: time_left(option.order_within, now),
    }
