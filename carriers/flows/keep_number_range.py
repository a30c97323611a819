"""Keeps which numbers a tenant prints for a carrier of its price tables."""

from sqlalchemy import delete
from sqlalchemy.orm import Session

from carriers.number_ranges import NumberRange, range_to_json
from carriers.tables import NumberRangeRow
from store.session import new_id


def keep_number_range(session: Session, carrier: str, numbers: NumberRange) -> None:
    """Used from the commit on. What was given out of the series stays given, whatever the range."""
    session.execute(delete(NumberRangeRow).where(NumberRangeRow.carrier == carrier))
    settings = range_to_json(numbers)
    session.add(NumberRangeRow(id=new_id(session), carrier=carrier, settings=settings))
    session.flush()
