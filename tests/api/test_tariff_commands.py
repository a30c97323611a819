"""Own contracts and prices on the command line: checked, kept, explained, tried on history."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from api.commands.api_key import find_tenant
from api.wiring import from_environment
from carriers.history_files import COLUMNS
from tests.api.test_batch_command import run
from tests.carriers.orders import order
from tests.carriers.test_tariff_checks import CONTRACT

PARCEL = ["--weight-g", "1250", "--size-mm", "300x200x150", "--on", "2026-05-04"]
HOME = ["--from", "DE:10115", "--to", "DE:80331"]


@pytest.fixture
def var(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for a Lanewise that is not set up yet."""
    for name in ("LANEWISE_DATABASE_URL", "LANEWISE_SECRET_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANEWISE_VAR", str(tmp_path / "var"))
    return tmp_path


@pytest.fixture
def home(var: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """The folder with a Lanewise in it."""
    assert run("init", "--json") == 0
    capsys.readouterr()
    return var


def write(folder: Path, data: Any) -> str:
    file = folder / "contract.json"
    file.write_text(json.dumps(data))
    return str(file)


def test_a_contract_is_checked_kept_priced_and_booked(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write(home, CONTRACT)
    assert run("carrier", "import-tariff", file, "--check", "--on", "2026-05-04") == 0
    assert capsys.readouterr().out == "ok      acme/ground\n"
    assert run("carrier", "price", *HOME, *PARCEL, "--carrier", "acme") == 2
    importing = ("carrier", "import-tariff", file, "--company-prefix", "4012345", "--json")
    assert run(*importing, "--on", "2026-05-04") == 0
    assert json.loads(capsys.readouterr().out)["kept"] == ["acme/ground"]
    assert run("carrier", "price", *HOME, *PARCEL, "--carrier", "acme", "--json") == 0
    told = capsys.readouterr().out.splitlines()[-1]
    (price,) = json.loads(told)["prices"]
    # 9 l by 5000 cm3/kg are 1.8 kg: band to 2 kg 4.99, fuel 7.25 % 0.36, VAT 19 % 1.02
    assert [line["amount_minor"] for line in price["lines"]] == [499, 36, 102]
    assert (price["total_minor"], price["chargeable_weight_g"]) == (637, 1800)
    lanewise = from_environment()
    carrier = lanewise.carriers_of(find_tenant(lanewise, None))["acme"]
    german = order().ship_to
    booked = carrier.book(order(service="ground", ship_from=german, mailing_date=date(2026, 5, 4)))
    assert getattr(booked, "tracking_number", "").startswith("14012345")
    assert run("carrier", "drop-tariff", "acme", "ground") == 0
    assert run("carrier", "price", *HOME, *PARCEL, "--carrier", "acme") == 2


def test_a_contract_of_a_published_carrier_stands_in_its_place(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = {**CONTRACT, "carrier": "postnl", "service": "DomesticPakket", "origins": ["NL"]}
    own["zones"] = [{"code": "home", "areas": ["NL"]}, CONTRACT["zones"][1]]
    importing = ("carrier", "import-tariff", write(home, own), "--on", "2026-05-04")
    assert run(*importing, "--company-prefix", "4012345") == 0
    capsys.readouterr()
    dutch = ["--from", "NL:5026RA", "--to", "NL:3511AA", "--carrier", "postnl"]
    assert run("carrier", "price", *dutch, *PARCEL) == 0
    assert "Acme Ground, zone home" in capsys.readouterr().out
    assert run("carrier", "numbers", "postnl", "--json") == 0  # the prefix is not ignored
    told = json.loads(capsys.readouterr().out)
    assert told["company_prefix"] == "4012345" and told["left"] == 10**9 - 1


def test_services_of_any_name_do_not_overwrite_each_other(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = ("numbers", "a/b", "a_b", "../x")
    file = write(home, [{**CONTRACT, "service": name} for name in names])
    assert run("carrier", "import-tariff", file, "--company-prefix", "4012345") == 0
    assert run("carrier", "list", "--json") == 0
    listed = json.loads(capsys.readouterr().out.splitlines()[-1])
    (acme,) = [row for row in listed if row["name"] == "acme"]
    assert sorted(acme["services"]) == sorted(names)


def test_a_number_range_is_told_set_and_refused(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ranged = ("--s10", "CX:FR", "--first", "7300000", "--last", "7309999")
    assert run("carrier", "numbers", "colissimo", *ranged) == 0
    told = "colissimo: 7300000 to 7309999, 10000 left; the first is CX073000001FR\n"
    assert capsys.readouterr().out == told
    assert run("carrier", "numbers", "colissimo") == 0
    assert capsys.readouterr().out == told
    for wrong in (
        ("nobody",),
        ("sandbox",),
        ("colissimo", "--company-prefix", "12"),
        ("colissimo", "--s10", "CX"),
        ("colissimo", "--s10", "CX:FR", "--company-prefix", "4012345"),
        ("colissimo", "--first", "9", "--last", "8"),
    ):
        assert run("carrier", "numbers", *wrong) == 2, wrong


def test_a_faulty_contract_is_not_kept(var: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bad = {**CONTRACT, "currency": "EUX"}
    assert run("carrier", "import-tariff", write(var, bad), "--on", "2026-05-04") == 1
    assert capsys.readouterr().out == ("error   acme/ground: currency: 'EUX' is not a currency\n")
    assert not (var / "var").exists()
    assert run("carrier", "import-tariff", write(var, {**CONTRACT, "zones": 7})) == 2
    assert "contract.json: zones: must be a list" in capsys.readouterr().err
    assert run("carrier", "import-tariff", write(var, [CONTRACT, CONTRACT])) == 2
    assert "acme/ground: stands twice" in capsys.readouterr().err
    assert run("carrier", "import-tariff", write(var, {**CONTRACT, "carrier": "sandbox"})) == 2
    assert "tells its prices itself" in capsys.readouterr().err
    for text in ("{", '{"carrier": "acme", "carrier": "bolt"}', "[" * 100_000):
        (var / "contract.json").write_text(text)
        assert run("carrier", "import-tariff", str(var / "contract.json")) == 2


def test_a_price_explains_itself_and_a_missing_one_says_why(
    var: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write(var, CONTRACT)
    assert run("carrier", "price", *HOME, *PARCEL, "--tariff", file) == 0
    told = capsys.readouterr().out
    assert "acme/ground" in told and "6.37 EUR" in told
    assert "Acme Ground, zone home, parcel to 2000 g" in told and "VAT 19" in told
    heavy = ["--weight-g", "9001", *PARCEL[2:]]
    assert run("carrier", "price", *HOME, *heavy, "--tariff", file) == 1
    assert capsys.readouterr().out == "acme/ground: too_heavy: 9001 g is over the limit of 9000 g\n"
    assert run("carrier", "price", "--from", "Berlin", "--to", "DE:1", *PARCEL) == 2
    assert run("carrier", "price", *HOME, *PARCEL[:2], "--size-mm", "big") == 2


RULES = [
    {
        "name": "letterbox",
        "carrier": "postnl",
        "service": "DomesticBrievenbuspakje",
        "countries": ["NL"],
        "max_weight_g": 2000,
        "max_longest_mm": 380,
    },
    {"name": "home", "carrier": "postnl", "service": "DomesticPakket", "countries": ["NL"]},
    {"name": "never", "carrier": "postnl", "service": "DomesticPakket", "countries": ["NL"]},
    {"name": "abroad", "carrier": "postnl", "service": "InternationalPakket"},
]


def history(folder: Path, *rows: str) -> str:
    file = folder / "history.csv"
    file.write_text("\n".join([",".join(COLUMNS), *rows]) + "\n")
    return str(file)


def test_rules_are_tried_on_history(var: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rules = var / "rules.json"
    rules.write_text(json.dumps(RULES))
    past = history(
        var,
        "2026-02-02,NL,5026RA,NL,3511AA,500,300,200,30,695,EUR",
        "2026-02-02,NL,5026RA,NL,3511AA,9000,500,400,300,695,EUR",
        "2026-02-02,NL,5026RA,DE,10115,1500,300,200,100,1550,EUR",
    )
    assert run("carrier", "dry-run", str(rules), past, "--json") == 1  # one rule is dead
    told = json.loads(capsys.readouterr().out)
    assert told["parcels"] == {"letterbox": 1, "home": 1, "abroad": 1}
    (cost,) = told["costs"]
    assert (cost["then_minor"], cost["now_minor"], cost["change_minor"]) == (2940, 2420, -520)
    assert told["unreachable"] == ["never"] and told["unmatched"] == 0
    assert {(c["first"], c["second"]) for c in told["conflicts"]} >= {("letterbox", "home")}
    rules.write_text(json.dumps([RULES[1], RULES[3]]))
    assert run("carrier", "dry-run", str(rules), past) == 0
    assert "EUR: 29.40 then, 26.90 with the rules (-2.50)" in capsys.readouterr().out


def test_a_rule_that_pays_in_another_currency_is_not_compared(
    var: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rules = var / "rules.json"
    rules.write_text(
        json.dumps([{"name": "uk", "carrier": "royalmail", "service": "online/Tracked48"}])
    )
    past = history(var, "2026-02-02,GB,LS14AP,GB,N16XW,500,300,200,30,999,EUR")
    assert run("carrier", "dry-run", str(rules), past) == 1
    told = capsys.readouterr().out
    assert "1 parcels: 9.99 EUR then, " in told and "GBP with the rules: two currencies" in told


@pytest.mark.parametrize(
    ("rules", "row", "told"),
    [
        ("{", "", "rules: is not JSON"),
        ("[]", "", "rules: must be a list of rules"),
        (json.dumps([{**RULES[0], "colour": 1}]), "", "[0].colour: is not known"),
        (json.dumps([{**RULES[0], "countries": ["Holland"]}]), "", "[0].countries: must be"),
        (json.dumps([RULES[0], RULES[0]]), "", "letterbox: stands twice"),
        (json.dumps([RULES[0]]), "x,NL,,NL,,1,1,1,1,1,EUR", "2: shipped_on: 'x' is not a date"),
        (json.dumps([RULES[0]]), "2026-01-01,NL,,NL,,-1,1,1,1,1,EUR", "2: weight_g: '-1'"),
        (json.dumps([RULES[0]]), "2026-01-01,NL,,Holland,,1,1,1,1,1,EUR", "2: country: 'Holland'"),
    ],
)
def test_bad_rules_and_history_are_told_by_line(
    var: Path, capsys: pytest.CaptureFixture[str], rules: str, row: str, told: str
) -> None:
    file = var / "rules.json"
    file.write_text(rules)
    assert run("carrier", "dry-run", str(file), history(var, row)) == 2
    assert told in capsys.readouterr().err
