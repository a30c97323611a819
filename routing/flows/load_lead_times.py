"""Gives what was learned of lead times: the active model under the newest state of the network.

A model that does not load is left aside: the state alone serves, which draws the carriers' published
quantiles towards what was delivered. Whoever watches (doctor, metrics) is told by `broken_lead_times`.
"""

from collections import OrderedDict
from threading import Lock

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from routing.distributions.lead_times import LeadTimeModel, LearnedLeadTimes, NetworkState
from routing.flows.read_lead_times_part import read_lead_times_part
from routing.tables import ACTIVE_MODEL, LeadTimeModelRow, NetworkStateRow

KEPT = 16  # versions in memory, a few per tenant
_joined: OrderedDict[tuple[str, str, int], LearnedLeadTimes] = OrderedDict()
_lock = Lock()


def load_lead_times(session: Session) -> LearnedLeadTimes | NetworkState | None:
    """Model and state; the state alone without a model that loads; None before anything is known."""
    found = session.execute(
        select(
            NetworkStateRow.content_hash,
            LeadTimeModelRow.content_hash,
            LeadTimeModelRow.number,
        ).outerjoin(
            LeadTimeModelRow,
            and_(
                LeadTimeModelRow.tenant_id == NetworkStateRow.tenant_id,
                LeadTimeModelRow.state == ACTIVE_MODEL,
            ),
        )
    ).first()
    if found is None:
        return None
    state_hash, model_hash, number = found
    if model_hash is not None:
        joined = _joined.get((state_hash, model_hash, number))
        if joined is not None:
            return joined
    state = read_lead_times_part(session, NetworkStateRow, state_hash)
    if not isinstance(state, NetworkState) or model_hash is None:
        return state if isinstance(state, NetworkState) else None
    model = read_lead_times_part(session, LeadTimeModelRow, model_hash)
    if not isinstance(model, LeadTimeModel):
        return state
    learned = LearnedLeadTimes(f"learned-{number}@{state.day.isoformat()}", model, state)
    with _lock:
        _joined[state_hash, model_hash, number] = learned
        while len(_joined) > KEPT:
            _joined.popitem(last=False)
    return learned
