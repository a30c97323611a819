"""A batch of parcels to be booked: reads its rows from CSV or JSON and writes what became of each. Pure.

A row is known by its `reference`, the shop's own; the same reference is the same parcel for ever.
Text columns: see `REQUIRED` and `OPTIONAL`; `option_<name>` columns are options of the service.
"""

import csv
import io
import json
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date
from typing import Any, TypeVar

from carriers.booking import BookingState, Direction
from carriers.labels.content import plain
from carriers.ports import LabelFormat
from core.errors import Fault, InvalidInput, invalid
from core.places import Address
from core.units import Dimensions

CODES = ("reference", "carrier", "account", "service", "location")
SIDES = ("length_mm", "width_mm", "height_mm")
ENDS = ("street", "city", "country")
REQUIRED = (
    *CODES,
    *(f"from_{name}" for name in ENDS),
    *(f"to_{name}" for name in ENDS),
    "weight_g",
    *SIDES,
    "mailing_date",
)
OPTIONAL = (
    *(
        f"{end}_{name.name}"
        for end in ("from", "to")
        for name in fields(Address)
        if name.name not in ENDS
    ),
    "label_format",
    "direction",
)
OPTION = "option_"
MOST_ROWS = 100_000
INVALID = "invalid"  # the state of a row that was never asked for

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class BatchRow:
    """One parcel; `place` is ours, `person` the other end."""

    number: int  # from 1, without the header
    reference: str
    carrier: str
    account: str
    service: str
    location: str
    place: Address
    person: Address
    weight_g: int
    size: Dimensions
    mailing_date: date
    label_format: LabelFormat = LabelFormat.PDF_4X6
    options: Mapping[str, str] = field(default_factory=dict)
    direction: Direction = Direction.OUTBOUND

    def __post_init__(self) -> None:
        faults = [
            Fault(name, "has 1 to 100 characters")
            for name in CODES
            if not 0 < len(getattr(self, name)) <= 100
        ]
        if self.weight_g <= 0:
            faults.append(Fault("weight_g", "must be a positive whole number of grams"))
        if faults:
            raise InvalidInput(faults=faults)


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be asked for, and why."""

    number: int
    reference: str
    fault: str


@dataclass(frozen=True, slots=True)
class RowOutcome:
    """What became of a row; `state` is a booking's, or `INVALID`."""

    row: int
    reference: str
    state: str
    tracking_number: str = ""
    cost_minor: int | None = None
    currency: str = ""
    reason: str = ""

    @property
    def is_settled(self) -> bool:
        """Whether nothing more will become of it by itself."""
        return self.state != BookingState.REQUESTED.value


def differences(before: BatchRow, row: BatchRow) -> list[str]:
    """The columns in which two rows of one reference do not say the same, in the file's order."""
    found = [name for name in CODES if getattr(before, name) != getattr(row, name)]
    for prefix, old, new in (
        ("from_", before.place, row.place),
        ("to_", before.person, row.person),
    ):
        found += [
            prefix + each.name
            for each in fields(Address)
            if getattr(old, each.name) != getattr(new, each.name)
        ]
    if before.weight_g != row.weight_g:
        found.append("weight_g")
    found += [side for side in SIDES if getattr(before.size, side) != getattr(row.size, side)]
    if before.mailing_date != row.mailing_date:
        found.append("mailing_date")
    if before.label_format != row.label_format:
        found.append("label_format")
    names = sorted({*before.options, *row.options})
    return found + [
        OPTION + name for name in names if before.options.get(name) != row.options.get(name)
    ]


def rows_from_csv(text: str) -> list[BatchRow | BadRow]:
    """The rows of a CSV file with a header; raises InvalidInput when the header is not right."""
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True)
    try:
        header = [name.strip() for name in next(reader, [])]
        _check_names(header)
        rows = [dict(zip(header, cells, strict=True)) if any(cells) else None for cells in reader]
    except csv.Error as error:
        raise invalid(f"line {reader.line_num}", f"is not CSV: {error}") from error
    except ValueError as error:
        raise invalid(f"line {reader.line_num}", "has not as many cells as the header") from error
    return _rows([row for row in rows if row is not None])


def rows_from_json(text: str) -> list[BatchRow | BadRow]:
    """The rows of a JSON list of objects with the same names as the CSV columns."""
    try:
        data = json.loads(text)
    except ValueError as error:
        raise invalid("file", f"is not JSON: {error}") from error
    if not isinstance(data, list) or not all(isinstance(row, dict) for row in data):
        raise invalid("file", "must be a list of objects")
    return rows_from_objects(data)


