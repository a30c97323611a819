"""Seeded random planning cases of any size, in the format of the samples (`plan-checkout/1`)."""

from random import Random
from typing import Any

WEEKS = 4
DAY_MIN = 1440
ZONES = ("z0", "z1", "z2", "z3")
BRACKETS_G = [500, 1000, 2000, 3000, 5000, 7500, 10000, 15000, 20000, 31500]
BOXES = (
    ("B1", [250, 180, 100], 5_000, 90, 30),
    ("B2", [350, 250, 150], 10_000, 180, 45),
    ("B3", [450, 350, 250], 15_000, 320, 65),
    ("B4", [600, 400, 300], 20_000, 520, 95),
    ("B5", [800, 600, 400], 30_000, 950, 180),
)
# kind: base price, price per kg, median transit min, spread, delivery weekdays
KINDS = {
    "economy": (400, 45, 2600, 0.35, [0, 1, 2, 3, 4]),
    "standard": (600, 60, 1500, 0.3, [0, 1, 2, 3, 4, 5]),
    "express": (1100, 110, 700, 0.2, [0, 1, 2, 3, 4, 5, 6]),
}
LEVELS = (("0.5", 1.0), ("0.8", 1.4), ("0.9", 1.65), ("0.95", 1.85), ("0.99", 2.4), ("0.999", 3.0))


def make_case(
    seed: int,
    *,
    lines: tuple[int, int] = (3, 5),
    locations: tuple[int, int] = (5, 8),
    hubs: tuple[int, int] = (1, 2),
    qty: int = 3,
    joint: bool = False,
    max_parcels: int = 12,
) -> dict[str, Any]:
    """One case; the ranges are inclusive, `qty` is the most units of a line."""
    random = Random(seed)
    places = [f"L{n}" for n in range(random.randint(*locations))]
    hub_ids = [f"H{n}" for n in range(random.randint(*hubs))]
    items = {}
    cart = []
    offers = []
    for number in range(random.randint(*lines)):
        sku = f"K{number}"
        size = random.choice((60, 120, 180, 230, 280))
        dims = [max(10, int(size * random.uniform(0.5, 1.07))) for _ in range(3)]
        volume = dims[0] * dims[1] * dims[2]
        items[sku] = {
            "weight_g": min(18_000, max(20, volume * random.randint(15, 60) // 100_000)),
            "dims_mm": dims,
            "flags": ["hazmat"] if random.random() < 0.03 else [],
        }
        cart.append({"id": f"l{number}", "sku": sku, "qty": random.choice([1, 1, 1, 2, qty])})
        homes = random.sample(places, min(len(places), random.randint(1, 4)))
        offers += [
            {
                "id": f"{sku}@{place}",
                "sku": sku,
                "location": place,
                # one place has enough, but for a rare cart
                "stock": random.choice([1, 2, 3, 5, 20] if place != homes[0] else [20] * 30 + [1]),
                "unit_cost": random.choice([0, 25, 40, 90]),
                "lead_min": random.choice([0, 0, 0, 600]),
            }
            for place in homes
        ]
    return {
        "schema": "plan-checkout/1",
        "id": f"made-{seed}",
        "now": random.randint(0, 7 * DAY_MIN),
        "q": random.choice(["0.8", "0.9", "0.95"]),
        "reliability": "joint" if joint else "per_leg",
        "lines": cart,
        "items": items,
        "offers": offers,
        "fill_bp": 8500,
        "boxes": [
            {"id": name, "inner_mm": inner, "max_g": max_g, "tare_g": tare_g, "cost": cost}
            for name, inner, max_g, tare_g, cost in BOXES
        ],
        "max_parcels": max_parcels,
        "locations": {
            place: {
                "seller": f"S{number % 4}",
                "handling_min": random.choice([60, 120, 240, 480, 960]),
                "windows": _windows(random, 480, 1020),
            }
            for number, place in enumerate(places)
        },
        "services": [
            _service(random, node, kind)
            for node in (*places, *hub_ids)
            for kind in sorted(random.sample(sorted(KINDS), random.randint(1, 3)))
        ],
        "hubs": {
            hub: {
                "windows": _windows(random, 300, 1320),
                "dwell_min": random.choice([120, 240, 360]),
                "parcel_fee": random.choice([40, 60, 100]),
            }
            for hub in hub_ids
        },
        "lanes": [
            _lane(random, place, hub)
            for hub in hub_ids
            for place in places
            if random.random() < 0.7
        ],
        "zone_of": {node: random.choice(ZONES) for node in (*places, *hub_ids)},
    }


def _windows(random: Random, opens: int, closes: int) -> list[list[int]]:
    cutoff = random.randrange(opens + 180, closes, 60)
    days = [day for day in range(7 * WEEKS) if day % 7 < 5]
    return [[d * DAY_MIN + opens, d * DAY_MIN + closes, d * DAY_MIN + cutoff] for d in days]


def _service(random: Random, node: str, kind: str) -> dict[str, Any]:
    base, per_kg, median, spread, weekdays = KINDS[kind]
    factor = random.uniform(0.85, 1.15)
    pickup = random.randrange(780, 1080, 30)
    rate, co2_g, transit = {}, {}, {}
    for number, zone in enumerate(ZONES):
        price = base * (1 + 0.15 * number) * factor
        rate[zone] = [int(price + per_kg * g / 1000) for g in BRACKETS_G]
        co2_g[zone] = [int(150 + (60 + 60 * number) * g / 1000) for g in BRACKETS_G]
        middle = median * (1 + 0.5 * number) * random.uniform(0.9, 1.1)
        transit[zone] = {
            level: int(middle * (1 + (scale - 1) * spread * 2)) for level, scale in LEVELS
        }
    return {
        "id": f"{node}:{kind}",
        "node": node,
        "kind": kind,
        "divisor_cm3_per_kg": random.choice([4000, 5000, 6000]),
        "max_g": 31500,
        "brackets_g": BRACKETS_G,
        "rate": rate,
        "co2_g": co2_g,
        "fuel_bp": random.choice([0, 650, 1200]),
        "oversize_mm": random.choice([0, 700, 1000]),
        "oversize_fee": 450,
        "no_flags": ["hazmat"] if random.random() < 0.3 else [],
        "pickups": [d * DAY_MIN + pickup for d in range(7 * WEEKS) if d % 7 < 5],
        "transit_min": transit,
        "delivery_dow": weekdays,
        "holidays": sorted(random.sample(range(28), random.randint(0, 2))),
    }


def _lane(random: Random, place: str, hub: str) -> dict[str, Any]:
    leaves = random.randrange(900, 1200, 60)
    middle = random.randint(200, 900)
    return {
        "location": place,
        "hub": hub,
        "departures": [d * DAY_MIN + leaves for d in range(7 * WEEKS) if d % 7 < 5],
        "transit_min": {level: int(middle * (1 + (s - 1) * 0.3)) for level, s in LEVELS},
        "fixed": random.choice([40, 70, 120]),
        "per_kg": random.randint(5, 20),
        "co2_fixed_g": random.randint(20, 60),
        "co2_g_per_kg": random.randint(20, 60),
    }
