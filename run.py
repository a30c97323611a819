#!/usr/bin/env python3
"""Set up and run Lanewise with nothing but Python 3.11 or newer: `python3 run.py demo`.

Everything lands in `.venv` (dependencies, pinned by hash) and `var` (data); a second run needs no
network. `make` calls this file; machines without make call it directly.

Older Pythons must be able to read it, to be told that they are too old: no newer syntax here.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
VENV = HERE / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")
UV_VERSION = "uv>=0.5,<1"
LOCKS = {"run": "requirements/run.txt", "test": "requirements/test.txt"}
UNFINISHED = VENV / "unfinished"  # there while `.venv` is being filled
NO_CHROMIUM = VENV / "no-chromium"  # why it could not be installed
ASK_AGAIN_S = 24 * 3600  # until the system's packages are asked again
CHECKS = ("format", "lint", "contracts", "types", "licences", "migrations")


def say(text: str) -> None:
    """Progress goes to standard error."""
    print(f"lanewise: {text}", file=sys.stderr, flush=True)


def fail(text: str) -> None:
    """One line, exit code 2."""
    say(text)
    raise SystemExit(2)


def call(*command: str | Path, failing: str = "") -> None:
    """Run; a failing exit code is passed on, or becomes one line where we say what is `failing`."""
    done = subprocess.run([str(part) for part in command], cwd=HERE, env=environment())
    if done.returncode and failing:
        fail(f"{failing} (exit code {done.returncode}, see above)")
    if done.returncode:
        raise SystemExit(done.returncode)


def run_quietly(*command: str | Path) -> int:
    """The exit code of a command whose output nobody needs."""
    return subprocess.run([str(part) for part in command], capture_output=True).returncode


def environment() -> dict[str, str]:
    """The caller's, with our programs first and nothing fetched behind the user's back."""
    env = dict(os.environ)
    env["PATH"] = f"{BIN}{os.pathsep}{env.get('PATH', '')}"
    env["UV_PYTHON_DOWNLOADS"] = "never"
    env["VIRTUAL_ENV"] = str(VENV)
    env.pop("PYTHONHOME", None)
    shared = HERE.parent / "shared"
    if shared.is_dir():
        env.setdefault("LANEWISE_SHARED", str(shared))
        if (shared / "data" / "olist").is_dir():
            env.setdefault("LANEWISE_OLIST", str(shared / "data" / "olist"))
    return env


def digest(lock: Path) -> str:
    """What an installed environment is recognized by: lock, project file, interpreter."""
    parts = [lock.read_bytes(), (HERE / "pyproject.toml").read_bytes(), sys.version.encode()]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def setup(kind: str) -> None:
    """Make `.venv` hold what the lock file says, unless it already does."""
    if sys.version_info < (3, 11):  # noqa: UP036  someone runs this file with an older one
        fail(f"Python 3.11 or newer is needed, this is {sys.version.split()[0]}")
    lock = HERE / LOCKS[kind]
    wanted = digest(lock)
    stamp = VENV / f"lanewise-{kind}.stamp"
    whole = PYTHON.exists() and not UNFINISHED.exists()
    if whole and stamp.exists() and stamp.read_text() == wanted:
        return
    started = time.monotonic()
    if not whole or not has_pip():
        create()
    say(f"installing {lock.name} dependencies")
    UNFINISHED.touch()
    install(lock)
    warm()
    for old in VENV.glob("lanewise-*.stamp"):
        old.unlink()
    stamp.write_text(wanted)
    if kind == "test":  # the test lock holds all of the run lock
        (VENV / "lanewise-run.stamp").write_text(digest(HERE / LOCKS["run"]))
    UNFINISHED.unlink()
    say(f"set up in {time.monotonic() - started:.0f} s")


def has_pip() -> bool:
    """Whether the environment's Python runs and has pip."""
    try:
        return run_quietly(PYTHON, "-m", "pip", "--version") == 0
    except OSError:
        return False


def create() -> None:
    """Make `.venv` anew; what an interrupted set-up left is not to be trusted."""
    if VENV.exists():
        say("removing a .venv that was not finished")
        shutil.rmtree(VENV)
    say("creating .venv")
    VENV.mkdir()
    UNFINISHED.touch()
    call(sys.executable, "-m", "venv", VENV, failing="cannot create .venv")


def install(lock: Path) -> None:
    """Install the locked packages and this checkout (editable), by uv or else by pip."""
    project = ["--no-deps", "--no-build-isolation", "--editable", str(HERE)]
    if have_uv():
        tool = [str(PYTHON), "-m", "uv", "pip", "install", "--quiet"]
    else:
        say("uv is not to be had, using pip")
        tool = [str(PYTHON), "-m", "pip", "--disable-pip-version-check", "--quiet", "install"]
    call(*tool, "--require-hashes", "-r", lock, failing=f"cannot install {lock.name}")
    call(*tool, *project, failing="cannot install this checkout")


def have_uv() -> bool:
    """Bring uv into the environment with pip, if it can be had."""
    if run_quietly(PYTHON, "-m", "uv", "--version") == 0:
        return True
    pip = [str(PYTHON), "-m", "pip", "--disable-pip-version-check", "--quiet", "install"]
    return run_quietly(*pip, UV_VERSION) == 0


