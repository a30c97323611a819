"""`lanewise carrier import-tariff | drop-tariff | numbers`: a tenant's own contracts and numbers."""

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from babel.numbers import list_currencies
from sqlalchemy.engine import make_url

from api.commands.api_key import Tenant, find_tenant
from api.commands.output import emit
from api.wiring import Lanewise, from_environment
from carriers.contract_files import tariff_from_json
from carriers.flows.drop_contract import drop_contract
from carriers.flows.keep_contract import keep_contract
from carriers.flows.keep_number_range import keep_number_range
from carriers.flows.read_contracts import Contracts, read_contracts
from carriers.number_ranges import NumberRange, count_given, range_to_json
from carriers.tables import NumberSeriesRow
from carriers.tariff_checks import Finding, Severity, check_tariff
from carriers.tariffs import Tariff
from core.errors import Fault, InvalidInput, invalid
from store.session import normal_url

Json = Annotated[bool, typer.Option("--json", help="JSON on standard output.")]


def own_contracts(tenant: str | None) -> Contracts:
    """The tenant's contracts; none as long as there is no database."""
    lanewise = from_environment()
    if tenant is None and not _has_database(lanewise):
        return Contracts()
    with lanewise.sessions(find_tenant(lanewise, tenant), read_only=True) as session:
        return read_contracts(session)


def _has_database(lanewise: Lanewise) -> bool:
    url = make_url(normal_url(lanewise.settings.resolved_database_url))
    return url.get_backend_name() != "sqlite" or Path(url.database or "").is_file()


