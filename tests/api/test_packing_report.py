"""`lanewise packing-report`: empty space by seller and box, and a row per parcel as CSV."""

import csv
import json
from pathlib import Path

import pytest

from api.cli import main
from api.commands.api_key import find_tenant
from api.wiring import from_environment
from core.places import Address, Destination
from routing.cart import Cart, CartLine
from routing.flows.commit_option import Committed, commit_option
from routing.flows.import_network import import_network
from routing.flows.quote_cart import quote_cart
from routing.flows.ship_parcel import ship_parcel
from simulations.demo_network import demo_files
from store.session import now


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as caught:
        main(list(arguments))
    code = caught.value.code
    return code if isinstance(code, int) else 0


@pytest.fixture
def year(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> int:
    """A Lanewise whose first order has left; the year it left in."""
    for name in ("LANEWISE_DATABASE_URL", "LANEWISE_SECRET_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANEWISE_VAR", str(tmp_path / "var"))
    assert run("init", "--json") == 0
    capsys.readouterr()
    lanewise = from_environment()
    home = Address("Jan Voorbeeld", "Damrak 1", "Amsterdam", "1012 LG", "NL")
    with lanewise.sessions(find_tenant(lanewise, None)) as session:
        import_network(session, demo_files(1))
        lines = (CartLine("1", "COFFEE-01", 2), CartLine("2", "BOOK-03", 1))
        quote = quote_cart(session, Cart(Destination("NL", "1012 LG"), lines, now(session)))
        order = commit_option(session, quote.id, "cheapest", home, key="k")
        assert isinstance(order, Committed)
        for parcel in order.parcels:
            ship_parcel(session, parcel)
    return quote.options[0].parcels[0].leaves_at.year


def test_the_year_is_told_by_seller_and_box_and_parcel_by_parcel(
    year: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "parcels.csv"
    assert run("packing-report", "--year", str(year), "--csv", str(table), "--json") == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["year"], report["limit"], report["untold"]) == (year, 0.5, 0)
    total = report["rows"][0]
    assert (total["seller"], total["box"]) == (None, None)
    with table.open(encoding="utf-8") as file:
        parcels = list(csv.DictReader(file))
    assert len(parcels) == total["parcels"] > 0
    assert sum(int(row["goods_mm3"]) for row in parcels) == total["goods_mm3"]
    assert sum(int(row["above_limit"]) for row in parcels) == total["above_limit"]
    assert {row["box"] for row in parcels} == {row["box"] for row in report["rows"]} - {None}
    assert run("packing-report", "--year", str(year)) == 0
    assert "over half" in capsys.readouterr().out


def test_a_year_without_parcels_and_a_bad_path_are_told(
    year: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("packing-report", "--year", str(year - 3), "--csv", str(tmp_path / "none.csv")) == 0
    assert f"no parcel left in {year - 3}" in capsys.readouterr().out
    assert len((tmp_path / "none.csv").read_text().splitlines()) == 1
    assert run("packing-report", "--year", str(year), "--csv", str(tmp_path)) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert run("packing-report", "--year", "later") == 2