def warm() -> None:
    """Compile the hot kernels once, so that no request waits for a compiler."""
    say("compiling kernels")
    call(PYTHON, "-m", "api.cli", "warm", failing="cannot compile the kernels")


def chromium() -> None:
    """Install the system's Chromium for the browser stories where we may; else they skip."""
    names = ("chromium", "chromium-browser", "google-chrome")
    if any(shutil.which(name) for name in names):
        return
    reason = chromium_refused()
    if not reason:
        say("installing Chromium from the system's packages")
        reason = install_chromium()
        if reason:
            NO_CHROMIUM.write_text(reason)
    if reason:
        say(f"no Chromium ({reason}): browser stories will be skipped")


def chromium_refused() -> str:
    """Why it is not even tried to install Chromium; empty when it is worth a try."""
    if shutil.which("apt-get") is None or not hasattr(os, "geteuid") or os.geteuid() != 0:
        return "none here, and no right to install it"
    if NO_CHROMIUM.exists() and time.time() - NO_CHROMIUM.stat().st_mtime < ASK_AGAIN_S:
        return f"{NO_CHROMIUM.read_text()}; asked within a day, remove {NO_CHROMIUM} to ask again"
    return ""


def install_chromium() -> str:
    """Why Chromium could not be installed, in apt's last words; empty when it is there."""
    apt = ["apt-get", "-q", "-o", "Acquire::Retries=0", "-o", "Acquire::http::Timeout=20"]
    packages = ["--no-install-recommends", "chromium", "fonts-dejavu-core"]
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    said = ""
    for command in ([*apt, "update"], [*apt, "install", "-y", *packages]):
        done = subprocess.run(command, env=env, capture_output=True, text=True, errors="replace")
        said = (done.stderr.strip().splitlines() or ["apt-get failed"])[-1]
    return said if done.returncode else ""


def lanewise(*arguments: str) -> None:
    call(PYTHON, "-m", "api.cli", *arguments)


def test(arguments: list[str]) -> None:
    """All tests, on SQLite and PostgreSQL; more arguments go to pytest."""
    setup("test")
    chromium()
    workers = os.environ.get("LANEWISE_TEST_WORKERS", str(min(4, os.cpu_count() or 1)))
    parallel = ["-n", workers, "--dist", "loadfile"] if workers not in ("0", "1") else []
    call(PYTHON, "-m", "pytest", *parallel, *arguments)


def check() -> None:
    """Formatting, lint, import contracts, types, licence list, migrations."""
    setup("test")
    commands: dict[str, list[str | Path]] = {
        "format": [PYTHON, "-m", "ruff", "format", "--check", "--quiet", "."],
        "lint": [PYTHON, "-m", "ruff", "check", "--quiet", "."],
        "contracts": [BIN / "lint-imports", "--no-cache"],
        "types": [PYTHON, "-m", "mypy"],
        "licences": [PYTHON, "-m", "api.cli", "licences", "--check"],
        "migrations": [PYTHON, "-m", "api.cli", "upgrade", "--check"],
    }
    for name in CHECKS:
        say(f"check: {name}")
        call(*commands[name])
    say("all checks passed")


def lock() -> None:
    """Write the lock files anew from pyproject.toml; needs a package index."""
    setup("test")
    compile_ = [str(PYTHON), "-m", "uv", "pip", "compile", "--universal", "--quiet"]
    compile_ += ["--python-version", "3.11", "--generate-hashes", "--no-header", "--no-annotate"]
    compile_ += ["--no-emit-index-url", "--no-emit-find-links", "--upgrade"]
    run_extras = ["--extra", "postgres", "--extra", "data", "--extra", "learn"]
    build = HERE / "requirements" / "build.in"
    for kind, groups in (("run", []), ("test", ["--group", "test"])):
        target = HERE / LOCKS[kind]
        more = [] if kind == "run" else ["--constraint", str(HERE / LOCKS["run"])]
        call(*compile_, "pyproject.toml", *run_extras, *groups, *more, build, "-o", target)


def main() -> None:
    parser = argparse.ArgumentParser(prog="run.py", description=__doc__)
    names = ("setup", "demo", "test", "serve", "check", "bench", "lock", "clean")
    parser.add_argument("command", choices=names)
    parser.add_argument("arguments", nargs=argparse.REMAINDER)
    options = parser.parse_args()
    command, more = options.command, options.arguments
    try:
        if command == "setup":
            setup("run")
        elif command == "demo":
            setup("run")
            lanewise("demo", *more)
        elif command == "serve":
            setup("run")
            lanewise("serve", "--demo", *more)
        elif command == "bench":
            setup("test")
            lanewise("bench", *(more or ["all", "--quick"]))
        elif command == "test":
            test(more)
        elif command == "check":
            check()
        elif command == "lock":
            lock()
        elif command == "clean":
            for folder in (VENV, HERE / "var"):
                shutil.rmtree(folder, ignore_errors=True)
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        fail(f"{error.strerror or error}{where}")


if __name__ == "__main__":
    main()
