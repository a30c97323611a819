"""Instances of the tours benchmark: published ones with their best known, and generated ones."""

import json
from pathlib import Path

import numpy as np

from core.places import GeoPoint
from routing.tours.academic import distances
from routing.tours.problem import Kind, Matrix, Problem, Stop, VehicleType
from routing.tours.reading import read_tours_file
from routing.tours.travel import geodesic_matrix
from routing.tours.two_legs import HubDay

SOLOMON = ("C104", "R104", "R208", "RC106")
GH200 = ("C1_2_9", "R1_2_4", "RC2_2_6")
GH400 = ("C2_4_8", "R1_4_3", "RC1_4_6")
LI_LIM_100, LI_LIM_MORE = ("lr112", "lrc104"), ("lr1_2_6", "lrc2_2_3", "lc1_4_7", "lrc1_4_2")
MULTI_TRIP = ("R202R0.5", "RC203R0.25")
THOUSAND_SEED = 1000


def load(folder: Path, kind: str, name: str) -> tuple[Problem, float]:
    """An instance and its best known distance."""
    ending = "vrp" if kind == "extras" else "txt"
    problem = read_tours_file((folder / kind / f"{name}.{ending}").read_text(), file=name)
    if kind == "extras":
        text = (folder / kind / f"{name}.sol").read_text()
        line = next(row for row in text.splitlines() if row.startswith("Cost"))
        best = float(line.split(":")[1])
        return problem, best / 10 if best > 10_000 and problem.scale == 10 else best
    known = json.loads((folder / "bks.json").read_text())[kind][name]
    return problem, float(known["bks_distance"])


def best_fleet(folder: Path, name: str) -> int:
    """How many tours the best known plan of a shipments instance has."""
    return int(json.loads((folder / "bks.json").read_text())["pdptw"][name]["bks_vehicles"])


def thousand_stops() -> Problem:
    """1 000 stops in the manner of Gehring & Homberger: half in clusters, half spread, windows."""
    rng = np.random.default_rng(THOUSAND_SEED)
    centres = rng.integers(0, 500, size=(40, 2))
    clustered = centres[rng.integers(0, 40, size=500)] + rng.normal(0, 12, size=(500, 2))
    spread = rng.integers(0, 500, size=(500, 2))
    places = np.vstack([[[250, 250]], np.clip(clustered, 0, 500), spread]).round()
    distance = np.floor(10 * distances(places) + 1e-9).astype(np.int64)
    horizon = 18_240
    stops = []
    for i in range(1, 1001):
        latest = horizon - int(distance[0, i]) - 100
        middle = int(rng.integers(int(distance[0, i]), latest))
        half = int(rng.integers(300, 1200))
        opens = max(0, middle - half)
        window = (opens, min(latest, max(middle + half, int(distance[0, i]))))
        stops.append(Stop(i, i, load=(int(rng.integers(1, 41)),), windows=(window,), service_s=100))
    van = VehicleType(numbers=tuple(range(1, 251)), capacity=(200,), shift=(0, horizon))
    return Problem("thousand", tuple(stops), (van,), (Matrix(distance, distance),), scale=10)


def hub_day(seed: int, *, sellers: int = 25, buyers: int = 50) -> HubDay:
    """Goods are ready between 8:00 and 11:30 and taken within 150 min; buyers have windows of 90 min
    that open between 11:00 and 15:00; each waits for goods of one or two sellers."""
    rng = np.random.default_rng(seed)

    def leg(count: int, kind: Kind) -> Problem:
        points, stops = [GeoPoint(48.2, 16.37)], []
        for i in range(1, count + 1):
            lat, lon = 48.2 + rng.normal(0, 0.04), 16.37 + rng.normal(0, 0.05)
            points.append(GeoPoint(float(lat), float(lon)))
            first = int(rng.integers(480, 690) if kind is Kind.COLLECT else rng.integers(660, 900))
            window = (60 * first, 60 * (first + (150 if kind is Kind.COLLECT else 90)))
            stops.append(Stop(i, i, (1,), kind, (window,), service_s=300))
        van = VehicleType(
            numbers=tuple(range(1, 13)),
            capacity=(12,),
            shift=(7 * 3600, 20 * 3600),
            fixed_cost=4000 * 18_000,
            cost_per_m=40 * 18,
            cost_per_s=2000 * 5,
        )
        matrix = geodesic_matrix(points)
        return Problem(kind.value, tuple(stops), (van,), (matrix,), scale=18_000, currency="EUR")

    inbound, outbound = leg(sellers, Kind.COLLECT), leg(buyers, Kind.DELIVER)
    sources = {
        out: tuple(sorted({int(i) for i in rng.integers(0, sellers, size=2)}))
        for out in range(buyers)
    }
    return HubDay(inbound, outbound, sources, handling_s=1200)
