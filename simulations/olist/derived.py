"""What a marketplace's history says of its carrier: transit times per state pair, and a tariff.

Nobody published either, so both are *derived* and marked so wherever they show. Only what was known
at an instant is used: deliveries up to it, and freight charged on orders up to it.

Lead times of a state pair are few and their tails decide, so each pair's sample is blended with its
destination's and with everybody's (weights below): a pair with a hundred deliveries speaks for
itself, one with three hardly at all.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from core.places import EARTH_RADIUS_M
from simulations.olist.orders import OlistData
from simulations.olist.regions import STATES, state_of

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LEVELS = tuple(
    Decimal(level)
    for level in ("0.05 0.25 0.5 0.7 0.8 0.9 0.95 0.975 0.99 0.995 0.999 0.9999".split())
)
LOOK_BACK = timedelta(days=180)
SETTLED = timedelta(days=40)  # younger purchases are left out: their slow ones are still open
DESTINATION_WEIGHT = 25.0  # deliveries that the destination's sample counts for in each pair's
OVERALL_WEIGHT = 4.0
PRIOR_WEIGHT = 4.0  # and a cold start, before the history speaks
PRIOR_DAYS = (4, 7, 11, 15, 18, 23, 28, 34, 42, 50, 65, 80)  # at LEVELS; a guess, said to be one
HANDLING_WEIGHT = 5.0  # hand-overs that everybody's median counts for in a seller's
DAY_MIN = 1440

DISTANCE_KM = (100, 300, 600, 1000, 1500, 2200, 3000, 4500)
WEIGHT_G = (300, 500, 1000, 2000, 3000, 5000, 7500, 10_000, 15_000, 20_000, 30_000, 50_000)
CELL_WEIGHT = 15.0  # items that a smooth price counts for in each cell's mean
# Smooth price before data: centavos, per started 100 km and per started kg; fits nobody exactly.
SMOOTH = (1100, 45, 150)


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """Columns, one element per item of an order: minutes since the epoch, -1 where unknown."""

    purchased: Ints
    handed_over: Ints
    delivered: Ints
    seller: NDArray[np.str_]
    origin: Ints  # index into STATES
    destination: Ints
    distance_km: Floats
    weight_g: Ints
    freight_minor: Ints
    alone: NDArray[np.bool_]  # the only item of its order


@dataclass(frozen=True, slots=True)
class LeadTimes:
    """Minutes from ready to delivered at LEVELS, per (origin, destination) state."""

    minutes: dict[tuple[str, str], tuple[int, ...]]
    handling_min: dict[str, int]
    """From purchase to hand-over per seller, shrunk median; `` (empty) is everybody's."""
    deliveries: int


@dataclass(frozen=True, slots=True, eq=False)
class FittedTariff:
    """Prices in centavos, [distance band, weight band]; never falling in either."""

    prices_minor: Ints
    band_of_pair: dict[tuple[str, str], int]
    items: int


def _minutes(instant: datetime | None) -> int:
    return -1 if instant is None else int(instant.timestamp()) // 60


def history(data: OlistData) -> History:
    """The data set as columns; items whose places are unknown lie at their state's centre."""
    index = {state: number for number, state in enumerate(STATES)}
    centres = _centres(data)
    columns: list[tuple[int, int, int, str, int, int, int, int, bool]] = []
    points: list[tuple[float, float, float, float]] = []
    for order in data.orders:
        to_state = order.state if order.state in index else state_of(order.zip_prefix) or "SP"
        to = _point(data, order.zip_prefix, centres[to_state])
        times = (
            _minutes(order.purchased_at),
            _minutes(order.handed_over_at),
            _minutes(order.delivered_at),
        )
        for item in order.items:
            seller = data.sellers[item.seller]
            state = seller.state if seller.state in index else state_of(seller.zip_prefix) or "SP"
            columns.append(
                (
                    *times,
                    item.seller,
                    index[state],
                    index[to_state],
                    item.weight_g or 0,
                    item.freight_minor,
                    len(order.items) == 1,
                )
            )
            points.append((*_point(data, seller.zip_prefix, centres[state]), *to))
    parts = list(zip(*columns, strict=True))
    return History(
        purchased=np.array(parts[0], dtype=np.int64),
        handed_over=np.array(parts[1], dtype=np.int64),
        delivered=np.array(parts[2], dtype=np.int64),
        seller=np.array(parts[3], dtype=np.str_),
        origin=np.array(parts[4], dtype=np.int64),
        destination=np.array(parts[5], dtype=np.int64),
        distance_km=_distances_km(np.array(points, dtype=np.float64)),
        weight_g=np.array(parts[6], dtype=np.int64),
        freight_minor=np.array(parts[7], dtype=np.int64),
        alone=np.array(parts[8], dtype=np.bool_),
    )


def _centres(data: OlistData) -> dict[str, tuple[float, float]]:
    sums = {state: [0.0, 0.0, 0.0] for state in STATES}
    for point, state in data.places.values():
        if state in sums:
            sums[state][0] += point.lat
            sums[state][1] += point.lon
            sums[state][2] += 1
    return {
        state: (lat / n, lon / n) if n else (-15.8, -47.9) for state, (lat, lon, n) in sums.items()
    }


def _point(data: OlistData, zip_prefix: int, otherwise: tuple[float, float]) -> tuple[float, float]:
    found = data.places.get(zip_prefix)
    return otherwise if found is None else (found[0].lat, found[0].lon)


