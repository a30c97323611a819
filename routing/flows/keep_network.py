"""Keeps a network as a version that is not active: history can name it before anybody plans with it."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from routing.network.canonical import canonical_json, content_hash
from routing.network.network import Network
from routing.tables import NetworkVersionRow
from store.session import new_id, now


@dataclass(frozen=True, slots=True)
class KeptNetwork:
    """A version by its number, and what names its content."""

    version: int
    content_hash: str


def keep_network(session: Session, network: Network) -> KeptNetwork:
    """The version that holds this network: the newest one, if it says the same, else a new one."""
    text = canonical_json(network)
    digest = content_hash(text)
    newest = session.scalars(
        select(NetworkVersionRow).order_by(NetworkVersionRow.number.desc()).limit(1)
    ).first()
    if newest is not None and newest.content_hash == digest:
        return KeptNetwork(newest.number, digest)
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
