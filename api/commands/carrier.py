"""`lanewise carrier`: the carriers there are, and whether an adapter keeps the port's promises."""

import importlib
import json
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from api.commands.api_key import Tenant
from api.commands.carrier_batch import book_batch
from api.commands.carrier_contracts import drop_tariff, import_tariff, numbers, own_contracts
from api.commands.carrier_tariffs import price, try_rules
from api.conformance_journal import conform_journal
from api.conformance_page import html_report
from carriers.conformance import Check, Verdict, conform
from carriers.conformance_samples import DUTCH, Samples
from carriers.mishaps import NUMBER, Mishap, conform_faults
from carriers.ports import Booked, Capability, Carrier, Recovery
from core.clock import ManualClock
from core.errors import InvalidInput, LanewiseError
from core.places import Address

app = typer.Typer(help="The carriers there are, whether an adapter conforms, tariffs, batches.")
app.command("book-batch")(book_batch)
app.command("price")(price)
app.command("import-tariff")(import_tariff)
app.command("drop-tariff")(drop_tariff)
app.command("numbers")(numbers)
app.command("dry-run")(try_rules)

DEADLINE = timedelta(seconds=1)  # of adapters under test: faults cost it each
AT_ONCE = 6
CLOSED_URL = "http://127.0.0.1:9"  # the discard port: nothing listens there
NOW = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)  # a Monday on which every bundled tariff is in force

BRITISH = (
    Address("", "1 Mill Lane", "Leeds", "LS1 4AP", "GB", company="Clogs Ltd"),
    Address("Jana Novak", "5 High Street", "York", "YO1 7HH", "GB"),
)
FRENCH = (
    Address("", "7 rue du Moulin", "Lille", "59000", "FR", company="Sabots SARL"),
    Address("Jana Novak", "5 rue Haute", "Lyon", "69001", "FR"),
)
# What a bundled carrier ships at home: a service, and places between which it goes.
DOMESTIC = {
    "postnl": ("DomesticPakket", DUTCH),
    "royalmail": ("online/Tracked48", BRITISH),
    "parcelforce": ("postoffice/ParcelforceExpress24", BRITISH),
    "colissimo": ("FrFrance", FRENCH),
}


@app.command("list")
def list_carriers(
    tenant: Tenant = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on standard output.")] = False,
) -> None:
    """The carriers with what they can do, a tenant's own contracts among them."""
    rows = [_row(name, carrier) for name, carrier in _carriers(tenant).items()]
    if as_json:
        typer.echo(json.dumps(rows))
        return
    for row in rows:
        typer.echo(f"{row['name']}: {', '.join(row['capabilities'])}")
        typer.echo(f"    recovery {row['recovery']}, {len(row['services'])} services")


def _carriers(tenant: str | None) -> dict[str, Carrier]:
    from api.carrier_adapters import make_carriers, with_contracts

    return with_contracts(make_carriers(None, ManualClock(NOW)), own_contracts(tenant))


def _row(name: str, carrier: Carrier) -> dict[str, Any]:
    profile = carrier.profile
    return {
        "name": name,
        "capabilities": sorted(profile.capabilities),
        "recovery": profile.recovery.value,
        "services": list(profile.services),
        "label_formats": list(profile.label_formats),
        "options": sorted(profile.options),
        "deadline_s": profile.deadline.total_seconds(),
    }


