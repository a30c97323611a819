"""`lanewise promise`: refit from the store, look, take back; bad input in one line."""

import json
from pathlib import Path

import pytest
from sqlalchemy import update

from api.wiring import from_environment
from routing.tables import LeadTimeModelRow
from tests.api.test_network_commands import run, var
from tests.simulations.olist_sample import write_sample

__all__ = ["var"]


@pytest.fixture
def imported(var: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    folder = write_sample(var / "olist", orders=560)
    assert run("init", "--json") == 0
    assert run("import-olist", str(folder)) == 0
    capsys.readouterr()
    return var


def test_models_are_fitted_shown_and_taken_back(
    imported: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert imported
    assert run("promise", "refit", "--as-of", "2017-06-20", "--json") in (0, 1)
    told = json.loads(capsys.readouterr().out)
    assert told["outcome"] in ("active", "refused")
    assert told["judged_against"] == "counts by days waited"
    assert 320 < told["deliveries"] < told["parcels"]
    assert told["cpu_s"] < 120
    # The sample is noise: whether trees beat counts on it is chance, so serve it by hand.
    lanewise = from_environment()
    with lanewise.sessions.system() as session:
        session.execute(update(LeadTimeModelRow).values(state="active"))
    assert run("promise", "show", "--json") == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["state_day"] == "2017-06-19"
    assert "stale" in shown["broken"]  # nobody quotes in 2017 any more
    assert run("doctor") == 1
    assert "lead times" in capsys.readouterr().out
    assert run("promise", "rollback") == 0
    assert "model 1 withdrawn" in capsys.readouterr().out
    assert run("promise", "rollback") == 2


def test_before_anything_was_delivered_there_is_too_little_to_learn(
    imported: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert imported
    assert run("promise", "refit", "--as-of", "2017-03-10", "--json") == 0
    assert json.loads(capsys.readouterr().out)["outcome"] == "too_little"
    assert run("promise", "show") == 0
    assert "no model yet" in capsys.readouterr().out


@pytest.mark.parametrize("text", ["yesterday", "2017-13-01"])
def test_a_bad_instant_ends_in_one_line(
    imported: Path, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert imported
    assert run("promise", "refit", "--as-of", text) == 2
    assert len(capsys.readouterr().err.strip().splitlines()) == 1
