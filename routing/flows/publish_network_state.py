"""Takes in how the network moves this morning, in place of what was known before."""

from sqlalchemy import delete
from sqlalchemy.orm import Session

from routing.distributions.lead_times import NetworkState
from routing.distributions.published import state_text
from routing.network.canonical import content_hash
from routing.tables import NetworkStateRow
from store.locks import lock_name
from store.session import new_id, now


def publish_network_state(session: Session, state: NetworkState) -> None:
    """The one state that quotes are made under from now on."""
    lock_name(session, "network_states")
    text = state_text(state)
    session.execute(delete(NetworkStateRow))
    session.add(
        NetworkStateRow(
            id=new_id(session),
            day=state.day,
            published_at=now(session),
            content_hash=content_hash(text),
            content=text,
        )
    )
    session.flush()
