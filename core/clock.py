"""Where the time comes from: one port, the system's clock, and one that tests and worlds set."""

from datetime import UTC, datetime, timedelta
from typing import Protocol

from core.errors import invalid


class Clock(Protocol):
    """Tells the present instant, aware and in UTC."""

    def now(self) -> datetime: ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class ManualClock:
    """A clock that stands until it is moved; for tests and simulated worlds."""

    def __init__(self, start: datetime) -> None:
        self._now = require_aware("start", start).astimezone(UTC)

    def now(self) -> datetime:
        return self._now

    def set(self, instant: datetime) -> None:
        """Move to `instant`; it never runs backwards."""
        self._now = max(self._now, require_aware("instant", instant).astimezone(UTC))

    def advance(self, by: timedelta) -> None:
        self.set(self._now + by)


def require_aware(field: str, instant: datetime) -> datetime:
    """The instant itself; a naive time is refused where it enters."""
    if instant.tzinfo is None or instant.utcoffset() is None:
        raise invalid(field, "a time needs a UTC offset or zone (naive time refused)")
    return instant
