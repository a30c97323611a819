"""Carriers' codes are mapped as far as promised, and none of them invents a delivery."""

import csv
from pathlib import Path

import pytest

from carriers.status import Party, Reason, Status
from carriers.status_codes import (
    code_meaning,
    code_tables,
    dhl_parcel_meaning,
    fedex_meaning,
    meaning_of,
    ups_meaning,
)
from tests.shared_data import shared_path

HEADINGS = {
    "EXCEPTION CODE": "ups.activity",
    "DIALS CODE": "ups.dials",
    "ULD CODE": "ups.uld",
    "MANIFEST CODE": "ups.manifest",
    "UPDATES CODE": "ups.updates",
    "ACTIVITY TYPE": "ups.type",
    "CODE": "ups.status",
}


def folder() -> Path:
    return shared_path("specs/carriers/status_codes")


def ups_codes() -> list[tuple[str, str, str]]:
    """(table, code, text) of every code in the published list."""
    found, table = [], ""
    text = (folder() / "ups_activity_and_exception_codes.csv").read_text("utf-8", errors="replace")
    for row in csv.reader(text.splitlines()):
        code = row[0].strip() if row else ""
        if code in HEADINGS:
            table = HEADINGS[code]
        elif code.startswith(("CRD TCFRATY", "VCAT", "CRD TSEVSDS")):
            kind = {"CRD TCF": "freight", "VCAT - ": "freight_exception", "CRD TSE": "mail"}
            table = f"ups.{kind[code[:7]]}"
        elif code and code not in ("FREIGHT ACTIVITY CODE", "SHIPPING EVENT CODE"):
            found.append((table, code, row[-1]))
    return found


def test_ups_codes_are_mapped_to_98_percent() -> None:
    codes = ups_codes()
    assert len(codes) > 1500
    known = [meaning_of(table, code).status is not Status.UNKNOWN for table, code, _ in codes]
    assert sum(known) / len(known) >= 0.98


def test_all_ups_status_codes_with_a_meaning_are_mapped() -> None:
    rows = list(
        csv.reader((folder() / "ups_status-description-codes.csv").read_text().splitlines())
    )[1:]
    unknown = [
        text for code, text in rows if ups_meaning(status_code=code).status is Status.UNKNOWN
    ]
    assert set(unknown) == {"Status Not Available", "Test", "Package Information Unavailable"}


def test_all_fedex_codes_are_mapped() -> None:
    rows = list(csv.reader((folder() / "fedex_Status-Codes.csv").read_text().splitlines()))
    tables = {"Movement": "movement", "Regulatory": "regulatory", "Possession": "possession"}
    current, seen = "movement", 0
    for pair in (0, 2):
        for row in rows[1:]:
            code = row[pair].rstrip(":")
            if code in tables:
                current = tables[code]
            elif code:
                assert meaning_of(f"fedex.{current}", code).status is not Status.UNKNOWN, code
                seen += 1
    assert seen >= 60


def test_all_dhl_parcel_codes_are_mapped() -> None:
    text = (folder() / "dhl_parcel_de_ice_ric.csv").read_text("utf-8", errors="replace")
    rows = list(csv.reader(text.splitlines(), delimiter=";"))[1:]
    assert len(rows) > 330
    for ice, ric, standard, *_ in rows:
        assert dhl_parcel_meaning(ice, ric, standard).status is not Status.UNKNOWN, (ice, ric)


def test_all_dhl_express_checkpoints_are_mapped() -> None:
    rows = csv.reader((folder() / "dhl_express_events.csv").read_text().splitlines(), delimiter=";")
    codes = [code for service, code, *_ in rows if service == "express"]
    assert len(codes) == 44
    unknown = [code for code in codes if code_meaning("dhl_express", code).status is Status.UNKNOWN]
    assert not unknown


@pytest.mark.parametrize(
    "words", ["lost", "returned to", "delay", "damage", "refused", "attempted"]
)
def test_no_bad_news_is_read_as_a_delivery(words: str) -> None:
    wrong = [
        (table, code, text)
        for table, code, text in ups_codes()
        if words in text.lower() and meaning_of(table, code).status is Status.DELIVERED
    ]
    assert all(
        "delivered" in text
        or "delivery was made" in text
        or "at delivery" in text
        or "partial receipt" in text
        for _, _, text in wrong
    ), wrong


