"""Stops waiting for a call whose time is up, whatever the adapter behind it does."""

import contextvars
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

from core.errors import CarrierUnavailable

T = TypeVar("T")
GRACE = timedelta(seconds=0.9)  # for an adapter that keeps the deadline itself and tells more


def within(deadline: timedelta, call: Callable[[], T]) -> T:
    """What the call returns or raises; CarrierUnavailable (`sent=True`) a second after its deadline.

    A thread cannot be killed: a call that is given up may still go on, and its answer is not heard.
    Each has a thread of its own, so that a forked worker inherits no dead pool.
    """
    told: list[T] = []
    raised: list[BaseException] = []
    context = contextvars.copy_context()

    def work() -> None:
        try:
            told.append(context.run(call))
        except BaseException as error:  # handed to the caller, who waits for it
            raised.append(error)

    thread = threading.Thread(target=work, name="carrier-call", daemon=True)
    thread.start()
    thread.join((deadline + GRACE).total_seconds())
    if raised:
        raise raised[0]
    if not told:
        raise CarrierUnavailable("no answer in time", sent=True, code="deadline")
    return told[0]
