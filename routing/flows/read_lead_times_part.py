"""Reads a stored lead time model or network state, once per process; a broken one is told and left."""

from collections import OrderedDict
from threading import Lock

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import InvalidInput
from routing.distributions.lead_times import LeadTimeModel, NetworkState
from routing.distributions.published import read_model, read_state
from routing.distributions.soundness import require_sound_model, require_sound_state
from routing.network.canonical import content_hash
from routing.tables import LeadTimeModelRow, NetworkStateRow

log = structlog.get_logger("routing")

KEPT = 16  # texts in memory, a few per tenant
_read: OrderedDict[str, LeadTimeModel | NetworkState | None] = OrderedDict()
_lock = Lock()


def read_lead_times_part(
    session: Session, table: type[LeadTimeModelRow] | type[NetworkStateRow], digest: str
) -> LeadTimeModel | NetworkState | None:
    """The stored value of that hash, read once per process; None when it does not load or forecasts
    nonsense.
    """
    with _lock:
        if digest in _read:
            _read.move_to_end(digest)
            return _read[digest]
    text = session.scalar(select(table.content).where(table.content_hash == digest).limit(1))
    value: LeadTimeModel | NetworkState | None = None
    try:
        if text is None or content_hash(text) != digest:
            raise InvalidInput("its content is not what was stored")
        value = _sound_model(text) if table is LeadTimeModelRow else _sound_state(text)
    except InvalidInput as error:
        log.error("lead_times_do_not_load", table=table.__tablename__, reason=str(error))
    with _lock:
        _read[digest] = value
        while len(_read) > KEPT:
            _read.popitem(last=False)
    return value


def _sound_model(text: str) -> LeadTimeModel:
    model = read_model(text)
    require_sound_model(model)
    return model


def _sound_state(text: str) -> NetworkState:
    state = read_state(text)
    require_sound_state(state)
    return state
