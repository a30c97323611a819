"""One text for one network: values to canonical JSON and back, and the hash that names a version."""

import dataclasses
import hashlib
import json
import types
import typing
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from typing import Any, TypeVar, Union, cast
from uuid import UUID

from core.errors import invalid

Value = TypeVar("Value")


AS_IT_IS = frozenset({str, int, bool, float, type(None)})


def to_plain(value: Any) -> Any:
    """Dataclasses as objects, decimals and dates as text, sets sorted: JSON without loss."""
    kind: type = type(value)
    return value if kind in AS_IT_IS else _encoder(kind)(value)


@lru_cache(maxsize=512)
def _encoder(kind: type) -> Callable[[Any], Any]:
    """How values of a type are written; looked up once a type, for quotes hold hundreds."""
    if dataclasses.is_dataclass(kind):
        names = [name for name, _ in _fields(kind)]
        return lambda value: {name: to_plain(getattr(value, name)) for name in names}
    if issubclass(kind, Enum):
        return lambda value: value.value
    if issubclass(kind, tuple | list):
        return lambda value: [to_plain(item) for item in value]
    if issubclass(kind, frozenset):
        return lambda value: sorted(to_plain(item) for item in value)
    if issubclass(kind, Mapping):
        return lambda value: {str(key): to_plain(item) for key, item in value.items()}
    if issubclass(kind, Decimal | UUID):
        return str
    if issubclass(kind, datetime | date):
        return lambda value: value.isoformat()
    if issubclass(kind, timedelta):
        return lambda value: value // timedelta(seconds=1)
    return lambda value: value


def canonical_json(value: Any) -> str:
    """The one text: keys sorted, no blanks, ASCII."""
    return json.dumps(to_plain(value), sort_keys=True, separators=(",", ":"))


def content_hash(text: str) -> str:
    """SHA-256 of a canonical text, hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def from_json(kind: type[Value], text: str) -> Value:
    """The value that `canonical_json` wrote; raises InvalidInput naming the field."""
    try:
        plain = json.loads(text)
    except ValueError as error:
        raise invalid(kind.__name__, f"not JSON: {error}") from error
    return from_plain(kind, plain)


def from_plain(kind: type[Value], plain: Any, path: str = "") -> Value:
    """Build a value of that type from parsed JSON; raises InvalidInput naming the field."""
    return cast("Value", _decoder(cast("Any", kind))(plain, path))


@lru_cache(maxsize=512)
def _fields(kind: type) -> tuple[tuple[str, Any], ...]:
    hints = typing.get_type_hints(kind)
    return tuple(
        (field.name, hints[field.name]) for field in dataclasses.fields(kind) if field.init
    )


@lru_cache(maxsize=512)
def _decoder(kind: Any) -> Any:  # one function per type; the types are those of the network
    if isinstance(kind, typing.NewType):
        return _decoder(kind.__supertype__)
    if dataclasses.is_dataclass(kind):
        return _object_decoder(cast("type", kind))
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (Union, types.UnionType):
        inner = _decoder(next(each for each in arguments if each is not types.NoneType))
        return lambda plain, path: None if plain is None else inner(plain, path)
    if origin is tuple and arguments[-1] is not Ellipsis:
        parts = [_decoder(each) for each in arguments]

        def fixed(plain: Any, path: str) -> Any:
            items = _expect(list, plain, path)
            if len(items) != len(parts):
                raise invalid(path, f"expected {len(parts)} values")
            return tuple(
                part(item, f"{path}[{n}]")
                for n, (part, item) in enumerate(zip(parts, items, strict=True))
            )

        return fixed
    if origin in (tuple, frozenset):
        item_decoder = _decoder(arguments[0])
        return lambda plain, path: origin(
            item_decoder(item, f"{path}[{n}]") for n, item in enumerate(_expect(list, plain, path))
        )
    if origin is not None and issubclass(origin, Mapping):
        value_decoder = _decoder(arguments[1])
        return lambda plain, path: {
            key: value_decoder(item, f"{path}.{key}")
            for key, item in _expect(dict, plain, path).items()
        }
    return _scalar_decoder(kind)


def _object_decoder(kind: type) -> Any:
    decoders: dict[str, Any] = {}

    def build(plain: Any, path: str) -> Any:
        if not decoders:
            decoders.update({name: _decoder(hint) for name, hint in _fields(kind)})
        given = _expect(dict, plain, path)
        unknown = given.keys() - decoders.keys()
        if unknown:
            raise invalid(_join(path, min(unknown)), "unknown field")
        try:
            return kind(
                **{name: decoders[name](item, _join(path, name)) for name, item in given.items()}
            )
        except TypeError as error:
            raise invalid(
                path or kind.__name__, f"{error}".removeprefix(f"{kind.__name__}.")
            ) from error

    return build


_PARSERS: dict[type, Any] = {
    Decimal: Decimal,
    date: date.fromisoformat,
    datetime: datetime.fromisoformat,
    UUID: UUID,
}


def _scalar_decoder(kind: Any) -> Any:
    if kind is timedelta:
        return lambda plain, path: timedelta(seconds=_expect(int, plain, path))
    if kind is float:
        return lambda plain, path: float(_expect((int, float), plain, path))
    if kind in (str, int, bool):
        return lambda plain, path: _expect(kind, plain, path)
    parse = _PARSERS.get(kind, kind)  # an enum is its own parser

    def parsed(plain: Any, path: str) -> Any:
        try:
            return parse(_expect(str, plain, path))
        except (ValueError, ArithmeticError) as error:
            raise invalid(path, f"{plain!r} is not a {kind.__name__}") from error

    return parsed


def _expect(kind: Any, plain: Any, path: str) -> Any:
    if not isinstance(plain, kind) or (isinstance(plain, bool) and kind is not bool):
        wanted = "number" if isinstance(kind, tuple) else kind.__name__
        raise invalid(path, f"expected {wanted}, got {type(plain).__name__}")
    return plain


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
