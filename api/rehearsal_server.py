"""Serves a rehearsal's database on a free port of this machine, in a process that others may kill."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from api.commands.serve import serve_until_told
from api.marketplace import REHEARSAL_KEY
from api.settings import Settings
from api.wiring import Lanewise


class RunningClock:
    """Runs as fast as the machine's clock, from another instant on."""

    def __init__(self, start: datetime) -> None:
        self._start = start
        self._began = time.monotonic()

    def now(self) -> datetime:
        return self._start + timedelta(seconds=time.monotonic() - self._began)


def serve_on(database_url: str, at: datetime, var: Path, tell: Callable[[str], None]) -> None:
    """What `lanewise serve` does, from the instant `at` on, until SIGTERM; `tell` gets the address.

    Carts are planned in this process: one that is started for a single order needs no helpers.
    """
    settings = Settings(
        database_url=database_url, secret_key=REHEARSAL_KEY.hex(), var=var, log_level="error"
    )
    lanewise = Lanewise(settings, RunningClock(at), durable=False)
    serve_until_told(lanewise, "127.0.0.1", 0, tell=tell, plan_apart=False)
