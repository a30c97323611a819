"""`lanewise carrier book-batch`: a file in, an outcome per row out, and nothing twice."""

import csv
import json
from pathlib import Path

import pytest
from sqlalchemy import select

from api.cli import main
from api.wiring import from_environment
from store.tables import JobRow
from tests.carriers.test_batch import ROW, as_csv


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as caught:
        main(list(arguments))
    code = caught.value.code
    return code if isinstance(code, int) else 0


@pytest.fixture
def var(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Path:
    """An initialized Lanewise in a folder of its own."""
    for name in ("LANEWISE_DATABASE_URL", "LANEWISE_SECRET_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANEWISE_VAR", str(tmp_path / "var"))
    assert run("init", "--json") == 0
    capsys.readouterr()
    return tmp_path


def test_rows_are_booked_once_and_each_tells_what_became_of_it(
    var: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    batch, out = var / "batch.csv", var / "out.csv"
    heavy = {**ROW, "reference": "A-2", "weight_g": "900000"}
    hostile = {**ROW, "reference": "=A-3", "to_name": '^XZ~JA<b>"x"</b>'}
    wrong = {**ROW, "reference": "A-4", "weight_g": "heavy"}
    batch.write_text(as_csv(ROW, heavy, hostile, wrong))
    assert run("carrier", "book-batch", str(batch), "--no-wait", "--json") == 1
    asked = json.loads(capsys.readouterr().out)
    assert asked == {"rows": 4, "states": {"requested": 3, "invalid": 1}}
    assert run("carrier", "book-batch", str(batch), "--out", str(out)) == 1
    assert "1 invalid" in capsys.readouterr().out
    first = out.read_text()
    told = {row["reference"]: row for row in csv.DictReader(first.splitlines())}
    assert (told["A-1"]["state"], told["A-1"]["cost_minor"]) == ("booked", "695")
    assert told["A-2"]["state"] == "refused" and "too_heavy" in told["A-2"]["reason"]
    assert told["'=A-3"]["state"] == "booked"
    assert told["A-4"]["reason"] == "weight_g: 'heavy' is not a whole number"
    labels = var / "labels"
    again = ("carrier", "book-batch", str(batch), "--out", str(out), "--labels", str(labels))
    assert run(*again) == 1
    assert out.read_text() == first
    assert sorted(file.name for file in labels.iterdir()) == ["000001.pdf", "000003.pdf"]
    assert (labels / "000003.pdf").read_bytes().startswith(b"%PDF-")
    with from_environment().sessions.system(read_only=True) as session:
        assert set(session.scalars(select(JobRow.state))) == {"done"}


def test_a_batch_without_trouble_ends_with_0(var: Path, capsys: pytest.CaptureFixture[str]) -> None:
    batch, out = var / "batch.json", var / "out.json"
    batch.write_text(json.dumps([{**ROW, "reference": f"B-{n}"} for n in range(3)]))
    assert run("carrier", "book-batch", str(batch), "--out", str(out), "--json") == 0
    assert json.loads(capsys.readouterr().out) == {"rows": 3, "states": {"booked": 3}}
    assert len({row["tracking_number"] for row in json.loads(out.read_text())}) == 3


def test_a_file_that_cannot_be_read_is_one_line_and_exit_code_2(
    var: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("carrier", "book-batch", str(var / "none.csv")) == 2
    assert capsys.readouterr().err.startswith("lanewise: ")
    (var / "bad.csv").write_text("reference\nA\n")
    assert run("carrier", "book-batch", str(var / "bad.csv")) == 2
    assert "carrier: is missing" in capsys.readouterr().err
