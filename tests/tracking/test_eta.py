"""The estimate moves with what happens, and a parcel at risk is seen before its promised date."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carriers.status import Reason, Status
from tests.tracking.events import START, event
from tests.tracking.plans import DEPARTS, PROMISED, TRANSIT, plan
from tracking.eta import Because, estimate_arrival
from tracking.incidents import IncidentKind, find_incidents, harm
from tracking.journey import fold

NOON = 3  # hours from the tests' start to the departure


def _late_after(hours: float, *states: tuple[Status, float]) -> float:
    journey = fold([event(state, at) for state, at in states])
    eta = estimate_arrival(journey, plan(), START + timedelta(hours=hours))
    assert eta is not None
    return eta.late


@given(st.floats(0, 1), st.floats(0, 1))
def test_quantiles_and_chances_are_each_others_inverse(one: float, other: float) -> None:
    low, high = sorted((one, other))
    at_low, at_high = TRANSIT.minutes_at(low), TRANSIT.minutes_at(high)
    if at_low is not None:
        assert TRANSIT.chance_within(at_low) == pytest.approx(low, abs=1e-6)
        assert at_high is None or at_low <= at_high


@given(st.integers(0, 300), st.sampled_from(Status))
def test_an_estimate_is_ordered_and_a_probability(hours: int, state: Status) -> None:
    journey = fold([event(Status.ACCEPTED, NOON), event(state, NOON + 1)])
    eta = estimate_arrival(journey, plan(), START + timedelta(hours=hours))
    if eta is None:
        assert state in {Status.RETURNED, Status.RETURNING, Status.CANCELLED, Status.LOST}
        return
    assert eta.earliest <= eta.likely <= eta.latest
    assert 0 <= eta.late <= 1


def test_without_movement_the_risk_grows_before_the_promised_date() -> None:
    risks = [_late_after(h, (Status.ACCEPTED, NOON)) for h in (4, 30, 60, 80)]
    assert risks == sorted(risks)
    assert risks[0] < 0.1
    assert risks[-1] > 0.5
    assert START + timedelta(hours=80) < PROMISED


def test_a_missed_departure_moves_the_whole_estimate() -> None:
    journey = fold([event(Status.PRE_TRANSIT, 0)])
    before = estimate_arrival(journey, plan(), DEPARTS - timedelta(hours=1))
    after = estimate_arrival(journey, plan(), DEPARTS + timedelta(hours=1))
    assert before is not None
    assert after is not None
    assert (before.because, after.because) == (Because.PLAN, Because.NOT_HANDED_OVER)
    assert after.likely - before.likely == timedelta(days=1)
    assert after.late > before.late


def test_out_for_delivery_today_is_nearly_certain() -> None:
    journey = fold([event(Status.ACCEPTED, NOON), event(Status.OUT_FOR_DELIVERY, 46)])
    eta = estimate_arrival(journey, plan(), START + timedelta(hours=47))
    assert eta is not None
    assert eta.late < 0.05
    assert eta.because is Because.OUT_FOR_DELIVERY


def test_customs_costs_days_and_says_so() -> None:
    free = [event(Status.ACCEPTED, NOON), event(Status.IN_TRANSIT, 10)]
    held = [*free, event(Status.EXCEPTION, 12, reason=Reason.CUSTOMS_HOLD)]
    at = START + timedelta(hours=13)
    without, with_hold = (estimate_arrival(fold(e), plan(), at) for e in (free, held))
    assert without is not None
    assert with_hold is not None
    assert with_hold.likely - without.likely == timedelta(hours=72)
    assert with_hold.because is Because.EXCEPTION


def test_incidents_open_in_order_as_nothing_happens() -> None:
    waiting = fold([event(Status.PRE_TRANSIT, 0)])

    def kinds(hours: float) -> set[IncidentKind]:
        at = START + timedelta(hours=hours)
        return set(find_incidents(waiting, plan(), estimate_arrival(waiting, plan(), at), at))

    assert kinds(-3) == set()
    assert kinds(0) == {IncidentKind.HAND_OVER_DUE}
    assert kinds(4) == {IncidentKind.HAND_OVER_MISSED}
    assert IncidentKind.PROMISE_AT_RISK in kinds(54)
    assert IncidentKind.PROMISE_MISSED in kinds(100)


def test_a_still_parcel_is_reported_then_feared_lost() -> None:
    journey = fold([event(Status.IN_TRANSIT, 4)])

    def kinds(hours: float) -> set[IncidentKind]:
        at = START + timedelta(hours=hours)
        return set(find_incidents(journey, plan(), estimate_arrival(journey, plan(), at), at))

    assert IncidentKind.NO_MOVEMENT in kinds(70)
    assert IncidentKind.LOSS_SUSPECTED not in kinds(4 + 5 * 24)
    assert IncidentKind.LOSS_SUSPECTED in kinds(4 + 6.2 * 24)  # all that arrive had arrived by then
    assert IncidentKind.LOSS_SUSPECTED in kinds(4 + 7 * 24)
    heard = [event(Status.IN_TRANSIT, 4), event(Status.IN_TRANSIT, 4 + 6 * 24, code="hub")]
    at = START + timedelta(hours=4 + 6.2 * 24)
    late = fold(heard)
    eta = estimate_arrival(late, plan(), at)
    assert IncidentKind.LOSS_SUSPECTED not in find_incidents(
        late, plan(), eta, at
    )  # it still moves


def test_an_open_risk_does_not_flap() -> None:
    journey = fold([event(Status.ACCEPTED, NOON)])
    at = START + timedelta(hours=54)
    eta = estimate_arrival(journey, plan(), at)
    assert eta is not None
    assert 0.2 <= eta.late < 0.5
    risk = IncidentKind.PROMISE_AT_RISK
    assert risk not in find_incidents(journey, plan(), eta, at)
    assert risk in find_incidents(journey, plan(), eta, at, already_open=frozenset({risk}))
    assert harm(IncidentKind.LOST, 0) == 100


def test_the_odds_to_be_lost_grow_while_nothing_happens() -> None:
    journey = fold([event(Status.ACCEPTED, NOON)])
    found = [
        estimate_arrival(journey, plan(), START + timedelta(hours=hours)) for hours in (4, 60, 90)
    ]
    lost = [eta.lost for eta in found if eta is not None]
    assert lost == sorted(lost)
    assert lost[0] == pytest.approx(0.001, abs=2e-4)
    assert lost[-1] > 10 * lost[0]
    assert all(eta is not None and eta.lost <= eta.late for eta in found)
