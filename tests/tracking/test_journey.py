"""A journey is the same for any order and repetition of its events, and never guesses progress."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carriers.status import Reason, Status
from tests.tracking.events import START, drawn_events, event
from tracking.event import CarrierEvent
from tracking.journey import NextStep, fold, fold_by_parcel, order_journey


@settings(max_examples=300, deadline=None)
@given(st.data(), drawn_events())
def test_any_order_and_any_repetition_give_the_same_journeys(
    data: st.DataObject, events: list[CarrierEvent]
) -> None:
    expected = fold_by_parcel(events)
    shuffled = data.draw(st.permutations(events))
    repeated = shuffled + data.draw(st.permutations(events))
    assert fold_by_parcel(shuffled) == expected
    assert fold_by_parcel(repeated) == expected
    assert order_journey(fold_by_parcel(repeated)) == order_journey(expected)


@settings(max_examples=200, deadline=None)
@given(drawn_events(), st.integers(0, 8))
def test_an_unknown_code_is_counted_and_moves_nothing(
    events: list[CarrierEvent], hours: int
) -> None:
    own = [one for one in events if one.parcel == "p1"]
    before = fold(own)
    after = fold([*own, event(Status.UNKNOWN, hours, code="never seen")])
    assert (after.state, after.since, after.moved_at) == (
        before.state,
        before.since,
        before.moved_at,
    )
    assert after.unknown_events == before.unknown_events + 1
    assert ("never seen", 1) in after.unknown_codes


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(Status), st.integers(2, 9)), max_size=8))
def test_delivered_is_left_only_by_an_explicit_word(later: list[tuple[Status, int]]) -> None:
    journey = fold([event(Status.DELIVERED, 1), *(event(s, h) for s, h in later)])
    explicit = {s for s, _ in later} & {Status.RETURNING, Status.RETURNED}
    if not explicit:
        assert journey.state is Status.DELIVERED
        assert journey.delivered_at == event(Status.DELIVERED, 1).occurred_at


def test_a_carrier_may_take_a_delivery_back_by_saying_so() -> None:
    retracted = event(Status.IN_TRANSIT, 2, reason=Reason.DELIVERY_RETRACTED)
    journey = fold([event(Status.DELIVERED, 1), retracted])
    assert (journey.state, journey.delivered_at) == (Status.IN_TRANSIT, None)


def test_a_label_sent_again_or_a_late_origin_scan_takes_nothing_back() -> None:
    events = [event(Status.ACCEPTED, 1), event(Status.IN_TRANSIT, 2)]
    more = [event(Status.ACCEPTED, 3), event(Status.PRE_TRANSIT, 4)]
    journey = fold([*events, *more])
    assert journey.state is Status.IN_TRANSIT
    assert journey.since == events[1].occurred_at
    assert journey.handed_over_at == events[0].occurred_at


def test_what_is_delivered_on_its_way_back_was_delivered_to_the_sender() -> None:
    journey = fold([event(Status.RETURNING, 1), event(Status.DELIVERED, 2)])
    assert journey.state is Status.RETURNED


def test_an_event_from_the_future_is_counted_and_not_believed() -> None:
    ahead = event(Status.DELIVERED, 200, received_after_h=-100)
    journey = fold([event(Status.IN_TRANSIT, 1), ahead])
    assert (journey.state, journey.unknown_events) == (Status.IN_TRANSIT, 1)
    zone_mistake = event(Status.DELIVERED, 5, received_after_h=-10)
    assert fold([zone_mistake]).state is Status.DELIVERED


def test_nothing_heard_is_unknown() -> None:
    assert fold([]).state is Status.UNKNOWN
    assert order_journey({}).next_step is NextStep.WAIT_FOR_SCAN


@pytest.mark.parametrize(
    ("first", "second", "state", "step"),
    [
        (Status.DELIVERED, Status.IN_TRANSIT, Status.IN_TRANSIT, NextStep.WAIT_FOR_DELIVERY),
        (Status.DELIVERED, Status.DELIVERED, Status.DELIVERED, NextStep.NOTHING),
        (Status.DELIVERED, Status.CANCELLED, Status.DELIVERED, NextStep.NOTHING),
        (Status.IN_TRANSIT, Status.LOST, Status.LOST, NextStep.RESEND_OR_REFUND),
        (Status.PRE_TRANSIT, Status.OUT_FOR_DELIVERY, Status.PRE_TRANSIT, NextStep.HAND_OVER),
        (
            Status.AVAILABLE_FOR_PICKUP,
            Status.IN_TRANSIT,
            Status.AVAILABLE_FOR_PICKUP,
            NextStep.COLLECT,
        ),
    ],
)
def test_an_order_is_where_its_neediest_parcel_is(
    first: Status, second: Status, state: Status, step: NextStep
) -> None:
    order = order_journey(
        {"p1": fold([event(first, 1)]), "p2": fold([event(second, 2, parcel="p2")])}
    )
    assert (order.state, order.next_step) == (state, step)


def test_customs_trouble_asks_for_papers() -> None:
    held = fold([event(Status.EXCEPTION, 1, reason=Reason.CUSTOMS_PAPERS_MISSING)])
    assert order_journey({"p1": held}).next_step is NextStep.CLEAR_CUSTOMS
    assert held.since is not None
    assert held.since > START
