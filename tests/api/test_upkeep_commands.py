"""First run and upkeep from the command line: one line and exit code 2 when something is wrong."""

import json
import os
import socket
import sqlite3
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from api.cli import main
from api.commands.api_key import find_tenant
from api.commands.serve import open_port
from api.settings import Settings
from api.wiring import from_environment, make_var
from core.errors import Unavailable
from core.places import Address
from store.persons import keep_person
from store.session import open_engine


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


@pytest.fixture
def installed(var: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """A data folder after `init`."""
    run("init")
    capsys.readouterr()
    return var


CART = """{"destination": {"country": "NL"}, "lines": [{"sku": "COFFEE-01", "qty": 1}]%s}"""
COMMANDS = (
    ("init", "--tenant", "other"),
    ("import", "{network}"),
    ("quote", "{cart}"),
    ("serve", "--port", "0"),
    ("worker",),
    ("backup", "{var}/copy.db"),
    ("api-key", "list"),
)


def _told(
    command: tuple[str, ...], var: Path, capsys: pytest.CaptureFixture[str], *, lines: int = 1
) -> str:
    """What a command that must fail says on its one line."""
    folder = var.parent / "network"
    folder.mkdir(exist_ok=True)
    (folder / "skus.csv").write_text("sku\n")
    (var.parent / "cart.json").write_text(CART % "")
    places = {"network": str(folder), "cart": str(var.parent / "cart.json"), "var": str(var)}
    capsys.readouterr()
    assert run(*(part.format(**places) for part in command)) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.splitlines()) == lines and "Traceback" not in err
    return err


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_a_file_that_is_no_database_is_named(
    installed: Path, capsys: pytest.CaptureFixture[str], command: tuple[str, ...]
) -> None:
    database = installed / "lanewise.db"
    for part in installed.glob("lanewise.db*"):
        part.unlink()
    database.write_bytes(b"not a database, not at all" * 50)
    assert str(database) in _told(command, installed, capsys)
    assert not (installed / "copy.db").exists()


@pytest.mark.parametrize("command", COMMANDS[1:], ids=lambda command: command[0])
def test_an_empty_database_asks_for_init(
    installed: Path, capsys: pytest.CaptureFixture[str], command: tuple[str, ...]
) -> None:
    for part in installed.glob("lanewise.db*"):
        part.unlink()
    assert "lanewise init" in _told(command, installed, capsys)


@pytest.mark.parametrize("url", ["nonsense", "mysql://db/x", "sqlite:////nowhere/at/all.db"])
def test_a_database_that_cannot_be_had_is_one_line(
    installed: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("LANEWISE_DATABASE_URL", url)
    for command in COMMANDS:
        told = _told(command, installed, capsys)
        assert "LANEWISE_DATABASE_URL" in told or "/nowhere/at/all.db" in told


def test_a_locked_database_is_one_line_and_nothing_is_half_written(
    installed: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.wiring.open_engine", partial(open_engine, busy_timeout_s=0))
    other = sqlite3.connect(installed / "lanewise.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    for command in (("init", "--tenant", "other"), ("api-key", "create", "--name", "x")):
        assert "locked" in _told(command, installed, capsys)
    other.execute("ROLLBACK")
    tables = ("tenants", "api_keys")
    counts = [other.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables]
    other.close()
    assert counts == [1, 1]


def _empty(path: Path) -> None:
    path.write_text("")


def _other(path: Path) -> None:
    path.write_bytes(b"\xff\xfe")


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize("spoil", [_empty, _other, _folder])
def test_a_spoilt_secret_key_is_named(
    installed: Path, capsys: pytest.CaptureFixture[str], spoil: Callable[[Path], None]
) -> None:
    spoil(installed / "secret.key")
    for command in COMMANDS:
        assert str(installed / "secret.key") in _told(command, installed, capsys)


def test_a_killed_first_start_leaves_no_half_key(
    var: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def die(_descriptor: int) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", die)
        with pytest.raises(KeyboardInterrupt):
            make_var(Settings(var=var))
    assert not (var / "secret.key").exists()
    assert run("init") == 0
    assert (var / "secret.key").stat().st_mode & 0o777 == 0o600


def test_a_file_in_the_place_of_the_folder_is_named(
    var: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    var.touch()
    for command in COMMANDS[:-2]:
        assert str(var) in _told(command, var, capsys)


@pytest.mark.parametrize("port", ["70000", "-1"])
def test_what_is_no_port_is_one_line(
    installed: Path, capsys: pytest.CaptureFixture[str], port: str
) -> None:
    assert port in _told(("serve", "--port", port), installed, capsys)


@pytest.mark.parametrize(
    "at", ["0001-01-01T00:00:00+00:00", "9999-12-31T23:59:59-12:00", "2026-03-02T10:00:00", "soon"]
)
def test_a_cart_at_an_impossible_time_is_refused(
    installed: Path, capsys: pytest.CaptureFixture[str], at: str
) -> None:
    cart = installed / "cart.json"
    cart.write_text(CART % f', "at": "{at}"')
    assert run("quote", str(cart)) == 2
    assert capsys.readouterr().err.startswith("lanewise: at: ")
