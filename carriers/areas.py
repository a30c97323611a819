"""Areas by country and postal range, as tariffs and surcharges name them; the most specific wins."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from core.errors import invalid
from core.places import Destination, normal_postcode

ANYWHERE = "*"
_GB_FULL = re.compile(r"^([A-Z]{1,2}\d[A-Z\d]?)\d[A-Z]{2}$")
_GB_DISTRICT = re.compile(r"^([A-Z]{1,2})(\d+)")
# The Crown dependencies use British postcodes (Royal Mail PAF digest, section 2).
_BRITISH = frozenset({"GB", "GG", "JE", "IM"})


@dataclass(frozen=True, slots=True)
class Area:
    """A country (`*`: any), or the part of it whose postcodes lie in `first`..`last` (inclusive).

    Bounds are prefixes: `20`..`20` is everything that begins with 20. British bounds with a
    district number compare by number (`IV1`..`IV28` holds IV3 and IV27, not IV30).
    """

    country: str
    first: str = ""
    last: str = ""

    def __post_init__(self) -> None:
        if bool(self.first) != bool(self.last):
            raise invalid("area", "a postal range needs both bounds")
        if self.first and self.country == ANYWHERE:
            raise invalid("area", "a postal range needs a country")
        if self.first and _key(self.country, self.first) > _key(self.country, self.last):
            raise invalid("area", f"{self.first}..{self.last} runs backwards")

    def holds(self, place: Destination) -> bool:
        """Whether the place lies inside; a place without postcode is in no postal range."""
        if self.country not in (ANYWHERE, place.country):
            return False
        if not self.first:
            return True
        return bool(place.postcode) and _in_range(
            place.country, place.postcode, self.first, self.last
        )

    @property
    def precision(self) -> int:
        """0 anywhere, 1 a country, 2 and more a postal range (longer bounds are finer)."""
        return (0 if self.country == ANYWHERE else 1) + len(self.first)

    @property
    def behind(self) -> str:
        """The lowest bound behind a postal range; empty: none, it reaches the end."""
        code = normal_postcode(self.last)
        if self.country in _BRITISH:
            district = _GB_DISTRICT.match(code)
            if district is not None:
                return f"{district[1]}{int(district[2]) + 1}"
            if len(code) == 1:  # behind E comes EC
                return f"{code}A"
        code = code.rstrip("9Z")
        return code[:-1] + chr(ord(code[-1]) + 1) if code else ""


def best_match(areas: Sequence[Area], place: Destination) -> Area | None:
    """The most specific area that holds the place; the first of equals; None when none does."""
    best: Area | None = None
    for area in areas:
        if area.holds(place) and (best is None or area.precision > best.precision):
            best = area
    return best


def _key(country: str, bound: str) -> tuple[str, int, str]:
    code = normal_postcode(bound)
    district = _GB_DISTRICT.match(code) if country in _BRITISH else None
    if district is not None:
        return district[1], int(district[2]), ""
    return code, -1, ""


@lru_cache(maxsize=65536)
def _in_range(country: str, postcode: str, first: str, last: str) -> bool:
    code, low, high = normal_postcode(postcode), normal_postcode(first), normal_postcode(last)
    if country in _BRITISH:
        full = _GB_FULL.match(code)
        outward = full[1] if full else code
        district = _GB_DISTRICT.match(outward)
        if district is None:
            return low <= outward <= high
        low_has_number = _GB_DISTRICT.match(low) is not None
        here = (district[1], int(district[2]) if low_has_number else -1, "")
        return _key(country, low) <= here <= _key(country, high)
    return low <= code[: len(low)] and code[: len(high)] <= high
