"""The importer's checks: each mistake of a contract is found where it is, and a clean one is clean."""

import json
from datetime import date
from typing import Any

import pytest

from carriers.adapters.table.published import published_tariffs
from carriers.contract_files import tariff_from_json
from carriers.tariff_checks import Severity, check_tariff

TODAY = date(2026, 5, 4)
CURRENCIES = frozenset({"EUR", "GBP"})

CONTRACT: dict[str, Any] = {
    "carrier": "acme",
    "service": "ground",
    "name": "Acme Ground",
    "currency": "EUR",
    "origins": ["DE"],
    "zones": [
        {"code": "home", "areas": ["DE"]},
        {"code": "islands", "areas": [{"country": "DE", "first": "25", "last": "26"}]},
    ],
    "versions": [
        {
            "since": "2026-01-01",
            "formats": [
                {
                    "code": "parcel",
                    "max_sides_mm": [1200, 600, 600],
                    "bands": [
                        {"max_weight_g": 2000, "prices_minor": {"home": 499, "islands": 899}},
                        {"max_weight_g": 5000, "prices_minor": {"home": 599, "islands": 999}},
                        {"max_weight_g": 9000, "prices_minor": {"home": 699}},
                    ],
                }
            ],
        }
    ],
    "volumetric": {"divisor_mm3_per_g": 5000},
    "surcharges": [{"code": "fuel", "label": "Fuel", "rate": "0.0725"}],
    "tax": {"rate": "0.19", "included": False},
}


def contract() -> Any:
    return json.loads(json.dumps(CONTRACT))


def findings(data: Any) -> list[tuple[str, str, str]]:
    tariff = tariff_from_json(data)
    return [
        (one.severity.value, one.at, one.reason)
        for one in check_tariff(tariff, today=TODAY, currencies=CURRENCIES)
    ]


def test_a_sound_contract_has_no_findings() -> None:
    assert findings(contract()) == []


def bands(data: Any) -> Any:
    return data["versions"][0]["formats"][0]["bands"]


def later(data: Any, since: str) -> None:
    data["versions"].append({**data["versions"][0], "since": since})


CASES: list[tuple[str, Any, tuple[str, str, str]]] = [
    (
        "a band without a price for a zone",
        lambda d: bands(d)[1]["prices_minor"].pop("home"),
        (
            "error",
            "versions[0].formats.parcel.bands",
            "zone home has no price up to 5000 g; it would pay that of 9000 g",
        ),
    ),
    (
        "a zone without a price",
        lambda d: d["zones"].append({"code": "moon", "areas": ["AQ"]}),
        ("warning", "versions[0]", "zone moon has no price: nothing goes there"),
    ),
    (
        "a zone without an area",
        lambda d: d["zones"][1].update(areas=[]),
        ("warning", "zones.islands", "no area belongs to it"),
    ),
    (
        "a zone that is excluded",
        lambda d: d.update(excluded=[{"country": "DE", "first": "2", "last": "2"}]),
        ("error", "zones.islands", "all of it is excluded"),
    ),
    (
        "two zones that share postcodes",
        lambda d: d["zones"][0]["areas"].append({"country": "DE", "first": "26", "last": "30"}),
        ("error", "zones.islands", "DE 25..26 overlaps DE 26..30 of zone home"),
    ),
    ("an unknown currency", lambda d: d.update(currency="EUX"), None),
    (
        "an end before the beginning",
        lambda d: d["versions"][0].update(until="2025-12-31"),
        ("error", "versions[0].until", "is not after since"),
    ),
    (
        "days without a price",
        lambda d: (later(d, "2026-07-01"), d["versions"][0].update(until="2026-06-01")),
        ("error", "versions[0].until", "no price from 2026-06-01 until 2026-07-01"),
    ),
    (
        "an end after the next beginning",
        lambda d: (later(d, "2026-07-01"), d["versions"][0].update(until="2026-08-01")),
        (
            "warning",
            "versions[0].until",
            "2026-08-01 is not reached: the next version begins on 2026-07-01",
        ),
    ),
    (
        "a tariff that has ended",
        lambda d: d["versions"][0].update(until="2026-05-01"),
        ("error", "versions[0].until", "no price since 2026-05-01"),
    ),
    (
        "a tariff that has not begun",
        lambda d: d["versions"][0].update(since="2027-01-01"),
        ("warning", "versions[0].since", "no price before 2027-01-01"),
    ),
    (
        "a price of nothing",
        lambda d: bands(d)[0]["prices_minor"].update(home=0),
        (
            "warning",
            "versions[0].formats.parcel.bands",
            "up to 2000 g costs nothing in zone home",
        ),
    ),
    (
        "kg taken for g",
        lambda d: bands(d)[2].update(max_weight_g=9_000_000),
        ("warning", "versions[0].formats.parcel.bands", "9000000 g: is that in g?"),
    ),
    (
        "a percentage taken for a share",
        lambda d: d["surcharges"][0].update(rate="7.25"),
        ("error", "surcharges[0].rate", "7.25 is not a share (0.0725 is 7.25 %)"),
    ),
    (
        "a surcharge of nothing",
        lambda d: d["surcharges"][0].update(rate="0"),
        ("error", "surcharges[0]", "fuel has no amount"),
    ),
    (
        "a surcharge where nothing is delivered",
        lambda d: d["surcharges"][0].update(areas=["FR"]),
        ("warning", "surcharges[0].areas", "FR is in no zone"),
    ),
    (
        "the same surcharge twice",
        lambda d: d["surcharges"].append(d["surcharges"][0]),
        ("warning", "surcharges[1]", "fuel stands twice: both may be charged"),
    ),
    (
        "a tax in percent",
        lambda d: d["tax"].update(rate="19"),
        ("error", "tax.rate", "19 is not a share (0.19 is 19 %)"),
    ),
    (
        "a divisor in other units",
        lambda d: d["volumetric"].update(divisor_mm3_per_g=5),
        (
            "warning",
            "volumetric.divisor_mm3_per_g",
            "5 is unusual; 5000 cm3/kg is 5000 mm3/g",
        ),
    ),
    (
        "two formats for the same parcels",
        lambda d: d["versions"][0]["formats"].append(
            {**d["versions"][0]["formats"][0], "code": "box"}
        ),
        (
            "warning",
            "versions[0].formats.box",
            "holds the same parcels as parcel; the cheaper one counts",
        ),
    ),
    (
        "nowhere to start",
        lambda d: d.update(origins=[]),
        ("error", "origins", "no parcel may start anywhere"),
    ),
]


@pytest.mark.parametrize(("spoil", "told"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_each_mistake_is_found(spoil: Any, told: tuple[str, str, str] | None) -> None:
    data = contract()
    spoil(data)
    assert (told or ("error", "currency", "'EUX' is not a currency")) in findings(data)


def test_a_surcharge_that_follows_another_of_its_name_is_no_mistake() -> None:
    data = contract()
    fuel = data["surcharges"][0]
    data["surcharges"] = [{**fuel, "until": "2026-07-01"}, {**fuel, "since": "2026-07-01"}]
    assert findings(data) == []


def test_the_bundled_price_lists_have_no_errors() -> None:
    told = {
        (tariff.carrier, one.at.split(".")[0], one.reason)
        for tariff in published_tariffs().values()
        for one in check_tariff(tariff, today=TODAY, currencies=CURRENCIES)
        if one.severity is Severity.ERROR
    }
    assert not told, sorted(told)
