"""Promised against kept: what counts, what waits, and how sure a share is."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracking.calibration import POOLED, report_calibration, report_tallies, wilson
from tracking.outcome import PromiseOutcome
from tracking.tallies import Tallies, tallies_from, tallies_json

NOW = datetime(2026, 3, 20, tzinfo=UTC)


def outcome(
    arrived_days: int | None, *, level: float = 0.95, seller: str = "s", over: bool = False
) -> PromiseOutcome:
    """Made twelve days ago, promised for ten days later; arrived that many days after."""
    made = NOW - timedelta(days=12)
    return PromiseOutcome(
        level, made, made + timedelta(days=10), f"{made:%Y-%m}", ("post",), (seller,), 10,
        None if arrived_days is None else made + timedelta(days=arrived_days), over,
    )  # fmt: skip


def test_a_promise_counts_once_it_is_decided() -> None:
    assert outcome(9).kept(NOW) is True
    assert outcome(11).kept(NOW) is False
    assert outcome(None).kept(NOW) is False  # its day has passed
    assert outcome(None).kept(NOW - timedelta(days=5)) is None
    assert outcome(None, over=True).kept(NOW - timedelta(days=5)) is False  # it never will


def test_groups_are_reported_with_their_intervals() -> None:
    outcomes = [outcome(9, seller="a")] * 60 + [outcome(11, seller="b")] * 40
    report = report_calibration(outcomes, NOW)
    assert report.overall is not None
    assert report.overall.kept == pytest.approx(0.6)
    assert report.overall.is_off
    assert [(row.group, row.kept) for row in report.by_seller] == [("a", 1.0), ("b", 0.0)]
    assert [row.group for row in report.by_level] == ["0.95"]
    assert report.open_promises == 0


def test_small_groups_are_judged_together_and_elsewhere_is_compared_with() -> None:
    outcomes = [outcome(9 if n % 2 else 11, seller=f"s{n % 8}") for n in range(80)]
    before = [outcome(9)] * 40
    report = report_calibration(outcomes, NOW, before)
    assert report.by_seller[-1].group == POOLED
    assert (report.by_seller[-1].promises, report.by_seller[-1].kept) == (80, 0.5)
    assert report.by_seller[-1].is_off
    assert POOLED in report.alarms
    assert report.days_earlier == pytest.approx(0.0)
    assert report.elsewhere is not None
    assert report.elsewhere.kept == 1.0


def test_few_promises_judge_nobody() -> None:
    report = report_calibration([outcome(11)] * 5, NOW)
    assert report.overall is not None
    assert report.overall.is_small
    assert not report.overall.is_off
    assert report_calibration([], NOW).overall is None


@given(st.integers(0, 500), st.integers(0, 500))
def test_the_interval_holds_the_share(kept: int, missed: int) -> None:
    low, high = wilson(kept, kept + missed)
    assert 0 <= low <= high <= 1
    if kept + missed:
        assert low - 1e-12 <= kept / (kept + missed) <= high + 1e-12


def test_lost_parcels_count_as_not_kept_and_are_told_apart() -> None:
    outcomes = [outcome(9)] * 90 + [outcome(11)] * 5 + [outcome(None, over=True)] * 5
    report = report_calibration(outcomes, NOW)
    assert report.overall is not None
    assert (report.overall.kept, report.overall.lost) == (0.9, 5)
    assert report.overall.kept_of_arriving == pytest.approx(90 / 95)


@given(
    st.lists(st.tuples(st.integers(1, 20), st.sampled_from("abc")), max_size=40), st.integers(0, 40)
)
def test_parts_counted_apart_and_stored_add_up_to_the_whole(
    found: list[tuple[int, str]], cut: int
) -> None:
    outcomes = [outcome(days, seller=seller) for days, seller in found]
    total = Tallies()
    for part in (outcomes[:cut], outcomes[cut:]):
        tallies = Tallies()
        for one in part:
            tallies.count(one, NOW)
        total.add(tallies_from(json.loads(json.dumps(tallies_json(tallies)))))
    assert report_tallies(total) == report_calibration(outcomes, NOW)
