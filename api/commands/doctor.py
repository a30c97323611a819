"""`lanewise doctor`: what works here, what does not, and what to do about it."""

import importlib.util
import os
import shutil
import sys
from collections.abc import Callable
from typing import Annotated, Any

import typer
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError

from api.commands.output import emit
from api.preconditions import check_key, check_revision, check_tables
from api.settings import read_settings
from api.snapshot_shelf import resident_bytes
from api.wiring import Lanewise
from core.errors import LanewiseError, NotFound, Unavailable
from core.ids import TenantId
from core.kernels import compiled
from routing.compiled_networks import COMPILED
from routing.distributions.lead_times import LearnedLeadTimes
from routing.flows.broken_lead_times import broken_lead_times
from routing.flows.load_lead_times import load_lead_times
from routing.flows.load_snapshot import load_snapshot
from routing.tables import ACTIVE_MODEL, LeadTimeModelRow, active_network
from store import schema
from store.tables import JobRow, TenantRow

app = typer.Typer()
Check = Callable[[Lanewise], str]
MOST_TOLD = 3  # networks named one by one


def _python(_lanewise: Lanewise) -> str:
    return f"{sys.version.split()[0]}, kernels {'compiled' if compiled() else 'as plain Python'}"


def _var(lanewise: Lanewise) -> str:
    folder = lanewise.settings.var
    if not os.access(folder, os.W_OK):
        raise Unavailable(f"{folder} is not there or not writable: run `lanewise init`")
    free = shutil.disk_usage(folder).free // 1_000_000
    if free < 500:
        raise Unavailable(f"only {free} MB left where {folder} lies")
    return f"{folder} writable, {free} MB free"


def _secret(lanewise: Lanewise) -> str:
    path = lanewise.settings.var / "secret.key"
    key = lanewise.secret
    if lanewise.settings.secret_key is None and path.stat().st_mode & 0o077:
        raise Unavailable(f"{path} can be read by others: chmod 600")
    return f"{len(key)} bytes"


def _database(lanewise: Lanewise) -> str:
    check_revision(lanewise)
    check_tables(lanewise)
    return f"{lanewise.sessions.engine.dialect.name} at revision {schema.newest()}"


def _persons(lanewise: Lanewise) -> str:
    return "the secret key opens them" if check_key(lanewise) else "none kept yet"


def _tenants(lanewise: Lanewise) -> str:
    with lanewise.sessions.system(read_only=True) as session:
        count = session.scalar(select(func.count()).select_from(TenantRow)) or 0
    if not count:
        raise Unavailable("none: run `lanewise init`")
    return str(count)


def _jobs(lanewise: Lanewise) -> str:
    with lanewise.sessions.system(read_only=True) as session:
        rows = session.execute(select(JobRow.state, func.count()).group_by(JobRow.state)).all()
    counts = {str(state): int(count) for state, count in rows}
    if counts.get("dead"):
        raise Unavailable(f"{counts['dead']} dead; see /v1/jobs?state=dead")
    return ", ".join(f"{count} {state}" for state, count in sorted(counts.items())) or "none yet"


def _lead_times(lanewise: Lanewise) -> str:
    with lanewise.sessions.system(read_only=True) as session:
        broken = broken_lead_times(session)
        tenants = session.scalars(
            select(LeadTimeModelRow.tenant_id).where(LeadTimeModelRow.state == ACTIVE_MODEL)
        ).all()
    whats = {each.what for each in broken}
    for tenant in tenants:
        with lanewise.sessions(TenantId(tenant), read_only=True) as session:
            if not isinstance(load_lead_times(session), LearnedLeadTimes):
                whats.add("model")
    if whats:
        raise Unavailable(
            f"{', '.join(sorted(whats))} broken or stale; quotes fall back: "
            "run `lanewise promise refit` or `promise rollback`"
        )
    return f"{len(tenants)} learned models in service"


def _networks(lanewise: Lanewise) -> str:
    """Compiles each tenant's active network anew: whether it does, how long, how much memory."""
    told = []
    with lanewise.sessions.system(read_only=True) as session:
        tenants = session.scalars(select(TenantRow.id).order_by(TenantRow.id)).all()
    for tenant in tenants:
        with lanewise.sessions(TenantId(tenant), read_only=True) as session:
            try:
                active = active_network(session)
            except NotFound:
                continue
            before = resident_bytes()
            load_snapshot(session)
            report = {each.version: each for each in COMPILED.reports()}[active.content_hash]
        if report.error:
            raise Unavailable(
                f"version {active.number} does not compile ({report.error}); the one before serves"
            )
        grown = max(0, resident_bytes() - before)
        told.append(f"version {active.number} in {report.cpu_ms:.0f} ms, {grown / 1e6:.0f} MB")
    return "; ".join(told[:MOST_TOLD]) + (" …" if told[MOST_TOLD:] else "") or "none yet"


def _extras(_lanewise: Lanewise) -> str:
    names = {"psycopg": "postgres", "pyarrow": "data", "lightgbm": "learn"}
    there = [extra for module, extra in names.items() if importlib.util.find_spec(module)]
    return ", ".join(there) or "none"


CHECKS: dict[str, Check] = {
    "python": _python,
    "folder": _var,
    "secret key": _secret,
    "database": _database,
    "persons": _persons,
    "tenants": _tenants,
    "jobs": _jobs,
    "networks": _networks,
    "lead times": _lead_times,
    "extras": _extras,
}


@app.command()
def doctor(json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Check settings, folder, key, database and jobs; exit 1 when something is wrong."""
    lanewise = Lanewise(read_settings(os.environ))
    results: list[dict[str, Any]] = []
    for name, check in CHECKS.items():
        try:
            results.append({"check": name, "ok": True, "says": check(lanewise)})
        except (LanewiseError, OSError, DBAPIError) as error:  # no tables: PostgreSQL says so
            says = str(error).splitlines()[0]
            results.append({"check": name, "ok": False, "says": says})
    lines = [
        f"{'ok  ' if row['ok'] else 'FAIL'}  {row['check']:<12}  {row['says']}" for row in results
    ]
    emit(results, as_json=json, text="\n".join(lines))
    if not all(row["ok"] for row in results):
        raise typer.Exit(1)
