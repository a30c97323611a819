"""Fuse lines that travel in one parcel into one line, so that the search on units moves them as one.

A fused line is had where one place has all of it: plans in which a hub joins its units from several
places are not looked at. Services and hubs that a line is pinned to become a flag that every other
service refuses.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from routing.checkout.problem import (
    BoolArray,
    Box,
    Content,
    Fit,
    IntArray,
    Item,
    Line,
    Offer,
    PlannedParcel,
    Problem,
)
from routing.checkout.rules import PinTo


@dataclass(frozen=True, slots=True, eq=False)
class Fused:
    """A problem in which no rule ties lines to a parcel any more, and the lines it was made of."""

    problem: Problem
    parts: dict[str, tuple[Line, ...]]
    """By fused line id."""

    def apart(self, parcels: Sequence[PlannedParcel]) -> tuple[PlannedParcel, ...]:
        """Parcels of this problem in terms of the one it was made of."""
        return tuple(
            replace(parcel, contents=tuple(sorted(self._contents(parcel)))) for parcel in parcels
        )

    def _contents(self, parcel: PlannedParcel) -> Iterator[Content]:
        for content in parcel.contents:
            if content.line not in self.parts:
                yield content
            for part in self.parts.get(content.line, ()):
                yield Content(part.id, content.location, part.qty)


def fuse(problem: Problem) -> Fused:
    """The problem with every tied group of lines as one line of one unit."""
    flagged, problem = _with_pins(problem)
    groups = [[line for line in flagged if line.id in group] for group in tied_groups(problem)]
    parts = {"+".join(line.id for line in group): tuple(group) for group in groups}
    lone = tuple(line for line in flagged if not any(line in group for group in groups))
    taken: dict[str, int] = {}
    for line in (line for group in groups for line in group):
        taken[line.item.id] = taken.get(line.item.id, 0) + line.qty
    offers = [replace(o, stock=max(0, o.stock - taken.get(o.item, 0))) for o in problem.offers]
    fused = tuple(Line(name, _item(name, group), 1) for name, group in parts.items())
    rules = problem.rules
    bare = replace(
        rules,
        together=(),
        whole_lines=(),
        pins=tuple(pin for pin in rules.pins if pin.to in (PinTo.SELLER, PinTo.LOCATION)),
    )
    own = [o for name, group in parts.items() for o in _offers(problem, name, group, taken)]
    fit = FusedFit(problem.fit, parts) if parts else problem.fit
    made = replace(problem, lines=(*lone, *fused), offers=(*offers, *own), fit=fit, rules=bare)
    return Fused(made, parts)


def tied_groups(problem: Problem) -> list[frozenset[str]]:
    """Lines that have to travel together, groups with a line in common joined."""
    rules = problem.rules
    known = {line.id for line in problem.lines}
    groups: list[frozenset[str]] = []
    for lines in (*rules.together, *((line,) for line in rules.whole_lines)):
        group = known.intersection(lines)
        if group:
            touching = [other for other in groups if other & group]
            groups = [other for other in groups if other not in touching]
            groups.append(frozenset(group).union(*touching))
    return groups


def _with_pins(problem: Problem) -> tuple[tuple[Line, ...], Problem]:
    """The lines, each with a flag for the services and hubs that it may not go by."""
    rules = problem.rules
    pinned = {pin.line for pin in rules.pins if pin.to in (PinTo.SERVICE, PinTo.HUB)}
    lines = tuple(
        replace(line, item=replace(line.item, flags=line.item.flags | {f"pinned:{line.id}"}))
        if line.id in pinned
        else line
        for line in problem.lines
    )
    services = tuple(
        replace(
            service,
            refuses=service.refuses
            | {
                f"pinned:{line}"
                for line in pinned
                if not rules.carries(line, service.kind, service.node)
            },
        )
        for service in problem.services
    )
    return lines, replace(problem, services=services)


def _item(name: str, group: Sequence[Line]) -> Item:
    """All units of the group as one thing of their weight and volume; shapes are `FusedFit`'s."""
    volume_mm3 = sum(line.qty * line.item.volume_mm3 for line in group)
    weight_g = sum(line.qty * line.item.weight_g for line in group)
    flags = frozenset[str]().union(*(line.item.flags for line in group))
    return Item(name, weight_g, (volume_mm3, 1, 1), flags)


def _offers(
    problem: Problem, name: str, group: Sequence[Line], taken: dict[str, int]
) -> Iterator[Offer]:
    """One of each place that has the whole group, beside what other groups take of its articles."""
    by_place = {(offer.item, offer.location): offer for offer in problem.offers}
    for place in problem.locations:
        found = [by_place.get((line.item.id, place.id)) for line in group]
        own = [
            offer
            for line, offer in zip(group, found, strict=True)
            if offer is not None
            and offer.stock >= taken[line.item.id]
            and problem.rules.permits(line.id, place.seller, place.id)
        ]
        if len(own) == len(group):
            yield replace(
                own[0],
                id=f"{name}@{place.id}",
                item=name,
                stock=1,
                unit_cost=sum(a.qty * b.unit_cost for a, b in zip(group, own, strict=True)),
                lead_min=max(offer.lead_min for offer in own),
            )


@dataclass(frozen=True, slots=True, eq=False)
class FusedFit:
    """Shapes are judged by the units that a fused line stands for."""

    inner: Fit
    parts: dict[str, tuple[Line, ...]]
    """By the id of a fused line, which is also its item's."""

    def fits(self, counts: IntArray, items: Sequence[Item], boxes: Sequence[Box]) -> BoolArray:
        """[states, boxes]; see `routing.checkout.problem.Fit`."""
        plain: dict[str, Item] = {}
        for item in items:
            for part in self._parts(item):
                plain[part.item.id] = part.item
        column = {name: number for number, name in enumerate(plain)}
        units = np.zeros((len(items), len(plain)), dtype=np.int64)
        for row, item in enumerate(items):
            for part in self._parts(item):
                units[row, column[part.item.id]] += part.qty
        return self.inner.fits(counts @ units, list(plain.values()), boxes)

    def _parts(self, item: Item) -> tuple[Line, ...]:
        return self.parts.get(item.id, (Line("", item, 1),))
