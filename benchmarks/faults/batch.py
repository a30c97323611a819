"""`carrier book-batch` as a shop runs it, killed with SIGKILL and run again until it ends.

A process of its own books over HTTP with the sandbox carrier's server, which loses one answer in fifty
after acting. The first kill falls while rows are asked for, the others when the carrier has drawn
shares of the parcels. In the end the carrier must have each parcel once, and the file must say so.
"""

import csv
import json
import os
import random
import resource
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import httpx

from benchmarks.faults.dispatch import memory_folder
from benchmarks.faults.report import SuiteReport

KILLS = 3
LOST_PPM = 20_000  # answered with 500 after acting
LOOK_EVERY_S = 0.05
PATIENCE_S = 60.0  # with the carrier's server, on a busy machine
HEADER = (
    "reference,carrier,account,service,location,from_company,from_street,from_city,from_postcode,"
    "from_country,to_name,to_street,to_city,to_postcode,to_country,weight_g,length_mm,width_mm,"
    "height_mm,mailing_date"
)
ROW = (
    "B-{number},sandbox,main,standard,TIL,Klompen BV,Industrieweg 7,Tilburg,5026 RA,NL,"
    "Jana Novak,Invalidenstr. {number},Berlin,10115,DE,{weight_g},300,200,150,{day}"
)


def run(runs: int, seed: int, *, progress: Callable[[str], None]) -> SuiteReport:
    """Books `runs` rows; `killed` processes, then one that ends."""
    draw = random.Random(seed)
    with memory_folder() as folder, _carrier() as (url, state):
        command, environment = _set_up(Path(folder), url, runs, draw)
        half_asked = draw.randint(1, max(1, runs // 2))
        drawn = sorted(draw.randint(1, runs) for _ in range(KILLS - 1))
        moments: list[Callable[[], bool]] = [
            lambda: _asked(Path(folder)) >= half_asked,
            *(partial(_has_drawn, state, parcels) for parcels in drawn),
        ]
        killed = 0
        for moment in moments:
            killed += _killed_at(command, environment, moment)
            progress(f"{killed} killed; the carrier has {state()['parcels']} of {runs} parcels")
        subprocess.run(command, env=environment, check=False, capture_output=True)
        cpu_s = _children_cpu_s()
        told = list(csv.DictReader((Path(folder) / "out.csv").read_text().splitlines()))
        there = state()
    row, broken = tally(runs, told, there)
    row |= {"killed": killed, "cpu_ms_a_row": round(cpu_s * 1000 / runs, 1)}
    return SuiteReport("batch", runs, seed, [row], broken)


def tally(
    runs: int, told: list[dict[str, str]], there: dict[str, Any]
) -> tuple[dict[str, Any], list[str]]:
    """What the file and the carrier say, and what of it must not be."""
    booked = [row["tracking_number"] for row in told if row["state"] == "booked"]
    row = {
        "rows": len(told),
        "booked": len(booked),
        "doubles": len(there["duplicates"]) + len(booked) - len(set(booked)),
        "lost": there["parcels"] - len(booked),
    }
    wrong = [name for name in ("doubles", "lost") if row[name]]
    if not len(told) == len(booked) == runs:
        wrong.append("rows without a booking")
    return row, wrong


def _has_drawn(state: Callable[[], dict[str, Any]], parcels: int) -> bool:
    return bool(state()["parcels"] >= parcels)


def _asked(folder: Path) -> int:
    """How many bookings the database has so far."""
    with closing(sqlite3.connect(folder / "var" / "lanewise.db", timeout=10)) as database:
        return int(database.execute("select count(*) from bookings").fetchone()[0])


def _set_up(
    folder: Path, url: str, rows: int, draw: random.Random
) -> tuple[list[str], dict[str, str]]:
    """A database and a file of rows; the command that books them, and its environment."""
    environment = {n: v for n, v in os.environ.items() if not n.startswith("LANEWISE_")}
    environment |= {"LANEWISE_VAR": str(folder / "var"), "LANEWISE_SANDBOX_URL": url}
    cli = [sys.executable, "-m", "api.cli"]
    subprocess.run([*cli, "init", "--json"], env=environment, check=True, capture_output=True)
    day = time.strftime("%Y-%m-%d", time.gmtime())
    lines = [
        ROW.format(number=number, weight_g=draw.randint(100, 9000), day=day)
        for number in range(1, rows + 1)
    ]
    (folder / "batch.csv").write_text("\n".join([HEADER, *lines]) + "\n")
    files = [str(folder / "batch.csv"), "--out", str(folder / "out.csv")]
    return [*cli, "carrier", "book-batch", *files], environment


def _killed_at(
    command: list[str], environment: dict[str, str], is_time: Callable[[], bool]
) -> bool:
    """Start the command and kill it when it is time; False when it had ended by itself."""
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            while process.poll() is None and not is_time():
                time.sleep(LOOK_EVERY_S)
            return process.poll() is None
        finally:
            process.kill()


@contextmanager
def _carrier() -> Iterator[tuple[str, Callable[[], dict[str, Any]]]]:
    """The sandbox's server with its faults set; its URL, and a look at what it has."""
    command = [sys.executable, "-m", "api.cli", "sandbox-carrier", "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        url = process.stderr.readline().split()[3]
        faults = {"shares_ppm": {"book": {"error_after": LOST_PPM}}}
        headers = {"Authorization": "Bearer sandbox"}
        client = httpx.Client(base_url=url, headers=headers, timeout=PATIENCE_S)
        _until_up(client)
        client.post("/_sandbox/faults", json=faults).raise_for_status()

        def state() -> dict[str, Any]:
            seen: dict[str, Any] = json.loads(client.get("/_sandbox/state").content)["key"]
            return seen

        try:
            yield url, state
        finally:
            client.close()
            process.terminate()


def _until_up(client: httpx.Client) -> None:
    for _ in range(600):
        try:
            client.get("/_sandbox/state").raise_for_status()
        except httpx.TransportError:
            time.sleep(LOOK_EVERY_S)
        else:
            return
    raise RuntimeError("the sandbox carrier did not start")


def _children_cpu_s() -> float:
    """CPU of the processes that have ended: the batch's, not the carrier's."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
