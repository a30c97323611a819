"""Asks carriers where parcels are: for those that send no webhooks, or whose webhooks were lost."""

from collections.abc import Mapping
from functools import partial
from uuid import UUID

import structlog
from sqlalchemy import select

from carriers.adapters.deadline import ask_within
from carriers.ports import Capability, Carrier
from carriers.status import Scan
from core.errors import CarrierRejected, CarrierUnavailable
from core.ids import TenantId
from store.session import Sessions, lock, now
from tracking.event import event_of_scan
from tracking.flows.refresh_parcel import refresh_parcel
from tracking.tables import TrackedParcelRow, add_event

log = structlog.get_logger("tracking")
BATCH = 200


def poll_scans(
    sessions: Sessions, tenant: TenantId, carriers: Mapping[str, Carrier], *, limit: int = BATCH
) -> int:
    """Ask for up to `limit` parcels on their way; returns how many events were new.

    A carrier that does not answer is left alone for this round.
    """
    trackable = [
        name
        for name, carrier in carriers.items()
        if Capability.TRACK in carrier.profile.capabilities
    ]
    with sessions(tenant, read_only=True) as session:
        waiting = session.execute(
            select(TrackedParcelRow.id, TrackedParcelRow.carrier, TrackedParcelRow.tracking_number)
            .where(
                TrackedParcelRow.is_over.is_(False),
                TrackedParcelRow.carrier.in_(trackable),
                TrackedParcelRow.tracking_number != "",
            )
            .order_by(TrackedParcelRow.refreshed_at, TrackedParcelRow.id)
            .limit(limit)
        ).all()
    silent: set[str] = set()
    found = 0
    for parcel_id, name, number in waiting:
        if name in silent:
            continue
        try:
            scans = ask_within(
                carriers[name].profile.deadline, partial(carriers[name].track, number)
            )
        except CarrierUnavailable:
            silent.add(name)
            log.warning("carrier_silent", carrier=name)
            continue
        except CarrierRejected as error:
            log.warning("scans_refused", parcel=str(parcel_id), reason=error.code)
            continue
        if scans:
            found += _keep(sessions, tenant, parcel_id, scans)
    return found


def _keep(sessions: Sessions, tenant: TenantId, parcel_id: UUID, scans: tuple[Scan, ...]) -> int:
    with sessions(tenant) as session:
        lock(session, TrackedParcelRow, parcel_id)
        instant = now(session)
        added = sum(
            add_event(
                session,
                event_of_scan(
                    str(parcel_id), scan, source=f"poll:{scan.carrier}", received_at=instant
                ),
            )
            for scan in scans
        )
        if added:
            refresh_parcel(session, parcel_id)
        return added
