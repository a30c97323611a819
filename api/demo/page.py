"""Writes `var/demo/index.html`: what the demo made, with relative links only."""

import json
import shutil
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from babel.dates import format_date
from jinja2 import Environment, FileSystemLoader, select_autoescape

from api.demo.carts import CartsStory
from api.demo.collection import RoundStory
from api.demo.house import DemoHouse
from api.demo.learning import LearningStory
from api.demo.tell import ZONE
from api.demo.thread import ThreadStory, local_time
from api.demo.week import WeekStory
from api.pages.plots import Bar, Dot, Interval, Link, bars, histogram, intervals, lanes_map
from api.pages.render import STATIC, grouped
from api.rehearsal.run import PLACES
from routing.network.destinations import PostalIndex, UnknownDestination

SHOWN_NOTICES = 12


def write_page(
    house: DemoHouse,
    thread: ThreadStory,
    week: WeekStory | None,
    collection: RoundStory | None,
    carts: CartsStory | None,
    learning: LearningStory | None = None,
) -> Path:
    """Write the page and copies of the customer's pages; returns its path."""
    shutil.copytree(STATIC, house.folder / "static", dirs_exist_ok=True)
    values: dict[str, Any] = {
        "thread": thread,
        "parcels": [_parcel(house, parcel, thread) for parcel in thread.order["parcels"]],
        "sellers": len({line["seller"] for line in thread.order["lines"]}),
        "carriers": {parcel["carrier"] for parcel in thread.order["parcels"]},
        "options_plot": _options(thread),
        "round": collection,
        "week": week,
        "carts": carts,
        "learning": learning,
    }
    if week is not None:
        values |= {
            "figures": week.report.figures(),
            "week_plot": _week(week),
            "notices": _notices(house),
            "pages": _customer_pages(house, week),
            "map": _map(house, week),
        }
    if carts is not None and carts.rows:
        values |= {"carts_plot": _days(carts), "charge_plot": _charges(carts)}
    if learning is not None:
        values |= {"learning_plot": _learning(learning)}
    if collection is not None:
        (house.folder / "round.svg").write_text(collection.picture, encoding="utf-8")
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=select_autoescape()
    )
    environment.filters.update(grouped=grouped, day=_day)
    path = house.folder / "index.html"
    path.write_text(environment.get_template("page.html").render(values), encoding="utf-8")
    return path


def _day(value: date | str, form: str = "EEEE d MMMM") -> str:
    day = date.fromisoformat(value) if isinstance(value, str) else value
    return format_date(day, form, locale="en_GB")


def _parcel(house: DemoHouse, parcel: dict[str, Any], thread: ThreadStory) -> dict[str, Any]:
    """What a card says of a parcel; files by name, `manifest` None when it is on none."""
    carriers = {carrier.code: carrier.name for carrier in house.network.carriers}
    number = parcel["booking"]["tracking_number"]
    listed = parcel["booking"]["manifest_id"]
    return {
        "contents": parcel["contents"],
        "through_hub": parcel["through_hub"],
        "city": house.network.location(parcel["origin"]).address.city,
        "carrier": carriers[parcel["carrier"]],
        "left": local_time(parcel["leaves_at"], ZONE),
        "number": number,
        "labels": [
            (path.suffix[1:].upper(), path.name) for path in thread.labels if path.stem == number
        ],
        "manifest": next(
            (path.name for path, manifest in thread.manifests if manifest["id"] == listed), None
        ),
    }


def _options(thread: ThreadStory) -> str:
    rows = [
        Bar(
            _day(option["promise"]["date"], "EEE d MMM"),
            option["charge"]["total"]["minor"] / 100,
            f"{len(option['parcels'])} parcels",
            2 if option["code"] == thread.option["code"] else 1,
        )
        for option in thread.quote["options"]
    ]
    return bars("Price by arrival date", "EUR", rows)


