"""Rows of a batch are read from CSV and JSON; every fault is told, and no cell becomes a formula."""

import csv
import io
import json
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carriers.batch import (
    REQUIRED,
    BadRow,
    BatchRow,
    RowOutcome,
    outcomes_to_csv,
    rows_from_csv,
    rows_from_json,
)
from carriers.booking import Direction
from carriers.ports import LabelFormat
from core.errors import InvalidInput

ROW = {
    "reference": "A-1",
    "carrier": "postnl",
    "account": "main",
    "service": "DomesticPakket",
    "location": "TIL",
    "from_company": "Klompen BV",
    "from_street": "Industrieweg 7",
    "from_city": "Tilburg",
    "from_postcode": "5026 RA",
    "from_country": "NL",
    "to_name": "Jana Novak",
    "to_street": "Oudegracht 5, bis",
    "to_city": "Utrecht",
    "to_country": "NL",
    "weight_g": "1250",
    "length_mm": "300",
    "width_mm": "200",
    "height_mm": "150",
    "mailing_date": "2026-05-04",
    "option_note": "ring",
}


def as_csv(*rows: dict[str, str]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def test_csv_and_json_say_the_same() -> None:
    (row,) = rows_from_csv("\ufeff" + as_csv(ROW))
    assert isinstance(row, BatchRow)
    assert rows_from_json(json.dumps([{**ROW, "weight_g": 1250}])) == [row]
    assert (row.number, row.reference, row.person.street) == (1, "A-1", "Oudegracht 5, bis")
    assert (row.mailing_date, dict(row.options)) == (date(2026, 5, 4), {"note": "ring"})
    assert (row.label_format, row.direction) == (LabelFormat.PDF_4X6, Direction.OUTBOUND)
    assert row.place.company == "Klompen BV" and row.size.height_mm == 150


@pytest.mark.parametrize(
    ("column", "value", "fault"),
    [
        ("weight_g", "1.5", "weight_g: '1.5' is not a whole number"),
        ("weight_g", "0", "weight_g: must be a positive whole number of grams"),
        ("weight_g", "9" * 30, f"weight_g: '{'9' * 30}' is not a whole number"),
        ("length_mm", "", "length_mm: '' is not a whole number"),
        ("length_mm", "0", "length_mm: must be a positive whole number of millimetres"),
        ("mailing_date", "4.5.2026", "mailing_date: '4.5.2026' is not understood"),
        ("to_country", "Holland", "to_country: 'Holland' is not an ISO 3166-1 alpha-2 code"),
        ("carrier", "", "carrier: has 1 to 100 characters"),
        ("reference", "", "reference: has 1 to 100 characters"),
        ("label_format", "png", "label_format: 'png' is not understood"),
        ("direction", "sideways", "direction: 'sideways' is not understood"),
    ],
)
def test_a_bad_cell_spoils_its_row_alone(column: str, value: str, fault: str) -> None:
    good, bad = rows_from_csv(as_csv({**ROW, column: ROW.get(column, "")}, _second(column, value)))
    assert isinstance(good, BatchRow)
    assert isinstance(bad, BadRow) and (bad.number, bad.fault) == (2, fault)


def _second(column: str, value: str) -> dict[str, str]:
    return {**ROW, "reference": "A-2", column: value}


def test_the_same_reference_twice_is_one_parcel_and_one_fault() -> None:
    first, second = rows_from_csv(as_csv(ROW, ROW))
    assert isinstance(first, BatchRow)
    assert second == BadRow(2, "A-1", "row 1 has the same reference")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("reference,carrier\nA,b\n", "account: is missing"),
        (as_csv({**ROW, "wieght": "1"}), "wieght: is not a column of a batch"),
        (",".join([*REQUIRED, "weight_g"]) + "\n", "weight_g: is there twice"),
        (as_csv(ROW) + "A-2,postnl\n", "line 3: has not as many cells as the header"),
        (as_csv(ROW) + '"open\n', "line 3: is not CSV"),
        ("", "reference: is missing"),
    ],
)
def test_a_file_that_is_not_a_batch_is_refused_whole(text: str, fault: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        rows_from_csv(text)
    assert fault in "; ".join(str(one) for one in caught.value.faults)


@pytest.mark.parametrize("text", ["{", "{}", "[1]", "null"])
def test_json_that_is_not_a_list_of_objects_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        rows_from_json(text)


def test_empty_lines_and_an_empty_batch_are_no_rows() -> None:
    assert rows_from_csv(",".join(REQUIRED) + "\n" + "," * (len(REQUIRED) - 1) + "\n") == []
    assert rows_from_json("[]") == []


@given(st.text(max_size=30))
def test_no_cell_of_the_outcome_is_a_formula(reference: str) -> None:
    reference = reference.replace("\x00", "")
    lines = "".join(outcomes_to_csv([RowOutcome(1, reference, "booked", reason=reference)]))
    (read,) = csv.DictReader(io.StringIO(lines, newline=""))
    assert not read["reference"].startswith(("=", "+", "-", "@", "\t", "\r"))
    assert read["reference"].removeprefix("'") == " ".join(reference.split()).removeprefix("'")
    assert read["state"] == "booked" and read["cost_minor"] == ""
