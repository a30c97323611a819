"""The calibration page and the desk's alarms in a browser: sound on a desktop and on a phone."""

from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest
from sqlalchemy.orm import Session

from store.session import now
from tests.e2e.conftest import House, look
from tests.e2e.test_stories import sign_in
from tracking.calibration import CalibrationReport, report_calibration
from tracking.flows.watch_calibration import watch_calibration
from tracking.outcome import PromiseOutcome

pytestmark = pytest.mark.browser

SELLERS = ("north-books", "thames-home", "donau-garten", "atelier-lumière", "isola-caffè")
ENDS = ("FR 75", "DE 80", "NL 10", "IT 20")


def invented(session: Session) -> CalibrationReport:
    """Five hundred decided promises: one seller keeps too little, the others what they say."""
    draw, instant = Random(5), now(session)
    outcomes = []
    for number in range(500):
        made = instant - timedelta(days=200 - number // 3)
        seller, end = SELLERS[number % 5], ENDS[number % 4]
        level = 0.95 if number % 3 else 0.9
        days = draw.randint(3, 9)
        keeps = 0.7 if seller == "donau-garten" else level + 0.01
        came = days - 1 if draw.random() < keeps else days + 2
        is_lost = number % 120 == 7
        outcomes.append(
            PromiseOutcome(
                level,
                made,
                made + timedelta(days=days),
                f"{made:%Y-%m}",
                ("post",),
                (seller,),
                days,
                None if is_lost else made + timedelta(days=came),
                is_over=is_lost,
                lanes=(f"{end[:2]} → {end}",),
                model="learned-2@2026-01-01" if number % 2 else "published-quantiles",
                probability=min(level + 0.02, 0.99),
                destination=end,
            )
        )
    before = [replace(one, promised_days=one.promised_days + 2) for one in outcomes]
    report = report_calibration(outcomes, instant, before)
    return replace(report, counted_at=instant, unreadable=1)


def test_who_keeps_too_little_is_seen_on_the_page_and_on_the_desk(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    with house.market.lanewise.sessions(house.market.tenant) as session:
        report = invented(session)
        watch_calibration(session, {"FR-PAC": 0.45}, report)
    monkeypatch.setattr("api.pages.public.calibration.view_calibration", lambda _: report)
    for phone in (False, True):
        size = "phone" if phone else "wide"
        window = house.window(phone=phone)
        sign_in(window.page, house, "/desk")
        alarms = window.page.locator("section[aria-labelledby=drifts] li")
        assert alarms.count() == 2
        assert "donau-garten" in alarms.nth(0).inner_text() + alarms.nth(1).inner_text()
        look(window, f"4-desk-{size}")
        window.follow(alarms.first.locator("a").click)
        text = window.page.locator("main").inner_text()
        assert "2.0 days earlier" in text
        assert "1 row of the promise ledger can't be read" in text
        assert "Counted Mon 2 Mar" in text
        assert "aim at 45.0 %" in text
        assert window.page.locator("figure svg").count() == 5
        assert window.page.locator("svg title").count() == 5
        look(window, f"4-calibration-{size}")
