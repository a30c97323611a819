"""Estimates heed delivery days, windows and chosen days, as the planner did when it promised."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carriers.status import Status
from core.calendars import end_of_day, instant_at, local_day
from core.ids import QuoteId
from core.places import Destination
from routing.cart import Cart, CartLine, Live
from routing.checkout.evaluate import Evaluator
from routing.checkout.from_network import build_problem
from routing.checkout.likelihood import Likelihoods
from routing.quoting import plan_quote
from routing.replanning import plan_of
from routing.snapshot import Snapshot
from tests.routing.conftest import demo_text, live, network, snapshot  # noqa: F401 - fixtures
from tests.tracking.events import START, event
from tests.tracking.plans import DEPARTS, PROMISED, TRANSIT, plan
from tracking.delivery import ANY_TIME, Delivering, DeliveryTerms, terms_from_plain, terms_to_plain
from tracking.eta import estimate_arrival
from tracking.journey import fold
from tracking.parcel import TransitQuantiles

PARIS = "Europe/Paris"
WEEKDAYS = DeliveryTerms(frozenset(range(5)))
FRIDAY = datetime(2026, 3, 6, 12, tzinfo=UTC)


@given(st.integers(0, 20_000), st.integers(0, 20_000))
def test_delivery_days_only_move_arrivals_on_and_keep_their_order(one: int, other: int) -> None:
    wait = Delivering(TRANSIT, WEEKDAYS, FRIDAY, PARIS)
    low, high = sorted((one, other))
    assert wait.chance_within(low) <= wait.chance_within(high) <= TRANSIT.chance_within(high)
    for chance in (0.05, 0.5, 0.95):
        at, plain = wait.minutes_at(chance), TRANSIT.minutes_at(chance)
        assert at is not None
        assert plain is not None
        assert at >= plain
        assert local_day(PARIS, FRIDAY + timedelta(minutes=at)).weekday() < 5


def test_nothing_is_expected_at_the_weekend_and_monday_is_no_bad_sign() -> None:
    weekend = plan(departs_at=FRIDAY, delivery=WEEKDAYS,
                   promised_by=end_of_day(PARIS, date(2026, 3, 9)))  # fmt: skip
    journey = fold([event(Status.IN_TRANSIT, (FRIDAY - START).total_seconds() / 3600)])
    found = estimate_arrival(journey, weekend, FRIDAY + timedelta(hours=1))
    assert found is not None
    assert local_day(PARIS, found.likely) == date(2026, 3, 9)
    on_sunday = estimate_arrival(journey, weekend, FRIDAY + timedelta(hours=50))
    assert on_sunday is not None
    assert local_day(PARIS, on_sunday.likely) == date(2026, 3, 9)
    assert on_sunday.late == pytest.approx(found.late, abs=2e-3)  # little could have come meanwhile


def test_what_comes_before_its_window_or_day_is_expected_in_it() -> None:
    day = date(2026, 3, 5)
    begins, ends = instant_at(PARIS, day, 14 * 60), instant_at(PARIS, day, 18 * 60)
    window = plan(promised_by=ends, delivery=DeliveryTerms(held_from=begins, held_until=ends))
    journey = fold([event(Status.ACCEPTED, 3)])
    found = estimate_arrival(journey, window, START + timedelta(hours=4))
    assert found is not None
    assert begins <= found.earliest <= found.likely <= ends
    assert found.late < 0.1
    out = fold([event(Status.ACCEPTED, 3), event(Status.OUT_FOR_DELIVERY, 71)])
    at_the_door = estimate_arrival(out, window, START + timedelta(hours=71))
    assert at_the_door is not None
    assert begins <= at_the_door.earliest <= at_the_door.likely <= ends
    assert at_the_door.late < 0.2


def test_a_failed_attempt_is_repeated_on_the_next_delivery_day() -> None:
    friday_hours = (FRIDAY - START).total_seconds() / 3600
    failed = fold([event(Status.ATTEMPT_FAILED, friday_hours)])
    found = estimate_arrival(failed, plan(delivery=WEEKDAYS), FRIDAY + timedelta(hours=1))
    assert found is not None
    assert local_day(PARIS, found.likely) == date(2026, 3, 9)


def test_terms_are_read_back_as_they_were_written() -> None:
    held = DeliveryTerms(frozenset({1, 3}), "FR", DEPARTS, PROMISED)
    for terms in (ANY_TIME, WEEKDAYS, held):
        assert terms_from_plain(terms_to_plain(terms)) == terms
    assert terms_to_plain(ANY_TIME) == {}


def test_estimate_and_planner_count_with_one_distribution(
    snapshot: Snapshot,  # noqa: F811 - a fixture
    live: Live,  # noqa: F811 - a fixture
) -> None:
    """By the end of each day they agree at every level of the table."""
    cart = Cart(Destination("FR", "75011"), (CartLine("1", "MUG-01", 1),), FRIDAY)
    quote = plan_quote(snapshot, cart, live, QuoteId(UUID(int=1)))
    problem = build_problem(snapshot, cart, live)
    compared = 0
    for option in quote.options:
        for parcel, planned in zip(
            option.parcels, plan_of(snapshot, problem, option).parcels, strict=True
        ):
            if parcel.through_hub:
                continue
            service = next(s for s in snapshot.network.services if s.code == parcel.service)
            zone = quote.zones[0]
            wait = Delivering(
                TransitQuantiles(tuple(map(float, parcel.transit.levels)), parcel.transit.minutes),
                DeliveryTerms(service.delivery_weekdays, "FR"),
                parcel.leaves_at,
                zone,
            )
            row = Likelihoods(Evaluator(problem.problem)).row(planned)
            levels = (0.0, *map(float, parcel.transit.levels))
            for day in range(20):
                ends = end_of_day(zone, problem.day(day))
                minutes = (ends - parcel.leaves_at).total_seconds() / 60
                mine = wait.chance_within(minutes) if minutes > 0 else 0.0
                # the planner counts a level once it is reached, the estimate also on the way to it
                above = min((level for level in levels if level > row[day] + 1e-9), default=1.0)
                assert row[day] - 1e-9 <= mine <= above + 1e-9
                compared += 1
    assert compared
