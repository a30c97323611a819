"""`lanewise ledger`: seal, print the head to keep, check against it."""

import json
from pathlib import Path

import pytest
from sqlalchemy import delete

from api.wiring import from_environment
from routing.tables import LedgerHeadRow, PromiseRow, PromiseSealRow, SealedPromiseRow
from tests.api.test_network_commands import run, var
from tests.simulations.olist_sample import write_sample

__all__ = ["var"]


def test_a_head_kept_outside_finds_a_ledger_that_was_cut(
    var: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("init") == 0
    assert run("import-olist", str(write_sample(var / "olist", orders=20))) == 0
    assert run("ledger", "head") == 2  # nothing is sealed yet
    assert run("ledger", "seal") == 0
    capsys.readouterr()
    assert run("ledger", "head", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["head"][:2], told["sealed"]) == ("1:", 20)
    assert run("ledger", "verify", "--head", told["head"]) == 0
    assert run("ledger", "verify", "--head", "the last one") == 2
    with from_environment().sessions.system() as session:
        for table in (LedgerHeadRow, PromiseSealRow, SealedPromiseRow):
            session.execute(delete(table))
    capsys.readouterr()
    assert run("ledger", "verify") == 0
    assert run("ledger", "verify", "--head", told["head"]) == 1
    assert "seal 1: seal missing" in capsys.readouterr().out
    with from_environment().sessions.system() as session:
        session.execute(delete(PromiseRow))
    assert run("ledger", "verify", "--json") == 1
    faults = json.loads(capsys.readouterr().out)["faults"]
    assert {fault["kind"] for fault in faults} == {"order_without_promise"}
    assert len({fault["order"] for fault in faults}) == 20
