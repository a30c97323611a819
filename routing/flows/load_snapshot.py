"""Gives the compiled snapshot of the active network; compiled once per process and version.

A version that does not compile leaves the one before it serving.
"""

import time

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import Unavailable
from routing.compiled_networks import COMPILED, CompileReport
from routing.network.canonical import from_json
from routing.network.network import Network
from routing.snapshot import Snapshot, compile_snapshot
from routing.tables import NetworkVersionRow, active_network, network_content

log = structlog.get_logger("network")


def load_snapshot(session: Session, content_hash: str | None = None) -> Snapshot:
    """The snapshot of the active version, or of the named one; raises NotFound without any.

    A version is its content: two tenants with the same network share a snapshot. When the active
    version does not compile, the newest older one that does is given; raises Unavailable if none.
    """
    if content_hash is not None:
        found = _compiled(session, content_hash)
    else:
        active = active_network(session)
        found = _compiled(session, active.content_hash) or _before(session, active.number)
    if found is None:
        raise Unavailable("the network version does not compile", code="network_broken")
    return found


def _before(session: Session, number: int) -> Snapshot | None:
    """The newest version before that number that compiles."""
    older = (
        select(NetworkVersionRow.content_hash)
        .where(NetworkVersionRow.number < number)
        .order_by(NetworkVersionRow.number.desc())
    )
    for version in session.scalars(older).all():
        found = _compiled(session, version)
        if found is not None:
            return found
    return None


def _compiled(session: Session, version: str) -> Snapshot | None:
    """The snapshot of a version, None when it does not compile; that is tried once a process."""
    known = COMPILED.find(version)
    if known is not None or COMPILED.is_broken(version):
        return known
    text = network_content(session, version)
    began = time.thread_time()
    error = ""
    snapshot = None
    try:
        snapshot = compile_snapshot(from_json(Network, text), version)
    except Exception as failure:  # whatever it is: the version before must go on serving
        error = type(failure).__name__
        log.error("network_broken", version=version, error=error)
    cpu_ms = (time.thread_time() - began) * 1000
    COMPILED.note(CompileReport(version, cpu_ms, error), snapshot)
    return snapshot
