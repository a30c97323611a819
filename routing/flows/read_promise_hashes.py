"""Hashes the promise ledger as it stands in the store; a row that can't be read has none, and stops nobody."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, String, select, type_coerce
from sqlalchemy.orm import Session

from routing.tables import PromiseRow, promise_hash

AT_ONCE = 500
BROKEN_VALUES = (ValueError, TypeError, AttributeError, KeyError, OverflowError)
"""What values raise that were written past this program: no date, no JSON, nothing at all."""


def read_promise_hashes(session: Session, *which: ColumnElement[bool]) -> dict[str, str | None]:
    """By promise, all or those that `which` says; None where a value does not parse.

    In one pass; where a value does not parse some hundred at once, by ids as they are stored, so
    that a broken row is still named.
    """
    try:
        rows = session.scalars(
            select(PromiseRow).where(*which),
            execution_options={"yield_per": AT_ONCE, "populate_existing": True},
        )
        return {str(row.id): promise_hash(row) for row in rows}
    except BROKEN_VALUES:
        return _one_by_one(session, *which)


def _one_by_one(session: Session, *which: ColumnElement[bool]) -> dict[str, str | None]:
    ids = session.scalars(
        select(type_coerce(PromiseRow.id, String)).where(*which).order_by(PromiseRow.id)
    ).all()
    found: dict[str, str | None] = {}
    good: list[UUID] = []
    for raw in ids:
        try:
            good.append(UUID(str(raw)))
        except ValueError:
            found[str(raw)] = None
    for start in range(0, len(good), AT_ONCE):
        found |= _hashes(session, good[start : start + AT_ONCE])
    return found


def _hashes(session: Session, ids: Sequence[UUID]) -> dict[str, str | None]:
    """All at once; one by one where one of them does not parse."""
    try:
        rows = session.scalars(
            select(PromiseRow).where(PromiseRow.id.in_(ids)),
            execution_options={"populate_existing": True},
        )
        return {str(row.id): promise_hash(row) for row in rows}
    except BROKEN_VALUES:
        if len(ids) == 1:
            return {str(ids[0]): None}
    found: dict[str, str | None] = {}
    for one in ids:
        found |= _hashes(session, (one,))
    return found
