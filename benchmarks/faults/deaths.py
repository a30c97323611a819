"""Kills a worker at a chosen step: before or after any commit, before or after any carrier call."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy.orm import Session

from carriers.ports import (
    Booked,
    BookedUnread,
    BookingOrder,
    CarrierProfile,
    LabelFile,
    LabelFormat,
    ManifestRequest,
    PickupRequest,
    Receipt,
    RefusesEverything,
    VoidRequest,
)
from core.ids import TenantId
from store.session import Sessions


class Killed(BaseException):
    """The worker is dead: nothing after this point ran. Not an Exception: nobody catches it."""


class Death:
    """Counts steps; at the chosen one the worker dies (really, with SIGKILL, or by `Killed`)."""

    def __init__(self, *, real: bool = False) -> None:
        self.real = real
        self.left: int | None = None
        self.seen = 0

    def at(self, step: int | None) -> None:
        """Die at the step-th step from now; None: live."""
        self.left, self.seen = step, 0

    def step(self, *, held: bool = False) -> None:
        """`held`: a transaction is open, or a request under way."""
        self.seen += 1
        if self.left is not None and self.seen == self.left:
            self.left = None
            if self.real:
                os.kill(os.getpid(), signal.SIGKILL)
            raise Killed


class Freeze(Death):
    """At the chosen step the worker stands still while another does all there is to do; then it goes on.

    Where it holds a lock, or its request is under way, it stands still a step later.
    """

    def __init__(self, other: Callable[[], None]) -> None:
        super().__init__()
        self._other = other

    def step(self, *, held: bool = False) -> None:
        self.seen += 1
        if self.left is not None and self.seen >= self.left and not held:
            self.left = None
            self._other()


class MortalSessions(Sessions):
    """Sessions whose every commit is preceded and followed by a step at which to die."""

    def __init__(self, inner: Sessions, death: Death) -> None:
        super().__init__(inner.engine, inner.clock, inner.entropy, inner.master_key)
        self._death = death

    @contextmanager
    def __call__(
        self,
        tenant: TenantId,
        *,
        read_only: bool = False,
        flushed: bool = True,
        actor: str = "system",
    ) -> Iterator[Session]:
        opened = super().__call__(tenant, read_only=read_only, flushed=flushed, actor=actor)
        with opened as session:
            yield session
            if not read_only:
                self._death.step(held=True)
        if not read_only:
            self._death.step()

    @contextmanager
    def system(self, *, read_only: bool = False) -> Iterator[Session]:
        with super().system(read_only=read_only) as session:
            yield session
            if not read_only:
                self._death.step(held=True)
        if not read_only:
            self._death.step()


class MortalCarrier(RefusesEverything):
    """A carrier whose every call is preceded and followed by a step at which to die."""

    def __init__(self, inner: Any, death: Death) -> None:
        self._inner = inner
        self._death = death
        self.profile: CarrierProfile = inner.profile

    def _mortal(self, call: Callable[[], Any]) -> Any:
        self._death.step(held=True)
        try:
            return call()
        finally:
            self._death.step()

    def book(self, order: BookingOrder) -> Booked | BookedUnread:
        answer: Booked | BookedUnread = self._mortal(lambda: self._inner.book(order))
        return answer

    def return_label(self, order: BookingOrder) -> Booked | BookedUnread:
        answer: Booked | BookedUnread = self._mortal(lambda: self._inner.return_label(order))
        return answer

    def find(self, reference: str) -> Booked | None:
        answer: Booked | None = self._mortal(lambda: self._inner.find(reference))
        return answer

    def label(self, tracking_number: str, wanted: LabelFormat) -> LabelFile:
        answer: LabelFile = self._mortal(lambda: self._inner.label(tracking_number, wanted))
        return answer

    def void(self, ask: VoidRequest) -> Receipt:
        answer: Receipt = self._mortal(lambda: self._inner.void(ask))
        return answer

    def manifest(self, ask: ManifestRequest) -> Receipt:
        answer: Receipt = self._mortal(lambda: self._inner.manifest(ask))
        return answer

    def pickup(self, ask: PickupRequest) -> Receipt:
        answer: Receipt = self._mortal(lambda: self._inner.pickup(ask))
        return answer

    def find_receipt(self, reference: str) -> Receipt | None:
        answer: Receipt | None = self._mortal(lambda: self._inner.find_receipt(reference))
        return answer
