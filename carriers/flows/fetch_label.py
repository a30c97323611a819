"""Gets a booked parcel's label from its carrier and keeps it sealed under the person's key."""

from collections.abc import Mapping

from carriers.adapters.deadline import within
from carriers.events import LabelReady
from carriers.flows.ask_leave import ask_leave
from carriers.flows.book import LABEL_KEPT
from carriers.flows.note_answer import note_answer
from carriers.journal import MARGIN
from carriers.ports import Carrier, LabelFormat
from carriers.tables import BookingRow, keep_label, label_row
from core.errors import CarrierRejected, CarrierUnavailable, Conflict, NotFound
from core.ids import BookingId, TenantId
from store.jobs import Retry
from store.outbox import signal
from store.session import Sessions, lock


def fetch_label(
    sessions: Sessions,
    tenant: TenantId,
    carriers: Mapping[str, Carrier],
    booking_id: BookingId,
    wanted: LabelFormat,
) -> bool:
    """Whether a label was added; one that is already kept is not asked for again.

    Raises CarrierUnavailable while the label is not ready, CarrierRejected when it never will be,
    Retry while the carrier rests.
    """
    with sessions(tenant) as session:
        row = session.get(BookingRow, booking_id)
        if row is None:
            raise NotFound("no such booking")
        if label_row(session, booking_id, wanted) is not None:
            return False
        if row.tracking_number is None:
            raise Conflict("it is not booked", code="not_booked")
        name, account, number = row.carrier, row.account, row.tracking_number
        carrier = carriers.get(name)
        if carrier is None:
            raise CarrierUnavailable(f"no adapter for carrier {name}", sent=False)
        rests_until = ask_leave(session, name, carrier.profile.deadline + MARGIN, account)
    if rests_until is not None:
        raise Retry(rests_until, "the carrier rests")
    try:
        label = within(carrier.profile.deadline, lambda: carrier.label(number, wanted))
    except (CarrierRejected, CarrierUnavailable) as error:
        with sessions(tenant) as session:
            note_answer(session, name, error, account)
        raise
    with sessions(tenant) as session:
        note_answer(session, name, account=account)
        row = lock(session, BookingRow, booking_id)
        keep_label(session, row, label, LABEL_KEPT)
        if wanted.value == row.label_format:
            signal(session, LabelReady(row.id, row.parcel_id, row.direction))
    return True
