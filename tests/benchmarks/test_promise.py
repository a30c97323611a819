"""The evaluation of promises: its figures can be recomputed, and it never looks ahead."""

import csv
import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from api.cli import main
from benchmarks.promise.ablation import ablate, as_table
from benchmarks.promise.evaluate import evaluate, read_orders, write_promises
from benchmarks.promise.figures import late_figures
from benchmarks.promise.late import average_precision
from benchmarks.promise.methods import later_of_both, level_alone
from benchmarks.promise.orders import BenchOrders
from benchmarks.promise.quoting import quoting_figures
from benchmarks.promise.score import pinball, worst
from benchmarks.promise.walk import WalkPlan, walk_forward
from core.errors import InvalidInput
from simulations.adapters.olist_files import read_olist
from tests.shared_data import shared_path
from tests.simulations.olist_sample import write_sample
from tests.tracking.learning.synthetic import with_future
from tracking.learning.boosting import BoostingPlan

FAST = WalkPlan(boosting=BoostingPlan(trees=15, leaves=5, minimum_hessian=3.0))
FIRST, LAST = date(2017, 5, 1), date(2017, 5, 14)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> BenchOrders:
    folder = write_sample(tmp_path_factory.mktemp("orders"), orders=420)
    return read_orders(folder, lambda _: None)


