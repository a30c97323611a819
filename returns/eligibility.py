"""Whether a line of an order may come back, on what ground, until when: per line, with its reason."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from core.calendars import local_day, public_holidays
from core.money import Money
from returns.policy import Basis, Cause, ReturnPolicy


class RefusalCode(StrEnum):
    """Why a line may not come back."""

    NOT_BOUGHT = "not_bought"
    ALREADY_RETURNED = "already_returned"
    QUANTITY_TOO_LARGE = "quantity_too_large"
    WINDOW_CLOSED = "window_closed"
    EXCLUDED_CATEGORY = "excluded_category"
    NEVER_DELIVERED = (
        "never_delivered"  # lost, sent back, cancelled: a refund or new parcel instead
    )


@dataclass(frozen=True, slots=True)
class BoughtLine:
    """A line as it was bought, with what has happened to it since."""

    line: str
    sku: str
    name: str
    seller: str
    qty: int
    price: Money  # of one unit, as paid
    delivered_at: datetime | None  # UTC, when its last unit came
    returned: int = 0  # units in returns that are not cancelled
    category: str = ""
    lost: int = 0  # units in parcels that were lost, sent back or cancelled

    @property
    def never_comes(self) -> bool:
        return self.lost >= self.qty

    @property
    def returnable(self) -> int:
        """Units that came or may still come, and are in no return."""
        return max(0, self.qty - self.lost - self.returned)


@dataclass(frozen=True, slots=True)
class Wish:
    """What a customer wants to send back, and why."""

    line: str
    qty: int
    cause: Cause


@dataclass(frozen=True, slots=True)
class Eligible:
    """It may come back; `last_day` is the last local day to say so (None: not delivered yet)."""

    line: str
    qty: int
    basis: Basis
    last_day: date | None
    seller_pays: bool


@dataclass(frozen=True, slots=True)
class NotEligible:
    """It may not, and why; `last_day` is when the chance ended, where there was one."""

    line: str
    code: RefusalCode
    last_day: date | None = None


Answer = Eligible | NotEligible


def judge(
    wish: Wish,
    lines: Sequence[BoughtLine],
    policy: ReturnPolicy,
    *,
    now: datetime,
    zone: str,
    country: str,
    was_informed: bool = True,
) -> Answer:
    """Judge one wish over the lines of an order.

    A contract is with one seller: its period begins when the last good of that seller has come.
    """
    line = next((one for one in lines if one.line == wish.line), None)
    if line is None:
        return NotEligible(wish.line, RefusalCode.NOT_BOUGHT)
    if line.returned >= line.qty:
        return NotEligible(line.line, RefusalCode.ALREADY_RETURNED)
    if not 0 < wish.qty <= line.qty - line.returned:
        return NotEligible(line.line, RefusalCode.QUANTITY_TOO_LARGE)
    if wish.qty > line.returnable:
        return NotEligible(line.line, RefusalCode.NEVER_DELIVERED)
    contract = [one for one in lines if one.seller == line.seller and not one.never_comes]
    delivered = [one.delivered_at for one in contract if one.delivered_at is not None]
    all_here = len(delivered) == len(contract)
    begins = local_day(zone, max(delivered)) if all_here and delivered else None
    today = local_day(zone, now)
    ends = _periods(policy, begins, country, was_informed)
    for basis in _grounds(wish.cause, line, policy):
        last_day = ends[basis]
        if last_day is None or today <= last_day:
            pays = basis in policy.seller_pays_return
            return Eligible(line.line, wish.qty, basis, last_day, pays)
    known = [ends[basis] for basis in _grounds(wish.cause, line, policy)]
    closed = max((day for day in known if day is not None), default=None)
    excluded = line.category in policy.excluded_categories and not wish.cause.is_fault
    code = RefusalCode.EXCLUDED_CATEGORY if excluded else RefusalCode.WINDOW_CLOSED
    return NotEligible(line.line, code, closed)


def _grounds(cause: Cause, line: BoughtLine, policy: ReturnPolicy) -> list[Basis]:
    """The grounds that a cause may stand on, the best for the customer first."""
    grounds: list[Basis] = []
    if cause.is_fault:
        grounds.append(Basis.GUARANTEE)
    if line.category not in policy.excluded_categories:
        grounds.append(Basis.WITHDRAWAL)
        if policy.goodwill_days:
            grounds.append(Basis.GOODWILL)
    return grounds


def _periods(
    policy: ReturnPolicy, begins: date | None, country: str, was_informed: bool
) -> dict[Basis, date | None]:
    if begins is None:
        return dict.fromkeys(Basis)
    days = policy.withdrawal_days + (0 if was_informed else policy.uninformed_extra_days)
    withdrawal = begins + timedelta(days=days)
    if policy.rolls_to_working_day:
        withdrawal = next_working_day(withdrawal, country)
    return {
        Basis.WITHDRAWAL: withdrawal,
        Basis.GUARANTEE: begins + timedelta(days=policy.guarantee_days),
        Basis.GOODWILL: begins + timedelta(days=policy.goodwill_days),
        Basis.UNDELIVERABLE: None,
    }


def next_working_day(day: date, country: str) -> date:
    """That day, or the next that is no public holiday, Saturday or Sunday (Reg. 1182/71 Art. 3(4))."""
    while day.weekday() >= 5 or day in public_holidays(country, year=day.year):
        day += timedelta(days=1)
    return day
