"""Published prices, right to the penny at every boundary weight and effective date."""

import json
from datetime import date
from importlib.resources import files
from typing import Any

import pytest

from carriers.adapters.table.published import published_tariffs
from carriers.contract_files import tariff_from_json, tariff_to_json
from carriers.tariffs import MeasuredParcel, NoRate, Price, RateLane, Tariff, price_parcel
from core.errors import InvalidInput
from core.places import Destination
from core.units import Dimensions
from tests.shared_data import shared_path

ROWS = [
    # carrier, service, from, to, g, sides, day, minor (read off the published tables)
    ("royalmail", "online/FirstClass", "GB", "GB", 100, (240, 165, 5), "2024-07-01", 165),
    ("royalmail", "online/FirstClass", "GB", "GB", 100, (240, 165, 5), "2025-04-06", 165),
    ("royalmail", "online/FirstClass", "GB", "GB", 100, (240, 165, 5), "2025-04-07", 170),
    ("royalmail", "online/FirstClass", "GB", "GB", 101, (240, 165, 5), "2025-04-07", 330),
    ("royalmail", "online/SecondClass", "GB", "GB", 2000, (450, 350, 160), "2025-10-05", 335),
    ("royalmail", "online/SecondClass", "GB", "JE", 2000, (450, 350, 160), "2025-10-06", 350),
    ("royalmail", "online/Tracked48", "GB", "GB", 2001, (450, 350, 160), "2025-04-07", 680),
    (
        "royalmail",
        "online/InternationalStandard",
        "GB",
        "DE",
        1000,
        (300, 300, 300),
        "2024-07-01",
        990,
    ),
    (
        "royalmail",
        "online/InternationalStandard",
        "GB",
        "AU",
        1000,
        (300, 300, 300),
        "2024-07-01",
        2180,
    ),
    (
        "royalmail",
        "online/InternationalStandard",
        "GB",
        "US",
        1000,
        (300, 300, 300),
        "2024-07-01",
        2260,
    ),
    (
        "royalmail",
        "online/InternationalStandard",
        "GB",
        "KE",
        1000,
        (300, 300, 300),
        "2024-07-01",
        1915,
    ),
    (
        "royalmail",
        "online/InternationalTrackedSigned",
        "GB",
        "FR",
        4000,
        (610, 460, 460),
        "2024-07-01",
        1300,
    ),
    (
        "royalmail",
        "online/InternationalTrackedSigned",
        "GB",
        "NZ",
        5000,
        (610, 460, 460),
        "2024-07-01",
        4870,
    ),
    (
        "royalmail",
        "online/InternationalTracked",
        "GB",
        "IE",
        2000,
        (600, 150, 150),
        "2026-04-07",
        1030,
    ),
    (
        "parcelforce",
        "postoffice/ParcelforceExpress24",
        "GB",
        "GB",
        5000,
        (700, 700, 700),
        "2025-10-05",
        1345,
    ),
    (
        "parcelforce",
        "postoffice/ParcelforceExpress24",
        "GB",
        "GB",
        5000,
        (700, 700, 700),
        "2025-10-06",
        1190,
    ),
    (
        "parcelforce",
        "postoffice/ParcelforceGlobalvalue",
        "GB",
        "US",
        400,
        (200, 150, 150),
        "2026-01-01",
        6102,
    ),
    ("postnl", "DomesticPakket", "NL", "NL", 10_000, (1760, 780, 580), "2026-01-01", 695),
    ("postnl", "DomesticPakket", "NL", "NL", 10_001, (1760, 780, 580), "2026-01-01", 1325),
    ("postnl", "InternationalPakket", "NL", "PL", 5000, (1000, 500, 500), "2026-01-01", 2500),
    ("colissimo", "FrFrance", "FR", "FR", 250, (300, 200, 100), "2026-01-01", 495),
    ("colissimo", "FrFrance", "FR", "FR", 251, (300, 200, 100), "2026-01-01", 615),
    ("colissimo", "Europe", "FR", "ES", 30_000, (990, 900, 900), "2026-01-01", 5900),
    ("colissimo", "International", "FR", "JP", 2000, (300, 200, 100), "2026-01-01", 3670),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[1]} {row[3]} {row[4]}g {row[6]}")
