"""`lanewise case` and `lanewise bench`: one line per case, clear refusals, honest exit codes."""

import io
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from api.cli import main
from api.commands import bench
from benchmarks.carts import make_case
from benchmarks.figures import Figure

CASE = make_case(2, lines=(1, 2), locations=(2, 3))


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        main(list(arguments))
    seen = capsys.readouterr()
    return int(ended.value.code or 0), seen.out, seen.err


def written(path: Path, *documents: Any) -> str:
    path.write_text("".join(json.dumps(one) + "\n" for one in documents), encoding="utf-8")
    return str(path)


def test_solve_prints_one_line_per_case_in_order(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = CASE | {"id": "other", "max_parcels": 1}
    file = written(tmp_path / "cases.jsonl", CASE, {"case": other, "frontier": []}, CASE)
    code, out, _ = run(capsys, "case", "solve", file, "--timing")
    answers = [json.loads(line) for line in out.splitlines()]
    assert code == 0
    assert [answer["id"] for answer in answers] == [CASE["id"], "other", CASE["id"]]
    assert answers[0]["frontier"] == answers[2]["frontier"]
    assert all(answer["timing"]["cpu_ms"] >= 0 for answer in answers)
    plan = answers[0]["frontier"][0]
    assert list(plan) == ["cost", "date", "parcels_n", "co2_g", "parcels"]


def test_solve_reads_standard_input_and_indented_files(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps(CASE)))
    code, from_stdin, _ = run(capsys, "case", "solve", "-", "--objectives", "cost,date")
    file = tmp_path / "case.json"
    file.write_text(json.dumps(CASE, indent=2), encoding="utf-8")
    _, from_file, _ = run(capsys, "case", "solve", str(file), "--objectives", "cost,date")
    assert code == 0
    assert from_stdin == from_file


def test_check_says_yes_or_what_is_wrong(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    case = written(tmp_path / "case.json", CASE)
    _, out, _ = run(capsys, "case", "solve", case)
    answer = json.loads(out)
    good = written(tmp_path / "good.json", answer)
    assert run(capsys, "case", "check", case, good)[:2] == (0, '{"ok": true}\n')
    answer["frontier"][0]["cost"] += 1
    code, out, _ = run(capsys, "case", "check", case, written(tmp_path / "bad.json", answer))
    assert code == 1
    assert "cost" in json.loads(out)["errors"][0]
    nonsense = tmp_path / "nonsense.json"
    nonsense.write_text("{", encoding="utf-8")
    code, out, _ = run(capsys, "case", "check", case, str(nonsense))
    assert code == 1
    assert not json.loads(out)["ok"]


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "empty"),
        ("{", "not JSON"),
        ('{"schema": NaN}', "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("[]", "case: must be an object"),
        ('{"schema": "plan-checkout/1"}', "items: is missing"),
        (json.dumps(CASE | {"q": "2"}), "q: must lie"),
        (json.dumps(CASE) + "\n" + json.dumps(CASE | {"now": -1}), "2: now"),
    ],
)
def test_a_malformed_case_is_one_line_and_exit_code_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, word: str
) -> None:
    file = tmp_path / "case.json"
    file.write_text(text, encoding="utf-8")
    for command in (("solve", str(file)), ("check", str(file), str(file))):
        code, _, err = run(capsys, "case", *command)
        assert code == 2
        assert word in err
        assert err.count("\n") == 1


def test_unknown_objectives_and_missing_files_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = written(tmp_path / "case.json", CASE)
    assert run(capsys, "case", "solve", file, "--objectives", "price")[0] == 2
    assert run(capsys, "case", "solve", str(tmp_path / "none.json"))[0] == 2


def test_bench_tells_figures_and_fails_on_a_missed_must(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def measure(**_: Any) -> list[Figure]:
        return [Figure("speed", "<= 1", "<= 0.5", "0.7", ok), Figure("x", "", "", "1", True)]

    fake = ModuleType("benchmarks.fake")
    fake.run = measure  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "benchmarks.fake", fake)
    monkeypatch.setattr(bench, "BENCHMARKS", {"checkout": "benchmarks.fake"})
    monkeypatch.setattr(bench, "WITH", {})
    ok = True
    report = tmp_path / "figures.json"
    code, out, _ = run(capsys, "bench", "checkout", "--quick", "--json", str(report))
    assert code == 0
    assert "speed" in out and "reference loop" in out
    assert json.loads(report.read_text())["figures"][0]["seen"] == "0.7"
    ok = False
    code, out, _ = run(capsys, "bench", "checkout")
    assert code == 1
    assert "MISS" in out
    assert run(capsys, "bench", "nothing")[0] == 2
