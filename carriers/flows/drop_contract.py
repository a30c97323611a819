"""Drops a tenant's own tariff: the service is priced as published again, or not at all."""

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from carriers.tables import ContractRow, RateRow
from core.errors import NotFound


def drop_contract(session: Session, carrier: str, service: str) -> None:
    """Raises NotFound when there is none."""
    row = session.scalar(
        select(ContractRow).where(ContractRow.carrier == carrier, ContractRow.service == service)
    )
    if row is None:
        raise NotFound(f"there is no contract for {carrier}/{service}")
    session.delete(row)
    session.execute(delete(RateRow).where(RateRow.carrier == carrier))
    session.flush()
