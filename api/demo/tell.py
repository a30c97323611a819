"""Tells the demo on a terminal: tables a person enjoys reading, not logs."""

from datetime import datetime
from typing import Any

from rich.console import Console
from rich.panel import Panel
from rich.table import Table

from api.demo.carts import CartsStory, mean, share
from api.demo.collection import RoundStory
from api.demo.learning import LearningStory
from api.demo.thread import ThreadStory, local_time
from api.demo.week import WeekStory

ZONE = "Europe/Paris"


def money(amount: dict[str, Any]) -> str:
    return f"{amount['minor'] / 100:,.2f} {amount['currency']}"


def tell_thread(console: Console, story: ThreadStory) -> None:
    """The options, the parcels, the papers."""
    console.print(
        Panel(
            "A shopper in Lyon fills one cart from several sellers.\n"
            "What arrives when, in how many parcels, at what cost?",
            title="1 · One cart",
        )
    )
    options = Table(title="Every best option, exact", title_justify="left")
    for name in ("option", "arrives by", "sure", "parcels", "you pay", "instead of the one above"):
        options.add_column(name, justify="right" if name in ("parcels", "you pay") else "left")
    for option in story.quote["options"]:
        promise, difference = option["promise"], option["difference"]
        said = "–"
        if difference is not None:
            said = f"{difference['days']:+d} d, {difference['parcels']:+d} parcels, "
            said += f"{difference['charge']['minor'] / 100:+.2f}"
        options.add_row(
            ", ".join(name.replace("_", " ") for name in option["names"]) or option["code"],
            f"{datetime.fromisoformat(promise['date']):%a %d %b}",
            f"{float(promise['probability']):.1%}",
            str(len(option["parcels"])),
            money(option["charge"]["total"]),
            said,
        )
    console.print(options)
    parcels = Table(title="Committed, booked, labelled, handed over", title_justify="left")
    for name in ("parcel", "from", "carrier", "leaves", "tracking number", "state"):
        parcels.add_column(name)
    for parcel in story.order["parcels"]:
        goods = ", ".join(f"{content['qty']}× {content['name']}" for content in parcel["contents"])
        parcels.add_row(
            goods,
            parcel["origin"] + (" (hub)" if parcel["through_hub"] else ""),
            parcel["carrier"],
            local_time(parcel["leaves_at"], ZONE),
            parcel["booking"]["tracking_number"],
            parcel["state"].replace("_", " "),
        )
    console.print(parcels)
    papers = ", ".join(path.name for path, _ in story.manifests)
    console.print(f"Labels: {len(story.labels)} files (PDF and ZPL). Manifests: {papers}\n")


def tell_week(console: Console, story: WeekStory) -> None:
    """What a week did to promises."""
    figures = story.report.figures()
    console.print(
        Panel(
            "Shoppers buy, sellers miss pickups, carriers are late, customers send things back.\n"
            "The same seed gives the same week.",
            title="2 · A simulated week",
        )
    )
    table = Table(show_header=False)
    table.add_column("what")
    table.add_column("count", justify="right")
    rows = (
        ("carts / orders", f"{figures['carts']} / {figures['orders']}"),
        ("orders of several sellers", figures["several_sellers"]),
        ("parcels, delivered", f"{figures['parcels']}, {figures['delivered']}"),
        ("missed pickups, carrier delays", f"{figures['missed_pickups']}, {figures['delayed']}"),
        ("promises kept", f"{figures['kept_orders']} of {figures['settled_orders']} orders"),
        ("notices sent", sum(notice["state"] == "sent" for notice in story.notices)),
        ("parcels whose delay was announced before the date", len(story.warned)),
        ("  of these really late", sum(is_late(one) for one in story.warned)),
        (
            "orders returned, refunds instructed",
            f"{figures['returned_orders']}, {figures['refunds']}",
        ),
    )
    for what, count in rows:
        table.add_row(what, str(count))
    console.print(table)
    for warning in sorted(story.warned, key=is_late, reverse=True)[:3]:
        arrived = warning["delivered_at"]
        console.print(
            f"  {warning['reference']}: promised by {warning['promised_by']:%a %d %b}, the customer "
            f"was told on {warning['told_at']:%a %d %b} ({warning['language']}), it came "
            + (f"{arrived:%a %d %b}." if arrived else "not at all.")
        )
    console.print()