@app.command("conform")
def conform_command(
    name: Annotated[
        str,
        typer.Argument(
            help="A carrier of `list`, or `module:factory`; factory(base_url) -> Carrier."
        ),
    ],
    url: Annotated[
        str | None, typer.Option(help="Where the carrier's test account answers (third party).")
    ] = None,
    service: Annotated[str, typer.Option(help="Service to book; default: the first.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="JSON on standard output.")] = False,
    html: Annotated[Path | None, typer.Option(help="Write an HTML report there.")] = None,
    tenant: Tenant = None,
) -> None:
    """Run the public suite over an adapter, faults included; exit code 1 when a check fails."""
    checks = run_checks(name, url, service, tenant)
    failed = sum(check.verdict is Verdict.FAILED for check in checks)
    if html is not None:
        html.write_text(html_report(name, checks), encoding="utf-8")
    if as_json:
        rows = [asdict(check) for check in checks]
        typer.echo(json.dumps({"carrier": name, "ok": failed == 0, "checks": rows}))
    else:
        for check in checks:
            typer.echo(f"{check.verdict.value:8}{check.name:20}{check.detail}")
        typer.echo(f"{len(checks)} checks, {failed} failed")
    if failed:
        raise typer.Exit(1)


def run_checks(name: str, url: str | None, service: str, tenant: str | None = None) -> list[Check]:
    """All checks of one carrier; those without HTTP skip the faults."""
    run = f"{time.time_ns() % 10**8:08d}" if url else "1"
    with ExitStack() as stack:
        if ":" in name:
            make = _factory(name)
            if url is None:
                raise InvalidInput("--url is needed: where the carrier's test account answers")
            instant = datetime.now(UTC)
            checks = conform(make(url), instant, service=service, run=run)
            checks += conform_journal(make(url), instant, service=service, places=DUTCH)
            upstream = url
        elif name == "sandbox":
            from api.sandbox_thread import running_sandbox

            base, _ = stack.enter_context(running_sandbox(ManualClock(NOW)))
            make, upstream = partial(_sandbox, recovery=Recovery.LOOK_UP), base
            checks = []
            for recovery in Recovery:
                patient = _sandbox(base, recovery, timedelta(seconds=20))
                found = conform(patient, NOW, run=run)
                found += conform_journal(patient, NOW, service="", places=DUTCH)
                checks += [Check(f"{recovery.value}.{c.name}", c.verdict, c.detail) for c in found]
        else:
            return _without_http(name, service, tenant)
        return checks + try_mishaps(make, upstream, service=service, run=run)


def try_mishaps(
    make: Callable[[str], Carrier], upstream: str, *, service: str = "", run: str = "1"
) -> list[Check]:
    """Every mishap on every operation of the adapter; `upstream` is where its carrier answers."""
    from api.conformance_server import misbehaving_server

    with misbehaving_server(upstream) as (base, followed):

        def on(mishap: Mishap) -> Carrier:
            return make(CLOSED_URL if mishap is Mishap.CLOSED else f"{base}/{mishap.value}")

        carrier = make(upstream)
        samples = Samples(carrier.profile, NOW, service, f"F{run}")
        booked = NUMBER
        if Capability.BOOK in carrier.profile.capabilities:
            with suppress(LanewiseError):  # the check `recovery` tells why it does not book
                told = carrier.book(samples.order())
                booked = told if isinstance(told, Booked) else NUMBER
        checks = list(conform_faults(on, side_by_side, samples, booked=booked))
    verdict = Verdict.FAILED if followed else Verdict.PASSED
    checks.append(Check("redirect_not_followed", verdict, ", ".join(followed)))
    return checks


def side_by_side(calls: Sequence[Callable[[], object]]) -> list[float]:
    """How long each took, seconds; a few at a time, for silences cost a deadline each."""
    with ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
        return list(pool.map(_elapsed_s, calls))


def _elapsed_s(call: Callable[[], object]) -> float:
    began = time.monotonic()
    call()
    return time.monotonic() - began


def _sandbox(
    base_url: str, recovery: Recovery = Recovery.KEY, deadline: timedelta = DEADLINE
) -> Carrier:
    from carriers.adapters.sandbox.client import SandboxClient

    return SandboxClient(base_url, "sandbox", recovery=recovery, deadline=deadline)


def _without_http(name: str, service: str, tenant: str | None) -> list[Check]:
    carriers = _carriers(tenant)
    if name not in carriers:
        raise InvalidInput(
            f"no such carrier: {name}; one of {', '.join(carriers)}, or module:factory"
        )
    usual, places = DOMESTIC.get(name, ("", DUTCH))
    checks = conform(carriers[name], NOW, service=service or usual, places=places)
    checks += conform_journal(carriers[name], NOW, service=service or usual, places=places)
    return [*checks, Check("faults", Verdict.SKIPPED, "this carrier has no outside to fail")]


def _factory(name: str) -> Callable[[str], Carrier]:
    module, _, attribute = name.partition(":")
    try:
        factory: Callable[[str], Carrier] = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise InvalidInput(f"cannot load {name}: {error}") from None
    return factory
