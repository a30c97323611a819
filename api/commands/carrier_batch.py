"""`lanewise carrier book-batch`: books the rows of a file, each exactly once, and tells what became of them."""

import json
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from api.commands.api_key import find_tenant
from api.commands.output import emit, progress
from api.logs import set_up_logs
from api.wiring import Lanewise, from_environment
from api.worker import run_until_idle
from carriers.batch import (
    BadRow,
    BatchRow,
    RowOutcome,
    outcomes_to_csv,
    rows_from_csv,
    rows_from_json,
)
from carriers.flows.ask_row import RowAsked
from carriers.flows.read_batch import read_batch
from carriers.flows.read_label import read_label
from carriers.flows.request_batch import CHUNK, request_batch
from carriers.tables import all_health, stopped_accounts
from core.errors import Conflict, Expired, invalid
from core.ids import TenantId

LOOK_EVERY_S = 0.5  # while carriers make us wait
TURN = 500  # jobs between two lines of progress


def book_batch(
    file: Annotated[Path, typer.Argument(help="CSV with a header, or a JSON list of objects.")],
    out: Annotated[
        Path | None, typer.Option(help="Write an outcome per row: .csv, or .json.")
    ] = None,
    labels: Annotated[
        Path | None, typer.Option(help="Write each booked row's label into this folder.")
    ] = None,
    wait: Annotated[
        bool, typer.Option(help="Work until every row is settled; else only ask.")
    ] = True,
    tenant: Annotated[str | None, typer.Option(help="Tenant; needed when several.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on standard output.")] = False,
) -> None:
    """Book each row of the file exactly once; stopped anywhere, the same command goes on.

    A row's `reference` is its parcel for ever. Exit code 1 when a row is invalid, refused or parked.
    """
    lanewise = from_environment()
    set_up_logs(lanewise.settings)
    rows = read_rows(file)
    whose = find_tenant(lanewise, tenant)
    asked = ask_rows(lanewise, whose, rows)
    outcomes = work_rows(lanewise, whose, asked, wait=wait)
    if out is not None:
        out.write_text(_written(out, outcomes), encoding="utf-8")
    if labels is not None:
        _write_labels(lanewise, whose, asked, labels)
    states = Counter(outcome.state for outcome in outcomes)
    told = ", ".join(f"{count} {state}" for state, count in sorted(states.items())) or "no rows"
    emit({"rows": len(outcomes), "states": dict(states)}, as_json=as_json, text=told)
    if set(states) - {"booked", "requested"}:
        raise typer.Exit(1)


def read_rows(file: Path) -> list[BatchRow | BadRow]:
    """The rows of the file; raises InvalidInput when it is not to be read at all."""
    try:
        text = file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise invalid(str(file), f"cannot be read: {error}") from None
    return rows_from_json(text) if text.lstrip()[:1] in ("[", "{") else rows_from_csv(text)


def ask_rows(
    lanewise: Lanewise, tenant: TenantId, rows: Sequence[BatchRow | BadRow]
) -> list[RowAsked]:
    """Every row's booking; committed chunk by chunk."""
    asked: list[RowAsked] = []
    for one in request_batch(lanewise.sessions, tenant, rows, lanewise.carriers_of(tenant)):
        asked.append(one)
        if len(asked) % (10 * CHUNK) == 0:
            progress(f"asked for {len(asked)} of {len(rows)}")
    return asked


def work_rows(
    lanewise: Lanewise, tenant: TenantId, asked: Sequence[RowAsked], *, wait: bool
) -> list[RowOutcome]:
    """The outcomes; with `wait`, once every row is settled, other workers helping or not."""
    while True:
        ran = run_until_idle(lanewise, worker="book-batch", limit=TURN) if wait else 0
        with lanewise.sessions(tenant, read_only=True) as session:
            outcomes = read_batch(session, asked)
            stopped = {n: one.stopped_for for n, one in all_health(session).items()}
            for (name, account), its in stopped_accounts(session).items():
                stopped[f"{name}, account {account}"] = its.stopped_for
        left = sum(not outcome.is_settled for outcome in outcomes)
        if not wait or (not left and ran < TURN):
            return outcomes
        waits = "".join(f"; {n} takes nothing: {why}" for n, why in stopped.items() if why)
        progress(f"{len(outcomes) - left} of {len(outcomes)} rows are settled{waits}")
        if not ran:
            time.sleep(LOOK_EVERY_S)


def _write_labels(
    lanewise: Lanewise, tenant: TenantId, asked: Sequence[RowAsked], folder: Path
) -> None:
    """One file a row, named by its number: references may hold anything."""
    folder.mkdir(parents=True, exist_ok=True)
    left_out = 0
    for one in asked:
        if one.booking_id is None:
            continue
        with lanewise.sessions(tenant, read_only=True) as session:
            try:
                label = read_label(session, one.booking_id)
            except (Conflict, Expired):  # refused, parked, or past its retention
                left_out += 1
                continue
        kind = label.format.value.split("_")[0]
        (folder / f"{one.number:06d}.{kind}").write_bytes(label.content)
    if left_out:
        progress(f"{left_out} rows have no label")


def _written(out: Path, outcomes: Sequence[RowOutcome]) -> str:
    if out.suffix == ".json":
        return json.dumps([asdict(outcome) for outcome in outcomes], indent=1) + "\n"
    return "".join(outcomes_to_csv(outcomes))
