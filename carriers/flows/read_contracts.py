"""Reads a tenant's own tariffs and number ranges, unless they are known already."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from carriers.contract_files import tariff_from_json
from carriers.number_ranges import NumberRange, range_from_json
from carriers.tables import ContractRow, NumberRangeRow
from carriers.tariffs import Tariff


@dataclass(frozen=True, slots=True)
class Contracts:
    """A tenant's own tariffs by (carrier, service), and its numbers by carrier."""

    version: frozenset[UUID] = frozenset()  # the rows they were read from; none is ever changed
    tariffs: Mapping[tuple[str, str], Tariff] = field(default_factory=dict)
    numbers: Mapping[str, NumberRange] = field(default_factory=dict)


def read_contracts(session: Session, known: Contracts = Contracts()) -> Contracts:
    """What is in force now; `known` itself while nothing has changed since."""
    version = frozenset(
        (*session.scalars(select(ContractRow.id)), *session.scalars(select(NumberRangeRow.id)))
    )
    if version == known.version:
        return known
    contracts = session.scalars(select(ContractRow).order_by(ContractRow.id)).all()
    ranges = session.scalars(select(NumberRangeRow)).all()
    return Contracts(
        frozenset((*(row.id for row in contracts), *(row.id for row in ranges))),
        {(row.carrier, row.service): tariff_from_json(row.tariff) for row in contracts},
        {row.carrier: range_from_json(row.settings) for row in ranges},
    )
