"""Asks a carrier to collect: writes the intent; the worker calls the carrier."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from carriers.call_jobs import PICKUP_JOB
from carriers.labels.content import check_printable
from carriers.tables import PickupRow, add_call, address_json
from core.clock import require_aware
from core.errors import invalid
from core.places import Address
from store.jobs import enqueue
from store.session import new_id, now


def request_pickup(
    session: Session,
    *,
    carrier: str,
    account: str,
    location: str,
    place: Address,
    earliest: datetime,
    latest: datetime,
    parcels: int,
    weight_g: int,
) -> UUID:
    """The pickup's id; `earliest` and `latest` are aware instants."""
    if require_aware("earliest", earliest) >= require_aware("latest", latest):
        raise invalid("latest", "must be after the earliest time")
    if parcels <= 0 or weight_g <= 0:
        raise invalid("parcels", "a pickup collects something")
    check_printable(place, "place")
    pickup_id = new_id(session)
    session.add(
        PickupRow(
            id=pickup_id,
            carrier=carrier,
            account=account,
            location=location,
            place=address_json(place),
            earliest=earliest,
            latest=latest,
            parcels=parcels,
            weight_g=weight_g,
            state="requested",
            created_at=now(session),
        )
    )
    call = add_call(
        session,
        "pickup",
        pickup_id,
        carrier=carrier,
        account=account,
        reference=f"P{pickup_id.hex[-16:].upper()}",
    )
    enqueue(session, PICKUP_JOB, {"pickup_id": str(pickup_id)}, key=str(call.id))
    return pickup_id
