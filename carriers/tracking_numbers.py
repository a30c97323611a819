"""Recognises whose tracking number it is: ranked candidates, check digits enforced. Pure.

Formats are those of jkeen/tracking_number_data (MIT, `carriers/data/tracking_numbers`), a constant of
the package. A number is compared without blanks and in upper case.
"""

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

MAX_LENGTH = 64  # characters without blanks; the longest format has 44
_BLANKS = re.compile(r"\s+")
_ALLOWED = re.compile(r"[0-9A-Z-]+")
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_S10_WEIGHTS = (8, 6, 4, 2, 3, 5, 9, 7)


@dataclass(frozen=True, slots=True)
class LookUp:
    """A group of a format whose value is listed; `needed`: an unlisted value is invalid."""

    group: str
    values: frozenset[str]
    patterns: tuple[re.Pattern[str], ...]
    needed: bool

    def knows(self, value: str) -> bool:
        return value in self.values or any(p.fullmatch(value) for p in self.patterns)


@dataclass(frozen=True, slots=True)
class NumberFormat:
    """One format of one courier."""

    courier: str
    format_id: str
    name: str
    pattern: re.Pattern[str]
    checksum: Mapping[str, Any] | None
    prepend: tuple[re.Pattern[str], str] | None
    look_ups: tuple[LookUp, ...]
    literals: int  # signs that are fixed: the more, the less by chance
    tracking_url: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """A courier whose number it may be; `checked`: a check digit was there and right."""

    courier: str
    format_id: str
    checked: bool
    tracking_url: str


@dataclass(frozen=True, slots=True)
class Recognition:
    """Candidates, best first, or none with the reason."""

    number: str
    candidates: tuple[Candidate, ...]
    reason: str = ""

    @property
    def is_valid(self) -> bool:
        return bool(self.candidates)


def recognize_number(number: str, *, own_couriers: Collection[str] = ()) -> Recognition:
    """Whose number this may be: right check digits first, then the sender's own couriers.

    Reasons when nobody's: `empty`, `too_long`, `characters`, `no_format`, `check_digit: FORMATS`,
    `unlisted: FORMATS` (a country or service that does not exist).
    """
    text = _BLANKS.sub("", number).upper()
    if not text:
        return Recognition(number, (), "empty")
    if len(text) > MAX_LENGTH:
        return Recognition(number, (), "too_long")
    if not text.isascii() or not _ALLOWED.fullmatch(text):
        return Recognition(number, (), "characters")
    found: list[tuple[tuple[int, ...], Candidate]] = []
    wrong_digit: list[str] = []
    unlisted: list[str] = []
    for order, form in enumerate(number_formats()):
        match = form.pattern.fullmatch(text)
        if match is None:
            continue
        if not _check_digit_holds(form, match):
            wrong_digit.append(form.format_id)
            continue
        listed = _listed(form, match)
        if listed is None:
            unlisted.append(form.format_id)
            continue
        checked = form.checksum is not None
        rank = (not checked, form.courier not in own_couriers, -listed, -form.literals, order)
        candidate = Candidate(form.courier, form.format_id, checked, form.tracking_url)
        found.append((tuple(int(part) for part in rank), candidate))
    if found:
        return Recognition(number, tuple(candidate for _, candidate in sorted(found, key=_rank)))
    if wrong_digit:
        return Recognition(number, (), f"check_digit: {', '.join(wrong_digit)}")
    if unlisted:
        return Recognition(number, (), f"unlisted: {', '.join(unlisted)}")
    return Recognition(number, (), "no_format")


def _rank(entry: tuple[tuple[int, ...], Candidate]) -> tuple[int, ...]:
    return entry[0]


def _listed(form: NumberFormat, match: re.Match[str]) -> int | None:
    """Groups found in their lists minus groups not found; None when a needed one is not."""
    score = 0
    for look_up in form.look_ups:
        value = match.group(look_up.group)
        if value is None:
            continue
        if look_up.knows(value):
            score += 1
        elif look_up.needed:
            return None
        else:
            score -= 1
    return score