def rows_from_objects(objects: Sequence[Mapping[str, Any]]) -> list[BatchRow | BadRow]:
    """The rows of objects with the same names as the CSV columns."""
    return _rows([{str(name): _text(value) for name, value in row.items()} for row in objects])


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _check_names(names: Iterable[str]) -> None:
    names = list(names)
    faults = [Fault(name, "is missing") for name in REQUIRED if name not in names]
    faults += [
        Fault(name, "is not a column of a batch")
        for name in names
        if name not in REQUIRED and name not in OPTIONAL and not name.startswith(OPTION)
    ]
    faults += [Fault(name, "is there twice") for name in set(names) if names.count(name) > 1]
    if faults:
        raise InvalidInput(faults=faults)


def _rows(rows: list[dict[str, str]]) -> list[BatchRow | BadRow]:
    if len(rows) > MOST_ROWS:
        raise invalid("file", f"has {len(rows)} rows; {MOST_ROWS} are the most")
    seen: dict[str, int] = {}
    made: list[BatchRow | BadRow] = []
    for number, row in enumerate(rows, start=1):
        read = _row(number, {name: value.strip() for name, value in row.items()})
        first = seen.setdefault(read.reference, number)
        if isinstance(read, BatchRow) and first != number:
            read = BadRow(number, read.reference, f"row {first} has the same reference")
        made.append(read)
    return made


def _row(number: int, row: Mapping[str, str]) -> BatchRow | BadRow:
    reference = plain(row.get("reference", ""))
    try:
        _check_names(row)
        _check_cells(row)
        sides = [_whole(row, name) for name in SIDES]
        read = BatchRow(
            number=number,
            **{name: row[name] for name in CODES},
            place=_address(row, "from_"),
            person=_address(row, "to_"),
            weight_g=_whole(row, "weight_g"),
            size=Dimensions(*sides),
            mailing_date=_read(row, "mailing_date", date.fromisoformat),
            label_format=_read(row, "label_format", LabelFormat, LabelFormat.PDF_4X6),
            options={
                name.removeprefix(OPTION): value
                for name, value in row.items()
                if name.startswith(OPTION) and value
            },
            direction=_read(row, "direction", Direction, Direction.OUTBOUND),
        )
    except InvalidInput as error:
        return BadRow(number, reference, plain(error.message))
    return read


def _check_cells(row: Mapping[str, str]) -> None:
    """Neither databases nor labels take control characters or halves of a surrogate pair."""
    faults = [
        Fault(name, "has characters that cannot be printed")
        for name, value in row.items()
        if any(unicodedata.category(letter) in ("Cc", "Cs") for letter in value)
    ]
    if faults:
        raise InvalidInput(faults=faults)


def _address(row: Mapping[str, str], prefix: str) -> Address:
    known = {each.name: row.get(prefix + each.name, "") for each in fields(Address)}
    try:
        return Address(**known)
    except InvalidInput as error:
        faults = [Fault(prefix + fault.field, fault.reason) for fault in error.faults]
        raise InvalidInput(faults=faults) from error


def _whole(row: Mapping[str, str], name: str) -> int:
    text = row[name]
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise invalid(name, f"{text[:40]!r} is not a whole number")
    return int(text)


def _read(
    row: Mapping[str, str], name: str, read: Callable[[str], T], default: T | None = None
) -> T:
    text = row.get(name, "")
    if not text and default is not None:
        return default
    try:
        return read(text)
    except ValueError as error:
        raise invalid(name, f"{text[:40]!r} is not understood") from error


def outcomes_to_csv(outcomes: Iterable[RowOutcome]) -> Iterator[str]:
    """Lines of CSV with a header. No cell begins like a formula: spreadsheets would run it."""
    names = [each.name for each in fields(RowOutcome)]
    yield _line(names)
    for outcome in outcomes:
        yield _line([_cell(getattr(outcome, name)) for name in names])


def _cell(value: object) -> str:
    """The value on one line, an apostrophe before what a spreadsheet takes for a formula (OWASP)."""
    text = "" if value is None else " ".join(str(value).split())
    return f"'{text}" if text.startswith(("=", "+", "-", "@")) else text


def _line(cells: list[str]) -> str:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerow(cells)
    return out.getvalue()
