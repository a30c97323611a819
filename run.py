#!/usr/bin/env python3
"""Set up and run Lanewise with nothing but Python 3.11 or newer: `python3 run.py demo`.

Everything lands in `.venv` (dependencies, pinned by hash) and `var` (data); a second run needs no
network. `make` calls this file; machines without make call it directly.
"""

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
CHECKS = ("format", "lint", "contracts", "types", "licences", "migrations")


def say(text: str) -> None:
    """Progress goes to standard error."""
    print(f"lanewise: {text}", file=sys.stderr, flush=True)


def fail(text: str) -> None:
    """One line, exit code 2."""
    say(text)
    raise SystemExit(2)


def call(*command: str | Path, env: dict[str, str] | None = None) -> None:
    """Run and pass on a failing exit code without a stack trace."""
    done = subprocess.run([str(part) for part in command], cwd=HERE, env=env or environment())
    if done.returncode:
        raise SystemExit(done.returncode)


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
    if PYTHON.exists() and stamp.exists() and stamp.read_text() == wanted:
        return
    started = time.monotonic()
    if not PYTHON.exists():
        say("creating .venv")
        try:
            subprocess.run([sys.executable, "-m", "venv", str(VENV)], check=True)
        except (subprocess.CalledProcessError, OSError) as error:
            fail(f"cannot create {VENV}: {error}")
    say(f"installing {lock.name} dependencies")
    install(lock)
    warm()
    for old in VENV.glob("lanewise-*.stamp"):
        old.unlink()
    stamp.write_text(wanted)
    if kind == "test":  # the test lock holds all of the run lock
        (VENV / "lanewise-run.stamp").write_text(digest(HERE / LOCKS["run"]))
    say(f"set up in {time.monotonic() - started:.0f} s")


def install(lock: Path) -> None:
    """Install the locked packages and this checkout (editable), by uv or else by pip."""
    project = ["--no-deps", "--no-build-isolation", "--editable", str(HERE)]
    if have_uv():
        uv = [str(PYTHON), "-m", "uv", "pip"]
        call(*uv, "install", "--quiet", "--require-hashes", "-r", lock)
        call(*uv, "install", "--quiet", *project)
    else:
        say("uv is not to be had, using pip")
        pip = [str(PYTHON), "-m", "pip", "--disable-pip-version-check", "--quiet"]
        call(*pip, "install", "--require-hashes", "-r", lock)
        call(*pip, "install", *project)


def have_uv() -> bool:
    """Bring uv into the environment with pip, if it can be had."""
    uv = [str(PYTHON), "-m", "uv", "--version"]
    if subprocess.run(uv, capture_output=True).returncode == 0:
        return True
    pip = [str(PYTHON), "-m", "pip", "--disable-pip-version-check", "--quiet", "install"]
    return subprocess.run([*pip, UV_VERSION], capture_output=True).returncode == 0


def warm() -> None:
    """Compile the hot kernels once, so that no request waits for a compiler."""
    say("compiling kernels")
    call(PYTHON, "-m", "api.cli", "warm")


def chromium() -> None:
    """Install the system's Chromium for the browser stories where we may; else they skip."""
    names = ("chromium", "chromium-browser", "google-chrome")
    if any(shutil.which(name) for name in names):
        return
    if shutil.which("apt-get") is None or not hasattr(os, "geteuid") or os.geteuid() != 0:
        say("no Chromium here and no right to install it: browser stories will be skipped")
        return
    say("installing Chromium from the system's packages")
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["apt-get", "update", "-q"], env=env, check=False, **quiet)
    install = ["apt-get", "install", "-y", "-q", "--no-install-recommends", "chromium"]
    subprocess.run([*install, "fonts-dejavu-core"], env=env, check=False, **quiet)


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
    except PermissionError as error:
        fail(f"no permission to write {error.filename}")


if __name__ == "__main__":
    main()
