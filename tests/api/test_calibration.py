"""The calibration figures and their page: open promises wait, decided ones count."""

from datetime import timedelta
from typing import Any

from fastapi.testclient import TestClient

from api.wiring import Lanewise
from core.clock import ManualClock
from core.ids import TenantId
from tests.api.conftest import Caller
from tracking.calibration import report_calibration
from tracking.flows.tally_promises import tally_promises
from tracking.flows.watch_calibration import watch_calibration


def test_a_promise_whose_day_has_passed_is_counted_as_missed(
    client: TestClient,
    caller: Caller,
    order: dict[str, Any],
    clock: ManualClock,
    lanewise: Lanewise,
    tenant: TenantId,
) -> None:
    assert order
    fresh = caller.get("/v1/calibration").json()
    assert (fresh["overall"], fresh["open_promises"], fresh["counted_at"]) == (None, 0, None)
    tally_promises(lanewise.sessions, tenant)
    before = caller.get("/v1/calibration").json()
    assert (before["overall"], before["open_promises"]) == (None, 1)
    client.post("/login", data={"key": caller.key})
    assert "No promise is decided yet" in client.get("/calibration").text
    clock.advance(timedelta(days=60))
    client.post("/login", data={"key": caller.key})
    tally_promises(lanewise.sessions, tenant)
    after = caller.get("/v1/calibration").json()
    assert after["open_promises"] == 0
    assert (after["overall"]["promises"], after["overall"]["kept"]) == (1, 0.0)
    assert after["overall"]["is_small"] is True
    page = client.get("/calibration")
    assert page.status_code == 200
    assert "<svg" in page.text
    assert "too few to judge" in page.text


def test_the_page_asks_for_a_sign_in(client: TestClient) -> None:
    away = client.get("/calibration", headers={"Accept": "text/html"}, follow_redirects=False)
    assert away.status_code == 303


def test_an_alarm_stands_in_figures_and_metrics_until_it_is_over(
    client: TestClient, caller: Caller, lanewise: Lanewise, tenant: TenantId
) -> None:
    def drifting(count: int) -> bool:
        line = f'lanewise_calibration_alarms{{kind="drift"}} {count}.0'
        return line in client.get("/metrics").text

    assert caller.get("/v1/calibration").json()["standing"] == []
    assert drifting(0)
    nothing = report_calibration([], lanewise.clock.now())
    with lanewise.sessions(tenant) as session:
        watch_calibration(session, {"FR-PAC": 0.5}, nothing)
    told = caller.get("/v1/calibration").json()["standing"]
    assert [(one["kind"], one["group_name"], one["facts"]) for one in told] == [
        ("drift", "FR-PAC", {"aimed": "0.500"})
    ]
    assert drifting(1)
    with lanewise.sessions(tenant) as session:
        watch_calibration(session, {}, nothing)
    assert caller.get("/v1/calibration").json()["standing"] == []
    assert drifting(0)