def test_every_figure_can_be_recomputed_from_the_promises(
    bench: BenchOrders, tmp_path: Path
) -> None:
    found = evaluate(bench, FIRST, LAST, (0.9, 0.95), plan=FAST, late=True)
    write_promises(tmp_path / "promises.csv", found)
    with (tmp_path / "promises.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    lead = dict(zip(bench.order_id, bench.lead.tolist(), strict=True))
    assert found.report["orders"] == len({row["order_id"] for row in rows})
    for told in found.report["rows"]:
        level = "" if told["level"] is None else f"{told['level']:g}"
        mine = [r for r in rows if r["method"] == told["method"] and r["level"] == level]
        days = np.array([int(row["promised_days"]) for row in mine])
        took = np.array([lead[row["order_id"]] for row in mine])
        assert told["realised"] == pytest.approx((took <= days).mean(), abs=1e-4)
        assert told["mean_days"] == pytest.approx(days.mean(), abs=1e-3)
        if told["level"] is not None:
            assert told["pinball"] == pytest.approx(pinball(took, days, told["level"]), abs=1e-4)
    defaults = [row for row in found.report["rows"] if row["default"]]
    assert [row["level"] for row in defaults] == [0.9, 0.95]
    assert set(defaults[0]["months"]) == {"2017-05"}
    assert defaults[0]["states"] == {}  # none has 200 orders
    assert defaults[0]["mean_days"] <= defaults[1]["mean_days"]
    assert {"hand-over", "4 d before", "2 d before", "1 d before", "eta"} == set(
        found.report["late"]
    )


def test_promises_do_not_depend_on_what_happens_later(bench: BenchOrders) -> None:
    today = bench.day(FIRST)
    other = replace(bench, history=with_future(bench.history, today))
    curves = [walk_forward(one, today, today, FAST).curves for one in (bench, other)]
    assert len(curves[0])
    np.testing.assert_array_equal(curves[0], curves[1])


def test_a_window_without_history_or_orders_is_refused(bench: BenchOrders) -> None:
    for first, last, words in (
        (date(2017, 3, 2), date(2017, 3, 9), "before the window"),
        (date(2017, 5, 9), date(2017, 5, 1), "ends before"),
        (date(2017, 9, 1), date(2017, 9, 2), "no delivered order"),
    ):
        with pytest.raises(InvalidInput, match=words):
            evaluate(bench, first, last, (0.95,), plan=FAST)


def test_a_folder_without_orders_ends_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write_sample(tmp_path / "headers")
    for name in ("olist_orders_dataset.csv", "olist_order_items_dataset.csv"):
        head = (folder / name).read_text().splitlines()[0]
        (folder / name).write_text(head + "\n")
    (tmp_path / "empty").mkdir()
    window = "--from 2017-05-01 --to 2017-05-02".split()
    for folder in ("headers", "empty"):
        with pytest.raises(SystemExit) as stop:
            main(["bench", "promise", "--orders", str(tmp_path / folder), *window])
        assert stop.value.code == 2
        told = [line for line in capsys.readouterr().err.splitlines() if "lanewise:" in line]
        assert len(told) == 1
        assert "no order" in told[0]


def test_the_same_seed_promises_the_same(bench: BenchOrders, tmp_path: Path) -> None:
    written = []
    for name in ("first.csv", "second.csv"):
        write_promises(tmp_path / name, evaluate(bench, FIRST, LAST, (0.95,), plan=FAST))
        written.append((tmp_path / name).read_bytes())
    assert written[0] == written[1]


def test_carts_are_quoted_with_what_was_learned(tmp_path: Path) -> None:
    data = read_olist(write_sample(tmp_path / "orders", orders=420))
    day = data.orders[-30].purchased_at.date()
    told: list[str] = []
    figures = quoting_figures(data, quick=True, say=told.append, day=day, plan=FAST.boosting)
    assert len(figures) == 3
    assert figures[0].ok
    assert int(told[0].split(", ")[1].split()[0]) > 0  # dated by what was learned


def test_late_figures_are_means_of_the_windows() -> None:
    moments = ("hand-over", "4 d before", "2 d before", "1 d before")
    reports = [
        {
            **{moment: {"average_precision": precision} for moment in moments},
            "eta": {"purchase_mae_days": 4.0, "hand_over_mae_days": days},
        }
        for precision, days in ((0.5, 3.0), (0.9, 3.4))
    ]
    figures = late_figures(reports)
    assert [figure.ok for figure in figures] == [True, True, False, False, True]
    assert figures[-1].seen == "20.0 % (4.00 to 3.20 d)"


def test_an_ablation_takes_one_part_away_at_a_time(bench: BenchOrders) -> None:
    found = ablate(bench, FIRST, LAST, plan=FAST)
    rows = {row["variant"]: row for row in found["variants"]}
    whole = evaluate(bench, FIRST, LAST, (0.95,), plan=FAST).report["rows"]
    default = next(row for row in whole if row["default"])
    for figure in ("realised", "mean_days", "pinball"):
        assert rows["default"][figure] == default[figure]
    assert rows["open parcels do not teach"]["mean_days"] != rows["default"]["mean_days"]
    assert len(as_table(found).splitlines()) == 2 + len(rows)


def test_the_default_learns_on_what_the_product_knows(bench: BenchOrders) -> None:
    today = bench.day(FIRST)
    names = set(walk_forward(bench, today, today, FAST).names)
    assert not names & {"quoted_days", "orders 24 h"}
    assert {"price_minor", "freight_minor", "sellers", "destination backlog"} <= names
    without = walk_forward(bench, today, today, replace(FAST, network_columns=False))
    assert not [name for name in without.names if "backlog" in name or "speed" in name]


def test_average_precision_takes_ties_together() -> None:
    late = np.array([1, 0, 1, 0])
    assert average_precision(late, np.array([4.0, 3.0, 2.0, 1.0])) == pytest.approx(5 / 6)
    assert average_precision(late, np.ones(4)) == pytest.approx(0.5)
    assert average_precision(np.zeros(4, np.int64), np.ones(4)) == 0.0


def test_a_small_group_is_not_called_the_worst() -> None:
    kept = np.array([False] * 3 + [True] * 7 + [False] * 3)
    group = np.array(["A"] * 3 + ["B"] * 10)
    assert worst(kept, group, 5, "state") == {"state": "B", "realised": 0.7, "orders": 10}
    assert worst(kept, group, 50, "state") is None


def test_the_later_of_both_rules_is_promised() -> None:
    curves = np.array([[0.3, 0.049, 0.0, 0.0], [0.3, 0.02, 0.01, 0.0]])
    known = np.tile(np.array([0.1, 0.06, 0.051, 0.0]), (60, 1))  # a miss costs thirty days here
    days = later_of_both(curves, known, 0.95)
    assert level_alone(curves, known, 0.95).tolist() == [2, 2]
    assert days.tolist() == [3, 2]  # the first buys the rest of its odds with one day


@pytest.mark.parametrize(
    "options",
    [
        ("--orders", "nowhere", "--from", "2017-05-01"),
        ("--orders", "nowhere", "--from", "2017-05-01", "--to", "2017-05-02"),
        ("--orders", "nowhere", "--from", "2017-05-01", "--to", "2017-05-02", "--level", "1.5"),
        ("--level", "0.9"),
    ],
)
def test_bad_options_end_in_one_line(
    options: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["bench", "promise", *options])
    assert stop.value.code == 2
    assert len(capsys.readouterr().err.strip().splitlines()) == 1


def test_the_command_writes_the_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write_sample(tmp_path / "orders", orders=300)
    report, promises = tmp_path / "report.json", tmp_path / "promises.csv"
    options = f"--from 2017-04-28 --to 2017-04-30 --level 0.95 --json {report}".split()
    with pytest.raises(SystemExit) as stop:
        main(["bench", "promise", "--orders", str(folder), *options, "--promises", str(promises)])
    assert stop.value.code == 0
    found = json.loads(report.read_text())
    assert (found["from"], found["to"]) == ("2017-04-28", "2017-04-30")
    assert [row["method"] for row in found["rows"] if row["default"]] == ["learned"]
    assert promises.read_text().startswith("order_id,method,level,promised_days\n")
    assert "marketplace" in capsys.readouterr().out


def test_the_real_sample_reads_as_arrays() -> None:
    bench = read_orders(shared_path("data/olist"), lambda _: None)
    history = bench.history
    assert history.orders > 26_000
    assert (history.handed >= history.purchased).all()
    window = (history.purchased >= bench.day(date(2017, 10, 1))) & (
        history.purchased <= bench.day(date(2017, 12, 31))
    )
    scored = window & bench.delivered
    assert int(scored.sum()) == 5333
    kept = bench.lead[scored] <= bench.quoted[scored]
    assert kept.mean() == pytest.approx(0.911, abs=0.001)  # the marketplace, as published
    assert bench.quoted[scored].mean() == pytest.approx(24.96, abs=0.01)
