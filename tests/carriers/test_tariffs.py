"""Tariffs price to the cent, explain every line, and say why there is no price."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carriers.areas import Area
from carriers.contract_files import tariff_from_json, tariff_to_json
from carriers.tariffs import (
    Band,
    Basis,
    Format,
    FormatRates,
    MeasuredParcel,
    NoRate,
    NoRateReason,
    Price,
    RateLane,
    Surcharge,
    Tariff,
    TariffTax,
    TariffVersion,
    Volumetric,
    Zone,
    price_parcel,
)
from core.errors import InvalidInput
from core.money import Money
from core.places import Destination
from core.units import Dimensions

DAY = date(2026, 3, 2)
SMALL = Format("small", (350, 250, 20))
BIG = Format("big", (1200, 600, 600), max_length_plus_girth_mm=3000, cover_minor=10_000)


def tariff() -> Tariff:
    return Tariff(
        carrier="acme",
        service="ground",
        name="Acme Ground",
        currency="EUR",
        origins=(Area("DE"),),
        zones=(
            Zone("home", (Area("DE"),)),
            Zone("islands", (Area("DE", "25", "25"), Area("DE", "18565", "18565"))),
            Zone("eu", (Area("FR"), Area("NL"))),
        ),
        versions=(
            TariffVersion(
                date(2026, 1, 1),
                (
                    FormatRates(SMALL, (Band(1000, {"home": 300, "eu": 900}),)),
                    FormatRates(
                        BIG,
                        (
                            Band(2000, {"home": 499, "islands": 999, "eu": 1499}),
                            Band(10_000, {"home": 899, "islands": 1899, "eu": 2499}),
                        ),
                    ),
                ),
            ),
            TariffVersion(
                date(2026, 7, 1),
                (FormatRates(BIG, (Band(10_000, {"home": 950}),)),),
                until=date(2027, 1, 1),
            ),
        ),
        surcharges=(
            Surcharge("oversize", "Oversize", flat_minor=500, over_longest_mm=1000),
            Surcharge("residential", "Residential delivery", flat_minor=45, residential_only=True),
            Surcharge("fuel", "Fuel 7.25 %", rate=Decimal("0.0725"), basis=Basis.SUBTOTAL),
            Surcharge(
                "peak",
                "Peak season",
                per_kg_minor=20,
                since=date(2026, 11, 15),
                until=date(2026, 12, 26),
            ),
        ),
        volumetric=Volumetric(5000, above_volume_mm3=10_000_000),
        tax=TariffTax(Decimal("0.19"), included=False),
    )


def lane(country: str = "DE", postcode: str = "10115", residential: bool = False) -> RateLane:
    return RateLane(Destination("DE", "20095"), Destination(country, postcode), residential)


def parcel(weight_g: int = 1500, size: tuple[int, int, int] = (300, 200, 150)) -> MeasuredParcel:
    return MeasuredParcel(weight_g, Dimensions(*size))


def priced(*args: object) -> Price:
    result = price_parcel(*args)  # type: ignore[arg-type]
    assert isinstance(result, Price), result
    return result


def test_a_price_lists_freight_surcharges_and_tax_and_sums_to_the_cent() -> None:
    price = priced(tariff(), parcel(size=(1100, 200, 150)), lane(residential=True), DAY)
    assert [(line.code, line.amount.minor) for line in price.lines] == [
        ("freight", 899),  # 33 l at 5000 cm3/kg are 6600 g: the 10 kg band
        ("oversize", 500),
        ("residential", 45),
        ("fuel", 105),  # 7.25 % of 14.44 is 1.0469
        ("tax", 294),  # 19 % of 15.49 is 2.9431
    ]
    assert price.total == Money(1843, "EUR")
    assert price.chargeable_weight_g == 6600


@pytest.mark.parametrize(("weight_g", "minor"), [(1, 499), (2000, 499), (2001, 899), (10_000, 899)])
def test_a_boundary_weight_belongs_to_the_lighter_band(weight_g: int, minor: int) -> None:
    assert priced(tariff(), parcel(weight_g), lane(), DAY).lines[0].amount.minor == minor


def test_the_cheapest_format_that_holds_the_parcel_is_taken_in_any_rotation() -> None:
    assert priced(tariff(), parcel(900, (20, 350, 250)), lane(), DAY).format == "small"
    assert priced(tariff(), parcel(900, (21, 350, 250)), lane(), DAY).format == "big"


def test_prices_change_on_the_day_a_version_begins_and_end_on_the_day_it_ends() -> None:
    assert priced(tariff(), parcel(), lane(), date(2026, 6, 30)).lines[0].amount.minor == 499
    assert priced(tariff(), parcel(), lane(), date(2026, 7, 1)).lines[0].amount.minor == 950
    assert price_parcel(tariff(), parcel(), lane(), date(2027, 1, 1)) == NoRate(
        NoRateReason.NOT_IN_FORCE, "no prices on 2027-01-01"
    )
    assert isinstance(price_parcel(tariff(), parcel(), lane(), date(2025, 12, 31)), NoRate)


def test_a_postal_range_is_finer_than_its_country() -> None:
    assert priced(tariff(), parcel(), lane("DE", "25999"), DAY).zone == "islands"
    assert priced(tariff(), parcel(), lane("DE", "26000"), DAY).zone == "home"
    assert priced(tariff(), parcel(), lane("DE", ""), DAY).zone == "home"


def test_the_peak_surcharge_counts_started_kilograms_only_in_season() -> None:
    winter = replace(tariff(), tax=None)
    codes = [line.code for line in priced(winter, parcel(1001), lane(), date(2026, 11, 14)).lines]
    assert "peak" not in codes
    peak = priced(winter, parcel(1001), lane(), date(2026, 11, 15)).lines[-1]
    assert (peak.code, peak.amount.minor) == ("peak", 40)


@pytest.mark.parametrize(
    ("what", "where", "reason"),
    [
        (parcel(10_001), lane(), NoRateReason.TOO_HEAVY),
        (parcel(1500, (1300, 100, 100)), lane(), NoRateReason.TOO_LARGE),
        (parcel(1500, (1200, 600, 400)), lane(), NoRateReason.TOO_LARGE),  # 3200 mm with girth
        (parcel(), lane("US"), NoRateReason.DESTINATION_NOT_SERVED),
        (parcel(), RateLane(Destination("FR"), Destination("DE")), NoRateReason.ORIGIN_NOT_SERVED),
        (
            MeasuredParcel(500, Dimensions(300, 200, 10), Money(10_001, "EUR")),
            lane(),
            NoRateReason.COVER_TOO_HIGH,
        ),
        (
            MeasuredParcel(500, Dimensions(300, 200, 10), Money(1, "USD")),
            lane(),
            NoRateReason.COVER_CURRENCY,
        ),
    ],
)
def test_no_price_says_why(what: MeasuredParcel, where: RateLane, reason: NoRateReason) -> None:
    result = price_parcel(tariff(), what, where, DAY)
    assert isinstance(result, NoRate)
    assert result.reason is reason


def test_wanted_cover_leaves_out_formats_that_do_not_include_it() -> None:
    covered = MeasuredParcel(500, Dimensions(300, 200, 10), Money(10_000, "EUR"))
    assert priced(tariff(), covered, lane(), DAY).format == "big"


def test_included_tax_is_told_and_not_added() -> None:
    gross = replace(tariff(), tax=TariffTax(Decimal("0.20"), included=True), surcharges=())
    price = priced(gross, parcel(), lane(), DAY)
    assert (price.total.minor, price.tax.minor) == (499, 83)


@given(
    weight_g=st.integers(1, 10_000),
    sides=st.tuples(*[st.integers(1, 600)] * 3),
    residential=st.booleans(),
    day=st.dates(date(2026, 1, 1), date(2026, 12, 31)),
)
def test_lines_always_sum_and_heavier_never_costs_less(
    weight_g: int, sides: tuple[int, int, int], residential: bool, day: date
) -> None:
    here = lane(residential=residential)
    lighter = price_parcel(tariff(), parcel(max(1, weight_g // 2), sides), here, day)
    heavier = price_parcel(tariff(), parcel(weight_g, sides), here, day)
    for result in (lighter, heavier):
        if isinstance(result, Price):
            assert sum(line.amount.minor for line in result.lines) == result.total.minor
    if isinstance(lighter, Price) and isinstance(heavier, Price):
        assert lighter.total <= heavier.total


def test_a_contract_file_is_read_back_as_written() -> None:
    assert tariff_from_json(tariff_to_json(tariff())) == tariff()


def test_a_contract_file_tells_every_fault_with_its_place() -> None:
    data = tariff_to_json(tariff())
    data["zones"].append({"code": "again", "areas": ["FR"]})
    data["versions"][0]["formats"][0]["bands"][0]["prices_minor"]["moon"] = 5
    data["versions"][0]["formats"][1]["bands"][1]["prices_minor"]["home"] = 1
    data["surcharges"][2]["rate"] = "seven"
    with pytest.raises(InvalidInput) as caught:
        tariff_from_json(data, file="acme.json")
    told = [str(fault) for fault in caught.value.faults]
    assert "acme.json: zones.again: FR is already in zone eu" in told
    assert any("'moon' is not a zone" in fault for fault in told)
    assert any("10000 g is cheaper than 2000 g" in fault for fault in told)
    assert any(fault.startswith("acme.json: surcharges[2]") for fault in told)


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda d: d.update(max_weight_kg=30), "acme.json: max_weight_kg: is not known"),
        (
            lambda d: d["surcharges"][0].update(residental_only=True),
            "acme.json: surcharges[0].residental_only: is not known; is residential_only meant?",
        ),
        (
            lambda d: d["surcharges"][1].update(over_wieght_g=5000),
            "acme.json: surcharges[1].over_wieght_g: is not known; is over_weight_g meant?",
        ),
        (
            lambda d: d["versions"][0]["formats"][0]["bands"][0].update(max_weight=1),
            "acme.json: versions[0].formats[0].bands[0].max_weight: is not known; "
            "is max_weight_g meant?",
        ),
        (
            lambda d: d["zones"][0].update(areas=[{"country": "DE", "frist": "1"}]),
            "acme.json: zones[0].areas[0].frist: is not known; is first meant?",
        ),
        (
            lambda d: d["surcharges"][0].update(residential_only="false"),
            "acme.json: surcharges[0].residential_only: must be true or false",
        ),
        (
            lambda d: d["versions"][0]["formats"][0].update(max_sides_mm=["120.5", 60, 60]),
            "acme.json: versions[0].formats[0].max_sides_mm: must be three whole numbers of mm",
        ),
    ],
)
def test_a_name_that_nobody_reads_is_a_fault(spoil: Any, told: str) -> None:
    data = tariff_to_json(tariff())
    spoil(data)
    with pytest.raises(InvalidInput) as caught:
        tariff_from_json(data, file="acme.json")
    assert told in [str(fault) for fault in caught.value.faults]
