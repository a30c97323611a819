"""Which tracking numbers a carrier of ours may print, and which of them is the next. Pure.

A range is a stretch of a *series*: all SSCC-18 under one GS1 company prefix, or all UPU S10 numbers of
one service indicator and country. A series is one for the whole installation, whoever numbers in it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from carriers.labels.content import make_sscc
from carriers.ports import NumberSeries
from core.errors import Fault, InvalidInput, invalid

# GS1 keeps prefix 952 for demonstrations and examples (General Specifications, section 1.4.2).
DEMONSTRATION_PREFIX = "9521234"
EXTENSION = 1  # the extension digit of our SSCCs
S10_NUMBERS = 10**8

Stretch = tuple[int, int]  # serials that were given out: from the first, to before the second


@dataclass(frozen=True, slots=True)
class NumberRange:
    """Own tracking numbers: an SSCC-18, or a UPU S10 number with a service indicator.

    `first` and `last` are serials, both inclusive: of an SSCC the digits after the company prefix,
    of an S10 number the eight digits before its check digit. No `last`: to the end of the series.
    """

    company_prefix: str = DEMONSTRATION_PREFIX
    s10_indicator: str = ""  # two letters: S10 numbers instead, e.g. `CX`
    s10_country: str = ""
    first: int = 1
    last: int | None = None

    def __post_init__(self) -> None:
        faults = []
        if self.s10_indicator or self.s10_country:
            faults = [
                Fault(name, "must be two letters A to Z")
                for name in ("s10_indicator", "s10_country")
                if not _is_two_letters(getattr(self, name))
            ]
        elif not (self.company_prefix.isascii() and self.company_prefix.isdigit()) or not (
            7 <= len(self.company_prefix) <= 10
        ):
            faults = [Fault("company_prefix", "a GS1 company prefix has 7 to 10 digits here")]
        if faults:
            raise InvalidInput(faults=faults)
        if not 0 <= self.first <= self.end <= self._most:
            raise invalid(
                "last", f"a range runs from its first serial to its last, at most {self._most}"
            )

    @property
    def end(self) -> int:
        """The last serial of the range."""
        return self._most if self.last is None else self.last

    @property
    def series(self) -> NumberSeries:
        """What the journal takes serials from."""
        name = f"gs1:{EXTENSION}:{self.company_prefix}"
        if self.s10_indicator:
            name = f"s10:{self.s10_indicator}:{self.s10_country}"
        return NumberSeries(name, self.first, self.end)

    def number(self, serial: int) -> str:
        """The tracking number of a serial; raises InvalidInput outside the range."""
        if not self.first <= serial <= self.end:
            raise invalid("serial", f"{serial} is not in the range {self.first} to {self.end}")
        if not self.s10_indicator:
            return make_sscc(EXTENSION, self.company_prefix, serial)
        body = f"{serial:08d}"
        return f"{self.s10_indicator}{body}{s10_check_digit(body)}{self.s10_country}"

    @property
    def _most(self) -> int:
        return S10_NUMBERS - 1 if self.s10_indicator else 10 ** (16 - len(self.company_prefix)) - 1


def _is_two_letters(text: str) -> bool:
    return len(text) == 2 and text.isascii() and text.isalpha() and text.isupper()


def s10_check_digit(body: str) -> int:
    """The check digit of eight digits (UPU S10, weights 8 6 4 2 3 5 9 7, modulo 11)."""
    rest = 11 - sum(int(d) * w for d, w in zip(body, (8, 6, 4, 2, 3, 5, 9, 7), strict=True)) % 11
    return {10: 0, 11: 5}.get(rest, rest)


def range_to_json(numbers: NumberRange) -> dict[str, Any]:
    """The range as JSON values, readable by `range_from_json`."""
    names = ("s10_indicator", "s10_country") if numbers.s10_indicator else ("company_prefix",)
    return {name: getattr(numbers, name) for name in (*names, "first", "last")}


def range_from_json(data: Mapping[str, Any]) -> NumberRange:
    return NumberRange(**data)


def next_free(given: Sequence[Stretch], first: int, last: int) -> int | None:
    """The lowest serial of `first`..`last` that was never given out; None when there is none."""
    serial = first
    for start, end in sorted(given):
        if start <= serial < end:
            serial = end
    return serial if serial <= last else None


def with_given(given: Sequence[Stretch], serial: int) -> list[Stretch]:
    """The stretches with one more serial, neighbours made one."""
    merged: list[Stretch] = []
    for start, end in sorted([*given, (serial, serial + 1)]):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def count_given(given: Sequence[Stretch], first: int, last: int) -> int:
    """How many serials of `first`..`last` were given out."""
    return sum(max(0, min(end, last + 1) - max(start, first)) for start, end in given)
