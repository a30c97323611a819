"""A rehearsal leaves a page, figures for machines, and a certificate over the marketplace's books."""

import json
import re
from pathlib import Path

import pytest

from api.rehearsal.page import write_rehearsal
from api.rehearsal.run import START, rehearse
from simulations.scenario import Scenario
from tests.api.test_network_commands import run


def test_a_rehearsal_is_certified_and_drawn(tmp_path: Path) -> None:
    said: list[str] = []
    story = Scenario("tiny", START, 1, orders_per_day=4.0, return_share=1.0)
    found = rehearse(story, 3, said.append)
    assert found.certificate.holds, [c for c in found.certificate.checks if not c.holds]
    assert found.report.orders
    assert {check.rule: check.of for check in found.certificate.checks}[
        "every refund is instructed once"
    ] > 0
    assert said
    page = write_rehearsal(found, tmp_path / "out").read_text()
    told = json.loads((tmp_path / "out" / "report.json").read_text())
    assert told["figures"] == json.loads(json.dumps(found.report.figures()))
    assert told["certificate"]["holds"] is True
    assert page.count("<svg") == 5
    assert not re.search(r'(src|href)="(/|https?:)', page)


def test_an_unknown_scenario_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("simulate", "hurricane") == 2
    assert "is none of calm, week, peak, storm" in capsys.readouterr().err
