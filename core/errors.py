"""What can go wrong, in words every room shares; the docstring is the default message.

They know nothing of HTTP: `api/problems.py` alone maps them to RFC 9457 answers.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with an input: where it is and why it is wrong."""

    field: str
    reason: str
    file: str | None = None
    row: int | None = None

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.file, self.row) if part is not None)
        return f"{place}: {self.field}: {self.reason}" if place else f"{self.field}: {self.reason}"


class LanewiseError(Exception):
    """Something went wrong."""

    def __init__(self, message: str | None = None, *, code: str | None = None) -> None:
        self.message = message or (type(self).__doc__ or "").strip().splitlines()[0]
        self.code = code
        """A stable word for machines, finer than the class: `stock_gone`, `quote_expired`."""
        super().__init__(self.message)


class InvalidInput(LanewiseError):
    """The input breaks a rule; `faults` names each field and reason."""

    def __init__(
        self,
        message: str | None = None,
        *,
        faults: tuple[Fault, ...] | list[Fault] = (),
        code: str | None = None,
    ) -> None:
        self.faults = tuple(faults)
        if message is None and self.faults:
            message = "; ".join(str(fault) for fault in self.faults[:3])
            if len(self.faults) > 3:
                message += f" (and {len(self.faults) - 3} more)"
        super().__init__(message, code=code)


def invalid(field: str, reason: str, *, code: str | None = None) -> InvalidInput:
    """An `InvalidInput` with a single fault."""
    return InvalidInput(faults=(Fault(field, reason),), code=code)


class NotFound(LanewiseError):
    """There is no such thing, or not for you."""


class Conflict(LanewiseError):
    """The state has changed, or forbids this now."""


class Expired(LanewiseError):
    """What this refers to was good until a time that has passed."""


class NotAllowed(LanewiseError):
    """The key or link does not permit this."""


class CarrierRejected(LanewiseError):
    """The carrier refused; fix the request before it is sent again."""


class CarrierUnavailable(LanewiseError):
    """The carrier did not answer in time; whether it acted is told by `sent`."""

    def __init__(self, message: str | None = None, *, sent: bool, code: str | None = None) -> None:
        self.sent = sent
        """False: certainly never reached the carrier. True: it may have acted."""
        super().__init__(message, code=code)


class Unavailable(LanewiseError):
    """Something this needs (database, worker, port) is not to be had now; try again."""


class Misconfigured(Unavailable):
    """A person must put this installation right; until then what needs it waits, nothing is lost."""


class WrongMasterKey(Misconfigured):
    """The master key (LANEWISE_SECRET_KEY or secret.key) does not fit what was sealed here."""

    def __init__(self) -> None:
        super().__init__(code="wrong_master_key")
