"""Verify an answer to a planning case from the case alone, sharing no code with the solvers.

Works on the parsed JSON of a case that `case.py` accepts; slow, plain and exact (fractions).
"""

from collections.abc import Mapping
from fractions import Fraction
from itertools import product
from typing import Any

from routing.checkout.check_rules import broken_rules

DAY_MIN = 1440
FIELDS = ("cost", "date", "parcels_n", "co2_g")

Case = Mapping[str, Any]


class Wrong(Exception):
    """A rule that a plan breaks, in one line."""


def check_answer(case: Case, answer: object) -> list[str]:
    """Everything wrong with an answer; empty when it is right."""
    if not isinstance(answer, dict):
        return ["answer: must be an object"]
    if "id" in answer and answer["id"] != case["id"]:
        return [f"id: {answer['id']!r} is not the case's {case['id']!r}"]
    plans = answer.get("frontier")
    if not isinstance(plans, list):
        return ["frontier: must be a list"]
    errors = []
    values: list[tuple[int, ...]] = []
    for number, plan in enumerate(plans):
        field = f"frontier[{number}]"
        try:
            seen = recompute(case, plan)
        except Wrong as error:
            errors.append(f"{field}: {error}")
            continue
        for name, value in zip(FIELDS, seen, strict=True):
            if plan.get(name) != value:
                errors.append(f"{field}.{name}: says {plan.get(name)!r}, is {value}")
        for other, known in enumerate(values):
            if all(a <= b for a, b in zip(known, seen, strict=True)):
                errors.append(f"{field}: is dominated by or equals frontier[{other}]")
            elif all(a >= b for a, b in zip(known, seen, strict=True)):
                errors.append(f"frontier[{other}]: is dominated by {field}")
        values.append(seen)
    bound = answer.get("bound")
    if not isinstance(answer.get("exact"), bool):
        errors.append("exact: must be true or false")
    if bound is not None and (isinstance(bound, bool) or not isinstance(bound, int | float)):
        errors.append("bound: must be a number or null")
    elif bound is not None and values and bound > min(value[0] for value in values):
        errors.append(f"bound: {bound} is above the cost of a plan")
    if not plans and not answer.get("reasons"):
        errors.append("reasons: an empty frontier must say why")
    return errors


def recompute(case: Case, plan: object, lines: list[Any] | None = None) -> tuple[int, ...]:
    """(cost, date, parcels, CO2e g) of a plan; raises `Wrong` when it breaks a rule."""
    if not isinstance(plan, dict) or not isinstance(plan.get("parcels"), list):
        raise Wrong("a plan must be an object with a list of parcels")
    parcels = plan["parcels"]
    if len(parcels) > case["max_parcels"]:
        raise Wrong(f"{len(parcels)} parcels, at most {case['max_parcels']} allowed")
    wanted = {line["id"]: line for line in (lines if lines is not None else case["lines"])}
    served = dict.fromkeys(wanted, 0)
    taken: dict[tuple[str, str], int] = {}
    checked = []
    for number, parcel in enumerate(parcels):
        try:
            checked.append(_Parcel(case, parcel, wanted))
        except Wrong as error:
            raise Wrong(f"parcels[{number}]: {error}") from None
        for line, location, qty in checked[-1].contents:
            served[line] += qty
            key = (wanted[line]["sku"], location)
            taken[key] = taken.get(key, 0) + qty
    for line, qty in served.items():
        if qty != wanted[line]["qty"]:
            raise Wrong(f"line {line!r} is served {qty} of {wanted[line]['qty']} units")
    for (sku, location), qty in taken.items():
        stock = _offer(case, sku, location)["stock"]
        if qty > stock:
            raise Wrong(f"takes {qty} of {stock} units of {sku!r} at {location!r}")
    for broken in broken_rules(case, parcels):
        raise Wrong(broken)
    return (
        sum(parcel.cost for parcel in checked),
        _date(case, checked),
        len(checked),
        sum(parcel.co2_g for parcel in checked),
    )


