"""Finds names in a contract that nobody would read: a slip there would leave a condition out. Pure."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

_AREA = dict.fromkeys(("country", "first", "last"))
_SHAPE: Mapping[str, Any] = {
    **dict.fromkeys(("carrier", "service", "name", "currency", "source")),
    "origins": [_AREA],
    "excluded": [_AREA],
    "zones": [{"code": None, "areas": [_AREA]}],
    "versions": [
        {
            **dict.fromkeys(("since", "until")),
            "formats": [
                {
                    **dict.fromkeys(
                        ("code", "max_sides_mm", "max_length_plus_girth_mm", "cover_minor")
                    ),
                    "bands": [dict.fromkeys(("max_weight_g", "prices_minor"))],
                }
            ],
        }
    ],
    "surcharges": [
        {
            **dict.fromkeys(("code", "label", "flat_minor", "per_kg_minor", "rate", "basis")),
            **dict.fromkeys(("rounding", "since", "until", "residential_only", "over_weight_g")),
            **dict.fromkeys(("over_longest_mm", "over_length_plus_girth_mm")),
            "areas": [_AREA],
        }
    ],
    "volumetric": dict.fromkeys(("divisor_mm3_per_g", "above_volume_mm3", "above_longest_mm")),
    "tax": dict.fromkeys(("rate", "included", "label")),
}
"""The names a contract knows, as nested as they are: a list holds its items' shape, None a value."""


def unknown_names(contract: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Each name that is no part of a contract: where it stands, and what may be meant."""
    return _strange(contract, _SHAPE, "")


def _strange(value: object, shape: Any, at: str) -> Iterator[tuple[str, str]]:
    if isinstance(shape, list) and isinstance(value, list):
        for index, item in enumerate(value):
            yield from _strange(item, shape[0], f"{at}[{index}]")
    elif isinstance(shape, Mapping) and isinstance(value, Mapping):
        for name, inner in value.items():
            place = f"{at}.{name}" if at else str(name)
            if name in shape:
                yield from _strange(inner, shape[name], place)
            else:
                near = get_close_matches(str(name), list(shape), n=1)
                yield place, f"is not known; is {near[0]} meant?" if near else "is not known"
