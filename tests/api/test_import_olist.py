"""Importing real orders: whole, once, resumable, and readable wherever an order can be opened."""

import json
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from api.commands.import_olist import ImportedOrders, import_folder
from api.models import metadata
from api.wiring import Lanewise
from api.worker import queue_slots, run_until_idle
from core.errors import InvalidInput, NotFound
from core.ids import QuoteId, SubjectId, TenantId
from routing.flows.import_network import import_network
from routing.flows.read_quote import read_quote
from routing.flows.verify_ledger import verify_ledger
from routing.tables import OrderRow, active_network
from store.keys import create_tenant
from store.persons import Erased, read_person
from store.tables import OutboxRow
from tests.api.conftest import Caller
from tests.api.test_network_commands import run
from tests.market import small_files
from tests.simulations.olist_sample import write_sample
from tracking.flows.import_history import import_history

TABLES = (
    "persons quotes orders shipments order_lines parcels promises tracked_parcels "
    "tracking_events network_versions stock outbox audit"
).split()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_sample(tmp_path / "olist")


def counts(lanewise: Lanewise) -> dict[str, int]:
    with lanewise.sessions.system(read_only=True) as session:
        return {
            name: session.execute(
                select(func.count()).select_from(metadata.tables[name])
            ).scalar_one()
            for name in TABLES
        }


def contents(lanewise: Lanewise) -> dict[str, list[Any]]:
    """All imported rows, but for the instants of the import itself."""
    with lanewise.sessions.system(read_only=True) as session:
        return {
            name: session.execute(
                select(metadata.tables[name]).order_by(metadata.tables[name].c.id)
            ).all()
            for name in TABLES[:9]
        }


def test_everything_is_there_once(lanewise: Lanewise, tenant: TenantId, folder: Path) -> None:
    first = import_folder(lanewise.sessions, tenant, folder, batch=25)
    assert first == ImportedOrders(orders=60, new=60, network_version=1)
    found = counts(lanewise)
    assert found["orders"] == found["promises"] == found["quotes"] == found["persons"] == 60
    assert found["shipments"] == found["parcels"] == found["tracked_parcels"] == 80
    assert found["order_lines"] == 80
    assert found["tracking_events"] == 3 * 80 - 6 - 2  # 6 open orders, 2 of them of two sellers
    before = contents(lanewise)
    again = import_folder(lanewise.sessions, tenant, folder)
    assert again == ImportedOrders(orders=60, new=0, network_version=1)
    assert counts(lanewise) == found
    assert contents(lanewise) == before


def test_an_import_cut_short_goes_on_where_it_stopped(
    lanewise: Lanewise, tenant: TenantId, folder: Path
) -> None:
    def die(text: str) -> None:
        if text.startswith("40 of"):
            raise KeyboardInterrupt

    with lanewise.sessions(tenant) as session:
        import_network(session, small_files())
    with pytest.raises(KeyboardInterrupt):
        import_folder(lanewise.sessions, tenant, folder, say=die, batch=20)
    assert counts(lanewise)["orders"] == 40
    with lanewise.sessions(tenant) as session:
        assert active_network(session).number == 1  # nobody plans with half of it
    rest = import_folder(lanewise.sessions, tenant, folder, batch=25)
    assert (rest.orders, rest.new, rest.network_version) == (60, 20, 2)
    assert counts(lanewise)["parcels"] == 80
    with lanewise.sessions(tenant) as session:
        assert active_network(session).number == 2


def test_nothing_is_set_in_motion(lanewise: Lanewise, tenant: TenantId, folder: Path) -> None:
    import_folder(lanewise.sessions, tenant, folder)
    with lanewise.sessions.system(read_only=True) as session:
        names = set(session.scalars(select(OutboxRow.name)))
    assert names == {"routing.network_imported"}
    queue_slots(lanewise)
    run_until_idle(lanewise)
    with lanewise.sessions(tenant, read_only=True) as session:
        assert verify_ledger(session).faults == ()
        jobs = metadata.tables["jobs"]
        kinds = set(session.execute(select(jobs.c.kind)).scalars())
        assert not kinds & {"send_notice", "carriers.book", "routing.release"}
        incidents = metadata.tables["incidents"]
        assert session.execute(select(func.count()).select_from(incidents)).scalar_one() == 0


