"""Reads what orders were promised first and what was followed since; a row that does not parse is named.

Values are taken as the database holds them and parsed here, so that a broken one stops nobody.
"""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, String, and_, func, or_, select, type_coerce
from sqlalchemy.orm import Session, aliased

from carriers.booking import Direction
from routing.flows.read_promise_hashes import BROKEN_VALUES
from routing.quote_text import destination_in
from routing.tables import UNSTATED_RULE, OrderRow, PromiseRow, QuoteRow
from tracking.first_promise import FirstPromise, Followed, UnreadablePromise
from tracking.tables import TrackedParcelRow

AT_ONCE = 500  # rows in memory
BEGINNING = 1000  # of a quote's text: its destination stands there
RAW = (
    PromiseRow.id,
    PromiseRow.order_id,
    PromiseRow.made_at,
    PromiseRow.promised_date,
    PromiseRow.ends_at,
    PromiseRow.parcels,
    TrackedParcelRow.delivered_at,
    TrackedParcelRow.is_over,
)


def read_first_promises(
    session: Session, *which: ColumnElement[bool]
) -> Iterator[FirstPromise | UnreadablePromise]:
    """Those that `which` says, in order of making; of cancelled orders none, of others the first ones.

    Each table is asked by an index that begins with the tenant and the very column: without
    statistics SQLite takes a list of ids for dearer than reading all that a tenant has.
    """
    earlier = aliased(PromiseRow)
    before = or_(
        earlier.made_at < PromiseRow.made_at,
        and_(earlier.made_at == PromiseRow.made_at, earlier.id < PromiseRow.id),
    )
    is_later = select(earlier.id).where(earlier.order_id == PromiseRow.order_id, before).exists()
    to_consignee = and_(
        TrackedParcelRow.order_id == PromiseRow.order_id,
        TrackedParcelRow.direction == Direction.OUTBOUND.value,
    )
    rows = session.execute(
        select(
            *(type_coerce(column, String).label(_label(column)) for column in RAW),
            PromiseRow.level,
            PromiseRow.probability,
            PromiseRow.rule,
            PromiseRow.model,
            func.substr(QuoteRow.content, 1, BEGINNING).label("beginning"),
            TrackedParcelRow.seller,
            TrackedParcelRow.zone,
        )
        .join(OrderRow, OrderRow.id == PromiseRow.order_id)
        .join(QuoteRow, QuoteRow.id == OrderRow.quote_id)
        .outerjoin(TrackedParcelRow, to_consignee)
        .where(OrderRow.state != "cancelled", ~is_later, *which)
        .order_by(PromiseRow.made_at, PromiseRow.id),
        execution_options={"yield_per": AT_ONCE},
    )
    for _, own in groupby(rows, lambda row: str(row.id)):
        yield _promise(list(own))


def _label(column: Any) -> str:
    return str(column.key)


def _promise(rows: Sequence[Any]) -> FirstPromise | UnreadablePromise:
    row = rows[0]
    try:
        UUID(str(row.id))
        parcels = _list(row.parcels)
        return FirstPromise(
            order=UUID(str(row.order_id)),
            made_at=_instant(row.made_at),
            promised_date=_day(row.promised_date),
            ends_at=_instant(row.ends_at),
            level=_share(row.level),
            probability=None if row.rule == UNSTATED_RULE else _share(row.probability),
            model=row.model,
            parcels=max(len(parcels), 1),
            services=frozenset(str(parcel["service"]) for parcel in parcels),
            origins=frozenset(str(parcel["origin"]) for parcel in parcels),
            destination=destination_in(row.beginning),
            followed=tuple(_followed(one) for one in rows if one.seller is not None),
        )
    except BROKEN_VALUES:
        return UnreadablePromise(_name(row.id))


def _followed(row: Any) -> Followed:
    there = None if row.delivered_at is None else _instant(row.delivered_at)
    return Followed(row.seller, there, bool(row.is_over), row.zone)


def _name(raw: object) -> str:
    """As promises are named, whichever way a database writes ids."""
    try:
        return str(UUID(str(raw)))
    except ValueError:
        return str(raw)


def _instant(raw: object) -> datetime:
    """PostgreSQL gives instants; SQLite text without a zone, which is UTC."""
    instant = raw if isinstance(raw, datetime) else datetime.fromisoformat(_text(raw))
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)


def _day(raw: object) -> date:
    return raw if isinstance(raw, date) else date.fromisoformat(_text(raw))


def _list(raw: object) -> list[Any]:
    found = raw if isinstance(raw, list) else json.loads(_text(raw))
    if not isinstance(found, list):
        raise TypeError("no list")
    return found


def _text(raw: object) -> str:
    if not isinstance(raw, str):
        raise TypeError(f"{raw!r} is no text")
    return raw


def _share(text: str) -> float:
    share = float(text)
    if not 0 <= share <= 1:
        raise ValueError(f"{text!r} is no share")
    return share
