"""Stops waiting for a call whose time is up, whatever the adapter behind it does."""

import contextvars
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

from core.errors import CarrierRejected, CarrierUnavailable

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


def ask_within(deadline: timedelta, question: Callable[[], T]) -> T:
    """`within` for what changes nothing: an adapter that fails is a carrier that does not answer."""
    try:
        return within(deadline, question)
    except (CarrierRejected, CarrierUnavailable):
        raise
    except Exception as error:  # what it says may be personal
        reason = f"the adapter failed ({type(error).__name__})"
        raise CarrierUnavailable(reason, sent=True, code="adapter") from None
