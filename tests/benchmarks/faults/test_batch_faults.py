"""The batch suite's own eyes: its rows can be read, and what must not be is told."""

import random
from pathlib import Path

import pytest

from benchmarks.faults.batch import HEADER, ROW, tally
from carriers.batch import BatchRow, rows_from_csv

SOUND = {"parcels": 2, "duplicates": []}


def told(*numbers: str) -> list[dict[str, str]]:
    return [
        {"state": "booked" if number else "refused", "tracking_number": number}
        for number in numbers
    ]


def test_its_rows_are_rows_of_a_batch(tmp_path: Path) -> None:
    day = "2026-03-02"
    lines = [ROW.format(number=n, weight_g=random.Random(n).randint(1, 9), day=day) for n in (1, 2)]
    rows = rows_from_csv("\n".join([HEADER, *lines]))
    assert len(rows) == 2 and all(isinstance(row, BatchRow) for row in rows)


@pytest.mark.parametrize(
    ("numbers", "there", "broken"),
    [
        (("A", "B"), SOUND, []),
        (("A", "A"), SOUND, ["doubles"]),
        (("A", "B"), {"parcels": 3, "duplicates": []}, ["lost"]),
        (("A", "B"), {"parcels": 2, "duplicates": ["R"]}, ["doubles"]),
        (("A", ""), {"parcels": 1, "duplicates": []}, ["rows without a booking"]),
        (("A",), {"parcels": 1, "duplicates": []}, ["rows without a booking"]),
    ],
)
def test_it_tells_what_must_not_be(
    numbers: tuple[str, ...], there: dict[str, object], broken: list[str]
) -> None:
    _, found = tally(2, told(*numbers), there)
    assert found == broken
