"""Begins to follow a parcel, or learns its tracking number; takes in what was heard too early."""

from dataclasses import replace

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from carriers.status import Status, TimeBasis
from store.session import add_if_new, lock, now
from tracking.delivery import terms_to_plain
from tracking.event import CarrierEvent, own_event
from tracking.event_lines import event_from_dict
from tracking.flows.refresh_parcel import refresh_parcel
from tracking.journey import Journey
from tracking.parcel import ParcelPlan, TransitQuantiles
from tracking.tables import (
    StrayScanRow,
    TrackedParcelRow,
    add_event,
    lock_number,
    transit_json,
)


def follow_parcel(session: Session, plan: ParcelPlan) -> Journey:
    """Follow the parcel of `plan`; again with a number, service or date, these are renewed.

    With a tracking number the journey begins (`pre_transit`), and scans of that number that came
    before we knew it are taken in. Repeats safely.
    """
    if not isinstance(plan.transit, TransitQuantiles):
        raise TypeError("a followed parcel keeps its transit time as quantiles")
    if plan.tracking_number:
        lock_number(session, plan.carrier, plan.tracking_number)
    instant = now(session)
    values = {
        "order_id": plan.order,
        "order_reference": plan.order_reference,
        "seller": plan.seller,
        "seller_name": plan.seller_name or plan.seller,
        "direction": plan.direction.value,
        "notices": plan.notices,
        "carrier": plan.carrier,
        "service": plan.service,
        "tracking_number": plan.tracking_number,
        "consignee_id": plan.consignee,
        "language": plan.language,
        "zone": plan.zone,
        "departs_at": plan.departs_at,
        "promised_by": plan.promised_by,
        "level": str(plan.level),
        "transit": transit_json(plan.transit),
        "delivery": terms_to_plain(plan.delivery),
    }
    start = {
        "id": plan.parcel,
        "followed_at": instant,
        "state": Status.UNKNOWN.value,
        "is_over": False,
        "attempts": 0,
        "unknown_events": 0,
        "refreshed_at": instant,
        "told_detail": "",
    }
    if not add_if_new(session, TrackedParcelRow, {**values, **start}, ["id"]):
        row = lock(session, TrackedParcelRow, plan.parcel)
        values["tracking_number"] = plan.tracking_number or row.tracking_number
        if row.handed_over_at is not None:
            del values["transit"]  # from the hand-over on what was learned stands there
        for name, value in values.items():
            setattr(row, name, value)
        session.flush()
    if plan.tracking_number:
        add_event(session, _announced(session, plan))
        _take_in_strays(session, plan)
    return refresh_parcel(session, plan.parcel)


def _announced(session: Session, plan: ParcelPlan) -> CarrierEvent:
    """The carrier knows of the parcel. One per number, whenever it is heard again."""
    return own_event(
        str(plan.parcel),
        plan.carrier,
        Status.PRE_TRANSIT,
        key=f"booked-{plan.tracking_number}",
        at=now(session),
        source="booking",
    )


def _take_in_strays(session: Session, plan: ParcelPlan) -> None:
    mine = (
        StrayScanRow.carrier == plan.carrier,
        StrayScanRow.tracking_number == plan.tracking_number,
    )
    for stray in session.scalars(select(StrayScanRow).where(*mine)).all():
        event = event_from_dict({**stray.event, "parcel": str(plan.parcel)})
        basis = TimeBasis(stray.event["time_basis"])
        add_event(session, replace(event, time_basis=basis, received_at=stray.received_at))
    session.execute(delete(StrayScanRow).where(*mine))