class _Parcel:
    """One parcel with its rules checked and its amounts computed."""

    def __init__(self, case: Case, parcel: object, wanted: Mapping[str, Any]) -> None:
        if not isinstance(parcel, dict):
            raise Wrong("must be an object")
        self.case = case
        self.node = parcel.get("node")
        self.service = _named(case["services"], parcel.get("service"), "service")
        self.box = _named(case["boxes"], parcel.get("box"), "box")
        if self.service["node"] != self.node:
            raise Wrong(f"service {self.service['id']!r} does not leave {self.node!r}")
        self.contents: list[tuple[str, str, int]] = []
        rows = parcel.get("contents")
        if not isinstance(rows, list) or not rows:
            raise Wrong("contents must be a list that is not empty")
        for row in rows:
            if not isinstance(row, dict) or row.get("line") not in wanted:
                raise Wrong("contents name a line that is not in the cart")
            qty = row.get("qty")
            if type(qty) is not int or qty < 1:
                raise Wrong("a content's qty must be a whole number of at least 1")
            _offer(case, wanted[row["line"]]["sku"], row.get("location"))
            self.contents.append((row["line"], row["location"], qty))
        self.items = [(case["items"][wanted[line]["sku"]], qty) for line, _, qty in self.contents]
        self.skus = [wanted[line]["sku"] for line, _, _ in self.contents]
        self._check_box()
        self._check_weight()
        self.cost, self.co2_g = self._amounts()

    def _check_box(self) -> None:
        """By the packings that the case states, else by the volume rule."""
        place = {**self.case["locations"], **self.case["hubs"]}.get(self.node, {})
        if self.box["id"] not in place.get("boxes", [self.box["id"]]):
            raise Wrong(f"there is no box {self.box['id']!r} at {self.node!r}")
        if "fits" in self.case:
            held: dict[str, int] = {}
            for sku, (_, qty) in zip(self.skus, self.items, strict=True):
                held[sku] = held.get(sku, 0) + qty
            packings = self.case["fits"].get(self.box["id"], [])
            if not any(all(p.get(sku, 0) >= n for sku, n in held.items()) for p in packings):
                raise Wrong(f"no packing of box {self.box['id']!r} holds the contents")
            return
        inner = sorted(self.box["inner_mm"])
        volume = 0
        for item, qty in self.items:
            if any(a > b for a, b in zip(sorted(item["dims_mm"]), inner, strict=True)):
                raise Wrong(f"an item does not fit box {self.box['id']!r}")
            volume += qty * _product(item["dims_mm"])
        if volume * 10000 > _product(inner) * self.case["fill_bp"]:
            raise Wrong(f"contents are too large for box {self.box['id']!r}")

    def _check_weight(self) -> None:
        self.weight_g = 0
        for item, qty in self.items:
            for flag in item.get("flags", []):
                if flag in self.service.get("no_flags", []):
                    raise Wrong(f"service {self.service['id']!r} does not carry {flag!r}")
            self.weight_g += qty * item["weight_g"]
        if self.weight_g > self.box["max_g"]:
            raise Wrong(f"contents are too heavy for box {self.box['id']!r}")
        if self.weight_g + self.box["tare_g"] > self.service["max_g"]:
            raise Wrong(f"parcel is too heavy for service {self.service['id']!r}")

    def _amounts(self) -> tuple[int, int]:
        case, service, box = self.case, self.service, self.box
        zone = case["zone_of"][self.node]
        own = service.get("prices")
        if own is not None and box["id"] not in own:
            raise Wrong(f"service {service['id']!r} does not take box {box['id']!r}")
        volumetric = (
            -(-_product(box["inner_mm"]) // service["divisor_cm3_per_kg"])
            if own is None
            else service["volumetric_g"][box["id"]]
        )
        billed = max(self.weight_g + box["tare_g"], volumetric)
        columns = [n for n, bracket in enumerate(service["brackets_g"]) if bracket >= billed]
        if not columns:
            raise Wrong(f"{billed} g is beyond the tariff of service {service['id']!r}")
        place = columns[0]
        price = service["rate"][zone][place] if own is None else own[box["id"]][place]
        if price < 0:
            raise Wrong(f"service {service['id']!r} refuses box {box['id']!r} at {billed} g")
        if own is None:
            if max(box["inner_mm"]) > service["oversize_mm"] > 0:
                price += service["oversize_fee"]
            price += -(-price * service["fuel_bp"] // 10000)
        cost = price + box["cost"]
        co2_g = service["co2_g"][zone][place]
        for (_, location, qty), sku in zip(self.contents, self.skus, strict=True):
            cost += qty * _offer(case, sku, location)["unit_cost"]
        if self.node in case["hubs"]:
            for location in {location for _, location, _ in self.contents}:
                lane = self.lane(location)
                cost += lane["fixed"] + case["hubs"][self.node]["parcel_fee"]
                co2_g += lane["co2_fixed_g"]
            for (_, location, qty), (item, _) in zip(self.contents, self.items, strict=True):
                lane = self.lane(location)
                cost += qty * -(-lane["per_kg"] * item["weight_g"] // 1000)
                co2_g += qty * -(-lane["co2_g_per_kg"] * item["weight_g"] // 1000)
        elif any(location != self.node for _, location, _ in self.contents):
            raise Wrong(f"contents are not at {self.node!r}")
        return cost, co2_g

    def lane(self, location: str) -> Any:
        for lane in self.case["lanes"]:
            if lane["location"] == location and lane["hub"] == self.node:
                return lane
        raise Wrong(f"no lane from {location!r} to {self.node!r}")

    def ready(self, place: int) -> int:
        """When a content is ready at its location."""
        _, location, _ = self.contents[place]
        own = self.case["locations"][location]
        offer = _offer(self.case, self.skus[place], location)
        for window in sorted(own["windows"]):
            if window[2] >= self.case["now"]:
                start = max(window[0], self.case["now"])
                return _work(own["windows"], start, own["handling_min"] + offer["lead_min"])
        raise Wrong(f"location {location!r} takes no work any more")

    def departures(self) -> dict[str, int]:
        """Latest departure from each feeder of a hub parcel."""
        latest: dict[str, int] = {}
        for place, (_, location, _) in enumerate(self.contents):
            leaves = _next(self.lane(location)["departures"], self.ready(place), "departure")
            latest[location] = max(leaves, latest.get(location, leaves))
        return latest

    def arrives(self, at_hub: int | None, minutes: int) -> int:
        """Day of delivery of an outbound transit, from the goods' arrival at the hub (or here)."""
        if at_hub is None:
            ready = max(self.ready(place) for place in range(len(self.contents)))
        else:
            hub = self.case["hubs"][self.node]
            for window in sorted(hub["windows"]):
                if window[1] >= at_hub:
                    ready = _work(hub["windows"], max(window[0], at_hub), hub["dwell_min"])
                    break
            else:
                raise Wrong(f"hub {self.node!r} has no windows any more")
        leaves = _next(self.service["pickups"], ready, "pickup")
        return _roll(self.service, _day(self.case, leaves + minutes))

    def transit(self) -> dict[str, int]:
        table: dict[str, int] = self.service["transit_min"][self.case["zone_of"][self.node]]
        return table

    def day_per_leg(self) -> int:
        q = self.case["q"]
        at_hub = None
        if self.node in self.case["hubs"]:
            at_hub = max(
                departure + _quantile(self.lane(location)["transit_min"], q)
                for location, departure in self.departures().items()
            )
        return self.arrives(at_hub, _quantile(self.transit(), q))

    def days_joint(self) -> dict[int, Fraction]:
        """Probability of each day of delivery; what is missing to 1 never arrives."""
        outbound = _outcomes(self.transit())
        result: dict[int, Fraction] = {}
        inbound: list[tuple[int | None, Fraction]] = [(None, Fraction(1))]
        if self.node in self.case["hubs"]:
            inbound = []
            departures = self.departures()
            tables = [_outcomes(self.lane(one)["transit_min"]) for one in departures]
            for draws in product(*tables):
                chance = Fraction(1)
                latest = 0
                for (minutes, mass), departure in zip(draws, departures.values(), strict=True):
                    chance *= mass
                    latest = max(latest, departure + minutes)
                inbound.append((latest, chance))
        for at_hub, share in inbound:
            for minutes, mass in outbound:
                try:
                    day = self.arrives(at_hub, minutes)
                except Wrong:
                    continue  # this outcome never arrives
                result[day] = result.get(day, Fraction(0)) + share * mass
        return result


def _date(case: Case, parcels: list[_Parcel]) -> int:
    if case.get("reliability") != "joint":
        return max(parcel.day_per_leg() for parcel in parcels)
    chances = [parcel.days_joint() for parcel in parcels]
    q = Fraction(str(case["q"]))
    for day in sorted({day for one in chances for day in one}):
        together = Fraction(1)
        for one in chances:
            together *= sum((mass for when, mass in one.items() if when <= day), Fraction(0))
        if together >= q:
            return day
    raise Wrong("the reliability level is not reached on any day")


def _named(rows: list[Any], name: object, kind: str) -> Any:
    for row in rows:
        if row["id"] == name:
            return row
    raise Wrong(f"there is no {kind} {name!r}")


def _offer(case: Case, sku: str, location: object) -> Any:
    for offer in case["offers"]:
        if offer["sku"] == sku and offer["location"] == location:
            return offer
    raise Wrong(f"there is no offer of {sku!r} at {location!r}")


def _product(sides: list[int]) -> int:
    return sides[0] * sides[1] * sides[2]


def _work(windows: list[list[int]], start: int, minutes: int) -> int:
    """Minute by which `minutes` of open time from `start` (inside a window) have passed."""
    for opens, closes, _ in sorted(windows):
        if closes < start:
            continue
        begin = max(opens, start)
        if begin + minutes <= closes:
            return begin + minutes
        minutes -= closes - begin
    raise Wrong("working time runs out")


def _next(times: list[int], minute: int, kind: str) -> int:
    later = [time for time in times if time >= minute]
    if not later:
        raise Wrong(f"no {kind} any more")
    return min(later)


def _day(case: Case, minute: int) -> int:
    """The day a minute lies in; days may be stated."""
    starts = case.get("day_starts")
    if starts is None:
        return minute // DAY_MIN
    if minute >= starts[-1]:
        raise Wrong("it arrives after the last day stated")
    return sum(1 for start in starts if start <= minute) - 1


def _roll(service: Any, day: int) -> int:
    for later in range(day, day + 7 * (len(service["holidays"]) + 2)):
        if later % 7 in service["delivery_dow"] and later not in service["holidays"]:
            return later
    raise Wrong(f"service {service['id']!r} never delivers")


def _quantile(table: Mapping[str, int], q: str) -> int:
    for level in sorted(table, key=Fraction):
        if Fraction(level) >= Fraction(str(q)):
            return table[level]
    raise Wrong(f"no transit level reaches {q}")


def _outcomes(table: Mapping[str, int]) -> list[tuple[int, Fraction]]:
    result = []
    below = Fraction(0)
    for level in sorted(table, key=Fraction):
        result.append((table[level], Fraction(level) - below))
        below = Fraction(level)
    return result
