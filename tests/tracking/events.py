"""Makes tracking events for tests: by hours after a start, and drawn at random by hypothesis."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from carriers.status import EventTime, Reason, Status, TimeBasis
from tracking.event import CarrierEvent, event_id

START = datetime(2026, 3, 2, 9, tzinfo=UTC)


def event(
    state: Status,
    hours: float = 0,
    *,
    parcel: str = "p1",
    code: str = "",
    reason: Reason | None = None,
    received_after_h: float | None = None,
) -> CarrierEvent:
    at = START + timedelta(hours=hours)
    time = EventTime(at.replace(tzinfo=None).isoformat(), "+00:00", at, TimeBasis.OFFSET)
    received = None if received_after_h is None else at + timedelta(hours=received_after_h)
    return CarrierEvent(
        id=event_id(parcel, "acme", state, time, code),
        parcel=parcel,
        carrier="acme",
        state=state,
        occurred_at=at,
        occurred_local=time.occurred_local,
        offset="+00:00",
        time_basis=TimeBasis.OFFSET,
        received_at=received,
        reason=reason,
        party=reason.party if reason else None,
        code=code,
    )


@st.composite
def drawn_events(draw: st.DrawFn) -> list[CarrierEvent]:
    """Events of up to three parcels, with ties, unknown codes, retractions and repeats."""
    drawn = draw(
        st.lists(
            st.tuples(
                st.sampled_from(Status),
                st.integers(0, 6),
                st.sampled_from(["p1", "p2", "p3"]),
                st.sampled_from(["", "X1", "X2"]),
                st.sampled_from([None, Reason.DELIVERY_RETRACTED, Reason.WEATHER]),
                st.sampled_from([None, 0.5, -48.0]),
            ),
            max_size=12,
        )
    )
    events = [
        event(s, h, parcel=p, code=c, reason=r, received_after_h=a) for s, h, p, c, r, a in drawn
    ]
    again = draw(st.lists(st.sampled_from(events), max_size=4)) if events else []
    return events + [replace(one, source="again") for one in again]