@pytest.mark.parametrize(
    ("meaning", "status", "reason"),
    [
        (ups_meaning(status_code="011"), Status.DELIVERED, None),
        (ups_meaning(status_code="021"), Status.OUT_FOR_DELIVERY, None),
        (ups_meaning(activity_code="48", type_code="X"), Status.ATTEMPT_FAILED, Reason.NOBODY_HOME),
        (ups_meaning(activity_code="KT"), Status.ATTEMPT_FAILED, Reason.REFUSED_BY_CONSIGNEE),
        (ups_meaning(activity_code="DJ"), Status.EXCEPTION, Reason.WEATHER),
        (ups_meaning(activity_code="??", type_code="I"), Status.IN_TRANSIT, None),
        (ups_meaning(activity_code="ML", type_code="X"), Status.EXCEPTION, None),
        (ups_meaning(activity_code="??"), Status.UNKNOWN, None),
        (fedex_meaning("DL"), Status.DELIVERED, None),
        (fedex_meaning("CD"), Status.EXCEPTION, Reason.CUSTOMS_HOLD),
        (fedex_meaning("QQ"), Status.UNKNOWN, None),
        (dhl_parcel_meaning("DLVRD", "NGHBR", "ZU"), Status.DELIVERED, None),
        (dhl_parcel_meaning("DSPSD", "NTCLM", "ZU"), Status.EXCEPTION, Reason.NOT_COLLECTED),
        (dhl_parcel_meaning("NTDEL", "NHOME"), Status.ATTEMPT_FAILED, Reason.NOBODY_HOME),
        (dhl_parcel_meaning("LDTMV", "MVMTV"), Status.UNKNOWN, None),  # its events disagree
        (dhl_parcel_meaning("XXXXX", "YYYYY", "ZZ"), Status.UNKNOWN, None),
    ],
)
def test_a_code_means_what_the_carrier_says(
    meaning: object, status: Status, reason: Reason | None
) -> None:
    assert (meaning.status, meaning.reason) == (status, reason)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("code", "status", "reason"),
    [
        ("10", Status.EXCEPTION, Reason.REFUSED_BY_CONSIGNEE),  # "refused part; balance delivered"
        ("E9", Status.EXCEPTION, Reason.DAMAGED),  # "partial receipt accepted"
        ("31", Status.EXCEPTION, Reason.LOST_BY_CARRIER),  # "shortage …; customer received balance"
        ("12", Status.DELIVERED, Reason.DAMAGED),  # "damage noted …; consignee received shipment"
        ("28", Status.DELIVERED, None),  # "overage noted"
    ],
)
def test_freight_that_arrived_in_part_is_not_plainly_delivered(
    code: str, status: Status, reason: Reason | None
) -> None:
    meaning = meaning_of("ups.freight_exception", code)
    assert (meaning.status, meaning.reason) == (status, reason)


def test_reasons_name_the_responsible_party() -> None:
    assert meaning_of("ups.activity", "CS").party is Party.SELLER
    assert meaning_of("ups.activity", "3").party is Party.CARRIER
    assert sum(len(table) for table in code_tables().values()) > 1900


@pytest.mark.parametrize(
    ("carrier", "code", "status"),
    [
        ("ups", "011", Status.DELIVERED),
        ("ups-de", "KT", Status.ATTEMPT_FAILED),
        ("ups", "I//021", Status.OUT_FOR_DELIVERY),
        ("ups", "X/48/", Status.ATTEMPT_FAILED),
        ("fedex", "DL", Status.DELIVERED),
        ("fedex_express", "HL", Status.AVAILABLE_FOR_PICKUP),
        ("dhl_parcel_de", "DLVRD/NGHBR/ZU", Status.DELIVERED),
        ("dhl_parcel_de", "NTDEL/NHOME", Status.ATTEMPT_FAILED),
        ("dhl_parcel_de", "DLVRD", Status.UNKNOWN),
        ("dhl_express", "OK", Status.DELIVERED),
        ("dhl_express", "CS", Status.EXPIRED),  # closed, which may mean lost: never a delivery
        ("dhl_express", "SS", Status.EXCEPTION),
        ("dhl_express", "DLVRD/NGHBR/ZU", Status.UNKNOWN),  # another company's codes
        ("upstart", "011", Status.UNKNOWN),
        ("ups", "1/2/3/4", Status.UNKNOWN),
        ("ups", "", Status.UNKNOWN),
        ("acme", "DL", Status.UNKNOWN),
    ],
)
def test_a_raw_code_is_read_by_its_own_carriers_table(
    carrier: str, code: str, status: Status
) -> None:
    assert code_meaning(carrier, code).status is status
