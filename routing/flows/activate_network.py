"""Makes a network the active version; its offers without stock get their opening stock."""

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.errors import InvalidInput, Unavailable
from routing.events import NetworkImported
from routing.flows.keep_network import KeptNetwork, keep_network
from routing.flows.load_snapshot import load_snapshot
from routing.network.network import Network
from routing.tables import NetworkVersionRow, StockRow
from store.audit import audit
from store.outbox import signal
from store.session import add_rows, new_id

OPENING = datetime(1970, 1, 1, tzinfo=UTC)
"""When opening stock was counted: any real count is newer."""


@dataclass(frozen=True, slots=True)
class ImportedNetwork:
    """The version that is now active, and what is in it."""

    version: int
    content_hash: str
    changed: bool
    """False: the active version says the same; nothing was written."""
    sellers: int
    locations: int
    skus: int
    offers: int
    services: int


def activate_network(
    session: Session, network: Network, *, kept: KeptNetwork | None = None
) -> ImportedNetwork:
    """Keep a valid network as a version and activate it; the active one again changes nothing.

    It is compiled first: raises InvalidInput when it does not. `kept` is the version that holds it
    already. Offers that had no stock yet get their opening stock.
    """
    version = kept or keep_network(session, network)
    number, digest = version.version, version.content_hash
    try:
        load_snapshot(session, digest)
    except Unavailable:
        raise InvalidInput(
            "the network does not compile; the active one stays", code="network_broken"
        ) from None
    active = session.scalar(
        select(NetworkVersionRow).where(NetworkVersionRow.active.is_(True)).with_for_update()
    )
    if active is not None and active.content_hash == digest:
        return _told(active.number, digest, network, changed=False)
    session.execute(
        update(NetworkVersionRow).where(NetworkVersionRow.active.is_(True)).values(active=False)
    )
    session.execute(
        update(NetworkVersionRow).where(NetworkVersionRow.number == number).values(active=True)
    )
    _open_stock(session, network)
    audit(session, "import_network", "network", number, {"hash": digest})
    signal(session, NetworkImported(number, digest))
    return _told(number, digest, network, changed=True)


def _open_stock(session: Session, network: Network) -> None:
    known = {
        (seller, sku, location)
        for seller, sku, location in session.execute(
            select(StockRow.seller, StockRow.sku, StockRow.location)
        )
    }
    rows = [
        {
            "id": new_id(session),
            "seller": offer.seller,
            "sku": offer.sku,
            "location": offer.location,
            "on_hand": offer.stock,
            "reserved": 0,
            "counted_at": OPENING,
        }
        for offer in network.offers
        if offer.key not in known
    ]
    add_rows(session, StockRow, rows)


def _told(number: int, digest: str, network: Network, *, changed: bool) -> ImportedNetwork:
    return ImportedNetwork(
        version=number,
        content_hash=digest,
        changed=changed,
        sellers=len(network.sellers),
        locations=len(network.locations),
        skus=len(network.skus),
        offers=len(network.offers),
        services=len(network.services),
    )
