"""Lists the learned lead time models, newest first, and the day of the network's state."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from routing.tables import LeadTimeModelRow, NetworkStateRow, newest_state


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """One version: state active, retired, refused or withdrawn; metrics as text."""

    number: int
    state: str
    fitted_at: datetime
    data_from: date
    data_to: date
    orders: int
    seed: int
    code_version: str
    metrics: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Models:
    """The versions, and the morning whose state quotes are made under (None: none yet)."""

    versions: tuple[ModelVersion, ...]
    state_day: date | None


def list_models(session: Session, limit: int = 20) -> Models:
    """The newest versions."""
    rows = session.scalars(
        select(LeadTimeModelRow).order_by(LeadTimeModelRow.number.desc()).limit(limit)
    )
    return Models(
        tuple(
            ModelVersion(
                number=row.number,
                state=row.state,
                fitted_at=row.fitted_at,
                data_from=row.data_from,
                data_to=row.data_to,
                orders=row.orders,
                seed=row.seed,
                code_version=row.code_version,
                metrics=row.metrics,
            )
            for row in rows
        ),
        session.scalar(select(NetworkStateRow.day).where(NetworkStateRow.id.in_(newest_state()))),
    )
