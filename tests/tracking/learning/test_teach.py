"""Teaching lead times: what is asked at a quote is what was taught, and nothing is known too early."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta

import numpy as np
import pytest

from core.errors import InvalidInput
from routing.distributions.lead_times import LearnedLeadTimes
from routing.distributions.waits import WaitModel
from tests.tracking.learning.invented import FAST, FIRST, facts, known_on, lesson, traits
from tracking.learning.boosting import BoostingPlan
from tracking.learning.facts import ParcelFact, taught
from tracking.learning.floors import TOGETHER, coverage_floors
from tracking.learning.judging import SHADOW_DAYS, judge
from tracking.learning.miss_factors import PastPromise, calibrate, drifting, miss_factors
from tracking.learning.pulse import state_of_day
from tracking.learning.teach import HAND_OVER, Lesson, fit, fit_hand_over, fit_purchase

TODAY = FIRST + timedelta(days=130)
TAUGHT = lesson(TODAY)
MODEL = fit(TAUGHT, plan=FAST)


def test_a_quote_asks_with_the_very_columns_that_taught() -> None:
    known = sorted(facts(), key=lambda fact: fact.bought_at)
    rows = [n for n, fact in enumerate(known) if fact.bought_at.date() == TODAY]
    learned = LearnedLeadTimes("x", MODEL, state_of_day(TAUGHT, {}))
    names, values = TAUGHT.columns()
    assert names == MODEL.purchase.columns
    for row in rows:
        asked = learned.columns(names, [known[row].traits], known[row].bought_at)[0]
        told = np.where(np.isnan(values[row]), -1, values[row])
        mine = np.where(np.isnan(asked), -1, asked)
        at = names.index("orders of the seller")  # counted until the morning, not the minute
        mine[at] = told[at]
        np.testing.assert_allclose(mine, told, atol=2e-5)


def test_nothing_later_changes_model_or_state() -> None:
    other = lesson(TODAY, known_on(TODAY, facts()))
    again = fit(other, plan=FAST)
    np.testing.assert_array_equal(MODEL.purchase.forest.value, again.purchase.forest.value)
    np.testing.assert_array_equal(MODEL.hand_over.forest.value, again.hand_over.forest.value)
    mine, theirs = state_of_day(TAUGHT, {}), state_of_day(other, {})
    assert mine.pressure == theirs.pressure
    assert mine.transit_pressure == theirs.transit_pressure
    assert mine.transit_counts == theirs.transit_counts
    assert mine.handling_days == theirs.handling_days
    assert mine.deliveries == theirs.deliveries


def test_what_is_handed_over_waits_for_the_carriers_alone() -> None:
    assert not {"weekday", "hour"} & set(MODEL.hand_over.columns)  # those of the purchase
    state = state_of_day(TAUGHT, {})
    at = datetime.combine(TODAY, datetime.min.time())
    curves = [
        LearnedLeadTimes("x", MODEL, each).hand_over_curve(traits(), at, 2)
        for each in (
            state,
            replace(state, pressure=state.pressure + 1),
            replace(state, transit_pressure=state.transit_pressure + 1),
        )
    ]
    np.testing.assert_array_equal(curves[0], curves[1])
    assert curves[2][5] > curves[0][5]


def test_the_slow_destination_is_promised_later_and_memory_gives_the_same() -> None:
    learned = LearnedLeadTimes("x", MODEL, state_of_day(TAUGHT, {}))
    at = datetime.combine(TODAY, datetime.min.time())
    curves = learned.curves([traits(), traits(to="FR-PAC")], at, 0.95)
    assert curves[1, 7] > curves[0, 7] + 0.1
    np.testing.assert_array_equal(curves[1], learned.curves([traits(to="FR-PAC")], at, 0.95)[0])
    assert learned.knows(traits())
    assert not learned.knows(traits(service="rocket"))  # never delivered anything
    assert not learned.knows(traits(to="DE-BE"))


def test_a_tightened_level_is_met_exactly_where_the_calibration_aims() -> None:
    at = datetime.combine(TODAY, datetime.min.time())
    state = state_of_day(TAUGHT, {"FR-IDF": 0.5})
    plain = LearnedLeadTimes("x", MODEL, replace(state, miss_factors={}))
    bent = LearnedLeadTimes("x", MODEL, state)
    before, after = (each.curves([traits()], at, 0.95)[0] for each in (plain, bent))
    assert (after >= before - 1e-12).all()
    day = int((before > 0.025).sum())  # the first day that keeps half the allowed misses
    assert after[day] <= 0.05 < after[day - 1]


@pytest.mark.parametrize(
    ("learn", "serves"), [(fit_purchase, "purchase"), (fit_hand_over, "hand_over")]
)
def test_a_shadow_week_tells_a_lesson_from_noise(
    learn: Callable[[Lesson, int, BoostingPlan], WaitModel], serves: str
) -> None:
    since = TAUGHT.today - SHADOW_DAYS
    challenger = learn(TAUGHT, since, FAST)
    assert (challenger.stage == HAND_OVER) == (serves == "hand_over")
    shadow = judge(TAUGHT, challenger, None, {}, "counts by days waited")
    assert shadow.is_passed
    assert shadow.order_days > 100
    spoilt = replace(challenger, forest=replace(challenger.forest, base=challenger.forest.base - 3))
    assert not judge(TAUGHT, spoilt, challenger, MODEL.codes, "model 1").is_passed
    against = judge(TAUGHT, challenger, getattr(MODEL, serves), MODEL.codes, "model 1")
    assert against.challenger == shadow.challenger
    assert against.champion < shadow.champion  # it has even seen the week
    same = judge(TAUGHT, challenger, challenger, MODEL.codes, "model 1")
    assert same.challenger == pytest.approx(same.champion)


def test_too_few_deliveries_teach_nothing() -> None:
    with pytest.raises(InvalidInput, match="deliveries"):
        fit(lesson(FIRST + timedelta(days=20)), plan=FAST)
    with pytest.raises(InvalidInput, match="no parcel"):
        taught([])


def test_a_seller_with_one_order_and_missing_or_impossible_events_do_no_harm() -> None:
    odd = [
        ParcelFact(datetime(2025, 4, 1, 8), None, date(2025, 4, 9), traits("alone")),
        ParcelFact(datetime(2025, 4, 1, 9), date(2025, 3, 1), date(2025, 4, 5), traits()),
        ParcelFact(datetime(2025, 4, 1, 10), date(2025, 4, 2), date(2025, 3, 5), traits()),
        ParcelFact(datetime(2025, 4, 1, 11), date(2199, 1, 1), date(2199, 1, 2), traits()),
    ]
    with_odd = lesson(TODAY, [*facts(), *odd])
    # moved: a hand-over before the purchase, and a delivery before it; the missing hand-over is
    # taken from its delivery, and the future has not happened yet.
    assert with_odd.taught.history.repaired == 2
    model = fit(with_odd, plan=FAST)
    state = state_of_day(with_odd, {})
    assert state.handling_days["alone"] > 0
    at = datetime.combine(TODAY, datetime.min.time())
    curve = LearnedLeadTimes("x", model, state).curves([traits("alone")], at, 0.95)[0]
    assert np.isfinite(curve).all()
    assert (np.diff(curve) <= 0).all()


def _promise(number: int, *, missed: bool, stated: float = 0.95) -> PastPromise:
    made = FIRST + timedelta(days=number % 60)
    ends = made + timedelta(days=6)
    arrived = ends + timedelta(days=2) if missed else made + timedelta(days=3)
    return PastPromise("FR-IDF", made, ends, stated, arrived)


def test_missed_promises_tighten_their_destination_and_sound_the_alarm() -> None:
    kept = [_promise(n, missed=False) for n in range(200)]
    assert miss_factors(kept, TODAY) == {}  # never looser than stated: a coverage floor
    missed = [_promise(n, missed=n % 4 == 0) for n in range(200)]
    assert miss_factors(missed, TODAY)["FR-IDF"] < 0.9
    often = [_promise(n, missed=n % 2 == 0) for n in range(200)]
    assert list(drifting(often, TODAY)) == ["FR-IDF"]
    assert drifting(often, TODAY)["FR-IDF"] < 0.61


def test_an_alarm_that_stands_ends_only_well_below_where_it_begins() -> None:
    for missed in range(4, 60):
        promises = [_promise(n, missed=n < missed) for n in range(missed)]
        begins, goes_on = drifting(promises, TODAY), drifting(promises, TODAY, ("FR-IDF",))
        assert set(begins) <= set(goes_on)
        if goes_on and not begins:
            assert goes_on["FR-IDF"] > 0.6
            return
    pytest.fail("no distance at which a standing alarm goes on and none begins")


def _sold(seller: str, number: int, *, missed: bool) -> PastPromise:
    return replace(_promise(number, missed=missed), seller=seller, lane="a>b")


def test_sellers_who_surely_keep_too_little_are_aimed_tighter_and_small_ones_together() -> None:
    fine = [_sold("fine", n, missed=n % 25 == 0) for n in range(100)]
    bad = [_sold("bad", n, missed=n % 4 == 0) for n in range(100)]
    assert coverage_floors(fine, TODAY) == {}
    floors = coverage_floors([*fine, *bad], TODAY)
    assert set(floors["seller"]) == {"bad"}
    assert 1 / 6 <= floors["seller"]["bad"] < 0.5
    unlucky = [_sold("few", n, missed=n < 4) for n in range(12)]
    assert coverage_floors(unlucky, TODAY) == {}  # too few to judge
    small = [_sold(f"s{n % 9}", n, missed=n % 3 == 0) for n in range(90)]
    floors = coverage_floors([*fine, *small], TODAY)
    assert floors["seller"][TOGETHER] < 0.5
    assert floors["seller"]["fine"] == 1.0
    several = [replace(one, seller="", lane="") for one in bad]
    assert coverage_floors(several, TODAY) == {}  # over several: nobody is to blame


def test_a_floor_moves_the_curves_of_its_seller_alone() -> None:
    at = datetime.combine(TODAY, datetime.min.time())
    state = state_of_day(TAUGHT, {}, None, {"seller": {"s1": 0.5}})
    learned = LearnedLeadTimes("x", MODEL, state)
    plain = LearnedLeadTimes("x", MODEL, replace(state, floors={}))
    asked = [traits("s1"), traits("s2")]
    before, after = plain.curves(asked, at, 0.95), learned.curves(asked, at, 0.95)
    assert (after[0] >= before[0]).all()
    assert after[0, 9] > before[0, 9]
    np.testing.assert_array_equal(after[1], before[1])
    pooled = replace(state, floors={"seller": {"": 0.5, "s1": 1.0}})
    turned = LearnedLeadTimes("x", MODEL, pooled).curves(asked, at, 0.95)
    np.testing.assert_array_equal(turned[0], before[0])
    assert turned[1, 9] > before[1, 9]


def test_a_miss_counts_from_the_day_it_is_known() -> None:
    missed = [_promise(0, missed=True) for _ in range(50)]
    assert miss_factors(missed, FIRST + timedelta(days=6)) == {}
    assert miss_factors(missed, FIRST + timedelta(days=7))["FR-IDF"] < 1


def _by(service: str, number: int, *, missed: bool) -> PastPromise:
    return replace(_promise(number, missed=missed), service=service)


def test_one_service_calibrates_exactly_as_its_destination() -> None:
    for share in (2, 4, 25):
        plain = [_promise(n, missed=n % share == 0) for n in range(200)]
        served = [replace(one, service="post") for one in plain]
        assert calibrate(served, TODAY) == calibrate(plain, TODAY)
        assert miss_factors(served, TODAY) == miss_factors(plain, TODAY)
        assert drifting(served, TODAY) == drifting(plain, TODAY)


def test_a_service_moves_apart_from_its_destination_the_more_it_has_been_seen() -> None:
    good = [_by("good", n, missed=False) for n in range(200)]

    def with_bad(count: int) -> list[PastPromise]:
        return [*good, *(_by("bad", n, missed=n % 2 == 0) for n in range(count))]

    few, many = calibrate(with_bad(4), TODAY), calibrate(with_bad(100), TODAY)
    alone = calibrate([_by("bad", n, missed=n % 2 == 0) for n in range(4)], TODAY)["FR-IDF"]
    assert few["FR-IDF"] < few["bad>FR-IDF"] < alone  # drawn to the destination
    assert few["bad>FR-IDF"] - few["FR-IDF"] < 0.1 * (alone - few["FR-IDF"])
    assert many["good>FR-IDF"] < many["FR-IDF"] < many["bad>FR-IDF"]
    factors = miss_factors(with_bad(100), TODAY)
    assert factors["bad>FR-IDF"] < factors["FR-IDF"] < factors["good>FR-IDF"] <= 1.0
    assert "bad>FR-IDF" in drifting(with_bad(100), TODAY)
    joint = [replace(one, service="") for one in good]
    assert set(calibrate(joint, TODAY)) == {"FR-IDF"}


def test_what_a_service_aims_at_bends_its_curves_alone() -> None:
    state = state_of_day(TAUGHT, {"FR-PAC": 0.5, "post>FR-PAC": 1.0, "air>FR-PAC": 0.25})
    ends = {service: traits(to="FR-PAC", service=service) for service in ("post", "sea", "air")}
    bends = {name: state.log_slow_down(one, 0.95) - state.pressure for name, one in ends.items()}
    assert bends["post"] == 0.0
    assert 0.0 < bends["sea"] < bends["air"]
