"""Finds learned lead times that should serve and can't, for those who watch over them.

What is stored is compared with its hash at each look, and read and asked for a forecast once per
process, as quotes do.
"""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from routing.flows.read_lead_times_part import read_lead_times_part
from routing.network.canonical import content_hash
from routing.tables import ACTIVE_MODEL, LeadTimeModelRow, NetworkStateRow, newest_state
from store.session import now

STALE_AFTER = timedelta(days=4)


@dataclass(frozen=True, slots=True)
class BrokenLeadTimes:
    """Whose, and what: `model` or `state` is not what was stored or forecasts nonsense, or the state
    is `stale`.
    """

    tenant: UUID
    what: str


def broken_lead_times(session: Session) -> tuple[BrokenLeadTimes, ...]:
    """Of this tenant, or of all in a system session; their quotes fall back meanwhile."""
    found = []
    models = select(
        LeadTimeModelRow.tenant_id, LeadTimeModelRow.content_hash, LeadTimeModelRow.content
    ).where(LeadTimeModelRow.state == ACTIVE_MODEL)
    with_model = set()
    for tenant, digest, text in session.execute(models):
        with_model.add(tenant)
        if _is_broken(session, LeadTimeModelRow, digest, text):
            found.append(BrokenLeadTimes(tenant, "model"))
    states = select(
        NetworkStateRow.tenant_id,
        NetworkStateRow.content_hash,
        NetworkStateRow.content,
        NetworkStateRow.day,
    ).where(NetworkStateRow.id.in_(newest_state()))
    oldest = (now(session) - STALE_AFTER).date()
    for tenant, digest, text, day in session.execute(states):
        if _is_broken(session, NetworkStateRow, digest, text):
            found.append(BrokenLeadTimes(tenant, "state"))
        elif tenant in with_model and day < oldest:
            found.append(BrokenLeadTimes(tenant, "stale"))
    return tuple(found)


def _is_broken(
    session: Session,
    table: type[LeadTimeModelRow] | type[NetworkStateRow],
    digest: str,
    text: str,
) -> bool:
    return content_hash(text) != digest or read_lead_times_part(session, table, digest) is None