def read_tariffs(file: Path) -> list[Tariff]:
    """The tariffs of a file (one object, or a list of them); raises InvalidInput naming every fault."""
    try:
        data = json.loads(file.read_text("utf-8"), object_pairs_hook=_each_once)
    except (OSError, ValueError, RecursionError) as error:
        raise invalid(str(file), f"cannot be read: {error}") from None
    items = data if isinstance(data, list) else [data]
    tariffs: list[Tariff] = []
    faults: list[Fault] = []
    for item in items:
        if not isinstance(item, dict):
            raise invalid(str(file), "a tariff is a JSON object")
        try:
            tariffs.append(tariff_from_json(item, file=file.name))
        except InvalidInput as error:
            faults.extend(error.faults)
    names = [f"{one.carrier}/{one.service}" for one in tariffs]
    twice = sorted({name for name in names if names.count(name) > 1})
    faults += [Fault(name, "stands twice", file=file.name) for name in twice]
    if faults:
        raise InvalidInput(faults=faults)
    return tariffs


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of JSON; a name that stands twice would hide the first value."""
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"{next(n for n in names if names.count(n) > 1)!r} stands twice")
    return made


def import_tariff(
    file: Annotated[Path, typer.Argument(help="A contract as JSON, or a list of them.")],
    check: Annotated[bool, typer.Option("--check", help="Only check; keep nothing.")] = False,
    company_prefix: Annotated[
        str | None,
        typer.Option(help="GS1 company prefix to number parcels under; default: demonstration."),
    ] = None,
    on: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Check as of; default: today.")
    ] = None,
    tenant: Tenant = None,
    as_json: Json = False,
) -> None:
    """Check a contract of your own and keep it: the tenant prices and books by it at once.

    Exit code 1 when it has errors (then nothing is kept), 2 when it cannot be read.
    """
    day = _today() if on is None else on.date()
    numbers = None if company_prefix is None else NumberRange(company_prefix)
    tariffs = read_tariffs(file)
    _refuse_reserved({one.carrier for one in tariffs})
    currencies = frozenset(list_currencies())
    findings = {
        f"{one.carrier}/{one.service}": check_tariff(one, today=day, currencies=currencies)
        for one in tariffs
    }
    sound = not any(f.severity is Severity.ERROR for found in findings.values() for f in found)
    kept: list[str] = []
    if sound and not check:
        lanewise = from_environment()
        with lanewise.sessions(find_tenant(lanewise, tenant), actor="cli") as session:
            for one in tariffs:
                keep_contract(session, one)
            if numbers is not None:
                for name in sorted({one.carrier for one in tariffs}):
                    keep_number_range(session, name, numbers)
        kept = list(findings)
    emit(
        {
            "ok": sound,
            "tariffs": {name: [asdict(one) for one in found] for name, found in findings.items()},
            "kept": kept,
        },
        as_json=as_json,
        text=_told(findings, kept),
    )
    if not sound:
        raise typer.Exit(1)


def drop_tariff(carrier: str, service: str, tenant: Tenant = None) -> None:
    """Drop a contract: the service is priced as published again, or not at all."""
    lanewise = from_environment()
    with lanewise.sessions(find_tenant(lanewise, tenant), actor="cli") as session:
        drop_contract(session, carrier, service)
    typer.echo(f"dropped {carrier}/{service}")


def numbers(
    carrier: Annotated[str, typer.Argument(help="A carrier of price tables.")],
    company_prefix: Annotated[
        str | None, typer.Option(help="Number parcels as SSCC-18 under this GS1 company prefix.")
    ] = None,
    s10: Annotated[
        str | None,
        typer.Option(help="Number them as UPU S10 instead: indicator and country, CX:FR."),
    ] = None,
    first: Annotated[int | None, typer.Option(min=0, help="First serial of your range.")] = None,
    last: Annotated[int | None, typer.Option(min=0, help="Last serial, inclusive.")] = None,
    tenant: Tenant = None,
    as_json: Json = False,
) -> None:
    """Tell or set the tracking numbers that parcels of a carrier get, and how many are left.

    A serial is given out once per installation, whichever carrier or tenant numbers in the series.
    """
    from carriers.adapters.table.client import TableCarrier

    lanewise = from_environment()
    whose = find_tenant(lanewise, tenant)
    _refuse_reserved({carrier})
    found = lanewise.carriers_of(whose).get(carrier)
    if not isinstance(found, TableCarrier):
        raise invalid("carrier", f"{carrier!r} has neither published prices nor a contract")
    wanted = _wanted(found.numbers, company_prefix, s10, first, last)
    if wanted != found.numbers:
        with lanewise.sessions(whose, actor="cli") as session:
            keep_number_range(session, carrier, wanted)
    with lanewise.sessions(whose, read_only=True) as session:
        row = session.get(NumberSeriesRow, wanted.series.name)
    given = [(start, end) for start, end in row.given] if row is not None else []
    left = wanted.end - wanted.first + 1 - count_given(given, wanted.first, wanted.end)
    told = {**range_to_json(wanted), "last": wanted.end, "left": left}
    example = wanted.number(wanted.first)
    emit(
        {"carrier": carrier, **told},
        as_json=as_json,
        text=f"{carrier}: {wanted.first} to {wanted.end}, {left} left; the first is {example}",
    )


def _wanted(
    present: NumberRange,
    company_prefix: str | None,
    s10: str | None,
    first: int | None,
    last: int | None,
) -> NumberRange:
    """The range asked for: another series starts from its own beginning."""
    if company_prefix is not None and s10 is not None:
        raise invalid("s10", "either a company prefix or S10 numbers")
    wanted = present
    if company_prefix is not None:
        wanted = NumberRange(company_prefix)
    elif s10 is not None:
        indicator, _, country = s10.partition(":")
        wanted = NumberRange(s10_indicator=indicator or "?", s10_country=country or "?")
    if first is not None or last is not None:
        wanted = replace(
            wanted,
            first=wanted.first if first is None else first,
            last=wanted.last if last is None else last,
        )
    return wanted


def _refuse_reserved(names: set[str]) -> None:
    from api.carrier_adapters import is_reserved, make_carriers
    from core.clock import SystemClock

    shared = make_carriers(None, SystemClock())
    for name in sorted(names):
        if is_reserved(name, shared):
            raise invalid(
                "carrier", f"{name!r} tells its prices itself: no contract is kept for it"
            )


def _today() -> date:
    return datetime.now(UTC).date()


def _told(findings: dict[str, list[Finding]], kept: Sequence[str]) -> str:
    lines = []
    for name, found in findings.items():
        lines += [f"{one.severity.value:8}{name}: {one.at}: {one.reason}" for one in found]
        if not found:
            lines.append(f"{'ok':8}{name}")
    return "\n".join([*lines, *(f"kept    {name}" for name in kept)])
