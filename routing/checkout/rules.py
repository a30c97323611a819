"""Side constraints on a cart: what may not be split, whom to leave out, what is pinned where.

One type from the doors to the solvers. Lines, sellers, locations, services and hubs are named by
their codes; a service by its own (`parcel-home`), wherever it leaves from.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from itertools import combinations
from typing import Any

from core.errors import Fault

MOST_RULES = 20
"""Single constraints of one cart; more is a plan, not a cart."""
MOST_WORDS = 200
"""Characters of a pin's reason."""


class PinTo(StrEnum):
    """What a line may be tied to."""

    SELLER = "seller"
    LOCATION = "location"
    SERVICE = "service"
    HUB = "hub"


@dataclass(frozen=True, slots=True)
class Pin:
    """Every unit of the line comes from that seller or location, by that service, over that hub."""

    line: str
    to: PinTo
    code: str
    reason: str = ""
    """In the caller's words; only told back."""

    def __str__(self) -> str:
        return f"line {self.line!r} pinned to {self.to.value} {self.code!r}"


@dataclass(frozen=True, slots=True)
class Without:
    """A seller from whom a line may not come."""

    line: str
    seller: str


@dataclass(frozen=True, slots=True)
class Rules:
    """All side constraints of a cart; none by default."""

    max_parcels: int | None = None
    """In all; the policy's own limit holds beside it."""
    max_parcels_per_seller: int | None = None
    """Parcels that hold goods of one and the same seller."""
    whole_lines: tuple[str, ...] = ()
    """Lines whose units all travel in one parcel."""
    without_sellers: tuple[str, ...] = ()
    without: tuple[Without, ...] = ()
    together: tuple[tuple[str, ...], ...] = ()
    """Groups of lines whose units all travel in one parcel."""
    pins: tuple[Pin, ...] = ()

    @property
    def any(self) -> bool:
        return self != NO_RULES

    @property
    def tie_parcels(self) -> bool:
        """True when some rule looks at whole parcels, not just at where a line comes from."""
        carried = any(pin.to in (PinTo.SERVICE, PinTo.HUB) for pin in self.pins)
        tied = bool(self.together or self.whole_lines)
        return tied or carried or self.max_parcels_per_seller is not None

    @property
    def narrow(self) -> bool:
        """True when some rule says where a line may come from."""
        return bool(self.without_sellers or self.without or self.pins)

    def permits(self, line: str, seller: str, location: str) -> bool:
        """Whether a line may come from there."""
        if seller in self.without_sellers or Without(line, seller) in self.without:
            return False
        place = {PinTo.SELLER: seller, PinTo.LOCATION: location}
        return all(place.get(pin.to, pin.code) == pin.code for pin in self.pins if pin.line == line)

    def carries(self, line: str, kind: str, node: str) -> bool:
        """Whether a parcel with the line may leave a node by a service of that code."""
        way = {PinTo.SERVICE: kind, PinTo.HUB: node}
        return all(way.get(pin.to, pin.code) == pin.code for pin in self.pins if pin.line == line)

    def singly(self) -> Iterator[tuple[str, "Rules"]]:
        """(path, the rule alone) of each constraint: `pins[0]`, `max_parcels`, …"""
        for field in fields(self):
            value: Any = getattr(self, field.name)
            if isinstance(value, tuple):
                for number, one in enumerate(value):
                    alone: dict[str, Any] = {field.name: (one,)}
                    yield f"{field.name}[{number}]", Rules(**alone)
            elif value is not None:
                yield field.name, Rules(**{field.name: value})

    def without_rule(self, path: str) -> "Rules":
        """The rules but for the one at a path of `singly`."""
        name, _, place = path.partition("[")
        kept: Any = None
        if place:
            number, value = int(place.rstrip("]")), getattr(self, name)
            kept = value[:number] + value[number + 1 :]
        left: dict[str, Any] = {name: kept}
        return replace(self, **left)


NO_RULES = Rules()


