"""Writes that somebody is to be told something, once per key, and queues the telling."""

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from store.jobs import enqueue
from store.session import add_if_new, new_id, now
from tracking.notices.occasions import Occasion
from tracking.tables import NoticeRow, SellerContactRow, TrackedParcelRow

SEND_NOTICE = "send_notice"
"""The job kind that sends one notice; payload `{"notice_id"}`."""
MAX_ATTEMPTS = 40  # with the job loop's pauses about a day and a half of a dead mail server


def intend_notice(
    session: Session,
    parcel: TrackedParcelRow,
    occasion: Occasion,
    detail: str,
    facts: dict[str, Any],
    *,
    key: str = "",
) -> UUID | None:
    """The new notice's id; None when it was intended before or there is nobody to tell.

    `facts` are the text's parameters: ids, instants and amounts, never names or addresses.
    """
    person, language, zone = parcel.consignee_id, parcel.language, parcel.zone
    if occasion is Occasion.HAND_OVER_DUE:
        contact = session.scalar(
            select(SellerContactRow).where(SellerContactRow.seller == parcel.seller)
        )
        person = contact.person_id if contact else None
        if contact:
            language, zone = contact.language, contact.zone
    if person is None:
        return None
    notice = new_id(session)
    values = {
        "id": notice,
        "key": key or f"{parcel.id}:{occasion.value}:{detail}",
        "occasion": occasion.value,
        "parcel_id": parcel.id,
        "order_id": parcel.order_id,
        "person_id": person,
        "language": language,
        "zone": zone,
        "facts": {
            **facts,
            "detail": detail,
            "order_reference": parcel.order_reference,
            "seller": parcel.seller_name,
            "carrier": parcel.carrier,
            "tracking_number": parcel.tracking_number,
        },
        "state": "intended",
        "attempts": 0,
        "created_at": now(session),
    }
    if not add_if_new(session, NoticeRow, values, ["tenant_id", "key"]):
        return None
    payload = {"notice_id": str(notice)}
    enqueue(session, SEND_NOTICE, payload, key=str(notice), max_attempts=MAX_ATTEMPTS)
    return notice
