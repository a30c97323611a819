"""A shop's own contracts: a folder a carrier, in it a JSON file a service and the carrier's numbers.

Files are replaced whole, so that a reader never sees half a tariff.
"""

import json
import os
from pathlib import Path

from carriers.adapters.table.client import DEMONSTRATION_PREFIX, NumberRange
from carriers.contract_files import tariff_from_json, tariff_to_json
from carriers.tariffs import Tariff
from core.errors import Fault, InvalidInput, invalid

NUMBERS = "numbers.json"


def read_tariffs(file: Path) -> list[Tariff]:
    """The tariffs of a file (one object, or a list of them); raises InvalidInput naming every fault."""
    try:
        data = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise invalid(str(file), f"cannot be read: {error}") from None
    items = data if isinstance(data, list) else [data]
    tariffs: list[Tariff] = []
    faults: list[Fault] = []
    for item in items:
        if not isinstance(item, dict):
            raise invalid(str(file), "a tariff is a JSON object")
        try:
            tariffs.append(tariff_from_json(item, file=file.name))
        except InvalidInput as error:
            faults.extend(error.faults)
    if faults:
        raise InvalidInput(faults=faults)
    return tariffs


def keep_tariff(folder: Path, tariff: Tariff) -> Path:
    """Write the tariff where `own_tariffs` finds it, in place of the same service's older one."""
    text = json.dumps(tariff_to_json(tariff), indent=1, ensure_ascii=False) + "\n"
    return _replace(_place(folder, tariff.carrier) / f"{_safe(tariff.service)}.json", text)


def keep_numbers(folder: Path, carrier: str, company_prefix: str) -> Path:
    """Note under which GS1 company prefix a carrier's parcels are numbered."""
    NumberRange(company_prefix).number(1)  # refuses what is no prefix
    text = json.dumps({"company_prefix": company_prefix}) + "\n"
    return _replace(_place(folder, carrier) / NUMBERS, text)


def own_tariffs(folder: Path) -> dict[str, tuple[list[Tariff], NumberRange]]:
    """Tariffs and number range by carrier; empty without a folder."""
    found = {}
    for place in sorted(path for path in folder.glob("*") if path.is_dir()):
        files = sorted(file for file in place.glob("*.json") if file.name != NUMBERS)
        tariffs = [tariff for file in files for tariff in read_tariffs(file)]
        if tariffs:
            found[tariffs[0].carrier] = (tariffs, _numbers(place / NUMBERS))
    return found


def _numbers(file: Path) -> NumberRange:
    if not file.exists():
        return NumberRange(DEMONSTRATION_PREFIX)
    try:
        return NumberRange(str(json.loads(file.read_text("utf-8"))["company_prefix"]))
    except (ValueError, KeyError, TypeError) as error:
        raise invalid(str(file), f"cannot be read: {error}") from None


def _place(folder: Path, carrier: str) -> Path:
    place = folder / _safe(carrier)
    place.mkdir(parents=True, exist_ok=True)
    return place


def _safe(name: str) -> str:
    """A name as one part of a path."""
    kept = "".join(sign if sign.isalnum() or sign in "-_" else "_" for sign in name)
    if not kept.strip("_"):
        raise invalid("service", f"{name!r} cannot name a file")
    return kept


def _replace(file: Path, text: str) -> Path:
    draft = file.with_suffix(".draft")
    draft.write_text(text, encoding="utf-8")
    os.replace(draft, file)
    return file
