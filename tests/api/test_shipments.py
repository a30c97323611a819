"""Shipments over HTTP: one a seller, told from the order's own parcels, narrowed for sellers."""

from collections.abc import Callable
from typing import Any

from api.wiring import Lanewise
from api.worker import run_until_idle
from core.ids import TenantId
from tests.api.conftest import ACCOUNTS, HOME, Caller
from tests.api.test_frame import is_problem

BUYERS = ("elbe-kaffee", "schelde-boeken")


def shipments_of(caller: Caller, order: dict[str, Any]) -> dict[str, Any]:
    """By seller, each read by its id."""
    page = caller.get(f"/v1/shipments?order_id={order['id']}").json()
    return {
        head["seller"]: caller.get(f"/v1/shipments/{head['id']}").json() for head in page["items"]
    }


def test_each_seller_of_an_order_has_one_shipment_with_its_lines(
    caller: Caller, order: dict[str, Any]
) -> None:
    found = shipments_of(caller, order)
    assert set(found) == set(BUYERS)
    for seller, shipment in found.items():
        own = [line for line in order["lines"] if line["seller"] == seller]
        assert {line["shipment_id"] for line in own} == {shipment["id"]}
        assert [line["sku"] for line in shipment["lines"]] == [line["sku"] for line in own]
        assert shipment["promise"] == order["promise"]
        assert shipment["state"] == "planned"
        inside = {content["seller"] for p in shipment["parcels"] for content in p["contents"]}
        assert inside == {seller}
    together = {parcel["id"] for one in found.values() for parcel in one["parcels"]}
    assert together == {parcel["id"] for parcel in order["parcels"]}


def test_a_shipment_leads_to_labels_and_manifest_once_they_exist(
    caller: Caller, lanewise: Lanewise, market: TenantId, order: dict[str, Any]
) -> None:
    (planned, *_) = shipments_of(caller, order).values()
    assert planned["parcels"][0]["links"]["label"] is None
    run_until_idle(lanewise)
    for shipment in shipments_of(caller, order).values():
        assert shipment["state"] == "booked"
        for parcel in shipment["parcels"]:
            assert caller.get(parcel["links"]["label"]).status_code == 200
            assert caller.get(parcel["links"]["parcel"]).json()["booking"] == parcel["booking"]
            assert caller.get(parcel["links"]["journey"]).status_code == 200
    booking = parcel["booking"]
    listed = {
        "carrier": booking["carrier"],
        "account": ACCOUNTS[booking["carrier"]],
        "location": parcel["origin"],
        "mailing_date": booking["mailing_date"],
    }
    manifest = caller.post("/v1/manifests", json=listed).json()
    number = booking["tracking_number"]
    assert caller.post("/v1/parcels/hand-overs", json={"code": number}).status_code == 201
    run_until_idle(lanewise)
    again = caller.get(f"/v1/shipments/{shipment['id']}").json()
    (moved,) = [one for one in again["parcels"] if one["id"] == parcel["id"]]
    assert moved["state"] == "handed_over"
    assert moved["links"]["manifest"] == f"/v1/manifests/{manifest['id']}"


def test_a_seller_sees_its_own_shipments_and_no_label_it_shares(
    caller: Caller,
    make_caller: Callable[..., Caller],
    lanewise: Lanewise,
    order: dict[str, Any],
) -> None:
    run_until_idle(lanewise)
    whole = shipments_of(caller, order)
    for seller in BUYERS:
        own = make_caller(seller=seller, name=seller)
        (head,) = own.get("/v1/shipments").json()["items"]
        assert head["seller"] == seller
        answer = own.get(f"/v1/shipments/{head['id']}")
        assert HOME["name"] not in answer.text and HOME["street"] not in answer.text
        for parcel in answer.json()["parcels"]:
            shared = parcel["is_shared"] or parcel["through_hub"]
            assert (parcel["links"]["label"] is None) == shared
            if not shared:
                assert own.get(parcel["links"]["label"]).status_code == 200
        (other,) = [shipment for name, shipment in whole.items() if name != seller]
        assert is_problem(own.get(f"/v1/shipments/{other['id']}"), 404, "unknown_shipment")
        assert is_problem(own.get(f"/v1/shipments?seller={other['seller']}"), 403, "foreign_seller")


def test_shipments_come_in_pages_newest_first(caller: Caller, order: dict[str, Any]) -> None:
    whole = caller.get("/v1/shipments").json()["items"]
    first = caller.get("/v1/shipments?limit=1").json()
    second = caller.get(f"/v1/shipments?limit=1&cursor={first['next_cursor']}").json()
    assert first["items"] + second["items"] == whole
    assert second["next_cursor"] is None
    assert [one["id"] for one in whole] == sorted((one["id"] for one in whole), reverse=True)
    only = caller.get(f"/v1/shipments?seller={BUYERS[0]}").json()["items"]
    assert [one["seller"] for one in only] == [BUYERS[0]]
    assert is_problem(caller.get("/v1/shipments?cursor=nonsense"), 422, "cursor")


def test_the_documents_examples_are_answers(client: Any) -> None:
    from api.endpoints.shipments import ShipmentHeadOut, ShipmentOut

    for model in (ShipmentHeadOut, ShipmentOut):
        schema = client.get("/openapi.json").json()["components"]["schemas"][model.__name__]
        (example,) = schema["examples"]
        model.model_validate(example)
