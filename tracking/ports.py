"""What flows ask of the outside to tell somebody something."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from core.errors import LanewiseError


class SendingRefused(LanewiseError):
    """The channel will never take this message: the address is wrong, or it is not wanted."""


class SendingUncertain(LanewiseError):
    """The channel did not say whether it took the message; sending again might tell twice."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message to one person; `key` is the same on every try."""

    key: str
    to: str
    language: str
    subject: str
    text: str
    html: str


class NoticeChannel(Protocol):
    """A way to reach people."""

    @property
    def name(self) -> str: ...

    @property
    def repeats_safely(self) -> bool:
        """Whether sending the same key again is seen once by the reader."""
        ...

    def send(self, message: Message, before_sending: Callable[[], None]) -> None:
        """Send; calls `before_sending` right before the step that cannot be taken back.

        Raises Unavailable (certainly not sent: try again), SendingRefused, SendingUncertain.
        """
        ...
