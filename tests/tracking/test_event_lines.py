"""`lanewise journey`: JSON lines in, one state and one next step out; every bad line named."""

import json
import random

import pytest
from typer.testing import CliRunner

from api.cli import app, main
from core.errors import InvalidInput
from tracking.event_lines import read_event_lines, summary

LINES = [
    {"parcel": "A", "state": "pre_transit", "occurred_at": "2026-03-02T08:00:00Z"},
    {
        "parcel": "A",
        "state": "accepted",
        "occurred_local": "2026-03-02T18:00:00",
        "offset": "+01:00",
    },
    {
        "parcel": "A",
        "state": "in_transit",
        "occurred_local": "2026-03-03T02:00:00",
        "place": {"city": "Lyon", "country": "FR", "zone": "Europe/Paris"},
    },
    {"parcel": "A", "state": "ZZ9", "occurred_at": "2026-03-03T09:00:00+01:00"},
    {"parcel": "A", "state": "delivered", "occurred_at": "2026-03-04T12:00:00+01:00"},
    {"parcel": "A", "state": "in_transit", "occurred_at": "2026-03-04T13:00:00+01:00"},
    {"parcel": "B", "state": "out_for_delivery", "occurred_at": "2026-03-04T07:00:00+00:00"},
]


def _text(lines: list[dict[str, object]]) -> str:
    return "\n".join(json.dumps(line) for line in lines)


def test_the_answer_does_not_depend_on_order_or_repetition() -> None:
    expected = summary(read_event_lines(_text(LINES), file="f"))
    assert expected["state"] == "out_for_delivery"
    assert expected["next_step"] == "be_at_home"
    assert expected["events"] == 7
    assert expected["parcels"]["A"]["state"] == "delivered"
    assert expected["parcels"]["A"]["since"] == "2026-03-04T11:00:00+00:00"
    assert expected["parcels"]["A"]["unknown_codes"] == 1
    assert expected["parcels"]["A"]["unknown_code_counts"] == {"ZZ9": 1}
    source = random.Random(3)
    for _ in range(20):
        mixed = [*LINES, *source.sample(LINES, 3)]
        source.shuffle(mixed)
        assert summary(read_event_lines(_text(mixed), file="f")) == expected


def test_every_bad_line_is_named_with_row_and_field() -> None:
    text = '\n{"parcel": "A"}\n[1]\nnonsense\n{"state": "delivered"}\n'
    with pytest.raises(InvalidInput) as caught:
        read_event_lines(text, file="events.jsonl")
    found = [(fault.file, fault.row, fault.field) for fault in caught.value.faults]
    assert found == [
        ("events.jsonl", 2, "occurred_at"),
        ("events.jsonl", 3, "line"),
        ("events.jsonl", 4, "line"),
        ("events.jsonl", 5, "parcel"),
    ]


def test_a_naive_time_is_refused() -> None:
    line = {"parcel": "A", "state": "delivered", "occurred_at": "2026-03-04T12:00:00"}
    with pytest.raises(InvalidInput, match="offset"):
        read_event_lines(_text([line]), file="f")


def test_the_command_reads_standard_input_and_refuses_in_one_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    result = CliRunner().invoke(app, ["journey", "-"], input=_text(LINES))
    assert result.exit_code == 0
    assert json.loads(result.stdout)["parcels"]["B"]["state"] == "out_for_delivery"
    with pytest.raises(SystemExit) as stop:
        main(["journey", "no/such/file"])
    assert stop.value.code == 2
    assert capsys.readouterr().err.count("\n") == 1
