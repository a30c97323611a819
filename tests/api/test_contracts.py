"""A contract is its tenant's: priced and booked at once, and never seen by another tenant."""

from typing import Any

import pytest

from api.wiring import Lanewise
from api.worker import run_until_idle
from carriers.contract_files import tariff_from_json
from carriers.flows.drop_contract import drop_contract
from carriers.flows.keep_contract import keep_contract
from carriers.flows.keep_number_range import keep_number_range
from carriers.number_ranges import NumberRange
from carriers.tables import read_booking
from core.errors import NotFound
from core.ids import TenantId
from core.places import Address
from store.keys import create_tenant
from tests.api.conftest import Caller
from tests.api.test_carrier_endpoints import PARCEL
from tests.carriers.bookings import ask_booking
from tests.carriers.test_tariff_checks import contract

HERE = Address("Jan Jansen", "Dorpsstraat 1", "Utrecht", "3511 AA", "NL")


def dutch(carrier: str, service: str, home_minor: int) -> Any:
    """A contract within the Netherlands at one price."""
    data = contract()
    data |= {"carrier": carrier, "service": service, "origins": ["NL"], "surcharges": []}
    data |= {"zones": [{"code": "home", "areas": ["NL"]}], "tax": None, "volumetric": None}
    data["versions"][0]["formats"][0]["bands"] = [
        {"max_weight_g": 9000, "prices_minor": {"home": home_minor}}
    ]
    return tariff_from_json(data)


def prices(caller: Caller) -> dict[tuple[str, str], int]:
    answer = caller.post("/v1/carriers/rates", json=PARCEL).json()
    return {(r["carrier"], r["service"]): r["price"]["minor"] for r in answer["rates"]}


@pytest.fixture
def other(lanewise: Lanewise) -> TenantId:
    with lanewise.sessions.system() as session:
        return create_tenant(session, "other")


def test_a_tenants_contract_is_priced_at_once_and_by_nobody_else(
    lanewise: Lanewise, tenant: TenantId, other: TenantId, make_caller: Any
) -> None:
    mine, theirs = make_caller(), make_caller(of=other)
    before = prices(theirs)
    assert prices(mine)["postnl", "DomesticPakket"] == 695
    with lanewise.sessions(tenant) as session:
        keep_contract(session, dutch("postnl", "DomesticPakket", 411))
        keep_contract(session, dutch("acme", "ground", 399))
    seen = prices(mine)
    assert seen["postnl", "DomesticPakket"] == 411 and seen["acme", "ground"] == 399
    assert prices(theirs) == before
    listed = {row["name"] for row in theirs.get("/v1/carriers").json()}
    assert "acme" not in listed
    assert "acme" in {row["name"] for row in mine.get("/v1/carriers").json()}
    only = theirs.post("/v1/carriers/rates", json={**PARCEL, "carriers": ["acme"]})
    assert only.status_code == 404
    with lanewise.sessions(other) as session:
        keep_contract(session, dutch("acme", "ground", 777))
    assert prices(theirs)["acme", "ground"] == 777 and prices(mine)["acme", "ground"] == 399
    with lanewise.sessions(tenant) as session:
        drop_contract(session, "acme", "ground")
        with pytest.raises(NotFound):
            drop_contract(session, "acme", "ground")
    assert ("acme", "ground") not in prices(mine) and prices(theirs)["acme", "ground"] == 777


def test_a_worker_books_at_each_tenants_own_price_and_numbers(
    lanewise: Lanewise, tenant: TenantId, other: TenantId
) -> None:
    told = {}
    for whose, minor in ((tenant, 411), (other, 777)):
        with lanewise.sessions(whose) as session:
            keep_contract(session, dutch("postnl", "DomesticPakket", minor))
            keep_number_range(session, "postnl", NumberRange("4012345"))
        told[whose] = ask_booking(
            lanewise.sessions, whose, to=HERE, carrier="postnl", service="DomesticPakket"
        )
    run_until_idle(lanewise)
    numbers = set()
    for whose, minor in ((tenant, 411), (other, 777)):
        with lanewise.sessions(whose, read_only=True) as session:
            booking = read_booking(session, told[whose])
        assert booking.cost is not None and booking.cost.minor == minor
        numbers.add(booking.tracking_number)
    assert len(numbers) == 2 and all(str(one).startswith("14012345") for one in numbers)


def test_the_sandbox_stays_the_sandbox(
    lanewise: Lanewise, tenant: TenantId, caller: Caller
) -> None:
    with lanewise.sessions(tenant) as session:
        keep_contract(session, dutch("sandbox", "standard", 1))
    assert prices(caller)["sandbox", "standard"] != 1
