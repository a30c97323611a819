"""`lanewise quote FILE`: plan a cart on the active network and show its options."""

import json as json_module
import sys
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from api.commands.api_key import find_tenant
from api.commands.output import emit
from api.endpoints.fields import within_reach
from api.wiring import Lanewise, from_environment
from core.clock import require_aware
from core.errors import invalid
from core.places import Destination
from routing.cart import Cart, CartLine
from routing.checkout.rules import Rules
from routing.flows.quote_cart import quote_cart
from routing.network.canonical import from_plain, to_plain
from routing.quote import Quote, WhyNot

app = typer.Typer()

KNOWN = frozenset(
    "destination lines at policy group nominated_day pickup_point pickup_points rules "
    "co2_minor_per_tonne".split()
)


@app.command()
def quote(
    file: Annotated[Path, typer.Argument(help="JSON of a cart; - for standard input.")],
    tenant: Annotated[str | None, typer.Option(help="Tenant; needed when several.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the whole quote as JSON.")] = False,
) -> None:
    """Quote a cart: `{"destination": {"country", "postcode"}, "lines": [{"sku", "qty", "seller"?}]}`.

    Optional fields: at (ISO 8601 with offset, default now), policy, group, nominated_day,
    pickup_point, pickup_points, rules (max_parcels, max_parcels_per_seller, whole_lines,
    without_sellers, without, together, pins), co2_minor_per_tonne.
    """
    lanewise = from_environment()
    cart = read_cart(file, lanewise)
    with lanewise.sessions(find_tenant(lanewise, tenant), actor="cli") as session:
        told = quote_cart(session, cart)
    emit(to_plain(told), as_json=json, text=as_text(told))
    if not told.options:
        raise typer.Exit(1)


def read_cart(file: Path, lanewise: Lanewise) -> Cart:
    """The cart of a file; raises InvalidInput naming the field."""
    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text("utf-8")
        plain = json_module.loads(text)
    except OSError as error:
        raise invalid("FILE", f"{file}: {error.strerror}") from None
    except ValueError as error:
        raise invalid("FILE", f"{file} is not JSON: {error}") from None
    if not isinstance(plain, dict):
        raise invalid("FILE", "is not an object")
    unknown = plain.keys() - KNOWN
    if unknown:
        raise invalid(min(unknown), "unknown field")
    return Cart(
        destination=from_plain(Destination, plain.get("destination"), "destination"),
        lines=tuple(
            _line(number, line) for number, line in enumerate(_list(plain.get("lines")), start=1)
        ),
        at=_instant(plain["at"]) if "at" in plain else lanewise.clock.now(),
        policy=str(plain.get("policy", "")),
        group=str(plain.get("group", "")),
        nominated_day=from_plain(date, plain["nominated_day"], "nominated_day")
        if "nominated_day" in plain
        else None,
        pickup_point=str(plain.get("pickup_point", "")),
        pickup_points=from_plain(int, plain.get("pickup_points", 0), "pickup_points"),
        co2_minor_per_tonne=from_plain(int, plain["co2_minor_per_tonne"], "co2_minor_per_tonne")
        if "co2_minor_per_tonne" in plain
        else None,
        rules=from_plain(Rules, plain.get("rules", {}), "rules"),
    )


def _list(plain: Any) -> list[Any]:
    if not isinstance(plain, list):
        raise invalid("lines", "is not a list")
    return plain


def _line(number: int, plain: Any) -> CartLine:
    if isinstance(plain, dict):
        plain = {"id": str(number), **plain}
    return from_plain(CartLine, plain, f"lines[{number - 1}]")


def _instant(text: Any) -> datetime:
    try:
        instant = require_aware("at", datetime.fromisoformat(str(text)))
    except ValueError:
        raise invalid("at", f"{text!r} is not an ISO 8601 time") from None
    try:
        return within_reach(instant)
    except ValueError as error:
        raise invalid("at", str(error)) from None


def _of(why: WhyNot) -> list[str]:
    """The details of a rule that is in the way."""
    return [f"{name} {value}" for name, value in why.details] if "rule" in why.code else []


def as_text(told: Quote) -> str:
    """The options as a person reads them: dates first."""
    if not told.options:
        reasons = "; ".join(
            " ".join(
                part for part in (why.code, why.line and f"(line {why.line})", *_of(why)) if part
            )
            for why in told.reasons
        )
        return f"no option: {reasons or 'nothing serves this cart'}"
    rows = [f"quote {told.id}, held until {told.expires_at:%Y-%m-%d %H:%M} UTC"]
    for option in told.options:
        names = ", ".join(name.replace("_", " ") for name in option.names)
        rows.append(
            f"{option.code}  {option.promise.date:%a %d %b %Y}  {option.charge.total!s:>12}  "
            f"{len(option.parcels)} parcel{'s' if len(option.parcels) > 1 else ''}  {names}".rstrip()
        )
        for parcel in option.parcels:
            goods = ", ".join(f"{c.qty} x {c.name}" for c in parcel.contents)
            rows.append(f"      {parcel.service_name} from {parcel.origin}, {parcel.box}: {goods}")
    return "\n".join(rows)