def test_two_tenants_may_import_the_same_orders(
    lanewise: Lanewise, tenant: TenantId, folder: Path
) -> None:
    with lanewise.sessions.system() as session:
        other = create_tenant(session, "other")
    assert import_folder(lanewise.sessions, tenant, folder).new == 60
    assert import_folder(lanewise.sessions, other, folder).new == 60


def test_such_an_order_opens_wherever_orders_open(
    lanewise: Lanewise, tenant: TenantId, folder: Path, client: TestClient, caller: Caller
) -> None:
    import_folder(lanewise.sessions, tenant, folder)
    listed = caller.get("/v1/orders?limit=100").json()["items"]
    placed = [order["placed_at"] for order in listed]
    assert len(listed) == 60
    assert placed == sorted(placed, reverse=True)
    client.post("/login", data={"key": caller.key})
    for order in listed[:4]:
        whole = caller.get(f"/v1/orders/{order['id']}")
        assert whole.status_code == 200
        assert whole.json()["promise"]["level"] == "0"
        assert whole.json()["promise"]["date"] == order["promised_date"]
        for parcel in whole.json()["parcels"]:
            assert caller.get(f"/v1/parcels/{parcel['id']}").status_code == 200
            assert client.get(f"/warehouse/parcels/{parcel['id']}").status_code == 200
            assert caller.get(f"/v1/journeys/parcels/{parcel['id']}").status_code == 200
        journey = caller.get(f"/v1/journeys/orders/{order['id']}").json()
        assert journey["state"] in ("delivered", "accepted")
        page = client.get(f"/desk/orders/{order['id']}")
        assert page.status_code == 200
        links = caller.post(f"/v1/journeys/orders/{order['id']}/links").json()
        for name in ("track", "returns"):
            address = links[name].split("/", 3)[3]
            assert client.get(f"/{address}").status_code == 200
    assert client.get("/desk").status_code == 200
    assert client.get("/warehouse").status_code == 200
    assert client.get("/calibration").status_code == 200
    assert caller.get("/v1/calibration").json()["overall"] is None
    with lanewise.sessions(tenant, read_only=True) as session:
        row = session.get_one(OrderRow, UUID(listed[0]["id"]))
        assert read_quote(session, QuoteId(row.quote_id)).options == ()
        assert read_person(session, SubjectId(row.subject_id)) == Erased()


def test_a_seller_sees_only_their_part(
    lanewise: Lanewise, tenant: TenantId, folder: Path, make_caller: Any
) -> None:
    import_folder(lanewise.sessions, tenant, folder)
    seller = make_caller(seller="s1")
    listed = seller.get("/v1/orders?limit=100").json()["items"]
    assert 0 < len(listed) < 60
    for order in listed[:5]:
        whole = seller.get(f"/v1/orders/{order['id']}").json()
        assert {line["seller"] for line in whole["lines"]} == {"s1"}


def test_broken_files_change_nothing(lanewise: Lanewise, tenant: TenantId, folder: Path) -> None:
    orders = folder / "olist_orders_dataset.csv"
    orders.write_text(orders.read_text().replace("2017-03-01 12:00:00", "yesterday"))
    before = counts(lanewise)
    with pytest.raises(InvalidInput):
        import_folder(lanewise.sessions, tenant, folder)
    assert counts(lanewise) == before


def test_history_needs_its_network(lanewise: Lanewise, tenant: TenantId) -> None:
    with lanewise.sessions(tenant) as session, pytest.raises(NotFound):
        import_history(session, [], network_hash="0" * 64, policy="standard", policy_version=1)


def test_the_command_tells_machines_two_numbers(
    tmp_path: Path,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name in ("LANEWISE_DATABASE_URL", "LANEWISE_SECRET_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANEWISE_VAR", str(tmp_path / "var"))
    assert run("init", "--json") == 0
    capsys.readouterr()
    assert run("import-olist", str(folder), "--json") == 0
    told = capsys.readouterr()
    assert json.loads(told.out) == {"orders": 60, "new": 60}
    assert "60 of 60 orders" in told.err
    assert run("import-olist", str(tmp_path / "nowhere")) == 2
    assert "is not a folder" in capsys.readouterr().err