def _distances_km(points: Floats) -> Floats:
    lat1, lon1, lat2, lon2 = np.radians(points).T
    half = np.sin((lat2 - lat1) / 2) ** 2
    half = half + np.cos(lat1) * np.cos(lat2) * np.sin((lon2 - lon1) / 2) ** 2
    km: Floats = 2 * EARTH_RADIUS_M / 1000 * np.arcsin(np.sqrt(half))
    return km


def lead_times(past: History, as_of: datetime) -> LeadTimes:
    """Handling per seller and transit per state pair, from deliveries known at `as_of`."""
    now = _minutes(as_of)
    recent = (past.purchased >= now - int(LOOK_BACK.total_seconds()) // 60) & (
        past.purchased < now - int(SETTLED.total_seconds()) // 60
    )
    handed = recent & (past.handed_over >= past.purchased) & (past.handed_over < now)
    handling = _handling(past, handed)
    done = recent & (past.delivered >= past.purchased) & (past.delivered < now)
    expected = np.array(
        [handling.get(seller, handling[""]) for seller in past.seller[done]], dtype=np.int64
    )
    transit = np.maximum(past.delivered[done] - past.purchased[done] - expected, DAY_MIN // 2)
    origin, destination = past.origin[done], past.destination[done]
    quantiles = _QuantilesOf(transit)
    overall = OVERALL_WEIGHT / max(len(transit), 1)
    minutes: dict[tuple[str, str], tuple[int, ...]] = {}
    for to, to_state in enumerate(STATES):
        at_destination = destination == to
        shared = at_destination * (DESTINATION_WEIGHT / max(at_destination.sum(), 1)) + overall
        for start, from_state in enumerate(STATES):
            pair = at_destination & (origin == start)
            minutes[from_state, to_state] = quantiles.weighted(pair + shared)
    return LeadTimes(minutes, handling, int(done.sum()))


def _handling(past: History, handed: NDArray[np.bool_]) -> dict[str, int]:
    """Median minutes from purchase to hand-over, each seller's drawn towards everybody's."""
    spans = past.handed_over[handed] - past.purchased[handed]
    general = int(np.median(spans)) if len(spans) else 3 * DAY_MIN
    result = {"": general}
    if not len(spans):
        return result
    sellers = past.seller[handed]
    order = np.argsort(sellers, kind="stable")
    names, starts = np.unique(sellers[order], return_index=True)
    for name, group in zip(names, np.split(spans[order], starts[1:]), strict=True):
        share = len(group) / (len(group) + HANDLING_WEIGHT)
        result[str(name)] = int(share * float(np.median(group)) + (1 - share) * general)
    return result


class _QuantilesOf:
    """Weighted quantiles of one sample joined with the prior's, sorted once for all weights."""

    def __init__(self, minutes: Ints) -> None:
        prior = np.array(PRIOR_DAYS, dtype=np.float64) * DAY_MIN
        joined = np.concatenate([minutes.astype(np.float64), prior])
        self._order = np.argsort(joined, kind="stable")
        self._sorted = joined[self._order]
        self._levels = np.array([float(level) for level in LEVELS])
        self._steps = np.diff(np.concatenate([[0.0], self._levels])) * PRIOR_WEIGHT

    def weighted(self, weights: Floats) -> tuple[int, ...]:
        """The sample's minutes at each level, one weight each; rounded up, never falling."""
        mass = np.concatenate([weights, self._steps])
        share = np.cumsum(mass[self._order]) / mass.sum()
        at = np.minimum(np.searchsorted(share, self._levels, side="left"), len(self._sorted) - 1)
        found = np.maximum.accumulate(np.ceil(self._sorted[at])).astype(np.int64)
        return tuple(int(value) for value in found)


def fit_tariff(past: History, as_of: datetime) -> FittedTariff:
    """Mean freight of lone items per cell, drawn to a smooth price, made monotone in both."""
    known = (past.purchased < _minutes(as_of)) & past.alone & (past.weight_g > 0)
    bands = np.searchsorted(DISTANCE_KM, past.distance_km, side="left")
    bands = np.minimum(bands, len(DISTANCE_KM) - 1)
    weights = np.searchsorted(WEIGHT_G, past.weight_g, side="left")
    known &= weights < len(WEIGHT_G)
    shape = (len(DISTANCE_KM), len(WEIGHT_G))
    cell = bands[known] * shape[1] + weights[known]
    count = np.bincount(cell, minlength=shape[0] * shape[1]).reshape(shape)
    charged = np.bincount(
        cell, weights=past.freight_minor[known].astype(np.float64), minlength=count.size
    ).reshape(shape)
    base, per_100_km, per_kg = SMOOTH
    smooth = (
        base
        + per_100_km * np.array(DISTANCE_KM)[:, None] / 100
        + per_kg * np.array(WEIGHT_G)[None, :] / 1000 * (1 + np.arange(shape[0])[:, None] / 4)
    )
    prices = (charged + CELL_WEIGHT * smooth) / (count + CELL_WEIGHT)
    prices = np.maximum.accumulate(np.maximum.accumulate(prices, axis=0), axis=1)
    return FittedTariff(
        np.rint(prices).astype(np.int64), _pair_bands(past, bands), int(known.sum())
    )


def _pair_bands(past: History, bands: Ints) -> dict[tuple[str, str], int]:
    """The distance band of each state pair: the median of its items, else of its postcodes."""
    result: dict[tuple[str, str], int] = {}
    for start, from_state in enumerate(STATES):
        from_here = past.origin == start
        for to, to_state in enumerate(STATES):
            seen = bands[from_here & (past.destination == to)]
            if len(seen) == 0:
                seen = bands[past.destination == to]
            result[from_state, to_state] = (
                int(np.median(seen)) if len(seen) else len(DISTANCE_KM) - 1
            )
    return result
