"""Pages of a list by cursor: stable while rows are added, and cheap however far one reads."""

import base64
import binascii
from collections.abc import Sequence
from typing import Annotated, Generic, TypeVar
from uuid import UUID

from fastapi import Depends, Query
from pydantic import BaseModel, Field
from sqlalchemy import Select
from sqlalchemy.orm import InstrumentedAttribute, Session

from core.errors import invalid

Item = TypeVar("Item")
Row = TypeVar("Row")

DEFAULT_LIMIT = 50
MOST = 200


class Page(BaseModel, Generic[Item]):
    """Part of a list, newest first."""

    items: list[Item]
    next_cursor: str | None = Field(
        None, description="Pass it as `cursor` for what follows; absent at the end."
    )


class Paging:
    """Which part of a list is asked for."""

    def __init__(
        self,
        limit: Annotated[int, Query(ge=1, le=MOST, description="How many.")] = DEFAULT_LIMIT,
        cursor: Annotated[
            str | None,
            Query(max_length=64, description="`next_cursor` of the page before."),
        ] = None,
    ) -> None:
        self.limit = limit
        self.before = None if cursor is None else _read(cursor)

    def take(
        self, session: Session, query: Select[Row], key: InstrumentedAttribute[UUID]
    ) -> tuple[Sequence[Row], str | None]:
        """The rows of this page, newest first by the time-ordered id `key`, and the next cursor."""
        if self.before is not None:
            query = query.where(key < self.before)
        rows = session.scalars(query.order_by(key.desc()).limit(self.limit + 1)).all()
        if len(rows) <= self.limit:
            return rows, None
        kept = rows[: self.limit]
        last: UUID = getattr(kept[-1], key.key)
        return kept, cursor_for(last)


def cursor_for(last: UUID) -> str:
    """An opaque cursor that continues after the row with this id."""
    return base64.urlsafe_b64encode(last.bytes).rstrip(b"=").decode()


def _read(cursor: str) -> UUID:
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        return UUID(bytes=raw)
    except (ValueError, binascii.Error):
        raise invalid("cursor", "is not a cursor that was given out", code="cursor") from None


PagingDep = Annotated[Paging, Depends()]