def tell_round(console: Console, story: RoundStory) -> None:
    """The vans that fetch what sellers sent."""
    vans = "one van" if story.tours == 1 else f"{story.tours} vans"
    console.print(
        f"OR-Tools plans the round of {story.hub} on {story.day:%a %d %b}: {story.parcels} parcels "
        f"at {story.places} sellers' places, {vans}, {story.distance_m // 1000} km, {story.cost} "
        f"(a van for each place: {story.alone_m // 1000} km).\n"
    )


def is_late(warning: dict[str, Any]) -> bool:
    """Whether a parcel that was announced to be late was."""
    arrived = warning["delivered_at"]
    return arrived is None or bool(arrived > warning["promised_by"])


def tell_learning(console: Console, story: LearningStory) -> None:
    """The same cart before and after its carrier's deliveries were learned from."""
    console.print(
        Panel(
            f"Imagine that {story.carrier} slowed down, and went on publishing its old times.",
            title="A promise before and after learning",
        )
    )
    table = Table(title=f"{story.article}, learned from {story.deliveries} invented deliveries")
    for name in ("promise by", "days", "said", "really kept"):
        table.add_column(name, justify="left" if name == "promise by" else "right")
    for one in (story.before, story.after):
        table.add_row(one.rests_on, str(one.days), f"{one.said:.1%}", f"{one.kept:.1%}")
    console.print(table)


def tell_carts(console: Console, story: CartsStory) -> None:
    """Ours beside theirs."""
    console.print(Panel("Real orders, planned with what was known then.", title="3 · Real carts"))
    if story.absent:
        console.print(story.absent)
        return
    rows, delivered = story.rows, story.delivered
    table = Table(title=f"{len(rows)} carts, {sum(r.sellers > 1 for r in rows)} of several sellers")
    for name in ("", "promised days", "kept", "charged, BRL", "parcels"):
        table.add_column(name, justify="left" if not name else "right")
    table.add_row(
        "the marketplace",
        f"{mean([row.their_days for row in rows]):.1f}",
        f"{share([row.they_kept for row in delivered]):.1%}",
        f"{sum(row.their_charge_minor for row in rows) / 100:,.2f}",
        "–",
    )
    table.add_row(
        "Lanewise, joint 95 %",
        f"{mean([row.our_days for row in rows]):.1f}",
        f"{share([row.we_kept for row in delivered]):.1%}",
        f"{sum(row.our_charge_minor for row in rows) / 100:,.2f}",
        f"{sum(row.our_parcels for row in rows)}",
    )
    console.print(table)
    some = Table(title="A few of them", title_justify="left")
    for name in ("bought", "from → to", "sellers", "ours", "theirs", "came", "ours, BRL", "theirs"):
        some.add_column(name, justify="right" if name not in ("bought", "from → to") else "left")
    for row in [each for each in delivered if each.sellers > 1][:: max(len(delivered) // 8, 1)]:
        some.add_row(
            f"{row.purchased_at:%Y-%m-%d}",
            f"{'+'.join(row.from_states)} → {row.to_state}",
            str(row.sellers),
            f"{row.our_days} d",
            f"{row.their_days} d",
            f"{row.came_days} d",
            f"{row.our_charge_minor / 100:,.2f}",
            f"{row.their_charge_minor / 100:,.2f}",
        )
    console.print(some)
    console.print(
        "Transit times and tariff are derived from orders before each month; promises are joint "
        "over a cart's parcels.\n"
    )
