"""Reads what a marketplace's books say after a rehearsal."""

from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from carriers.booking import Direction
from carriers.journal import CallState
from carriers.status import Status
from carriers.tables import BookingRow, CallRow
from returns.tables import RefundRow
from routing.flows.verify_ledger import verify_ledger
from routing.tables import OrderLineRow, OrderRow, PlannedParcelRow
from simulations.certificate import Books
from store.tables import JobRow
from tracking.tables import NoticeRow, TrackedParcelRow, WebhookRow

ACCEPTED = ("booked", "voiding", "voided")


def read_books(session: Session) -> Books:
    """All counts, of the session's tenant."""

    def count(query: Select[Any]) -> int:
        return session.scalar(select(func.count()).select_from(query.subquery())) or 0

    live = select(BookingRow.id).where(
        BookingRow.slot == "live", BookingRow.direction == Direction.OUTBOUND.value
    )
    twice = (
        live.with_only_columns(BookingRow.parcel_id)
        .group_by(BookingRow.parcel_id)
        .having(func.count() > 1)
    )
    numbers = (
        select(BookingRow.tracking_number)
        .where(BookingRow.tracking_number.is_not(None))
        .group_by(BookingRow.carrier, BookingRow.tracking_number)
        .having(func.count() > 1)
    )
    booked = select(BookingRow.parcel_id).where(BookingRow.state.in_(ACCEPTED))
    unbooked = select(PlannedParcelRow.id).where(
        PlannedParcelRow.state != "cancelled", PlannedParcelRow.id.not_in(booked)
    )
    told = [
        (row.parcel_id, row.occasion, row.facts.get("rma_id") or row.facts.get("detail", ""))
        for row in session.scalars(select(NoticeRow).where(NoticeRow.state == "sent"))
    ]
    paid = _paid(session)
    refunds = session.scalars(select(RefundRow)).all()
    back: dict[Any, int] = {}
    for refund in refunds:
        back[refund.order_id] = back.get(refund.order_id, 0) + refund.amount_minor
    undelivered = session.scalars(
        select(TrackedParcelRow.id).where(
            TrackedParcelRow.direction == Direction.OUTBOUND.value,
            TrackedParcelRow.state != Status.DELIVERED.value,
        )
    )
    return Books(
        orders=count(select(OrderRow.id)),
        parcels_unbooked=count(unbooked),
        double_bookings=count(twice) + count(numbers),
        messages=count(select(WebhookRow.id)),
        unread_messages=count(select(WebhookRow.id).where(WebhookRow.read_at.is_(None))),
        faulty_messages=count(select(WebhookRow.id).where(WebhookRow.fault.is_not(None))),
        undelivered=frozenset(str(id_) for id_ in undelivered),
        told=len(told),
        told_twice=len(told) - len(set(told)),
        notices_in_doubt=count(
            select(NoticeRow.id).where(NoticeRow.state.in_(("unknown", "failed")))
        ),
        refunds=len(refunds),
        refunds_beyond_price=sum(amount > paid.get(order, 0) for order, amount in back.items()),
        double_refunds=len(refunds) - len({refund.rma_id for refund in refunds}),
        ledger_faults=len(verify_ledger(session).faults),
        buried_jobs=count(select(JobRow.id).where(JobRow.state == "dead")),
        parked_calls=count(select(CallRow.id).where(CallRow.state == CallState.PARKED.value)),
    )


def _paid(session: Session) -> dict[Any, int]:
    """By order: goods and delivery, in minor units."""
    goods = session.execute(
        select(
            OrderLineRow.order_id, func.sum(OrderLineRow.qty * OrderLineRow.price_minor)
        ).group_by(OrderLineRow.order_id)
    )
    found = {order: int(amount) for order, amount in goods}
    for order in session.scalars(select(OrderRow)):
        found[order.id] = found.get(order.id, 0) + int(order.charge["total"]["minor"])
    return found
