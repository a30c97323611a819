"""Writes a rehearsal's folder: `index.html` with plots and certificate, `report.json`."""

import json
import shutil
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, select_autoescape

from api.pages.plots import Bar, Dot, Link, bars, histogram, lanes_map
from api.pages.render import STATIC
from api.rehearsal.run import Rehearsal
from core.errors import Unavailable
from core.places import Destination
from routing.network.destinations import PostalIndex, UnknownDestination
from simulations.world import OrderFate

DAY_S = timedelta(days=1).total_seconds()


def write_rehearsal(rehearsal: Rehearsal, folder: Path) -> Path:
    """The path of the page; other files of the folder are left alone."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=select_autoescape()
    )
    page = environment.get_template("page.html").render(
        scenario=rehearsal.scenario,
        seed=rehearsal.report.seed,
        figures=rehearsal.report.figures(),
        certificate=rehearsal.certificate,
        plots=_plots(rehearsal),
        map=_map(rehearsal),
    )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copytree(STATIC, folder / "static", dirs_exist_ok=True)
        (folder / "report.json").write_text(
            json.dumps(rehearsal.as_json(), indent=1) + "\n", encoding="utf-8"
        )
        path = folder / "index.html"
        path.write_text(page, encoding="utf-8")
    except OSError as error:
        raise Unavailable(f"cannot write {error.filename}: {error.strerror}") from None
    return path


def _plots(rehearsal: Rehearsal) -> list[tuple[str, str]]:
    """(heading, SVG)."""
    orders = rehearsal.report.orders
    arrived = [order for order in orders if order.parcels and order.arrived_at is not None]
    placed = Counter(order.placed_at.date() for order in orders)
    days = [
        rehearsal.scenario.start.date() + timedelta(days=n) for n in range(rehearsal.scenario.days)
    ]
    figures = rehearsal.report.figures()
    fates = ("parcels", "delivered", "missed_pickups", "delayed", "lost")
    return [
        (
            "Orders by day",
            bars("Orders by day", "orders", [Bar(f"{day:%a %d %b}", placed[day]) for day in days]),
        ),
        (
            "From purchase to the last parcel",
            histogram(
                "Promised and real days",
                "days",
                ("promised", [_days(order, order.promised) for order in arrived]),
                ("real", [_days(order, order.arrived_at or order.promised) for order in arrived]),
            ),
        ),
        (
            "What happened to the parcels",
            bars(
                "What happened to the parcels",
                "parcels",
                [Bar(name.replace("_", " "), figures[name]) for name in fates],
            ),
        ),
        (
            "What shoppers chose",
            bars(
                "What shoppers chose",
                "orders",
                [
                    Bar(name.replace("_", " "), count)
                    for name, count in sorted(
                        Counter(order.option.split(",")[0] for order in orders).items()
                    )
                ],
            ),
        ),
    ]


def _days(order: OrderFate, until: datetime) -> float:
    return (until - order.placed_at).total_seconds() / DAY_S


def _map(rehearsal: Rehearsal) -> str:
    network = rehearsal.network
    index = PostalIndex(network.postcodes)
    used: Counter[tuple[str, Destination]] = Counter(
        (parcel.origin, order.destination)
        for order in rehearsal.report.orders
        for parcel in order.parcels
    )
    hubs = {hub.location for hub in network.hubs}
    dots = [Dot(place.point, place.address.city, place.code in hubs) for place in network.locations]
    links = []
    for (origin, destination), count in used.items():
        to = index.resolve(destination)
        if not isinstance(to, UnknownDestination):
            links.append(Link(network.location(origin).point, to.point, count))
    return lanes_map("Lanes used", dots, links)
