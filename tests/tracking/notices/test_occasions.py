"""People are told when what they may expect has changed, and not on every scan."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from carriers.status import Reason, Status
from tests.tracking.events import START, event
from tests.tracking.plans import PROMISED, plan
from tracking.eta import estimate_arrival
from tracking.journey import fold
from tracking.notices.occasions import (
    Occasion,
    QuietHours,
    Told,
    earliest_sending,
    is_news,
    is_useful,
    occasion_for,
)


def _told(hours: float, told: Told, *states: tuple[Status, float]) -> Told | None:
    journey = fold([event(state, at) for state, at in states])
    at = START + timedelta(hours=hours)
    return occasion_for(journey, estimate_arrival(journey, plan(), at), plan(), told, at)


def test_ordinary_scans_tell_nobody() -> None:
    states: list[tuple[Status, float]] = []
    for hours, state in enumerate([Status.PRE_TRANSIT, Status.ACCEPTED, Status.IN_TRANSIT]):
        states.append((state, hours))
        assert _told(hours, Told(), *states) is None


def test_a_delay_is_told_once_per_new_day_and_relief_after_it() -> None:
    scans = ((Status.ACCEPTED, 3), (Status.IN_TRANSIT, 10))
    first = _told(74, Told(), *scans)
    assert first is not None
    assert first.occasion is Occasion.DELAYED
    assert first.day is not None
    assert first.day > date(2026, 3, 5)
    assert _told(74, first, *scans) is None
    today = _told(72, Told(Occasion.DELAYED, first.day), *scans, (Status.OUT_FOR_DELIVERY, 71))
    assert today is not None
    assert today.occasion is Occasion.ARRIVING_TODAY


def test_delivered_is_told_once() -> None:
    first = _told(50, Told(), (Status.DELIVERED, 49))
    assert first is not None
    assert first.occasion is Occasion.DELIVERED
    assert _told(51, first, (Status.DELIVERED, 49)) is None


def test_delivered_after_all_is_told_again() -> None:
    delivered = event(Status.DELIVERED, 49)
    back = event(Status.IN_TRANSIT, 50, reason=Reason.DELIVERY_RETRACTED)
    first = _told(50, Told(), (Status.DELIVERED, 49))
    assert first is not None
    journey = fold([delivered, back, event(Status.DELIVERED, 52)])
    at = START + timedelta(hours=53)
    again = occasion_for(journey, estimate_arrival(journey, plan(), at), plan(), first, at)
    assert again is not None
    assert again.occasion is Occasion.DELIVERED
    assert occasion_for(journey, None, plan(), again, at) is None


def test_relief_is_news_only_to_who_heard_of_the_delay() -> None:
    day = "2026-03-09"
    assert is_news(Occasion.DELAYED, day, None)
    assert not is_news(Occasion.DELAYED, day, (Occasion.DELAYED, day))
    assert is_news(Occasion.DELAYED, day, (Occasion.BACK_ON_TIME, "2026-03-05"))
    assert is_news(Occasion.BACK_ON_TIME, "2026-03-05", (Occasion.DELAYED, day))
    assert not is_news(Occasion.BACK_ON_TIME, "2026-03-05", None)


def test_each_failed_attempt_is_told() -> None:
    first = _told(31, Told(), (Status.ATTEMPT_FAILED, 30))
    assert first is not None
    second = _told(55, first, (Status.ATTEMPT_FAILED, 30), (Status.ATTEMPT_FAILED, 54))
    assert second is None or second.detail != first.detail


def test_a_notice_that_is_no_longer_true_is_not_useful() -> None:
    told = Told(Occasion.DELAYED, date(2026, 3, 9), "2026-03-09")
    now = PROMISED

    def useful(detail: str, state: Status, age: timedelta = timedelta()) -> bool:
        return is_useful(
            Occasion.DELAYED, detail, told=told, state=state, intended_at=now - age, now=now
        )

    assert useful("2026-03-09", Status.IN_TRANSIT)
    assert not useful("2026-03-07", Status.IN_TRANSIT)  # superseded by a later one
    assert not useful("2026-03-09", Status.DELIVERED)
    assert not useful("2026-03-09", Status.IN_TRANSIT, timedelta(days=8))


@given(st.integers(0, 365 * 24 * 60), st.integers(0, 1439), st.integers(0, 1439))
def test_nothing_is_sent_in_quiet_hours(minute: int, begins: int, ends: int) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)
    quiet = QuietHours(begins, ends)
    at = earliest_sending(now, "Europe/Bucharest", quiet)
    assert now <= at <= now + timedelta(hours=25)
    assert earliest_sending(at, "Europe/Bucharest", quiet) == at


def test_quiet_hours_are_the_recipients() -> None:
    late = datetime(2026, 7, 1, 20, 0, tzinfo=UTC)
    assert earliest_sending(late, "Europe/London", QuietHours()) == late
    paris = earliest_sending(late, "Europe/Paris", QuietHours())
    assert paris == datetime(2026, 7, 2, 5, 30, tzinfo=UTC)
