"""Takes in how the network moves this morning; what was known before is kept to replay quotes.

Of an older one day and revision stay, so that no later state bears the name a quote was made under.
"""

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from routing.distributions.lead_times import NetworkState
from routing.distributions.published import state_text
from routing.network.canonical import content_hash
from routing.tables import GONE, NetworkStateRow, newest_state
from store.locks import lock_name
from store.session import new_id, now

KEPT_FOR = timedelta(days=21)  # quotes and orders that may still be explained or written as a case


def publish_network_state(session: Session, state: NetworkState) -> None:
    """The state that quotes are made under from now on; one that says nothing new is not kept."""
    lock_name(session, "network_states")
    last = session.scalar(select(NetworkStateRow).where(NetworkStateRow.id.in_(newest_state())))
    if last is not None and _says_the_same(last, state):
        return
    instant = now(session)
    session.execute(
        update(NetworkStateRow)
        .where(NetworkStateRow.published_at < instant - KEPT_FOR, NetworkStateRow.content != GONE)
        .values(content=GONE)
    )
    revision = 1 + (
        session.scalar(
            select(func.max(NetworkStateRow.revision)).where(NetworkStateRow.day == state.day)
        )
        or 0
    )
    text = state_text(replace(state, revision=revision))
    session.add(
        NetworkStateRow(
            id=new_id(session),
            number=1 if last is None else last.number + 1,
            day=state.day,
            revision=revision,
            published_at=instant,
            content_hash=content_hash(text),
            content=text,
        )
    )
    session.flush()


def _says_the_same(last: NetworkStateRow, state: NetworkState) -> bool:
    text = state_text(replace(state, revision=last.revision))
    return last.day == state.day and last.content_hash == content_hash(text)
