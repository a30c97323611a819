"""Import is all or nothing: each kind of mistake is told with its file, row and field."""

import contextlib
import csv
import io
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from carriers.adapters.table.published import published_tariffs
from core.errors import Fault, InvalidInput
from routing.network.canonical import canonical_json, content_hash, from_json
from routing.network.format import read_network
from routing.network.network import Network
from routing.network.policies import Co2Price
from routing.network.reference import reference_page
from simulations.demo_network import demo_files

ROOT = Path(__file__).parents[3]


def faults_of(files: dict[str, str]) -> list[Fault]:
    with pytest.raises(InvalidInput) as caught:
        read_network(files, published_tariffs())
    return list(caught.value.faults)


def edit(files: dict[str, str], name: str, row: int, column: str, cell: str) -> None:
    """Set one cell; `row` is the line in the file, the header being line 1."""
    rows = list(csv.reader(io.StringIO(files[name])))
    rows[row - 1][rows[0].index(column)] = cell
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    files[name] = out.getvalue()


def test_the_demo_is_as_large_as_promised(network: Network) -> None:
    assert len(network.sellers) >= 12
    assert len(network.locations) >= 20
    assert len({location.address.country for location in network.locations}) >= 8
    assert len(network.hubs) == 2
    assert len(network.services) >= 6
    assert len(network.skus) >= 500
    published = [tariff for _, tariff in network.tariffs if "shippy" in tariff.source]
    assert len(published) >= 6
    assert all(row.table.levels[-1] >= 1 - 0.001 for row in network.transit)


def test_the_same_seed_gives_the_same_network(demo_text: dict[str, str]) -> None:
    assert demo_files(1) == demo_text
    assert demo_files(2) != demo_text


def test_canonical_json_keeps_everything(network: Network) -> None:
    text = canonical_json(network)
    again = from_json(Network, text)
    assert again == network
    assert content_hash(canonical_json(again)) == content_hash(text)


@pytest.mark.parametrize(
    ("name", "row", "column", "cell", "field", "reason"),
    [
        ("skus.csv", 3, "weight_g", "heavy", "weight_g", "not a whole number"),
        ("skus.csv", 3, "weight_g", "0", "weight_g", "not positive"),
        ("skus.csv", 3, "weight_g", "", "weight_g", "is missing"),
        ("skus.csv", 3, "length_mm", "60001", "length_mm", "longer than 60000"),
        ("boxes.csv", 2, "outer_height_mm", "70000", "outer_height_mm", "longer than 60000"),
        ("skus.csv", 3, "flags", "explosive", "flags", "unknown flag"),
        ("skus.csv", 3, "sku", "MUG-01", "sku", "stands in row 2 already"),
        ("offers.csv", 9, "sku", "NOPE-1", "sku", "is not in skus"),
        ("offers.csv", 9, "location", "atlantis", "location", "is not in locations"),
        ("locations.csv", 2, "zone", "Europe/Atlantis", "zone", "not an IANA time zone"),
        ("locations.csv", 2, "lat", "91", "lat", "not a latitude"),
        ("locations.csv", 2, "holidays", "DE-XX", "holidays", "no holiday calendar"),
        ("locations.csv", 2, "country", "gb", "country", "alpha-2"),
        ("openings.csv", 2, "opens", "25:00", "opens", "not a time of day"),
        ("openings.csv", 2, "closes", "07:00", "closes", "closes after it opens"),
        ("openings.csv", 2, "weekdays", "fri-mon", "weekdays", "runs backwards"),
        ("exchange_rates.csv", 2, "rate", "-1", "rate", "positive"),
        ("transit.csv", 3, "level", "1.5", "level", "between 0 and 1"),
        ("transit.csv", 2, "minutes", "999999", "minutes", "must not fall"),
        ("services.csv", 2, "tariff", "free-lunch", "tariff", "not in tariffs"),
        ("services.csv", 2, "duties", "dunno", "duties", "none of dap, ddp"),
        ("coverage.csv", 2, "shape", "moon", "shape", "areas.geojson"),
        ("taxes.csv", 2, "valid_from", "2025-02-30", "valid_from", "not a date"),
        ("postcodes.csv", 2, "lon", "east", "lon", "not a decimal"),
        ("boxes.csv", 2, "outer_length_mm", "10", "outer_length_mm", "smaller outside"),
        ("hubs.csv", 2, "hub", "lyon", "hub", "not a location of kind hub"),
        ("lanes.csv", 2, "hub", "hub-moon", "hub", "is not in hubs"),
    ],
)
def test_a_broken_cell_is_told_with_file_row_and_field(
    files: dict[str, str], name: str, row: int, column: str, cell: str, field: str, reason: str
) -> None:
    edit(files, name, row, column, cell)
    found = faults_of(files)
    matching = [f for f in found if f.field == field and reason in f.reason]
    assert matching, found
    assert (matching[0].file, matching[0].row) == (name, row)


def test_charges_are_stated_in_the_settlement_currency(files: dict[str, str]) -> None:
    files["policies.json"] = files["policies.json"].replace('"EUR"', '"GBP"')
    found = [fault for fault in faults_of(files) if fault.file == "policies.json"]
    assert [(fault.field, fault.row) for fault in found] == [("charges", 1)]


