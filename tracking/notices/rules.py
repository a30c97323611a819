"""What a marketplace's policy says of notices: from which risk on, when it is quiet, what is not told."""

from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from core.errors import invalid
from routing.network.canonical import from_json
from tracking.notices.occasions import (
    QUIET_FROM_MIN,
    QUIET_TO_MIN,
    TELL_DELAY_FROM,
    TELL_RELIEF_BELOW,
    Occasion,
    QuietHours,
)

ALWAYS_TOLD = frozenset({Occasion.RETURN_AUTHORIZED, Occasion.REFUND_PROMISED})
"""The receipt of a return is the law's (Dir. 2011/83 Art. 11(3)): no rule and no preference switches it off."""


@dataclass(frozen=True, slots=True)
class NoticeRules:
    """The object `notices` of a network's policy; what it leaves out is as preset."""

    tell_delay_from: Decimal = Decimal(str(TELL_DELAY_FROM))
    """Probability of being late, 0..1."""
    tell_relief_below: Decimal = Decimal(str(TELL_RELIEF_BELOW))
    quiet_from: str = f"{QUIET_FROM_MIN // 60:02d}:{QUIET_FROM_MIN % 60:02d}"
    """Local time of the reader; a reader's own choice wins."""
    quiet_to: str = f"{QUIET_TO_MIN // 60:02d}:{QUIET_TO_MIN % 60:02d}"
    not_told: frozenset[Occasion] = frozenset()

    def __post_init__(self) -> None:
        if not 0 <= self.tell_relief_below < self.tell_delay_from <= 1:
            raise invalid("tell_delay_from", "0 <= tell_relief_below < tell_delay_from <= 1")
        for name in ("quiet_from", "quiet_to"):
            _minutes(name, getattr(self, name))
        forbidden = sorted(self.not_told & ALWAYS_TOLD)
        if forbidden:
            raise invalid("not_told", f"{forbidden[0].value} is always told")

    @property
    def quiet(self) -> QuietHours:
        return QuietHours(
            _minutes("quiet_from", self.quiet_from), _minutes("quiet_to", self.quiet_to)
        )


def _minutes(name: str, text: str) -> int:
    """Minutes from midnight of `HH:MM`."""
    hours, colon, minutes = text.partition(":")
    if not colon or not (hours + minutes).isascii() or not (hours + minutes).isdigit():
        raise invalid(name, f"{text!r} is not a time like 21:30")
    if len(minutes) != 2 or int(hours) > 23 or int(minutes) > 59:
        raise invalid(name, f"{text!r} is not a time like 21:30")
    return int(hours) * 60 + int(minutes)


@lru_cache(maxsize=256)
def read_notice_rules(text: str) -> NoticeRules:
    """The rules in a policy's JSON text; raises InvalidInput naming the field."""
    return from_json(NoticeRules, text)
