"""Seals what the promise ledger has gathered since the last seal."""

from core.ids import TenantId
from routing.flows.close_seal import close_seal
from routing.flows.find_unsealed import Unsealed, find_unsealed
from store.session import Sessions

MOST = 20_000  # promises in one seal, so that its writing is short


def seal_promises(sessions: Sessions, tenant: TenantId, *, whole: bool = False) -> int:
    """Close every promise that is in no seal; returns how many that were.

    Looks back to `LATEST` before the newest seal, or at the `whole` ledger. Finding and hashing hold
    up no writer. With nothing new no seal is made. Two at once: neither seals what the other did.
    """
    with sessions(tenant, read_only=True) as session:
        found = find_unsealed(session, whole=whole)
    names, count = sorted(found.hashes), 0
    for start in range(0, len(names), MOST):
        batch = {name: found.hashes[name] for name in names[start : start + MOST]}
        with sessions(tenant) as session:
            count += close_seal(session, Unsealed(found.after, batch))
    return count
