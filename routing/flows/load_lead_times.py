"""Gives what was learned of lead times: the active model under the newest state of the network.

A model that does not load is left aside: the state alone serves, which draws the carriers' published
quantiles towards what was delivered. Whoever watches (doctor, metrics) is told by `broken_lead_times`.
"""

import re
from collections import OrderedDict
from datetime import date
from threading import Lock

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from routing.distributions.lead_times import LeadTimeModel, LearnedLeadTimes, NetworkState
from routing.flows.read_lead_times_part import read_lead_times_part
from routing.snapshot import SHRUNK
from routing.tables import ACTIVE_MODEL, GONE, LeadTimeModelRow, NetworkStateRow

LEARNED = "learned-"  # how names of models begin; then the number, @, the state's name
_NAME = re.compile(
    rf"(?:{LEARNED}(?P<number>\d+)|{SHRUNK})"
    r"@(?P<day>\d{4}-\d\d-\d\d)(?:\.(?P<revision>\d+))?"
)
Parts = tuple[str, str | None, int]  # hashes of state and model, the model's number

KEPT = 16  # versions in memory, a few per tenant
_joined: OrderedDict[tuple[str, str, int], LearnedLeadTimes] = OrderedDict()
_lock = Lock()


def load_lead_times(
    session: Session, name: str | None = None
) -> LearnedLeadTimes | NetworkState | None:
    """Model and state; the state alone without a model that loads; None before anything is known.

    With a `name`, as a quote or the promise ledger writes it, those that it rested on, so that it
    can be planned again alike; None where they are not kept any more, or do not load: a name never
    gives less than it says.
    """
    found = _newest(session) if name is None else _named(session, name)
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
        return state if name is None else None
    learned = LearnedLeadTimes(f"{LEARNED}{number}@{state.name}", model, state)
    with _lock:
        _joined[state_hash, model_hash, number] = learned
        while len(_joined) > KEPT:
            _joined.popitem(last=False)
    return learned


def _newest(session: Session) -> Parts | None:
    """The newest state and the active model."""
    found = session.execute(
        select(NetworkStateRow.content_hash, LeadTimeModelRow.content_hash, LeadTimeModelRow.number)
        .outerjoin(
            LeadTimeModelRow,
            and_(
                LeadTimeModelRow.tenant_id == NetworkStateRow.tenant_id,
                LeadTimeModelRow.state == ACTIVE_MODEL,
            ),
        )
        .order_by(NetworkStateRow.number.desc())
        .limit(1)
    ).first()
    return None if found is None else (found[0], found[1], found[2] or 0)


def _named(session: Session, name: str) -> Parts | None:
    """`learned-3@2018-05-01.2`: model 3 under the second state of that day; likewise shrunk ones."""
    told = _NAME.fullmatch(name)
    if told is None:
        return None
    try:
        day = date.fromisoformat(told["day"])
    except ValueError:
        return None
    state = session.scalar(
        select(NetworkStateRow.content_hash).where(
            NetworkStateRow.day == day,
            NetworkStateRow.revision == int(told["revision"] or 1),
            NetworkStateRow.content != GONE,
        )
    )
    if state is None or told["number"] is None:
        return None if state is None else (state, None, 0)
    number = int(told["number"])
    model = session.scalar(
        select(LeadTimeModelRow.content_hash).where(LeadTimeModelRow.number == number)
    )
    return None if model is None else (state, model, number)
