"""First run and upkeep from the command line: one line and exit code 2 when something is wrong."""

import json
import socket
from pathlib import Path

import pytest

from api.cli import main
from api.commands.api_key import find_tenant
from api.commands.serve import open_port
from api.wiring import from_environment
from core.errors import Unavailable
from core.places import Address
from store.persons import keep_person


@pytest.fixture
def var(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fresh data folder, with nothing of the caller's environment."""
    for name in ("LANEWISE_DATABASE_URL", "LANEWISE_SECRET_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANEWISE_VAR", str(tmp_path / "var"))
    return tmp_path / "var"


def run(*arguments: str) -> int:
    """The exit code of a command."""
    with pytest.raises(SystemExit) as caught:
        main(list(arguments))
    code = caught.value.code
    return code if isinstance(code, int) else 0


def test_init_shows_a_key_once_and_refuses_to_repeat(
    var: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("init", "--json") == 0
    answer = json.loads(capsys.readouterr().out)
    assert set(answer) == {"database", "tenant", "api_key"}
    assert (var / "secret.key").stat().st_mode & 0o777 == 0o600
    assert run("init") == 2
    assert "exists already" in capsys.readouterr().err
    assert run("api-key", "create", "--name", "till", "--scope", "quotes", "--json") == 0
    assert set(json.loads(capsys.readouterr().out)) == {"id", "key"}
    assert run("doctor") == 0


def test_doctor_names_what_is_missing(var: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("doctor", "--json") == 1
    rows = {row["check"]: row for row in json.loads(capsys.readouterr().out)}
    assert not rows["folder"]["ok"]
    assert "lanewise init" in rows["folder"]["says"]


def test_a_backup_restores_and_never_overwrites_unasked(
    var: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("init", "--json")
    copy = tmp_path / "copy.db"
    assert run("backup", str(copy)) == 0
    assert run("backup", str(copy)) == 2
    assert run("restore", str(copy)) == 2
    run("api-key", "create", "--name", "later")
    assert run("restore", str(copy), "--force") == 0
    capsys.readouterr()
    assert run("api-key", "list", "--json") == 0
    assert [key["name"] for key in json.loads(capsys.readouterr().out)] == ["first"]
    (tmp_path / "junk").write_bytes(b"not a database, not at all" * 50)
    assert run("restore", str(tmp_path / "junk"), "--force") == 2


def test_bad_settings_and_folders_are_one_line(
    var: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LANEWISE_PORT", "many")
    assert run("serve") == 2
    assert "LANEWISE_PORT" in capsys.readouterr().err
    monkeypatch.delenv("LANEWISE_PORT")
    assert run("serve") == 2
    assert "lanewise init" in capsys.readouterr().err
    monkeypatch.setenv("LANEWISE_VAR", "/proc/nowhere")
    assert run("init") == 2
    assert len(capsys.readouterr().err.strip().splitlines()) == 1


def test_a_port_in_use_is_said() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(Unavailable, match="cannot listen"):
            open_port("127.0.0.1", taken.getsockname()[1])


def test_a_wrong_master_key_stops_the_start_and_doctor_tells_it(
    var: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run("init")
    lanewise = from_environment()
    with lanewise.sessions(find_tenant(lanewise, None)) as session:
        keep_person(session, Address("Ada", "Street 1", "Paris", "75011", "FR"))
    monkeypatch.setenv("LANEWISE_SECRET_KEY", "00" * 32)
    for command in ("serve", "worker"):
        capsys.readouterr()
        assert run(command) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert "does not fit" in line
    assert run("doctor", "--json") == 1
    rows = {row["check"]: row for row in json.loads(capsys.readouterr().out)}
    assert "does not fit" in rows["persons"]["says"]
    monkeypatch.delenv("LANEWISE_SECRET_KEY")
    assert run("doctor") == 0