def test_all_faults_are_told_at_once(files: dict[str, str]) -> None:
    edit(files, "skus.csv", 3, "weight_g", "x")
    edit(files, "offers.csv", 5, "price_minor", "-4")
    edit(files, "locations.csv", 4, "lat", "north")
    files["policies.json"] = json.dumps([{"policy": "p", "version": 1, "level": "2"}])
    places = {(fault.file, fault.row, fault.field) for fault in faults_of(files)}
    assert {
        ("skus.csv", 3, "weight_g"),
        ("offers.csv", 5, "price_minor"),
        ("locations.csv", 4, "lat"),
        ("policies.json", 1, "charges"),
    } <= places


@pytest.mark.parametrize(
    ("name", "text", "field", "reason"),
    [
        ("skus.csv", "", "header", "empty"),
        ("skus.csv", "sku,name\nA,B\n", "length_mm", "column is missing"),
        ("skus.csv", "sku,colour\nA,B\n", "colour", "unknown column"),
        ("skus.csv", "sku,sku\nA,B\n", "sku", "twice"),
        ("skus.csv", "a\0b", "file", "NUL"),
        ("hubs.csv", 'hub,dwell_min,parcel_fee_minor,currency\n"A,B\n', "row", "broken CSV"),
        ("policies.json", "{", "file", "not JSON"),
        ("policies.json", "[]", "file", "no policy"),
        ("policies.json", "{}", "file", "not a list"),
        ("tariffs.json", '[{"tariff": "a", "published": "no/such"}]', "published", "no bundled"),
        ("tariffs.json", '[{"tariff": "a"}]', "published", "name a published"),
        ("tariffs.json", '[{"tariff": "a", "contract": {}}]', "tariff", "is missing"),
        ("marketplace.json", '{"name": "x"}', "Marketplace", "missing"),
        ("areas.geojson", "{}", "features", "FeatureCollection"),
        (
            "areas.geojson",
            '{"features": [{"properties": {"area": "a"}, "geometry": {"type": "Point", "coordinates": [1, 2]}}]}',
            "geometry",
            "polygon",
        ),
    ],
)
def test_a_broken_file_is_told(
    files: dict[str, str], name: str, text: str, field: str, reason: str
) -> None:
    files[name] = text
    found = faults_of(files)
    assert any(f.file == name and field in f.field and reason in f.reason for f in found), [
        str(f) for f in found if f.file == name
    ]


def test_a_missing_file_is_told(files: dict[str, str]) -> None:
    del files["services.csv"]
    assert Fault("file", "is missing", "services.csv") in faults_of(files)


def test_tables_may_be_json_as_well(files: dict[str, str]) -> None:
    network = read_network(files, published_tariffs())
    rows = list(csv.DictReader(io.StringIO(files.pop("hubs.csv"))))
    typed = [{k: int(v) if v.isdigit() else v for k, v in row.items()} for row in rows]
    files["hubs.json"] = json.dumps(typed)
    assert read_network(files, published_tariffs()) == network


def test_a_foreign_location_cannot_hold_the_offer(files: dict[str, str]) -> None:
    edit(files, "offers.csv", 2, "location", "lyon")
    assert any("belongs to rhone-atelier" in fault.reason for fault in faults_of(files))


@given(st.data())
@settings(
    max_examples=20,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_no_cell_breaks_the_reader(files: dict[str, str], data: st.DataObject) -> None:
    """Any text in any cell is either fine or a fault, never a crash."""
    broken = dict(files)
    name = data.draw(st.sampled_from(["hubs.csv", "services.csv", "boxes.csv", "locations.csv"]))
    rows = list(csv.reader(io.StringIO(broken[name])))
    row = data.draw(st.integers(2, len(rows)))
    column = data.draw(st.sampled_from(rows[0]))
    edit(broken, name, row, column, data.draw(st.text(max_size=12)))
    with contextlib.suppress(InvalidInput):
        read_network(broken, published_tariffs())


def test_the_reference_page_is_the_generated_one() -> None:
    page = (ROOT / "docs/reference/network.md").read_text("utf-8")
    assert page == reference_page(), "write reference_page() to docs/reference/network.md again"


def test_a_policys_split_rules_and_price_of_co2e_are_read_and_bounded(
    files: dict[str, str],
) -> None:
    (first, *rest) = json.loads(files["policies.json"])
    splits = {"max_parcels_per_seller": 2, "whole_lines": True}
    first |= {"splits": splits, "co2": {"minor_per_tonne": 8_000, "charged": True}}
    files["policies.json"] = json.dumps([first, *rest])
    policy = read_network(files, published_tariffs()).policies[0]
    assert (policy.splits.max_parcels_per_seller, policy.splits.whole_lines) == (2, True)
    assert policy.co2 == Co2Price(8_000, charged=True)
    for wrong in ({"splits": {"max_parcels_per_seller": 0}}, {"co2": {"minor_per_tonne": -1}}):
        files["policies.json"] = json.dumps([first | wrong, *rest])
        with pytest.raises(InvalidInput, match="per_"):
            read_network(files, published_tariffs())
