"""From a cart to a closed manifest, through HTTP and the worker."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from api.planning import Planner, PlanTask
from api.wiring import Lanewise
from api.worker import run_until_idle
from core.clock import ManualClock
from core.ids import TenantId
from routing.checkout.answer import answer_as_json
from routing.checkout.case import problem_from_case
from routing.checkout.check import check_answer
from routing.checkout.solve import solve
from routing.quote import Quote
from routing.tables import StockRow
from tests.api.conftest import ACCOUNTS, CART, HOME, Caller
from tests.api.test_frame import is_problem


def quoted(caller: Caller) -> dict[str, Any]:
    answer = caller.post("/v1/quotes", json=CART)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def commit(caller: Caller, quote: dict[str, Any], **more: Any) -> Any:
    wanted = {"quote_id": quote["id"], "option": "cheapest", "consignee": HOME}
    return caller.post("/v1/orders", json=wanted, **more)


def hand_over(caller: Caller, code: str) -> Any:
    return caller.post("/v1/parcels/hand-overs", json={"code": code})


def test_a_quote_is_told_and_read_back_alike(caller: Caller, market: TenantId) -> None:
    quote = quoted(caller)
    assert quote["exact"] and quote["options"]
    for option in quote["options"]:
        total = option["charge"]["total"]["minor"]
        assert sum(line["amount"]["minor"] for line in option["charge"]["lines"]) == total
        assert option["promise"]["level"] == "0.95"
    assert caller.get(f"/v1/quotes/{quote['id']}").json() == quote


def test_from_an_order_to_labels_and_a_closed_manifest(
    caller: Caller, lanewise: Lanewise, market: TenantId, order: dict[str, Any]
) -> None:
    parcel = order["parcels"][0]
    early = caller.get(f"/v1/parcels/{parcel['id']}/label")
    assert is_problem(early, 409, "label_not_ready")
    run_until_idle(lanewise)
    parcel = caller.get(f"/v1/parcels/{parcel['id']}").json()
    booking = parcel["booking"]
    assert booking["state"] == "booked"
    assert booking["tracking_number"]
    label = caller.get(f"/v1/parcels/{parcel['id']}/label")
    assert label.headers["content-type"] == "application/pdf"
    assert label.content.startswith(b"%PDF-")
    assert caller.get(f"/v1/parcels/{parcel['id']}/label").content == label.content
    wanted = {
        "carrier": booking["carrier"],
        "account": ACCOUNTS[booking["carrier"]],
        "location": parcel["origin"],
        "mailing_date": booking["mailing_date"],
    }
    opened = caller.post("/v1/manifests", json=wanted)
    assert opened.status_code == 201, opened.text
    manifest = opened.json()
    assert (manifest["state"], manifest["parcels"]) == ("open", 1)
    closed = caller.post(f"/v1/manifests/{manifest['id']}/close")
    assert closed.json()["state"] == "submitted"
    run_until_idle(lanewise)
    assert caller.get(f"/v1/manifests/{manifest['id']}").json()["state"] == "closed"
    paper = caller.get(f"/v1/manifests/{manifest['id']}/document")
    assert paper.content.startswith(b"%PDF-")
    assert caller.get("/v1/manifests").json()["items"][0]["id"] == manifest["id"]
    late = caller.post(f"/v1/parcels/{parcel['id']}/void")
    assert late.status_code == 409


def test_a_commit_repeated_is_one_order(caller: Caller, market: TenantId) -> None:
    quote = quoted(caller)
    key = {"Idempotency-Key": "buy"}
    first, again = commit(caller, quote, headers=key), commit(caller, quote, headers=key)
    assert (first.status_code, first.content) == (201, again.content)
    assert len(caller.get("/v1/orders").json()["items"]) == 1


def test_stock_gone_since_the_quote_is_told_with_fresh_options(
    caller: Caller, market: TenantId, clock: ManualClock
) -> None:
    quote = quoted(caller)
    changes = [
        {
            **{name: level[name] for name in ("seller", "sku", "location")},
            "on_hand": 0,
            "counted_at": clock.now().isoformat(),
        }
        for level in caller.get("/v1/stock?sku=COFFEE-01&seller=elbe-kaffee").json()["items"]
    ]
    done = caller.put("/v1/stock", json={"changes": changes})
    assert done.json() == {"applied": len(changes), "stale": []}
    refused = commit(caller, quote)
    assert is_problem(refused, 409, "offer_changed")
    assert refused.json()["because"][0]["code"] == "stock_gone"
    assert refused.json()["quote"]["options"] == []
    assert caller.get("/v1/orders").json()["items"] == []


def test_a_changed_cart_is_planned_by_the_planner_while_others_write(
    caller: Caller,
    lanewise: Lanewise,
    market: TenantId,
    clock: ManualClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    quote = quoted(caller)
    clock.advance(timedelta(days=2))
    plan, written = Planner.quote, []

    def plan_beside_a_writer(self: Planner, task: PlanTask) -> Quote:
        with lanewise.sessions(market) as session:  # waits in vain if the commit held its locks
            written.extend(session.scalars(select(StockRow.id).with_for_update()))
        return plan(self, task)

    monkeypatch.setattr(Planner, "quote", plan_beside_a_writer)
    late = commit(caller, quote)
    assert is_problem(late, 409, "offer_changed")
    assert written
    assert caller.get(f"/v1/quotes/{late.json()['quote']['id']}").status_code == 200


def test_an_expired_quote_is_answered_with_a_fresh_one(
    caller: Caller, market: TenantId, clock: ManualClock
) -> None:
    quote = quoted(caller)
    clock.advance(timedelta(days=2))
    late = commit(caller, quote)
    assert is_problem(late, 409, "offer_changed")
    told = late.json()
    assert [each["code"] for each in told["because"]] == ["quote_expired"]
    assert told["instead"]["to"] in {option["code"] for option in told["quote"]["options"]}
    assert told["instead"]["days"] >= 0
    assert commit(caller, told["quote"]).status_code == 201


def test_a_quote_is_exported_as_a_case_that_solves_alike(caller: Caller, market: TenantId) -> None:
    quote = quoted(caller)
    case = caller.get(f"/v1/quotes/{quote['id']}/case").json()
    answer = solve(problem_from_case(case))
    costs = {plan.cost for plan in answer.plans}
    assert {option["cost"]["minor"] for option in quote["options"]} <= costs
    assert check_answer(case, answer_as_json(quote["id"], answer)) == []


def test_an_order_is_cancelled_until_it_leaves(
    caller: Caller, lanewise: Lanewise, market: TenantId, order: dict[str, Any]
) -> None:
    place = f"/v1/orders/{order['id']}"
    run_until_idle(lanewise)
    done = caller.post(f"{place}/cancel", json={"reason": "ordered twice"})
    assert done.status_code == 200, done.text
    assert set(done.json()["bookings"].values()) == {"voiding"}
    run_until_idle(lanewise)
    told = caller.get(place).json()
    assert told["state"] == "cancelled"
    assert [parcel["booking"] for parcel in told["parcels"]] == [None] * len(told["parcels"])
    again = caller.post(f"{place}/cancel", json={})
    assert set(again.json()["bookings"].values()) == {"voided"}
    stock = caller.get("/v1/stock?sku=COFFEE-01&seller=elbe-kaffee").json()["items"]
    assert {level["reserved"] for level in stock} == {0}


def test_a_voided_parcel_is_released_anew_and_its_old_label_stays(
    caller: Caller, lanewise: Lanewise, market: TenantId, order: dict[str, Any]
) -> None:
    run_until_idle(lanewise)
    place = f"/v1/parcels/{order['parcels'][0]['id']}"
    old = caller.get(place).json()["booking"]
    assert caller.post(f"{place}/void").json()["booking"]["state"] == "voiding"
    assert is_problem(caller.post(f"{place}/release"), 409, "voiding")
    assert hand_over(caller, old["tracking_number"]).status_code == 409
    run_until_idle(lanewise)
    told = caller.get(place).json()
    assert (told["state"], told["booking"]) == ("planned", None)
    assert hand_over(caller, old["tracking_number"]).status_code == 409
    assert hand_over(caller, order["parcels"][0]["id"]).status_code == 409
    assert caller.post(f"{place}/release").json()["state"] == "released"
    run_until_idle(lanewise)
    told = caller.get(place).json()
    assert told["state"] == told["booking"]["state"] == "booked"
    assert told["booking"]["tracking_number"] != old["tracking_number"]
    assert hand_over(caller, old["tracking_number"]).status_code in (404, 409)
    assert hand_over(caller, told["booking"]["tracking_number"]).status_code == 201
    run_until_idle(lanewise)
    assert caller.get(place).json()["state"] == "handed_over"


def test_a_cancelled_parcel_is_not_handed_over(
    caller: Caller, lanewise: Lanewise, market: TenantId, order: dict[str, Any]
) -> None:
    run_until_idle(lanewise)
    parcel = order["parcels"][0]["id"]
    number = caller.get(f"/v1/parcels/{parcel}").json()["booking"]["tracking_number"]
    assert caller.post(f"/v1/orders/{order['id']}/cancel", json={}).status_code == 200
    for _ in range(2):  # while the carrier is being asked, and after it has agreed
        assert hand_over(caller, parcel).status_code == 409
        assert hand_over(caller, number).status_code == 409
        assert caller.post(f"/v1/parcels/{parcel}/release").status_code == 409
        run_until_idle(lanewise)
    assert caller.get(f"/v1/parcels/{parcel}").json()["state"] == "cancelled"


def test_bad_carts_are_refused_by_field(caller: Caller, market: TenantId) -> None:
    def ask(**changes: Any) -> Any:
        return caller.post("/v1/quotes", json={**CART, **changes})

    assert ask(lines=[{"sku": "COFFEE-01", "qty": 0}]).json()["errors"][0]["field"] == "lines.0.qty"
    absurd = ask(lines=[{"sku": "COFFEE-01", "qty": 99_999}])
    assert is_problem(absurd, 422, "cart_too_large")
    assert "at most 500" in absurd.json()["errors"][0]["reason"]
    naive = ask(at="2026-03-02T09:00:00")
    assert naive.json()["errors"][0]["field"] == "at"
    unknown = ask(lines=[{"sku": "NO-SUCH", "qty": 1}])
    assert unknown.status_code in (201, 404, 422)
    if unknown.status_code == 201:
        assert unknown.json()["options"] == []
        assert unknown.json()["reasons"][0]["code"] == "no_offer"
    nowhere = ask(destination={"country": "AQ"})
    assert nowhere.status_code in (201, 422)


def test_a_broken_network_names_file_row_and_field_and_changes_nothing(
    caller: Caller, market: TenantId, network_files: dict[str, str]
) -> None:
    broken = {
        **network_files,
        "offers.csv": network_files["offers.csv"].replace(",EUR,", ",EU,", 1),
    }
    refused = caller.post("/v1/networks", json={"files": broken})
    assert refused.status_code == 422
    fault = refused.json()["errors"][0]
    assert fault["file"] == "offers.csv"
    assert fault["row"]
    assert len(caller.get("/v1/networks").json()["items"]) == 1


def test_the_same_network_again_is_not_a_new_version(
    caller: Caller, market: TenantId, network_files: dict[str, str]
) -> None:
    again = caller.post("/v1/networks", json={"files": network_files})
    assert (again.status_code, again.json()["changed"]) == (201, False)


def test_stock_comes_in_pages(caller: Caller, market: TenantId) -> None:
    whole = caller.get("/v1/stock?limit=200").json()
    first = caller.get("/v1/stock?limit=7").json()
    second = caller.get(f"/v1/stock?limit=7&cursor={first['next_cursor']}").json()
    assert first["items"] + second["items"] == whole["items"][:14]
    assert is_problem(caller.get("/v1/stock?cursor=nonsense"), 422, "cursor")


def test_parcels_come_in_pages_the_most_urgent_first(
    caller: Caller, market: TenantId, order: dict[str, Any]
) -> None:
    page = caller.get("/v1/parcels?limit=1").json()
    assert page["items"][0]["order_id"] == order["id"]
    rest = caller.get(f"/v1/parcels?limit=1&cursor={page['next_cursor']}").json()
    assert page["items"][0]["id"] not in [item["id"] for item in rest["items"]]


def test_an_estimate_is_never_earlier_than_the_quote(caller: Caller, market: TenantId) -> None:
    cart = {**CART, "destination": {"country": "FR"}}
    answer = caller.post("/v1/estimates", json=cart)
    assert answer.status_code == 200, answer.text
    estimate = answer.json()["estimate"]
    assert estimate["precision"] == "country"
    fastest = min(option["promise"]["date"] for option in quoted(caller)["options"])
    assert estimate["date"] >= fastest
    nobody = caller.post("/v1/estimates", json={**cart, "destination": {"country": "AQ"}})
    assert nobody.status_code in (200, 422)


def test_offers_are_told_page_by_page_with_what_is_free(caller: Caller, market: TenantId) -> None:
    first = caller.get("/v1/offers?limit=3").json()
    second = caller.get(f"/v1/offers?limit=3&cursor={first['next_cursor']}").json()
    keys = [
        (item["seller"], item["sku"], item["location"])
        for item in (*first["items"], *second["items"])
    ]
    assert len(keys) == 6
    assert keys == sorted(keys)
    assert all(item["price"]["minor"] > 0 and item["free"] >= 0 for item in first["items"])
    assert is_problem(caller.get("/v1/offers?cursor=made-up"), 422, "cursor")
