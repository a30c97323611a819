"""A wave: orders with a plan and a promise each, and what they share; read from `plan-wave/1`."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from core.errors import Fault, InvalidInput, invalid
from routing.checkout import fields
from routing.checkout.case import problem_from_case, read_items, read_line
from routing.checkout.evaluate import Evaluator
from routing.checkout.problem import Content, Line, Plan, PlannedParcel, Problem

SCHEMA = "plan-wave/1"


@dataclass(frozen=True, slots=True)
class WaveOrder:
    """An order: its lines, the day it was promised (hard), and the plan it has now."""

    id: str
    lines: tuple[Line, ...]
    promised: int
    current: Plan


@dataclass(frozen=True, slots=True, eq=False)
class Wave:
    """Orders that share the network, stock and limits of `shared` (its own lines mean nothing)."""

    id: str
    shared: Problem
    orders: tuple[WaveOrder, ...]
    limits: Mapping[str, int]
    """Most outbound parcels of a node, hubs and locations alike."""

    def problem(self, order: WaveOrder) -> Problem:
        """The cart of one order alone."""
        units = sum(line.qty for line in order.lines)
        return replace(self.shared, id=order.id, lines=order.lines, max_parcels=units)


def as_case(wave: Mapping[str, Any], lines: list[Any]) -> dict[str, Any]:
    """A checkout case of these lines in the wave's network."""
    shared = ("now", "q", "items", "offers", "fill_bp", "boxes", "reliability")
    return {
        "schema": "plan-checkout/1",
        "id": wave.get("id"),
        "lines": lines,
        "max_parcels": max(1, len(lines)) * 1000,
        **{key: wave[key] for key in shared if key in wave},
        **fields.mapping(wave, "network", ""),
    }


def wave_from_case(case: object) -> Wave:
    """The wave that parsed JSON describes; raises `InvalidInput` naming the first bad field."""
    if not isinstance(case, dict) or case.get("schema") != SCHEMA:
        raise invalid("schema", f"must be {SCHEMA!r}")
    rows = list(fields.objects(case, "orders", ""))
    if not rows:
        raise invalid("orders", "must hold at least one order")
    items = read_items(case)
    shared = problem_from_case(as_case(case, fields.listed(rows[0][1], "lines", rows[0][0])))
    evaluator = Evaluator(shared)
    orders: list[WaveOrder] = []
    seen: set[str] = set()
    for path, row in rows:
        name = fields.text(row, "id", path)
        if name in seen:
            raise invalid(f"{path}id", f"{name!r} is named twice")
        seen.add(name)
        lines = tuple(read_line(one, at, items) for at, one in fields.objects(row, "lines", path))
        parcels = _parcels(fields.mapping(row, "current", path), f"{path}current.")
        plan = _evaluate(evaluator.serving(lines), parcels)
        promised = fields.whole(row, "promised", path)
        if plan is None or plan.date > promised:
            reason = "is not a plan that keeps the promise"
            raise InvalidInput(faults=[Fault(f"{path}current", reason)])
        orders.append(WaveOrder(name, lines, promised, plan))
    return Wave(fields.text(case, "id", ""), shared, tuple(orders), _limits(case, shared))


def _evaluate(evaluator: Evaluator, parcels: tuple[PlannedParcel, ...]) -> Plan | None:
    try:
        return evaluator.plan(parcels)
    except KeyError:  # a name that the network does not know
        return None


def _limits(case: Mapping[str, Any], shared: Problem) -> dict[str, int]:
    capacity = fields.mapping(case, "capacity", "")
    known = {
        "hub_parcels": {hub.id for hub in shared.hubs},
        "node_parcels": {place.id for place in shared.locations},
    }
    limits = {}
    for key, nodes in known.items():
        for node in fields.mapping(capacity, key, "capacity.") if key in capacity else ():
            if node not in nodes:
                raise invalid(f"capacity.{key}.{node}", "is not a node of the network")
            limits[node] = fields.whole(capacity[key], node, f"capacity.{key}.")
    return limits


def _parcels(row: Mapping[str, Any], path: str) -> tuple[PlannedParcel, ...]:
    return tuple(
        PlannedParcel(
            fields.text(parcel, "node", at),
            fields.text(parcel, "service", at),
            fields.text(parcel, "box", at),
            tuple(
                Content(
                    fields.text(one, "line", where),
                    fields.text(one, "location", where),
                    fields.whole(one, "qty", where, 1),
                )
                for where, one in fields.objects(parcel, "contents", at)
            ),
        )
        for at, parcel in fields.objects(row, "parcels", path)
    )
