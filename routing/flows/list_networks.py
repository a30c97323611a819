"""Lists the imported versions of the network, newest first."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from routing.tables import NetworkVersionRow


@dataclass(frozen=True, slots=True)
class NetworkVersion:
    """One version and whether quotes are planned on it."""

    version: int
    content_hash: str
    imported_at: datetime
    active: bool


def list_networks(
    session: Session, *, before: int | None = None, limit: int = 50
) -> tuple[NetworkVersion, ...]:
    """The versions, newest first; `before` a version number, for the next page."""
    query = select(NetworkVersionRow).order_by(NetworkVersionRow.number.desc()).limit(limit)
    if before is not None:
        query = query.where(NetworkVersionRow.number < before)
    return tuple(
        NetworkVersion(row.number, row.content_hash, row.imported_at, row.active)
        for row in session.scalars(query)
    )