def test_a_published_price_is_right_to_the_penny(row: tuple[Any, ...]) -> None:
    carrier, service, origin, country, weight_g, sides, day, minor = row
    price = price_parcel(
        published_tariffs()[(carrier, service)],
        MeasuredParcel(weight_g, Dimensions(*sides)),
        RateLane(Destination(origin), Destination(country)),
        date.fromisoformat(day),
    )
    assert isinstance(price, Price), price
    assert price.total.minor == minor


def _bundled(name: str) -> dict[str, Any]:
    text = (files("carriers") / "data" / "rates" / f"{name}.json").read_text("utf-8")
    data: dict[str, Any] = json.loads(text)
    return data


@pytest.mark.parametrize("name", ["royalmail", "postnl", "colissimo"])
def test_the_bundled_prices_are_those_of_the_source(name: str) -> None:
    source = json.loads((shared_path("data/rates") / f"{name}.json").read_text("utf-8"))
    assert _bundled(name) == source


@pytest.mark.parametrize("country", ["GB", "GG", "IM", "JE"])
def test_international_services_do_not_go_to_domestic_addresses(country: str) -> None:
    tariff = published_tariffs()[("royalmail", "online/InternationalStandard")]
    parcel = MeasuredParcel(100, Dimensions(200, 100, 5))
    lane = RateLane(Destination("GB"), Destination(country))
    assert isinstance(price_parcel(tariff, parcel, lane, date(2026, 5, 1)), NoRate)


def test_columns_without_a_meaning_are_not_guessed() -> None:
    tariff = published_tariffs()[("royalmail", "online/InternationalTracked")]
    packet, letter = Dimensions(200, 100, 50), Dimensions(200, 100, 4)

    def minor(country: str, size: Dimensions, day: str) -> int | None:
        lane = RateLane(Destination("GB"), Destination(country))
        price = price_parcel(tariff, MeasuredParcel(100, size), lane, date.fromisoformat(day))
        return price.total.minor if isinstance(price, Price) else None

    # The Netherlands may have one of four columns without a name; all of them agree on letters.
    assert minor("NL", packet, "2026-04-06") is None and minor("NL", packet, "2026-04-07") == 985
    assert minor("NL", letter, "2026-04-06") == 810 and minor("NL", letter, "2026-04-07") == 810
    # Which of two columns is Hong Kong's did not matter in 2024.
    assert minor("HK", packet, "2024-07-01") == 1120 and minor("HK", packet, "2025-04-07") is None
    assert minor("FR", packet, "2024-07-01") == 800 and minor("FR", packet, "2025-04-07") == 970


def _round_trip(tariff: Tariff) -> bool:
    """Whether it is read back as written; False where the importer's check stops it."""
    try:
        return tariff_from_json(json.loads(json.dumps(tariff_to_json(tariff)))) == tariff
    except InvalidInput:
        return False


def test_all_published_tariffs_survive_the_contract_format_or_have_a_named_anomaly() -> None:
    assert len(published_tariffs()) == 57
    odd = {code for code, tariff in published_tariffs().items() if not _round_trip(tariff)}
    # Some cell of these tables is cheaper than a lighter one: published so, never imported so.
    assert odd == {
        ("royalmail", "online/InternationalTracked"),
        ("parcelforce", "postoffice/ParcelforceEuropriority"),
    }


def test_the_bundled_files_carry_their_licence() -> None:
    notice = (files("carriers") / "data" / "rates" / "NOTICE.md").read_text("utf-8")
    assert "MIT License" in notice and "verbb/shippy" in notice
