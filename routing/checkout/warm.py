"""Run every kernel of checkout planning once, so that no cart waits for a compiler."""

from dataclasses import replace
from decimal import Decimal

import numpy as np

from routing.checkout.large import Effort, solve_large
from routing.checkout.problem import (
    OBJECTIVES,
    Box,
    Hub,
    Item,
    Lane,
    Line,
    Location,
    Offer,
    Problem,
    Service,
    Tariff,
    Transit,
    VolumeRule,
    Window,
)
from routing.checkout.solve import solve


def warm() -> None:
    """Solve a two-line cart in every way there is."""
    problem = tiny_problem()
    for joint in (False, True):
        for objectives in (OBJECTIVES, OBJECTIVES[:3]):
            solve(replace(problem, joint=joint), objectives)
    solve_large(problem, OBJECTIVES, Effort(steps=3, polish=1))


def tiny_problem() -> Problem:
    """Two lines at two locations that also feed a hub; every service delivers every day."""
    days = 10
    windows = tuple(Window(d * 1440 + 480, d * 1440 + 1020, d * 1440 + 960) for d in range(days))
    pickups = np.arange(days, dtype=np.int64) * 1440 + 1020
    transit = Transit((Decimal("0.9"), Decimal("0.999")), (600, 2000))
    one = np.array([[500]], dtype=np.int64)
    tariff = Tariff(
        np.array([31500], dtype=np.int64),
        one,
        np.array([400], dtype=np.int64),
        np.array([100], dtype=np.int64),
        (("rate", one),),
    )
    nodes = ("A", "B", "H")
    items = (Item("x", 500, (100, 80, 50)), Item("y", 700, (120, 90, 40)))
    return Problem(
        id="warm",
        now=0,
        q=Decimal("0.9"),
        joint=True,
        lines=(Line("1", items[0], 2), Line("2", items[1], 1)),
        offers=(Offer("xA", "x", "A", 1), Offer("xB", "x", "B", 3), Offer("yA", "y", "A", 2)),
        boxes=(Box("box", (300, 200, 150), 20_000, 200, 40),),
        locations=(Location("A", "a", 60, windows), Location("B", "b", 60, windows)),
        hubs=(Hub("H", windows, 60, 20),),
        lanes=tuple(Lane(place, "H", pickups, transit, 30, 10) for place in ("A", "B")),
        services=tuple(
            Service(
                f"{node}:post", node, "post", 31_500, tariff, frozenset(), pickups, transit,
                np.arange(days + 5, dtype=np.int64),
            )
            for node in nodes
        ),
        fit=VolumeRule(8500),
        max_parcels=6,
        day_starts=np.arange(days + 6, dtype=np.int64) * 1440,
    )  # fmt: skip
