"""`lanewise carrier price | dry-run`: what a parcel costs, and rules tried on history."""

import re
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from api.commands.api_key import Tenant
from api.commands.carrier_contracts import own_contracts, read_tariffs
from api.commands.output import emit
from carriers.adapters.table.published import published_tariffs
from carriers.history_files import history_from_csv, rules_from_json
from carriers.service_rules import Costs, DryRun, dry_run
from carriers.tariffs import MeasuredParcel, NoRate, Price, RateLane, Tariff, price_parcel
from core.errors import invalid
from core.places import Destination
from core.units import Dimensions

Json = Annotated[bool, typer.Option("--json", help="JSON on standard output.")]


def known_tariffs(tenant: str | None) -> dict[tuple[str, str], Tariff]:
    """Published prices and a tenant's contracts by (carrier, service); those stand before others."""
    return {**published_tariffs(), **own_contracts(tenant).tariffs}


def price(
    origin: Annotated[str, typer.Option("--from", help="Country and postcode: NL:5026RA.")],
    to: Annotated[str, typer.Option(help="Country and postcode: DE:10115.")],
    weight_g: Annotated[int, typer.Option(min=1, help="Actual weight.")],
    size_mm: Annotated[str, typer.Option(help="Length x width x height: 300x200x150.")],
    carrier: Annotated[str | None, typer.Option(help="Only this carrier.")] = None,
    service: Annotated[str | None, typer.Option(help="Only this service.")] = None,
    tariff: Annotated[Path | None, typer.Option(help="Price by this contract file.")] = None,
    on: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Day; default: today (UTC).")
    ] = None,
    residential: Annotated[bool, typer.Option(help="Delivered to a home.")] = False,
    tenant: Tenant = None,
    as_json: Json = False,
) -> None:
    """Price one parcel, line by line, cheapest first; exit code 1 when no service takes it."""
    known = (
        {(one.carrier, one.service): one for one in read_tariffs(tariff)}
        if tariff is not None
        else known_tariffs(tenant)
    )
    chosen = {
        key: one
        for key, one in known.items()
        if carrier in (None, key[0]) and service in (None, key[1])
    }
    if not chosen:
        raise invalid(
            "carrier", "there is no such carrier and service; see `lanewise carrier list`"
        )
    parcel = MeasuredParcel(weight_g, _size(size_mm))
    lane = RateLane(_place("from", origin), _place("to", to), residential)
    day = _today() if on is None else on.date()
    answers = [(key, price_parcel(one, parcel, lane, day)) for key, one in chosen.items()]
    prices = sorted(
        ((key, found) for key, found in answers if isinstance(found, Price)),
        key=lambda item: (item[1].total.currency, item[1].total.minor, item[0]),
    )
    refused = [(key, found) for key, found in answers if isinstance(found, NoRate)]
    emit(
        {"prices": [_priced(*item) for item in prices], "none": [_none(*i) for i in refused]},
        as_json=as_json,
        text="\n".join(
            [_explained(*item) for item in prices] or [_why_not(*item) for item in refused]
        ),
    )
    if not prices:
        raise typer.Exit(1)


def try_rules(
    rules: Annotated[Path, typer.Argument(help="JSON list of rules; the first that matches wins.")],
    history: Annotated[Path, typer.Argument(help="CSV of parcels that were shipped.")],
    tenant: Tenant = None,
    as_json: Json = False,
) -> None:
    """Price shipped parcels as the rules would have shipped them; find conflicts and dead rules.

    Exit code 1 when a rule is unreachable, a parcel was left without a rule or price, or costs are
    in two currencies: then they can't be compared.
    """
    chosen = rules_from_json(_read(rules))
    result = dry_run(chosen, history_from_csv(_read(history)), known_tariffs(tenant))
    emit(_run_json(result), as_json=as_json, text=_run_text(result))
    mixed = any(one.change is None for one in result.costs)
    if result.unreachable or result.unmatched or result.unpriced or mixed:
        raise typer.Exit(1)


