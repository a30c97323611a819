"""The one port through which a rehearsal drives a running Lanewise: its API, its clock, its jobs."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Reply:
    """What a door answered: HTTP status and JSON body (None where there is none)."""

    status: int
    body: Any

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300


class Marketplace(Protocol):
    """A running Lanewise, in this process or over HTTP, on a clock that the rehearsal moves."""

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        key: str | None = None,
        headers: dict[str, str] | None = None,
        raw: bytes | None = None,
    ) -> Reply:
        """Ask a door as a client would; `key` is the Idempotency-Key, `raw` a body as it is."""
        ...

    def now(self) -> datetime:
        """The marketplace's present instant, UTC."""
        ...

    def advance(self, instant: datetime) -> None:
        """Move the clock to `instant`, queue what the schedule asks for and run what is due."""
        ...

    def work(self) -> int:
        """Run due jobs without moving the clock; returns how many ran."""
        ...