def faults_of(rules: Rules, lines: Mapping[str, str], at: str = "rules") -> list[Fault]:
    """What is wrong with the rules of a cart; `lines`: each line's own seller, empty for any.

    Contradictions name both sides. Places and services are checked by whoever knows the network.
    """
    faults = [*_bounds(rules, at), *_unknown_lines(rules, lines, at)]
    return faults or [*contradictions(rules, lines, at)]


def _bounds(rules: Rules, at: str) -> Iterator[Fault]:
    for name in ("max_parcels", "max_parcels_per_seller"):
        limit = getattr(rules, name)
        if limit is not None and limit < 1:
            yield Fault(f"{at}.{name}", f"{limit} is not a number of parcels")
    if sum(1 for _ in rules.singly()) > MOST_RULES:
        yield Fault(at, f"at most {MOST_RULES} rules")
    for number, pin in enumerate(rules.pins):
        if len(pin.reason) > MOST_WORDS:
            yield Fault(f"{at}.pins[{number}].reason", f"at most {MOST_WORDS} characters")
    for number, group in enumerate(rules.together):
        if len(set(group)) < 2:
            yield Fault(f"{at}.together[{number}]", "a group names at least two lines")


def _unknown_lines(rules: Rules, lines: Mapping[str, str], at: str) -> Iterator[Fault]:
    named = (
        *((f"whole_lines[{n}]", line) for n, line in enumerate(rules.whole_lines)),
        *((f"without[{n}].line", one.line) for n, one in enumerate(rules.without)),
        *((f"together[{n}]", line) for n, group in enumerate(rules.together) for line in group),
        *((f"pins[{n}].line", pin.line) for n, pin in enumerate(rules.pins)),
    )
    for path, line in named:
        if line not in lines:
            yield Fault(f"{at}.{path}", f"the cart has no line {line!r}")


def contradictions(rules: Rules, lines: Mapping[str, str], at: str = "rules") -> Iterator[Fault]:
    """Rules that cannot both hold, whatever the network; each fault names both."""
    for one, other in combinations(range(len(rules.pins)), 2):
        a, b = rules.pins[one], rules.pins[other]
        if a.to is b.to and a.code != b.code and (a.line == b.line or _as_one(rules, a, b)):
            shared = "" if a.line == b.line else ", and both lines share a parcel"
            yield Fault(f"{at}.pins[{other}]", f"{b}, while {at}.pins[{one}] has {a}{shared}")
    for number, pin in enumerate(rules.pins):
        if pin.to is not PinTo.SELLER:
            continue
        path = f"{at}.pins[{number}]"
        own = lines.get(pin.line, "")
        if own not in ("", pin.code):
            yield Fault(path, f"{pin}, but the line itself names seller {own!r}")
        barred = _barring(rules, pin.line, pin.code, at)
        if barred:
            yield Fault(path, f"{pin}, which {barred} leaves out")
    for line, seller in lines.items():
        barred = _barring(rules, line, seller, at) if seller else ""
        if barred:
            yield Fault(barred, f"leaves out seller {seller!r}, whom line {line!r} names")


def _as_one(rules: Rules, a: Pin, b: Pin) -> bool:
    """Whether two lines must share a parcel, which leaves one hub by one service."""
    tied = any(a.line in group and b.line in group for group in rules.together)
    return tied and a.to in (PinTo.SERVICE, PinTo.HUB)


def _barring(rules: Rules, line: str, seller: str, at: str) -> str:
    """The path of the rule that keeps a seller from a line; empty: none does."""
    if seller in rules.without_sellers:
        return f"{at}.without_sellers[{rules.without_sellers.index(seller)}]"
    one = Without(line, seller)
    return f"{at}.without[{rules.without.index(one)}]" if one in rules.without else ""


def joined(rules: Iterable[Rules]) -> Rules:
    """All of these rules at once; of two limits the lower."""
    result = NO_RULES
    for one in rules:
        given: dict[str, Any] = {}
        for field in fields(one):
            old, new = getattr(result, field.name), getattr(one, field.name)
            if isinstance(old, tuple):
                given[field.name] = tuple(dict.fromkeys(old + new))
            else:
                limits = [limit for limit in (old, new) if limit is not None]
                given[field.name] = min(limits) if limits else None
        result = Rules(**given)
    return result
