"""Takes in a learned model: as the active one, or as refused, with what was found out about it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from routing.distributions.lead_times import LeadTimeModel
from routing.distributions.published import model_text
from routing.network.canonical import content_hash
from routing.tables import ACTIVE_MODEL, LeadTimeModelRow
from store.audit import audit
from store.locks import lock_name
from store.session import new_id, now

RETIRED, REFUSED, WITHDRAWN = "retired", "refused", "withdrawn"


@dataclass(frozen=True, slots=True)
class Provenance:
    """From what and how a model was learned; metrics as text."""

    data_from: date
    data_to: date
    orders: int
    seed: int
    code_version: str
    metrics: Mapping[str, str]


def publish_model(session: Session, model: LeadTimeModel | None, of: Provenance) -> int:
    """Keep a version and make it the active one; None: it was refused. Returns its number."""
    lock_name(session, "lead_time_models")
    number = 1 + (session.scalar(select(func.max(LeadTimeModelRow.number))) or 0)
    text = "" if model is None else model_text(model)
    if model is not None:
        session.execute(
            update(LeadTimeModelRow)
            .where(LeadTimeModelRow.state == ACTIVE_MODEL)
            .values(state=RETIRED)
        )
    session.add(
        LeadTimeModelRow(
            id=new_id(session),
            number=number,
            state=REFUSED if model is None else ACTIVE_MODEL,
            fitted_at=now(session),
            data_from=of.data_from,
            data_to=of.data_to,
            orders=of.orders,
            seed=of.seed,
            code_version=of.code_version,
            metrics=dict(of.metrics),
            content_hash=content_hash(text),
            content=text,
        )
    )
    session.flush()
    audit(session, "publish_model", "lead_time_model", number, dict(of.metrics))
    return number
