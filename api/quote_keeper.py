"""Stores the quotes of requests that end together in one transaction: a group commit.

Whoever comes first writes for all who wait; each request is answered after its own quote is
committed. A lone request waits for nobody. The commit does not wait for the disk: quotes live for
minutes, a power cut may lose the last moments' (a shop asks again), and an order's commit carries
its quote to the disk with it.
"""

import threading
from dataclasses import dataclass, field

from core.errors import Unavailable
from core.ids import TenantId
from routing.flows.keep_quotes import keep_quotes
from routing.quote import Quote
from store.session import Sessions

MOST_AT_ONCE = 64


@dataclass(slots=True, eq=False)
class _Entry:
    """One quote on its way."""

    tenant: TenantId
    quote: Quote
    turn: threading.Event = field(default_factory=threading.Event)
    """Set when it is stored, failed, or has to write for all."""
    done: bool = False
    error: BaseException | None = None


class QuoteKeeper:
    """Keeps quotes; blocks until the quote is committed. Safe from many threads."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._lock = threading.Lock()
        self._waiting: list[_Entry] = []
        self._is_writing = False

    def keep(self, tenant: TenantId, quote: Quote) -> None:
        """Store a quote; raises what the database raised."""
        entry = _Entry(tenant, quote)
        with self._lock:
            self._waiting.append(entry)
            leads = not self._is_writing
            self._is_writing = True
        if not leads:
            entry.turn.wait()
        if not entry.done:
            self._write(self._batch(entry))
        if entry.error is not None:
            raise entry.error

    def _batch(self, first: _Entry) -> list[_Entry]:
        """The entry and others of its tenant that wait."""
        with self._lock:
            others = [
                one for one in self._waiting if one.tenant == first.tenant and one is not first
            ]
            batch = [first, *others[: MOST_AT_ONCE - 1]]
            taken = set(map(id, batch))
            self._waiting = [one for one in self._waiting if id(one) not in taken]
        return batch

    def _write(self, batch: list[_Entry]) -> None:
        try:
            self._store(batch)
        except BaseException as error:  # whoever waits must not take it for stored
            for entry in batch:
                entry.error = entry.error or error
            raise
        finally:
            with self._lock:
                heir = self._waiting[0] if self._waiting else None
                self._is_writing = heir is not None
            for entry in batch:
                entry.done = True
                entry.turn.set()
            if heir is not None:
                heir.turn.set()

    def _store(self, batch: list[_Entry]) -> None:
        """All at once; when one breaks a rule of the tables, each alone, so that it fails by itself."""
        try:
            with self._sessions(batch[0].tenant, flushed=False) as session:
                keep_quotes(session, [entry.quote for entry in batch])
        except Exception as error:
            if len(batch) == 1 or isinstance(error, Unavailable):  # away is away for all
                for entry in batch:
                    entry.error = error
                return
            for entry in batch:
                self._store([entry])
