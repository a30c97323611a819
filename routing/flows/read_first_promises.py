"""Reads what orders were promised first, batch by batch; a row that can't be read is named and left out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, String, and_, func, or_, select, type_coerce
from sqlalchemy.orm import Session, aliased

from core.places import Destination
from routing.flows.read_promise_hashes import AT_ONCE, BROKEN_VALUES
from routing.quote_text import destination_in
from routing.tables import UNSTATED_RULE, OrderRow, PromiseRow, QuoteRow

BEGINNING = 1000  # of a quote's text: its destination stands there


@dataclass(frozen=True, slots=True)
class FirstPromise:
    """The promise of an order that counts; `services` and `origins` are those of its parcels."""

    order: UUID
    made_at: datetime
    promised_date: date
    ends_at: datetime
    level: float
    probability: float | None
    """None where it was promised elsewhere, without a reliability."""
    model: str
    parcels: int
    services: frozenset[str]
    origins: frozenset[str]
    destination: Destination | None


@dataclass(frozen=True, slots=True)
class PromiseBatch:
    """Some promises in order of making, and the names of the rows among them that can't be read."""

    promises: tuple[FirstPromise, ...]
    unreadable: tuple[str, ...]


def read_first_promises(session: Session, *which: ColumnElement[bool]) -> Iterator[PromiseBatch]:
    """Those that `which` says; of orders that were cancelled none, of the others their first ones.

    At most 500 promises are in memory at once.
    """
    ids = session.scalars(
        select(type_coerce(PromiseRow.id, String))
        .where(*which)
        .order_by(PromiseRow.made_at, PromiseRow.id)
    ).all()
    for start in range(0, len(ids), AT_ONCE):
        good: list[UUID] = []
        broken: list[str] = []
        for raw in ids[start : start + AT_ONCE]:
            try:
                good.append(UUID(str(raw)))
            except ValueError:
                broken.append(str(raw))
        promises, unreadable = _read(session, good)
        yield PromiseBatch(tuple(promises), (*broken, *unreadable))


def _read(session: Session, ids: Sequence[UUID]) -> tuple[list[FirstPromise], list[str]]:
    """All at once; one by one where one of them does not parse."""
    try:
        return [_promise(row) for row in _rows(session, ids)], []
    except BROKEN_VALUES:
        if len(ids) == 1:
            return [], [str(ids[0])]
    promises: list[FirstPromise] = []
    broken: list[str] = []
    for one in ids:
        found, unreadable = _read(session, (one,))
        promises += found
        broken += unreadable
    return promises, broken


def _rows(session: Session, ids: Sequence[UUID]) -> Sequence[Any]:
    earlier = aliased(PromiseRow)
    before = or_(
        earlier.made_at < PromiseRow.made_at,
        and_(earlier.made_at == PromiseRow.made_at, earlier.id < PromiseRow.id),
    )
    is_later = select(earlier.id).where(earlier.order_id == PromiseRow.order_id, before).exists()
    return session.execute(
        select(
            PromiseRow.order_id,
            PromiseRow.made_at,
            PromiseRow.promised_date,
            PromiseRow.ends_at,
            PromiseRow.level,
            PromiseRow.probability,
            PromiseRow.rule,
            PromiseRow.model,
            PromiseRow.parcels,
            func.substr(QuoteRow.content, 1, BEGINNING).label("beginning"),
        )
        .join(OrderRow, OrderRow.id == PromiseRow.order_id)
        .join(QuoteRow, QuoteRow.id == OrderRow.quote_id)
        .where(PromiseRow.id.in_(ids), OrderRow.state != "cancelled", ~is_later)
        .order_by(PromiseRow.made_at, PromiseRow.id)
    ).all()


def _promise(row: Any) -> FirstPromise:
    return FirstPromise(
        order=row.order_id,
        made_at=row.made_at,
        promised_date=row.promised_date,
        ends_at=row.ends_at,
        level=_share(row.level),
        probability=None if row.rule == UNSTATED_RULE else _share(row.probability),
        model=row.model,
        parcels=max(len(row.parcels), 1),
        services=frozenset(str(parcel["service"]) for parcel in row.parcels),
        origins=frozenset(str(parcel["origin"]) for parcel in row.parcels),
        destination=destination_in(row.beginning),
    )


def _share(text: str) -> float:
    share = float(text)
    if not 0 <= share <= 1:
        raise ValueError(f"{text!r} is no share")
    return share
