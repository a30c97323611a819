"""`lanewise packing-report`: how much of what was shipped in a year was air, by seller and box."""

import csv
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any

import typer

from api.commands.api_key import Json, Tenant, find_tenant
from api.commands.output import emit
from api.wiring import from_environment
from core.errors import InvalidInput
from routing.packing.emptiness import MOST_EMPTY, EmptySpace, ShippedParcel, sum_empty_space
from tracking.flows.read_shipped_air import read_shipped_air

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)

COLUMNS = (
    "parcel",
    "day",
    "seller",
    "box",
    "inner_mm3",
    "goods_mm3",
    "empty_share",
    "above_limit",
    "day_is_planned",
)


def _row(parcel: ShippedParcel) -> tuple[object, ...]:
    """A parcel as the CSV tells it, by COLUMNS."""
    return (
        parcel.parcel,
        parcel.day.isoformat(),
        parcel.seller,
        parcel.box_id,
        parcel.inner_mm3,
        parcel.goods_mm3,
        f"{parcel.empty_share:.4f}",
        int(parcel.above_limit),
        int(parcel.day_is_planned),
    )


def _told(row: EmptySpace) -> dict[str, Any]:
    return {
        "seller": row.seller or None,
        "box": row.box_id or None,
        "parcels": row.parcels,
        "inner_mm3": row.inner_mm3,
        "goods_mm3": row.goods_mm3,
        "empty_share": round(row.empty_share, 4),
        "above_limit": row.above_limit,
    }


def _as_text(year: int, rows: list[EmptySpace], *, untold: int, by_plan: int) -> str:
    lines = [f"{'seller':<20} {'box':<16} {'parcels':>8} {'empty':>7} {'over half':>10}"]
    lines += [
        f"{row.seller or 'all':<20} {row.box_id or 'all':<16} {row.parcels:>8} "
        f"{row.empty_share:>7.1%} {row.above_limit:>10}"
        for row in rows
    ]
    if not rows:
        lines = [f"no parcel left in {year}"]
    if untold:
        lines.append(f"{untold} more parcels left, of unknown boxes or goods")
    if by_plan:
        lines.append(f"{by_plan} parcels stand by their planned day: no hand-over was recorded")
    return "\n".join(lines)


@app.command()
def packing_report(
    year: Annotated[int, typer.Option(min=2000, max=2999, help="Year, by the origins' days.")],
    csv_file: Annotated[
        Path | None, typer.Option("--csv", help="Also write a row per parcel to this file.")
    ] = None,
    tenant: Tenant = None,
    json: Json = False,
) -> None:
    """Empty space of the parcels handed over in a year, by seller and box.

    For the report of Regulation (EU) 2025/40, Article 24, which allows half; filling material
    counts as empty.
    """
    lanewise = from_environment()
    untold = by_plan = 0
    with ExitStack() as stack:
        session = stack.enter_context(
            lanewise.sessions(find_tenant(lanewise, tenant), read_only=True)
        )
        writer = None
        if csv_file is not None:
            try:
                file = stack.enter_context(csv_file.open("w", encoding="utf-8", newline=""))
            except OSError as error:
                raise InvalidInput(f"{csv_file}: {error.strerror}") from None
            writer = csv.writer(file)
            writer.writerow(COLUMNS)

        def shipped() -> Iterator[ShippedParcel]:
            nonlocal untold, by_plan
            for parcel in read_shipped_air(session, year):
                if parcel is None:
                    untold += 1
                    continue
                by_plan += parcel.day_is_planned
                if writer is not None:
                    writer.writerow(_row(parcel))
                yield parcel

        rows = sum_empty_space(shipped())
    emit(
        {
            "year": year,
            "limit": MOST_EMPTY,
            "untold": untold,
            "by_plan": by_plan,
            "rows": [_told(row) for row in rows],
        },
        as_json=json,
        text=_as_text(year, rows, untold=untold, by_plan=by_plan),
    )