def check_digit(checksum: Mapping[str, Any], serial: str) -> str:
    """The check digit of a serial by the named rule (see the data's description of each)."""
    name = checksum["name"]
    if name == "mod7":
        return str(int(serial) % 7)
    if name == "luhn":
        return str(-sum(_luhn(i, int(d)) for i, d in enumerate(reversed(serial))) % 10)
    if name == "s10":
        rest = 11 - sum(int(d) * w for d, w in zip(serial, _S10_WEIGHTS, strict=True)) % 11
        return str({10: 0, 11: 5}.get(rest, rest))
    if name == "mod10":
        return str(_mod10(checksum, serial))
    if name == "sum_product_with_weightings_and_modulo":
        total = sum(int(d) * w for d, w in zip(serial, checksum["weightings"], strict=True))
        return str(total % checksum["modulo1"] % checksum["modulo2"])
    if name == "mod_37_36":
        return _mod_37_36(serial)
    raise ValueError(f"unknown checksum: {name}")


def _luhn(place: int, digit: int) -> int:
    doubled = digit * 2 if place % 2 == 0 else digit
    return doubled - 9 if doubled > 9 else doubled


def _mod10(checksum: Mapping[str, Any], serial: str) -> int:
    values = [int(sign) if sign.isdigit() else (ord(sign) - 3) % 10 for sign in serial]
    if checksum.get("reverse"):
        values.reverse()
    odds: int = checksum.get("odds_multiplier", 1)
    evens: int = checksum.get("evens_multiplier", 1)
    return -sum(v * (odds if i % 2 else evens) for i, v in enumerate(values)) % 10


def _mod_37_36(serial: str) -> str:
    """ISO 7064 MOD 37,36."""
    rest = 36
    for sign in serial:
        rest += _ALPHABET.index(sign)
        if rest > 36:
            rest -= 36
        rest *= 2
        if rest > 36:
            rest -= 37
    return _ALPHABET[(37 - rest) % 36]


def _check_digit_holds(form: NumberFormat, match: re.Match[str]) -> bool:
    if form.checksum is None:
        return True
    return check_digit(form.checksum, serial_of(form, match)) == match.group("CheckDigit")


def serial_of(form: NumberFormat, match: re.Match[str]) -> str:
    """The serial number as the check digit is computed of it."""
    serial: str = match.group("SerialNumber")
    if form.prepend is not None and form.prepend[0].match(serial):
        return form.prepend[1] + serial
    return serial


@lru_cache(maxsize=1)
def number_formats() -> tuple[NumberFormat, ...]:
    """All formats, in the order of the files."""
    folder = files("carriers") / "data" / "tracking_numbers" / "couriers"
    formats: list[NumberFormat] = []
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        courier = json.loads(file.read_text("utf-8"))
        code = courier["courier_code"]
        formats.extend(_format(code, entry) for entry in courier["tracking_numbers"])
    return tuple(formats)


def _format(courier: str, entry: Mapping[str, Any]) -> NumberFormat:
    raw = entry["regex"] if isinstance(entry["regex"], str) else "".join(entry["regex"])
    source = re.sub(r"\(\?<(?=[A-Za-z])", "(?P<", raw.replace(r"\s*", ""))
    validation = entry.get("validation") or {}
    needed = set(validation.get("additional", {}).get("exists", ()))
    prepend = validation.get("serial_number_format", {}).get("prepend_if")
    return NumberFormat(
        courier=courier,
        format_id=entry.get("id") or re.sub(r"[^a-z0-9]+", "-", entry["name"].lower()).strip("-"),
        name=entry["name"],
        pattern=re.compile(source),
        checksum=validation.get("checksum"),
        prepend=None
        if prepend is None
        else (re.compile(prepend["matches_regex"]), prepend["content"]),
        look_ups=tuple(
            LookUp(
                group=extra["regex_group_name"],
                values=frozenset(row["matches"] for row in extra["lookup"] if "matches" in row),
                patterns=tuple(
                    re.compile(row["matches_regex"])
                    for row in extra["lookup"]
                    if "matches_regex" in row
                ),
                needed=extra["name"] in needed,
            )
            for extra in entry.get("additional", ())
            if extra.get("lookup")
        ),
        literals=_literals(source),
        tracking_url=entry.get("tracking_url") or "",
    )


def _literals(source: str) -> int:
    """How many signs of a pattern are fixed, roughly: outside groups' names, classes, counts."""
    bare = re.sub(r"\(\?P<\w+>|\(\?[=!:]|\[[^\]]*\]|\{[^}]*\}|\\.|\|[^|)]*", "", source)
    return sum(sign.isalnum() for sign in bare)
