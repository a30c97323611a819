"""Production quotes on the demo network: joint promise, real packing, charges, why; CPU per quote."""

import random
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

from benchmarks.figures import Figure, quantile
from carriers.adapters.table.published import published_tariffs
from core.ids import QuoteId
from core.places import Destination
from routing.cart import Cart, CartLine, Live
from routing.network.format import read_network
from routing.network.network import Network
from routing.quote import Quote
from routing.quoting import plan_quote
from routing.replanning import explain_option
from routing.snapshot import Snapshot, compile_snapshot
from simulations.demo_network import demo_files

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)  # a Monday
SEED = 20_260_302
ID = QuoteId(UUID(int=1))
DESTINATIONS = (
    Destination("FR", "75011"),
    Destination("NL", "1012 LG"),
    Destination("GB", "M1 1AA"),
    Destination("DE", "80331"),
    Destination("ES", "28001"),
    Destination("IT", "20121"),
    Destination("IE", "D02 AF30"),
    Destination("DK", "8000"),
)
MUST, GOAL = (15.0, 120.0), (5.0, 40.0)


def run(*, quick: bool, runs: int | None, say: Callable[[str], None]) -> list[Figure]:
    """Quotes of carts of 3 to 5 lines from random sellers, `runs` times (the least CPU counts)."""
    network = read_network(demo_files(1), published_tariffs())
    started = time.process_time()
    snapshot = compile_snapshot(network, "benchmark")
    compiled_ms = (time.process_time() - started) * 1000
    live = Live({offer.key: offer.stock for offer in network.offers})
    carts = demo_carts(network, 60 if quick else 400)
    plan_quote(snapshot, carts[0], live, ID)  # loads the kernels
    cold: list[float] = []
    warm: list[float] = []
    quotes: list[Quote] = []
    for cart in carts:
        seen = []
        for _ in range(1 + (runs or 2)):
            started = time.process_time()
            quote = plan_quote(snapshot, cart, live, ID)
            seen.append((time.process_time() - started) * 1000)
        cold.append(seen[0])
        warm.append(min(seen[1:]))
        quotes.append(quote)
    say(f"  {len(carts)} carts, {sum(bool(quote.options) for quote in quotes)} with options")
    return [
        _speed("warm", warm),
        _speed("packing not yet remembered", cold),
        _explained(snapshot, quotes, live),
        _hubs(quotes),
        Figure("compiling the demo snapshot", "", "", f"{compiled_ms:.1f} ms CPU", True),
    ]


def demo_carts(network: Network, count: int) -> list[Cart]:
    """Carts of 3 to 5 distinct articles, mostly single units, over a week."""
    draw = random.Random(SEED)
    offers = [offer for offer in network.offers if offer.stock > 3]
    carts = []
    for _ in range(count):
        picked = {offer.sku: offer for offer in draw.sample(offers, draw.randint(3, 5))}
        lines = tuple(
            CartLine(str(number), sku, draw.choice((1, 1, 1, 2)), offer.seller)
            for number, (sku, offer) in enumerate(picked.items())
        )
        at = START + timedelta(minutes=draw.randint(0, 7 * 1440))
        carts.append(Cart(draw.choice(DESTINATIONS), lines, at))
    return carts


def _speed(what: str, spent: list[float]) -> Figure:
    p50, p99 = quantile(spent, 0.5), quantile(spent, 0.99)
    return Figure(
        f"demo quotes, 3-5 lines, options with why, {what}: CPU per quote",
        f"p50 <= {MUST[0]:g} ms, p99 <= {MUST[1]:g} ms",
        f"p50 <= {GOAL[0]:g} ms, p99 <= {GOAL[1]:g} ms",
        f"p50 {p50:.2f} ms, p99 {p99:.2f} ms, max {max(spent):.2f} ms",
        p50 <= MUST[0] and p99 <= MUST[1],
    )


def _explained(snapshot: Snapshot, quotes: list[Quote], live: Live) -> Figure:
    """What-ifs of the cheapest option, solved on request."""
    spent, asked = [], 0
    for quote in quotes[:100]:
        if quote.options:
            started = time.process_time()
            told = explain_option(snapshot, quote, "cheapest", live)
            spent.append((time.process_time() - started) * 1000)
            asked += len(told.alternatives)
    return Figure(
        "what-ifs of an option, on request: CPU per option",
        "",
        "",
        f"p50 {quantile(spent, 0.5):.1f} ms, p99 {quantile(spent, 0.99):.1f} ms, "
        f"{asked / len(spent):.1f} answers each",
        True,
    )


def _hubs(quotes: list[Quote]) -> Figure:
    """How often the cheapest option goes through a hub."""
    cheapest = [option for quote in quotes if (option := quote.option("cheapest")) is not None]
    through = sum(any(parcel.through_hub for parcel in option.parcels) for option in cheapest)
    return Figure(
        "demo quotes: cheapest option through a hub",
        "",
        "",
        f"{through} of {len(cheapest)}",
        True,
    )
