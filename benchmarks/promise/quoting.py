"""Planned carts with a learned model on: CPU per quote, and the share of it that asking the model takes."""

import resource
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from unittest.mock import patch
from uuid import UUID

from benchmarks.figures import Figure, quantile
from core.errors import Unavailable
from core.ids import QuoteId
from routing.cart import Live
from routing.checkout.problem import Service
from routing.checkout.ways import Ways
from routing.distributions.lead_times import GOOD_FOR_DAYS, LearnedLeadTimes
from routing.distributions.traits import Goods
from routing.quote import Quote
from routing.quoting import plan_quote
from routing.snapshot import PUBLISHED, Snapshot, compile_snapshot
from simulations.olist.carts import cart_of
from simulations.olist.derived import history
from simulations.olist.facts import mornings
from simulations.olist.network import STOCK, derive_network
from simulations.olist.orders import ZONE, OlistData, OlistOrder
from tracking.learning.boosting import BoostingPlan, warm
from tracking.learning.teach import PLAN

DAY = date(2018, 5, 1)
CARTS, FEW_CARTS = 200, 60
ID = QuoteId(UUID(int=1))
MUST_MS = 1.0
"""Asking the model inside a planned cart, p99: all the work that a cart without one is spared."""
QUOTE_MUST_MS = 10.0
"""A quote of a real cart with the model on, p99."""


@contextmanager
def timed_asking() -> Iterator[list[float]]:
    """The CPU of every time that a cart's services ask for learned times, traits and rates with it, ms."""
    spent: list[float] = []
    ask = Ways.ask_learned_times

    def timed(
        ways: Ways, services: Sequence[Service], goods: Mapping[str, Sequence[Goods]]
    ) -> tuple[Service, ...]:
        started = time.process_time()
        found = ask(ways, services, goods)
        spent.append((time.process_time() - started) * 1000)
        return found

    with patch.object(Ways, "ask_learned_times", timed):
        yield spent


def quoting_figures(
    data: OlistData,
    *,
    quick: bool,
    say: Callable[[str], None],
    day: date = DAY,
    plan: BoostingPlan = PLAN,
) -> list[Figure]:
    """Fit both waits as of a morning, then quote the carts bought from then on."""
    begun = datetime(day.year, day.month, day.day, tzinfo=UTC)
    past = history(data)
    known = mornings(data, derive_network(data, past, as_of=begun, orders=data.orders))
    warm()
    started = time.process_time()
    model = known.model(day, plan)
    refit_s = time.process_time() - started
    if model is None:
        raise Unavailable(f"too few deliveries before {day} to learn from")
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    learned = known.lead_times(day, model)
    assert isinstance(learned, LearnedLeadTimes)
    bought = _bought_from(data, day)[: FEW_CARTS if quick else CARTS]
    network = derive_network(data, past, as_of=begun, orders=bought)
    bare = compile_snapshot(network, "benchmark")
    live = Live({offer.key: STOCK for offer in network.offers})
    for snapshot in (bare, replace(bare, lead_times=learned)):
        _quote(snapshot, bought[:1], live)  # loads the kernels
    plain, _ = _quote(bare, bought, live)
    with timed_asking() as asking:
        spent, quotes = _quote(replace(bare, lead_times=learned), bought, live)
    served = sum(quote.model != PUBLISHED for quote in quotes)
    say(f"  {len(bought)} carts from {day}, {served} dated by what was learned")
    asked, quoted = quantile(asking, 0.99), quantile(spent, 0.99)
    return [
        Figure(
            "both waits refitted, CPU; peak memory of the process",
            "<= 120 s",
            "<= 30 s",
            f"{refit_s:.1f} s, {peak_mb:.0f} MB",
            refit_s <= 120,
        ),
        Figure(
            "asking the model inside a planned cart, traits and rates with it, p99 CPU",
            f"<= {MUST_MS:g} ms",
            "",
            f"p50 {quantile(asking, 0.5):.2f} ms, p99 {asked:.2f} ms",
            asked <= MUST_MS,
        ),
        Figure(
            "quotes of real carts, learned model on, p99 CPU (without it)",
            f"<= {QUOTE_MUST_MS:g} ms",
            "",
            f"p50 {quantile(spent, 0.5):.2f} ms, p99 {quoted:.2f} ms "
            f"({quantile(plain, 0.5):.2f}, {quantile(plain, 0.99):.2f})",
            quoted <= QUOTE_MUST_MS,
        ),
    ]


def _bought_from(data: OlistData, day: date) -> list[OlistOrder]:
    """Orders whose morning's state is still good, those of most sellers first."""
    last = day + timedelta(days=GOOD_FOR_DAYS - 1)
    found = [
        order for order in data.orders if day <= order.purchased_at.astimezone(ZONE).date() <= last
    ]
    return sorted(found, key=lambda order: -len(order.sellers))


def _quote(
    snapshot: Snapshot, orders: Sequence[OlistOrder], live: Live
) -> tuple[list[float], list[Quote]]:
    spent, quotes = [], []
    for order in orders:
        cart = cart_of(order)
        started = time.process_time()
        quotes.append(plan_quote(snapshot, cart, live, ID))
        spent.append((time.process_time() - started) * 1000)
    return spent, quotes
