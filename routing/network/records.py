"""Reads import files into records: cells checked, references and keys checked, every fault kept."""

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.errors import Fault
from routing.network.cells import REQUIRED
from routing.network.shapes import SHAPES, FileShape

MOST_FAULTS = 500  # a broken export repeats one mistake; nobody reads more


@dataclass(frozen=True, slots=True)
class Record:
    """One row: where it stood and its values by column; `raw` keeps the text of each cell."""

    file: str
    row: int
    values: Mapping[str, Any]
    raw: Mapping[str, str]

    def __getitem__(self, column: str) -> Any:
        return self.values[column]

    def fault(self, field: str, reason: str) -> Fault:
        return Fault(field, reason, self.file, self.row)


@dataclass(slots=True)
class Records:
    """All rows by file, and the faults found so far."""

    by_file: dict[str, list[Record]]
    raw: dict[str, list[Record]]
    """Every row, also those with faults, for checking references."""
    faults: list[Fault]

    def of(self, name: str) -> list[Record]:
        return self.by_file.get(name, [])


def read_records(files: Mapping[str, str]) -> Records:
    """Read every known `name.csv` or `name.json`; `files` maps file names to their text."""
    records = Records({}, {}, [])
    for shape in SHAPES:
        found = [name for name in (f"{shape.name}.csv", f"{shape.name}.json") if name in files]
        if len(found) == 2:
            records.faults.append(Fault("file", "give either CSV or JSON, not both", found[0]))
        if not found and shape.required:
            records.faults.append(Fault("file", "is missing", f"{shape.name}.csv"))
        for name in found[:1]:
            _read_file(shape, name, files[name], records)
    _check_keys(records)
    _check_references(records)
    return records


def _read_file(shape: FileShape, name: str, content: str, records: Records) -> None:
    good: list[Record] = []
    every: list[Record] = []
    rows = _json_rows if name.endswith(".json") else _csv_rows
    for row, raw in rows(shape, name, content.removeprefix("\ufeff"), records.faults):
        values: dict[str, Any] = {}
        sound = True
        for column in shape.columns:
            cell = raw.get(column.name, "").strip()
            if not cell:
                if column.default is REQUIRED:
                    records.faults.append(Fault(column.name, "is missing", name, row))
                    sound = False
                values[column.name] = column.default
                continue
            try:
                values[column.name] = column.parse(cell)
            except ValueError as error:
                records.faults.append(Fault(column.name, str(error), name, row))
                sound = False
        record = Record(name, row, values, raw)
        every.append(record)
        if sound:
            good.append(record)
    records.by_file[shape.name] = good
    records.raw[shape.name] = every


def _csv_rows(
    shape: FileShape, name: str, content: str, faults: list[Fault]
) -> Iterator[tuple[int, dict[str, str]]]:
    if "\0" in content:
        faults.append(Fault("file", "holds a NUL byte", name))
        return
    reader = csv.reader(io.StringIO(content, newline=""), strict=True)
    try:
        header = [cell.strip() for cell in next(reader, [])]
        if not _header_is_sound(shape, name, header, faults):
            return
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(header):
                reason = f"has {len(cells)} cells, the header {len(header)}"
                faults.append(Fault("row", reason, name, reader.line_num))
                continue
            yield reader.line_num, dict(zip(header, cells, strict=True))
    except csv.Error as error:
        faults.append(Fault("row", f"broken CSV: {error}", name, reader.line_num))


def _header_is_sound(
    shape: FileShape, name: str, header: Sequence[str], faults: list[Fault]
) -> bool:
    known = {column.name for column in shape.columns}
    before = len(faults)
    if not header:
        faults.append(Fault("header", "the file is empty", name, 1))
    wrong = [(column, "unknown column") for column in header if column not in known]
    wrong += [(c, "stands twice in the header") for c in sorted(set(header)) if header.count(c) > 1]
    wrong += [
        (column.name, "column is missing")
        for column in shape.columns
        if column.default is REQUIRED and column.name not in header and header
    ]
    faults.extend(Fault(column or "header", reason, name, 1) for column, reason in wrong)
    return len(faults) == before


def _json_rows(
    shape: FileShape, name: str, content: str, faults: list[Fault]
) -> Iterator[tuple[int, dict[str, str]]]:
    known = {column.name for column in shape.columns}
    try:
        rows = json.loads(content, parse_float=str)
    except ValueError as error:
        faults.append(Fault("file", f"not JSON: {error}", name))
        return
    if not isinstance(rows, list):
        faults.append(Fault("file", "is not a list of objects", name))
        return
    for number, row in enumerate(rows, start=1):
        if not isinstance(row, dict):
            faults.append(Fault("row", "is not an object", name, number))
            continue
        unknown = sorted(row.keys() - known)
        faults.extend(Fault(field, "unknown field", name, number) for field in unknown)
        yield number, {key: _cell(value) for key, value in row.items() if key in known}


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return "|".join(_cell(item) for item in value)
    return str(value)


def _check_keys(records: Records) -> None:
    for shape in SHAPES:
        seen: dict[tuple[str, ...], int] = {}
        for record in records.raw.get(shape.name, []) if shape.key else []:
            key = tuple(record.raw.get(column, "").strip() for column in shape.key)
            if key in seen:
                reason = (
                    f"{'/'.join(part for part in key if part)} stands in row {seen[key]} already"
                )
                records.faults.append(record.fault("+".join(shape.key), reason))
            seen.setdefault(key, record.row)


def _check_references(records: Records) -> None:
    known: dict[str, set[str]] = {}
    for shape in SHAPES:
        for column in shape.columns:
            if not column.refers or column.refers == "tariffs.tariff":
                continue  # tariffs are a document; validated when services are built
            if column.refers not in known:
                file, field = column.refers.split(".")
                rows = records.raw.get(file, [])
                known[column.refers] = {row.raw.get(field, "").strip() for row in rows}
            for record in records.raw.get(shape.name, []):
                cell = record.raw.get(column.name, "").strip()
                if cell and cell not in known[column.refers]:
                    file = column.refers.split(".")[0]
                    records.faults.append(record.fault(column.name, f"{cell!r} is not in {file}"))
