"""From an empty folder to a quote on the command line; bad input is told line by line."""

import json
from pathlib import Path

import pytest

from api.cli import main
from api.commands.seed_demo import write_files


@pytest.fixture
def var(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fresh data folder, with nothing of the caller's environment."""
    for name in ("LANEWISE_DATABASE_URL", "LANEWISE_SECRET_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANEWISE_VAR", str(tmp_path / "var"))
    return tmp_path


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as caught:
        main(list(arguments))
    code = caught.value.code
    return code if isinstance(code, int) else 0


@pytest.fixture
def ready(var: Path, small_demo: dict[str, str], capsys: pytest.CaptureFixture[str]) -> Path:
    """An initialized Lanewise and a folder with the demo network."""
    write_files(small_demo, var / "network")
    assert run("init", "--json") == 0
    capsys.readouterr()
    return var


@pytest.fixture(scope="session")
def small_demo() -> dict[str, str]:
    from simulations.demo_network import demo_files

    files = demo_files(1)
    for name in ("skus.csv", "offers.csv"):
        header, *rows = files[name].splitlines(keepends=True)
        files[name] = header + "".join(row for row in rows if "MUG-" in row or "COFFEE-" in row)
    return files


def test_a_network_is_imported_and_a_cart_quoted(
    ready: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("import", str(ready / "network"), "--json") == 0
    imported = json.loads(capsys.readouterr().out)
    assert (imported["version"], imported["changed"]) == (1, True)
    assert run("import", str(ready / "network")) == 0
    assert "unchanged" in capsys.readouterr().out
    cart = ready / "cart.json"
    lines = [{"sku": "COFFEE-01", "qty": 2}, {"sku": "MUG-01", "qty": 1, "seller": "elbe-kaffee"}]
    to = {"country": "FR", "postcode": "75011"}
    text = {"destination": to, "lines": lines, "at": "2026-03-02T09:00:00Z"}
    cart.write_text(json.dumps(text))
    assert run("quote", str(cart)) == 0
    shown = capsys.readouterr().out
    assert "cheapest" in shown and "Mar 2026" in shown
    assert run("quote", str(cart), "--json") == 0
    assert json.loads(capsys.readouterr().out)["options"]
    nowhere = {**text, "lines": [{"sku": "COFFEE-01", "qty": 500}]}
    cart.write_text(json.dumps(nowhere))
    assert run("quote", str(cart)) == 1
    assert "no option" in capsys.readouterr().out


def test_a_broken_folder_is_told_fault_by_fault(
    ready: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    skus = ready / "network" / "skus.csv"
    skus.write_text(skus.read_text().replace("fragile", "explosive"))
    (ready / "network" / "hubs.csv").write_text("hub,dwell_min\nhub-venlo,x\n")
    assert run("import", str(ready / "network")) == 2
    told = capsys.readouterr().err.splitlines()
    assert any(line.startswith("lanewise: skus.csv:2: flags:") for line in told)
    assert any(line.startswith("lanewise: hubs.csv:1: parcel_fee_minor:") for line in told)
    assert "Traceback" not in "".join(told)


@pytest.mark.parametrize(
    ("content", "field"),
    [
        ("{", "FILE"),
        ("[]", "FILE"),
        ('{"lines": []}', "destination"),
        ('{"destination": {"country": "FR"}, "lines": 3}', "lines"),
        ('{"destination": {"country": "FR"}, "lines": []}', "lines"),
        ('{"destination": {"country": "FR"}, "lines": [{"sku": "MUG-01", "qty": 0}]}', "qty"),
        ('{"destination": {"country": "FR"}, "lines": [{"sku": "MUG-01", "qty": "2"}]}', "qty"),
        ('{"destination": {"country": "FR"}, "lines": [{"sku": "X", "qty": 1}]}', "lines[0].sku"),
        ('{"destination": {"country": "US"}, "lines": [{"sku": "MUG-01", "qty": 1}]}', "country"),
        (
            '{"destination": {"country": "FR"}, "lines": [{"sku": "MUG-01", "qty": 1}], "at": "2026-03-02T09:00"}',
            "at",
        ),
        ('{"destination": {"country": "FR"}, "lines": [], "colour": 1}', "colour"),
    ],
)
def test_a_bad_cart_is_one_line_naming_the_field(
    ready: Path, capsys: pytest.CaptureFixture[str], content: str, field: str
) -> None:
    assert run("import", str(ready / "network")) == 0
    (ready / "cart.json").write_text(content)
    capsys.readouterr()
    assert run("quote", str(ready / "cart.json")) == 2
    told = capsys.readouterr().err.strip()
    assert len(told.splitlines()) == 1 and field in told


def test_quoting_before_an_import_is_told(ready: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (ready / "cart.json").write_text(
        '{"destination": {"country": "FR"}, "lines": [{"sku": "MUG-01", "qty": 1}]}'
    )
    assert run("quote", str(ready / "cart.json")) == 2
    assert "no network" in capsys.readouterr().err


def test_the_demo_is_written_as_files_that_import(
    var: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("seed-demo", "--out", str(var / "demo"), "--json") == 0
    assert json.loads(capsys.readouterr().out)["files"] > 20
    assert run("init", "--json") == 0
    capsys.readouterr()
    assert run("seed-demo", "--json") == 0
    seeded = json.loads(capsys.readouterr().out)
    assert seeded["skus"] >= 500
    assert run("import", str(var / "demo"), "--json") == 0
    assert not json.loads(capsys.readouterr().out)["changed"]


def test_folders_that_are_none_are_refused(ready: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("import", str(ready / "nowhere")) == 2
    (ready / "empty").mkdir()
    assert run("import", str(ready / "empty")) == 2
    (ready / "empty" / "skus.csv").write_bytes(b"\xff\xfe\x00")
    assert run("import", str(ready / "empty")) == 2
    assert "UTF-8" in capsys.readouterr().err


def test_rules_of_a_cart_are_planned_and_contradictions_refused(
    ready: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("import", str(ready / "network")) == 0
    lines = [{"id": "mug", "sku": "MUG-01", "qty": 1}]
    pin = {"line": "mug", "to": "location", "code": "valencia"}
    cart = {"destination": {"country": "FR"}, "lines": lines, "rules": {"pins": [pin]}}
    (ready / "cart.json").write_text(json.dumps({**cart, "at": "2026-03-02T09:00:00Z"}))
    capsys.readouterr()
    assert run("quote", str(ready / "cart.json")) == 0
    assert "from valencia" in capsys.readouterr().out
    cart["rules"] = {"pins": [pin, {**pin, "code": "hamburg"}]}
    (ready / "cart.json").write_text(json.dumps(cart))
    assert run("quote", str(ready / "cart.json")) == 2
    told = capsys.readouterr().err.strip()
    assert len(told.splitlines()) == 1
    assert "rules.pins[1]" in told and "rules.pins[0]" in told
    cart["rules"] = {"without_sellers": ["turia-ceramica", "elbe-kaffee", "thames-home"]}
    (ready / "cart.json").write_text(json.dumps({**cart, "at": "2026-03-02T09:00:00Z"}))
    assert run("quote", str(ready / "cart.json")) == 1
    assert "rule_excludes rule without_sellers seller" in capsys.readouterr().out
