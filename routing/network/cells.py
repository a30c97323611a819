"""Cells of an import file: text in, value out, or a reason why not."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from routing.packing.goods import LONGEST_MM

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Parser = Callable[[str], Any]
REQUIRED = object()


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name, what it says, how a cell is read, and what an empty cell means.

    `refers` names another file's column whose values it must repeat, as `locations.location`.
    """

    name: str
    about: str
    parse: Parser
    default: Any = REQUIRED
    refers: str = ""


def text(cell: str) -> str:
    if len(cell) > 500:
        raise ValueError("longer than 500 characters")
    return cell


def code(cell: str) -> str:
    """A short identifier without blanks, commas or bars."""
    if len(cell) > 80 or any(sign in cell for sign in " ,|;\t"):
        raise ValueError(f"{cell!r} is not a code (at most 80 signs, no blanks, commas or bars)")
    return cell


def integer(cell: str) -> int:
    digits = cell[1:] if cell.startswith("-") else cell
    if not (digits.isascii() and digits.isdigit()) or len(digits) > 15:
        raise ValueError(f"{cell!r} is not a whole number")
    return int(cell)


def natural(cell: str) -> int:
    value = integer(cell)
    if value < 0:
        raise ValueError(f"{cell} is negative")
    return value


def positive(cell: str) -> int:
    value = integer(cell)
    if value <= 0:
        raise ValueError(f"{cell} is not positive")
    return value


def side_mm(cell: str) -> int:
    """A side of goods or boxes, as far as the packer reckons."""
    value = positive(cell)
    if value > LONGEST_MM:
        raise ValueError(f"{cell} mm is longer than {LONGEST_MM}, more than can be packed")
    return value


def decimal(cell: str) -> Decimal:
    try:
        value = Decimal(cell)
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite():
        raise ValueError(f"{cell!r} is not a decimal number")
    return value


def level(cell: str) -> Decimal:
    value = decimal(cell)
    if not 0 < value < 1:
        raise ValueError(f"{cell} is not a probability between 0 and 1, both excluded")
    return value


def degrees(cell: str) -> float:
    return float(decimal(cell))


def day(cell: str) -> date:
    try:
        return date.fromisoformat(cell)
    except ValueError:
        raise ValueError(f"{cell!r} is not a date (YYYY-MM-DD)") from None


def clock_min(cell: str) -> int:
    """Minutes since local midnight; 24:00 is the end of the day."""
    hours, colon, minutes = cell.partition(":")
    if not (colon and len(minutes) == 2 and hours.isdigit() and minutes.isdigit()):
        raise ValueError(f"{cell!r} is not a time (HH:MM)")
    value = int(hours) * 60 + int(minutes)
    if int(minutes) > 59 or value > 24 * 60:
        raise ValueError(f"{cell!r} is not a time of day")
    return value


def yes_no(cell: str) -> bool:
    if cell.casefold() not in ("yes", "no"):
        raise ValueError(f"{cell!r} is neither yes nor no")
    return cell.casefold() == "yes"


def words(cell: str) -> frozenset[str]:
    """Words separated by bars: `fragile|upright`."""
    return frozenset(word.strip() for word in cell.split("|") if word.strip())


def weekdays(cell: str) -> frozenset[int]:
    """`mon-fri`, `mon|wed|sat`, or both mixed."""
    days: set[int] = set()
    for part in cell.casefold().split("|"):
        first, _, last = part.strip().partition("-")
        if first not in WEEKDAYS or (last and last not in WEEKDAYS):
            raise ValueError(f"{cell!r} are not weekdays (mon-fri, mon|wed)")
        start, end = WEEKDAYS.index(first), WEEKDAYS.index(last or first)
        if end < start:
            raise ValueError(f"{part!r} runs backwards; write two parts")
        days.update(range(start, end + 1))
    return frozenset(days)


def country(cell: str) -> str:
    if len(cell) != 2 or not cell.isascii() or not cell.isalpha() or not cell.isupper():
        raise ValueError(f"{cell!r} is not an ISO 3166-1 alpha-2 country code")
    return cell


def country_or_any(cell: str) -> str:
    return cell if cell == "*" else country(cell)


def currency(cell: str) -> str:
    if len(cell) != 3 or not cell.isascii() or not cell.isalpha() or not cell.isupper():
        raise ValueError(f"{cell!r} is not an ISO 4217 currency code")
    return cell


def one_of(*choices: str) -> Parser:
    def parse(cell: str) -> str:
        if cell not in choices:
            raise ValueError(f"{cell!r} is none of {', '.join(choices)}")
        return cell

    return parse
