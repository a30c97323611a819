"""Gives the network and the lead times that a quote was made on, not what serves by now."""

from dataclasses import replace

from sqlalchemy.orm import Session

from core.errors import Conflict
from routing.flows.load_lead_times import load_lead_times
from routing.flows.load_snapshot import load_snapshot
from routing.quote import Quote
from routing.snapshot import PUBLISHED, Snapshot


def load_quoted_snapshot(session: Session, quote: Quote) -> Snapshot:
    """Raises NotFound without its network, Conflict when the model it names is no longer kept."""
    snapshot = load_snapshot(session, quote.network)
    if quote.model == PUBLISHED:
        return snapshot
    snapshot = replace(snapshot, lead_times=load_lead_times(session, quote.model))
    if snapshot.lead_times_name != quote.model:
        raise Conflict(
            f"the quote rests on {quote.model}, which is no longer kept or does not load",
            code="model_not_kept",
        )
    return snapshot
