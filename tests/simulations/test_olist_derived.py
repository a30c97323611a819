"""The derived carrier: only what was known counts, tails never fall, prices never fall."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from simulations.adapters.olist_files import read_olist
from simulations.olist.carts import choose_orders, compare_carts
from simulations.olist.derived import LEVELS, History, fit_tariff, history, lead_times
from simulations.olist.regions import STATES, areas_of, state_of
from tests.simulations.olist_sample import write_sample


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> History:
    return history(read_olist(write_sample(tmp_path_factory.mktemp("olist"), orders=400)))


def test_quantiles_never_fall_and_every_pair_has_them(past: History) -> None:
    found = lead_times(past, datetime(2017, 8, 1, tzinfo=UTC))
    assert len(found.minutes) == len(STATES) ** 2
    for minutes in found.minutes.values():
        assert len(minutes) == len(LEVELS)
        assert list(minutes) == sorted(minutes)
        assert minutes[0] > 0


def test_deliveries_after_the_instant_teach_nothing(past: History) -> None:
    as_of = datetime(2017, 5, 20, tzinfo=UTC)
    cut = int(as_of.timestamp()) // 60
    hidden = History(
        **{
            **{name: getattr(past, name) for name in past.__dataclass_fields__},
            "delivered": np.where(past.delivered >= cut, -1, past.delivered),
            "handed_over": np.where(past.handed_over >= cut, -1, past.handed_over),
        }
    )
    assert lead_times(past, as_of) == lead_times(hidden, as_of)


def test_before_any_history_the_cold_start_speaks(past: History) -> None:
    found = lead_times(past, datetime(2016, 1, 1, tzinfo=UTC))
    assert found.deliveries == 0
    assert len(set(found.minutes.values())) == 1


def test_prices_rise_with_distance_and_weight(past: History) -> None:
    tariff = fit_tariff(past, datetime(2017, 8, 1, tzinfo=UTC))
    assert (np.diff(tariff.prices_minor, axis=0) >= 0).all()
    assert (np.diff(tariff.prices_minor, axis=1) >= 0).all()
    assert tariff.items > 0


@pytest.mark.parametrize(
    ("prefix", "state"), [(1310, "SP"), (69350, "RR"), (73100, "DF"), (500, None)]
)
def test_postcodes_lie_in_states(prefix: int, state: str | None) -> None:
    assert state_of(prefix) == state
    if state:
        from core.places import Destination

        inside = Destination("BR", f"{prefix:05d}")
        assert any(area.holds(inside) for area in areas_of(state))


def test_carts_are_quoted_with_the_level_and_compared_with_what_was_promised(
    tmp_path: Path,
) -> None:
    data = read_olist(write_sample(tmp_path, orders=40))
    orders = choose_orders(data, 16)
    assert sum(len(order.sellers) > 1 for order in orders) == 14
    rows = list(compare_carts(data, history(data), orders))
    assert [row.order_id for row in rows] == [order.order_id for order in orders]
    for row in rows:
        assert float(row.probability) >= 0.95
        assert row.our_parcels >= row.sellers
        assert row.our_charge_minor > 0
        assert row.their_days == 22
