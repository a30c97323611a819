"""Files are read by their conventions: the published solutions cost what was published."""

import json
from pathlib import Path

import pytest

from core.errors import InvalidInput
from routing.tours.checker import check
from routing.tours.plan import RELOAD, Plan, Sequence
from routing.tours.problem import Problem
from routing.tours.reading import read_tours_file
from tests.shared_data import shared_path


def published(folder: Path, solution: str, problem: Problem) -> list[Sequence]:
    index = problem.index_of() | {0: RELOAD}
    rows = [
        line for line in (folder / solution).read_text().splitlines() if line.startswith("Route")
    ]
    return [
        Sequence(
            int(row.split(":")[0].split()[-1].lstrip("#")),
            tuple(index[int(w)] for w in row.split(":")[1].split()),
        )
        for row in rows
    ]


@pytest.mark.parametrize("name", ["lr112", "lrc104", "lr1_2_6", "lrc2_2_3", "lc1_4_7", "lrc1_4_2"])
def test_best_known_li_lim_solutions_are_feasible_with_their_published_fleet_and_distance(
    name: str,
) -> None:
    folder = shared_path("data/vrp/pdptw")
    known = json.loads((folder.parent / "bks.json").read_text())["pdptw"][name]
    problem = read_tours_file((folder / f"{name}.txt").read_text(), file=name)
    plan = check(problem, published(folder, f"{name}.sol.txt", problem))
    assert isinstance(plan, Plan) and not plan.unserved
    assert len(plan.tours) == known["bks_vehicles"]
    assert plan.cost / problem.scale == pytest.approx(known["bks_distance"], rel=1e-4)


@pytest.mark.parametrize(
    ("name", "cost"), [("R202R0.5", 1413.8), ("RC203R0.25", 1808.2), ("X101-FSMFD", 35170.24)]
)
def test_optimal_solutions_of_the_extras_cost_what_they_say(name: str, cost: float) -> None:
    folder = shared_path("data/vrp/extras")
    problem = read_tours_file((folder / f"{name}.vrp").read_text(), file=name)
    plan = check(problem, published(folder, f"{name}.sol", problem))
    assert isinstance(plan, Plan) and not plan.unserved
    assert plan.cost / problem.scale == pytest.approx(cost, abs=0.005)


SOLOMON = """X1

VEHICLE
NUMBER     CAPACITY
  2         10

CUSTOMER
CUST NO.  XCOORD.  YCOORD.  DEMAND  READY TIME  DUE DATE  SERVICE TIME

 0  0 0  0   0 100 0
 1  1 1  5   0  90 1
 2  3 4  5  10  20 1
"""


def test_solomon_distances_are_truncated_to_tenths() -> None:
    problem = read_tours_file(SOLOMON)
    assert problem.scale == 10
    assert problem.matrices[0].distance_m.tolist() == [[0, 14, 50], [14, 0, 36], [50, 36, 0]]
    assert problem.stops[1].windows == ((100, 200),)


@pytest.mark.parametrize(
    ("broken", "word"),
    [
        (SOLOMON.replace("  10  20 1", "  30  20 1"), "closes"),
        (SOLOMON.replace("3 4  5", "3 4  -5"), "negative"),
        (SOLOMON.replace("3 4  5", "3 x  5"), "no number"),
        (SOLOMON.replace("3 4  5", "3 nan  5"), "no number"),
        (SOLOMON.replace(" 2  3 4", " 1  3 4"), "twice"),
        (SOLOMON.replace(" 2  3 4  5  10  20 1", " 2  3 4"), "7 numbers"),
        ("", "empty"),
        ("hello", "not Lanewise JSON"),
        ("{", "not JSON"),
        ("[]", "must be an object"),
        ("NAME: x\nDIMENSION: 3\nFOO_SECTION\n1 1\n", "FOO_SECTION"),
        ("2 10 1\n0 0 0 0 0 9 0 0 0\n1 1 1 3 0 9 0 0 2\n2 1 1 -3 0 9 0 7 0\n", "point back"),
    ],
)
def test_broken_files_are_refused_with_the_reason(broken: str, word: str) -> None:
    with pytest.raises(InvalidInput, match=word):
        read_tours_file(broken, file="f")