def _week(week: WeekStory) -> str:
    figures = week.report.figures()
    names = ("parcels", "delivered", "missed_pickups", "delayed", "lost")
    rows = [Bar(name.replace("_", " "), figures[name]) for name in names]
    rows.append(Bar("warned in time", len(week.warned), series=2))
    return bars("What happened to the parcels", "parcels", rows)


def _learning(story: LearningStory) -> str:
    rows = [
        Interval(name, one.kept, one.kept, one.kept, one.said, f"{one.days} d", one.kept < one.said)
        for name, one in (("published", story.before), ("learned", story.after))
    ]
    return intervals("Share that kept the promised day; upright: what was said", "said", rows)


def _days(carts: CartsStory) -> str:
    return histogram(
        "Promised days",
        "days",
        ("Lanewise, joint 95 %", [row.our_days for row in carts.rows]),
        ("the marketplace", [row.their_days for row in carts.rows]),
    )


def _charges(carts: CartsStory) -> str:
    return bars(
        "Freight charged, all carts",
        "BRL",
        [
            Bar("Lanewise", round(sum(row.our_charge_minor for row in carts.rows) / 100)),
            Bar(
                "the marketplace",
                round(sum(row.their_charge_minor for row in carts.rows) / 100),
                series=2,
            ),
        ],
    )


def _notices(house: DemoHouse) -> list[tuple[str, str]]:
    """(file, subject) of some notices, of every kind and language before the second of any."""
    found: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for path in sorted((house.folder / "outbox").glob("*.json")):
        told = json.loads(path.read_text(encoding="utf-8"))
        page = path.with_suffix(".html")
        if page.exists():
            kind = (str(told.get("occasion", "")), str(told.get("language", "")))
            found.setdefault(kind, []).append((page.name, str(told.get("subject", page.stem))))
    return [notices[0] for _, notices in sorted(found.items())][:SHOWN_NOTICES]


def _customer_pages(house: DemoHouse, week: WeekStory) -> list[tuple[str, str]]:
    """Copies of a late order's tracking page, a returned one's return page, and the calibration."""
    late = next((o for o in week.report.orders if any(p.delayed for p in o.parcels)), None)
    returned = next((o for o in week.report.orders if o.returned), None)
    found = []
    for name, title, order in (
        ("track", "Tracking page of a delayed order", late),
        ("returns", "Return page of a returned order", returned),
    ):
        if order is None:
            continue
        reply = house.marketplace.call(
            "POST", f"/v1/journeys/orders/{order.order_id}/links", key=f"page-{name}"
        )
        if not reply.ok:
            continue
        page = house.marketplace.fetch(urlsplit(reply.body[name]).path).decode()
        found.append((_copy(house, name, page), title))
    calibration = house.marketplace.staff_page("/calibration")
    found.append((_copy(house, "calibration", calibration), "Are promises kept as they say?"))
    return found


def _copy(house: DemoHouse, name: str, page: str) -> str:
    """A page of the product beside this one; the file's name."""
    path = house.folder / f"{name}.html"
    path.write_text(page.replace('"/static/', '"static/'), encoding="utf-8")
    return path.name


def _map(house: DemoHouse, week: WeekStory) -> str:
    network = house.network
    index = PostalIndex(network.postcodes)
    counts: dict[tuple[str, int], int] = {}
    for order in week.report.orders:
        at = PLACES.index(order.destination)
        for parcel in order.parcels:
            counts[parcel.origin, at] = counts.get((parcel.origin, at), 0) + 1
    hubs = {hub.location for hub in network.hubs}
    dots = [Dot(place.point, place.address.city, place.code in hubs) for place in network.locations]
    links = []
    for (origin, at), count in counts.items():
        to = index.resolve(PLACES[at])
        if not isinstance(to, UnknownDestination):
            links.append(Link(network.location(origin).point, to.point, count))
    return lanes_map("Lanes of the simulated week", dots, links)
