"""Gives the compiled snapshot of the active network; compiled once per process and version."""

from collections import OrderedDict
from threading import Lock

from sqlalchemy.orm import Session

from routing.network.canonical import from_json
from routing.network.network import Network
from routing.snapshot import Snapshot, compile_snapshot
from routing.tables import active_network, network_content

KEPT = 8  # versions in memory: a few tenants, and the old one while quotes on it live
_compiled: OrderedDict[str, Snapshot] = OrderedDict()
_lock = Lock()


def load_snapshot(session: Session, content_hash: str | None = None) -> Snapshot:
    """The snapshot of the active version, or of the named one; raises NotFound without any.

    A version is its content: two tenants with the same network share a snapshot.
    """
    digest = content_hash or active_network(session).content_hash
    with _lock:
        known = _compiled.get(digest)
        if known is not None:
            _compiled.move_to_end(digest)
            return known
    network = from_json(Network, network_content(session, digest))
    snapshot = compile_snapshot(network, digest)
    with _lock:
        _compiled[digest] = snapshot
        while len(_compiled) > KEPT:
            _compiled.popitem(last=False)
    return snapshot