def _today() -> date:
    return datetime.now(UTC).date()


def _read(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise invalid(str(file), f"cannot be read: {error}") from None


def _place(name: str, text: str) -> Destination:
    country, _, postcode = text.partition(":")
    if not re.fullmatch(r"[A-Z]{2}", country):
        raise invalid(name, f"{text!r} is not like NL:5026RA")
    return Destination(country, postcode)


def _size(text: str) -> Dimensions:
    found = re.fullmatch(r"(\d{1,5})[xX×](\d{1,5})[xX×](\d{1,5})", text)
    if found is None:
        raise invalid("size-mm", f"{text!r} is not like 300x200x150")
    return Dimensions(*(int(side) for side in found.groups()))


def _priced(key: tuple[str, str], found: Price) -> dict[str, Any]:
    return {
        "carrier": key[0],
        "service": key[1],
        "total_minor": found.total.minor,
        "currency": found.total.currency,
        "tax_minor": found.tax.minor,
        "zone": found.zone,
        "format": found.format,
        "chargeable_weight_g": found.chargeable_weight_g,
        "in_force_since": found.in_force_since.isoformat(),
        "lines": [
            {"code": line.code, "label": line.label, "amount_minor": line.amount.minor}
            for line in found.lines
        ],
    }


def _none(key: tuple[str, str], found: NoRate) -> dict[str, str]:
    return {
        "carrier": key[0],
        "service": key[1],
        "reason": found.reason.value,
        "detail": found.detail,
    }


def _explained(key: tuple[str, str], found: Price) -> str:
    rows = [(f"{key[0]}/{key[1]}", found.total), *((f"  {x.label}", x.amount) for x in found.lines)]
    head = (
        f"  chargeable {found.chargeable_weight_g} g, prices in force since {found.in_force_since}"
    )
    lines = [f"{label:60} {amount.to_decimal():>10} {amount.currency}" for label, amount in rows]
    return "\n".join([lines[0], head, *lines[1:]])


def _why_not(key: tuple[str, str], found: NoRate) -> str:
    return f"{key[0]}/{key[1]}: {found.reason.value}: {found.detail}"


def _run_json(result: DryRun) -> dict[str, Any]:
    return {
        "parcels": dict(result.parcels),
        "costs": [
            {
                "parcels": one.parcels,
                "then_minor": one.then.minor,
                "then_currency": one.then.currency,
                "now_minor": one.now.minor,
                "now_currency": one.now.currency,
                "change_minor": None if one.change is None else one.change.minor,
            }
            for one in result.costs
        ],
        "unmatched": result.unmatched,
        "unpriced": dict(result.unpriced),
        "conflicts": [asdict(conflict) for conflict in result.conflicts],
        "unreachable": list(result.unreachable),
    }


def _run_text(result: DryRun) -> str:
    lines = [f"{count:8} parcels by rule {name}" for name, count in result.parcels.items()]
    lines += [_cost_text(one) for one in result.costs]
    lines += [f"{count:8} parcels have no price: {why}" for why, count in result.unpriced.items()]
    if result.unmatched:
        lines.append(f"{result.unmatched:8} parcels match no rule")
    lines += [f"unreachable: {name}" for name in result.unreachable]
    lines += [
        f"conflict: {one.first} before {one.second}, e.g. {one.country}, {one.weight_g} g, "
        f"{one.longest_mm} mm"
        for one in result.conflicts
    ]
    return "\n".join(lines) or "no parcels"


def _cost_text(costs: Costs) -> str:
    then, now = costs.then, costs.now
    if costs.change is None:
        return (
            f"{costs.parcels:8} parcels: {then.to_decimal()} {then.currency} then, "
            f"{now.to_decimal()} {now.currency} with the rules: two currencies, not compared"
        )
    return (
        f"{then.currency}: {then.to_decimal()} then, {now.to_decimal()} with the rules "
        f"({costs.change.to_decimal():+})"
    )
