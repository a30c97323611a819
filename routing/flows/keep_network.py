"""Keeps a network as a version that is not active: history can name it before anybody plans with it."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from routing.network.canonical import canonical_json, content_hash
from routing.network.network import Network
from routing.tables import NetworkVersionRow
from store.locks import lock_name
from store.session import new_id, now


@dataclass(frozen=True, slots=True)
class KeptNetwork:
    """A version by its number, and what names its content."""

    version: int
    content_hash: str


def keep_network(session: Session, network: Network) -> KeptNetwork:
    """The version that holds this network: the active or newest one, if it says the same, else new.

    Imports at the same moment wait for each other, so that each gets a number of its own.
    """
    lock_name(session, "network_versions")
    text = canonical_json(network)
    digest = content_hash(text)
    rows = select(NetworkVersionRow)
    active = session.scalar(rows.where(NetworkVersionRow.active.is_(True)))
    newest = session.scalars(rows.order_by(NetworkVersionRow.number.desc()).limit(1)).first()
    for standing in (active, newest):
        if standing is not None and standing.content_hash == digest:
            return KeptNetwork(standing.number, digest)
    row = NetworkVersionRow(
        id=new_id(session),
        number=1 if newest is None else newest.number + 1,
        content_hash=digest,
        content=text,
        active=False,
        imported_at=now(session),
    )
    session.add(row)
    session.flush()
    return KeptNetwork(row.number, digest)
