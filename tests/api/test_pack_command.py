"""`lanewise pack`: placements out, a summary, pictures, and one line for bad input."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from api.cli import main

BOX = {
    "id": "B",
    "inner": [100, 80, 60],
    "outer": [104, 84, 64],
    "tare_g": 10,
    "max_gross_g": 5000,
    "cost_cents": 30,
}
TARIFF = {
    "id": "T",
    "divisor_mm3_per_g": 5000,
    "dim_threshold_g": 0,
    "brackets": [[500, 400], [1000, 600]],
    "extra_cents_per_kg": 100,
}


def write(folder: Path, *items: dict[str, Any]) -> str:
    path = folder / "orders.json"
    orders = [{"id": "o1", "items": list(items)}]
    path.write_text(json.dumps({"boxes": [BOX], "tariff": TARIFF, "orders": orders}))
    return str(path)


def lanewise(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(list(arguments))
    return int(ended.value.code or 0)


def test_placements_go_to_the_file_and_the_summary_to_standard_output(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, pictures = tmp_path / "out.json", tmp_path / "pictures"
    orders = write(tmp_path, {"l": 50, "w": 40, "h": 30, "g": 100, "quantity": 2})
    assert (
        lanewise(
            "pack", orders, "--preset", "warehouse", "--out", str(out),
            "--pictures", str(pictures), "--steps", "--json",
        )
        == 0
    )  # fmt: skip
    answer = json.loads(out.read_text())["orders"]["o1"]
    assert answer["cost"] == answer["lower_bound"] == 430
    assert answer["proven"] is True
    assert answer["cpu_ms"] >= 0
    assert [parcel["box"] for parcel in answer["parcels"]] == ["B"]
    assert set(answer["parcels"][0]["placements"][0]) == {"item", "x", "y", "z", "dx", "dy", "dz"}
    assert json.loads(capsys.readouterr().out)["parcels"] == 1
    names = sorted(path.name for path in pictures.iterdir())
    assert names == ["o1-1.step-1.svg", "o1-1.step-2.svg", "o1-1.svg"]


def test_every_order_has_pictures_of_its_own(tmp_path: Path) -> None:
    ids = ["a/b", "a_b", "a%2Fb", "..", "ü", "a-1.step"]
    path, pictures = tmp_path / "orders.json", tmp_path / "pictures"
    orders = [{"id": name, "items": [{"l": 50, "w": 40, "h": 30, "g": 100}]} for name in ids]
    path.write_text(json.dumps({"boxes": [BOX], "tariff": TARIFF, "orders": orders}))
    assert lanewise("pack", str(path), "--pictures", str(pictures), "--steps") == 0
    names = {written.name for written in pictures.iterdir()}
    assert len(names) == 2 * len(ids)
    whole = [name.removesuffix("-1.svg") for name in names if name.endswith("-1.svg")]
    assert sorted(unquote(name) for name in whole if "." not in name) == sorted(ids)
    assert "ü" in (pictures / "%C3%BC-1.svg").read_text(encoding="utf-8")


def test_options_that_would_do_nothing_and_nested_files_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    orders = write(tmp_path, {"l": 50, "w": 40, "h": 30, "g": 100})
    assert lanewise("pack", orders, "--steps") == 2
    assert "--steps needs --pictures" in capsys.readouterr().err
    assert lanewise("pack", orders, "--json") == 2
    assert "--json needs --out" in capsys.readouterr().err
    bins = tmp_path / "bins.json"
    bins.write_text(json.dumps({"instances": []}))
    assert lanewise("pack", str(bins), "--pictures", str(tmp_path / "p")) == 2
    assert "not for instances" in capsys.readouterr().err
    deep = tmp_path / "deep.json"
    deep.write_text("[" * 100_000)
    assert lanewise("pack", str(deep)) == 2
    assert "nested too deeply" in capsys.readouterr().err


def test_what_fits_no_box_is_told_and_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    orders = write(tmp_path, {"l": 150, "w": 40, "h": 30, "g": 100})
    assert lanewise("pack", orders) == 1
    said = capsys.readouterr()
    assert json.loads(said.out)["orders"]["o1"]["unpackable"][0]["over_mm"] == 50
    assert "50 mm too long for B" in said.err
    assert lanewise("pack", orders, "--unboxed") == 0


def test_bad_files_are_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    orders = write(tmp_path, {"l": 0, "w": 40, "h": 30, "g": 100})
    assert lanewise("pack", orders) == 2
    assert "o1.items[0].length_mm: must be at least 1" in capsys.readouterr().err
    assert lanewise("pack", str(tmp_path / "none.json")) == 2
    (tmp_path / "broken.json").write_text("{")
    assert lanewise("pack", str(tmp_path / "broken.json")) == 2
    assert len(capsys.readouterr().err.splitlines()) == 2


def test_equal_bins_without_prices_are_packed_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, out = tmp_path / "bins.json", tmp_path / "out.json"
    instance = {"id": "i", "bin": [10, 10, 10], "items": [[10, 10, 5], [10, 5, 5], [9, 5, 5]]}
    path.write_text(json.dumps({"rotation": False, "instances": [instance]}))
    assert lanewise("pack", str(path), "--out", str(out), "--json") == 0
    assert len(json.loads(out.read_text())["instances"]["i"]["bins"]) == 1
    assert json.loads(capsys.readouterr().out)["bins"] == 1
    path.write_text(json.dumps({"instances": [{**instance, "bin": [10, 0, 10]}]}))
    assert lanewise("pack", str(path)) == 2
    assert "i.bin" in capsys.readouterr().err
    path.write_text(json.dumps({"instances": [{**instance, "items": [[11, 1, 1]]}]}))
    assert lanewise("pack", str(path)) == 2
    assert "i.items[0]" in capsys.readouterr().err


def test_a_bad_file_is_refused_before_the_packer_is_loaded(tmp_path: Path) -> None:
    orders = write(tmp_path, {"l": 0, "w": 40, "h": 30, "g": 100})
    program = (
        "import sys\n"
        "from api.cli import main\n"
        "try:\n    main(sys.argv[1:])\n"
        "except SystemExit as end:\n    print(end.code, 'numba' in sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "pack", orders], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["2", "False"]
