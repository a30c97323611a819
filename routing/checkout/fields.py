"""Read values out of parsed JSON; a wrong one is refused with the path of its field."""

from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from core.errors import invalid

LARGEST = 2**31 - 1
"""Minutes, grams and minor units above this are mistakes."""


def text(holder: Mapping[str, Any], key: str, path: str) -> str:
    """A non-empty string."""
    value = _required(holder, key, path)
    if not isinstance(value, str) or not value:
        raise invalid(f"{path}{key}", "must be a non-empty string")
    return value


def whole(holder: Mapping[str, Any], key: str, path: str, low: int = 0) -> int:
    """A whole number of at least `low`."""
    return whole_at(_required(holder, key, path), f"{path}{key}", low)


def whole_at(value: object, field: str, low: int = 0) -> int:
    """The same for a value already at hand; `field` is its whole path."""
    if type(value) is not int:
        raise invalid(field, "must be a whole number")
    if not low <= value <= LARGEST:
        raise invalid(field, f"must lie between {low} and {LARGEST}")
    return value


def wholes(holder: Mapping[str, Any], key: str, path: str, low: int = 0) -> list[int]:
    """A list of whole numbers."""
    values = listed(holder, key, path)
    for value in values:
        if type(value) is not int or not low <= value <= LARGEST:
            place = values.index(value)
            raise invalid(f"{path}{key}[{place}]", f"must be a whole number of at least {low}")
    return values


def texts(holder: Mapping[str, Any], key: str, path: str) -> list[str]:
    """A list of strings."""
    values = listed(holder, key, path)
    if not all(isinstance(value, str) for value in values):
        raise invalid(f"{path}{key}", "must be a list of strings")
    return values


def listed(holder: Mapping[str, Any], key: str, path: str) -> list[Any]:
    """A list of anything."""
    value = _required(holder, key, path)
    if not isinstance(value, list):
        raise invalid(f"{path}{key}", "must be a list")
    return value


def mapping(holder: Mapping[str, Any], key: str, path: str) -> dict[str, Any]:
    """A JSON object."""
    value = _required(holder, key, path)
    if not isinstance(value, dict):
        raise invalid(f"{path}{key}", "must be an object")
    return value


def objects(holder: Mapping[str, Any], key: str, path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """(path of the row with a trailing dot, row) for a list of objects."""
    for place, row in enumerate(listed(holder, key, path)):
        if not isinstance(row, dict):
            raise invalid(f"{path}{key}[{place}]", "must be an object")
        yield f"{path}{key}[{place}].", row


def named(holder: Mapping[str, Any], key: str, path: str) -> Iterator[tuple[str, str, Any]]:
    """(path with a trailing dot, name, row) for an object of objects."""
    for name, row in mapping(holder, key, path).items():
        if not isinstance(row, dict):
            raise invalid(f"{path}{key}.{name}", "must be an object")
        yield f"{path}{key}.{name}.", name, row


def decimal(value: object, field: str) -> Decimal:
    """A decimal written as a string or a number, strictly between 0 and 1."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise invalid(field, "must be a decimal between 0 and 1, as a string")
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        raise invalid(field, f"{value!r} is not a decimal") from None
    if not number.is_finite() or not 0 < number < 1:
        raise invalid(field, "must lie strictly between 0 and 1")
    return number


def _required(holder: Mapping[str, Any], key: str, path: str) -> Any:
    if key not in holder:
        raise invalid(f"{path}{key}", "is missing")
    return holder[key]
