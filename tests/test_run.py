"""run.py: what a stranger's machine may look like, and what is said about it."""

import ast
import errno
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import run

Commands = list[list[str]]
SUMMARY = "=========== 3 passed in 0.10s ==========="


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with lock files and nothing else."""
    monkeypatch.setattr(run, "HERE", tmp_path)
    monkeypatch.setattr(run, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(run, "PYTHON", tmp_path / ".venv" / "python")
    monkeypatch.setattr(run, "UNFINISHED", tmp_path / ".venv" / "unfinished")
    monkeypatch.setattr(run, "NO_CHROMIUM", tmp_path / ".venv" / "no-chromium")
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "requirements").mkdir()
    for lock in run.LOCKS.values():
        (tmp_path / lock).touch()
    return tmp_path


@pytest.fixture
def commands(house: Path, monkeypatch: pytest.MonkeyPatch) -> Commands:
    """What is run instead of being run; `venv` makes an environment with pip."""
    seen: Commands = []

    def pretend(command: list[str], **_: Any) -> "subprocess.CompletedProcess[str]":
        seen.append(command)
        if command[1:3] == ["-m", "venv"]:
            run.PYTHON.touch()
            (run.VENV / "pip").touch()
        asks_for_pip = command[1:] == ["-m", "pip", "--version"]
        code = int(asks_for_pip and not (run.VENV / "pip").exists())
        return subprocess.CompletedProcess(command, code, "", "")

    monkeypatch.setattr(subprocess, "run", pretend)
    return seen


def made_anew(commands: Commands) -> bool:
    return any(command[1:3] == ["-m", "venv"] for command in commands)


def test_an_old_python_can_read_it_far_enough_to_be_told() -> None:
    tree = ast.parse(Path(run.__file__).read_text(), feature_version=(3, 7))
    first = next(node for node in tree.body if not isinstance(node, ast.Expr))
    assert isinstance(first, ast.ImportFrom) and first.module == "__future__"
    asked = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    assert asked.isdisjoint({"tomllib", "zoneinfo", "StrEnum", "UTC", "Self"})


def test_a_second_set_up_runs_nothing(commands: Commands) -> None:
    run.setup("test")
    assert made_anew(commands)
    commands.clear()
    run.setup("test")
    run.setup("run")
    assert commands == []


def _killed_while_creating() -> None:
    run.VENV.mkdir()
    run.PYTHON.touch()  # python is there, pip is not


def _killed_while_installing() -> None:
    run.setup("run")
    run.UNFINISHED.touch()  # the stamp of the set-up before is still there


def _python_removed() -> None:
    run.setup("run")
    run.PYTHON.unlink()


@pytest.mark.parametrize(
    "interrupt", [_killed_while_creating, _killed_while_installing, _python_removed]
)
def test_an_interrupted_set_up_is_begun_anew(
    commands: Commands, interrupt: Callable[[], None]
) -> None:
    interrupt()
    (run.VENV / "half").touch()
    commands.clear()
    run.setup("run")
    assert made_anew(commands)
    assert not (run.VENV / "half").exists()
    assert not run.UNFINISHED.exists()


def test_a_failing_step_leaves_the_environment_unfinished(
    house: Path, commands: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(run, "install", lambda _lock: run.fail("cannot install"))
        with pytest.raises(SystemExit):
            run.setup("run")
    assert run.UNFINISHED.exists()
    run.setup("run")
    assert not run.UNFINISHED.exists()


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EACCES])
def test_what_the_system_refuses_is_one_line(
    number: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(_kind: str) -> None:
        raise OSError(number, os.strerror(number), ".venv")

    monkeypatch.setattr(run, "setup", refuse)
    monkeypatch.setattr("sys.argv", ["run.py", "setup"])
    with pytest.raises(SystemExit) as caught:
        run.main()
    assert caught.value.code == 2
    assert capsys.readouterr().err == f"lanewise: {os.strerror(number)} (.venv)\n"


def test_a_refused_chromium_is_remembered_for_a_day(
    house: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: Commands = []

    def refuse(command: list[str], **_: Any) -> "subprocess.CompletedProcess[str]":
        asked.append(command)
        return subprocess.CompletedProcess(command, 100, "", "E: no network\n")

    run.VENV.mkdir()
    monkeypatch.setattr(run.shutil, "which", lambda name: name if name == "apt-get" else None)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(subprocess, "run", refuse)
    run.chromium()
    assert len(asked) == 2
    assert "E: no network" in capsys.readouterr().err
    run.chromium()
    assert len(asked) == 2
    told = capsys.readouterr().err
    assert "E: no network" in told and "no-chromium" in told
    day_before = run.NO_CHROMIUM.stat().st_mtime - run.ASK_AGAIN_S - 1
    os.utime(run.NO_CHROMIUM, (day_before, day_before))
    run.chromium()
    assert len(asked) == 4


@pytest.mark.parametrize(
    ("says", "exits", "taken_s", "code", "last"),
    [
        (SUMMARY, 0, 90, 0, SUMMARY),
        (SUMMARY, 0, 3600, 1, "more than 60 is too long to wait for"),
        (SUMMARY, 1, 90, 1, "failed after 1 min"),
        ("no tests ran in 0.01s", 0, 90, 1, "no test ran"),
        (f"SKIPPED [1] no Chromium\n{SUMMARY}", 0, 90, 1, "were skipped"),
    ],
)
def test_the_whole_run_passes_on_tests_that_ran_within_the_hour(
    tmp_path: Path, says: str, exits: int, taken_s: int, code: int, last: str
) -> None:
    checkout, programs = tmp_path / "checkout", tmp_path / "bin"
    (checkout / ".ci").mkdir(parents=True)
    programs.mkdir()
    shutil.copy(Path(run.__file__).parent / ".ci" / "run", checkout / ".ci" / "run")
    for name, script in (
        ("python3", f'[ "$2" = check ] || {{ echo "{says}"; exit {exits}; }}'),
        ("git", ""),
    ):
        program = programs / name
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
    env = {"PATH": f"{programs}:{os.environ['PATH']}", "SECONDS": str(taken_s)}
    done = subprocess.run(
        [checkout / ".ci" / "run"], env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == code
    assert done.stdout.splitlines()[-1].endswith(last)
