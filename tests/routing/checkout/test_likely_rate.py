"""What a parcel would be charged, before anything is packed."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from uuid import UUID

import numpy as np
import pytest

from core.ids import QuoteId
from core.places import Destination
from routing.cart import Cart, CartLine, Live
from routing.checkout.from_network import build_problem
from routing.checkout.prices import likely_rate, with_room
from routing.checkout.problem import NEVER
from routing.distributions.forest import Forest
from routing.distributions.lead_times import (
    CALENDAR_DAYS,
    LeadTimeModel,
    LearnedLeadTimes,
    NetworkState,
)
from routing.distributions.traits import TRAITS, Goods, ParcelTraits
from routing.distributions.waits import WaitModel
from routing.network.canonical import to_plain
from routing.quote import freight_minor
from routing.quoting import plan_quote
from routing.snapshot import Snapshot

MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
NODES = np.zeros((0, 1), np.int64)
WAIT = WaitModel(
    Forest(np.zeros((0, 63)), NODES, NODES, NODES, NODES, np.zeros((0, 1)), 0.0), (), 0, 0, 1
)


@pytest.mark.parametrize("sku", ["MUG-01", "COFFEE-02", "BOOK-03", "LAMP-02"])
def test_one_article_is_charged_as_it_is_then_packed(
    snapshot: Snapshot, live: Live, sku: str
) -> None:
    cart = Cart(Destination("FR", "75011"), (CartLine("1", sku, 1),), MONDAY)
    problem = build_problem(snapshot, cart, live).problem
    services = {(one.node, one.kind): one for one in problem.services}
    goods = (Goods(snapshot.network.sku(sku), 1, 0),)
    seen = 0
    for option in plan_quote(snapshot, cart, live, QuoteId(UUID(int=1))).options:
        for parcel in option.parcels:
            table = services[parcel.origin, parcel.service].tariff
            rate = likely_rate(table, with_room(problem.boxes, goods))
            assert rate is not None
            assert rate == freight_minor(to_plain(parcel.cost_lines))
            seen += 1
    assert seen


@dataclass(frozen=True, slots=True, eq=False)
class Noting(LearnedLeadTimes):
    """Knows nothing, and notes what it is asked about."""

    seen: list[ParcelTraits] = field(default_factory=list)

    def knows(self, traits: ParcelTraits) -> bool:
        self.seen.append(traits)
        return False


def test_a_date_is_asked_for_with_the_rate_and_the_sellers_of_the_cart(
    snapshot: Snapshot, live: Live
) -> None:
    offers = {offer.seller: offer.sku for offer in snapshot.network.offers}
    (one, first), (other, second) = list(offers.items())[:2]
    lines = (CartLine("1", first, 1, one), CartLine("2", second, 1, other))
    state = NetworkState(
        day=MONDAY.date(),
        working=(True,) * CALENDAR_DAYS,
        readings=(),
        pressure=0.0,
        miss_factors={},
        deliveries={},
        handling_days={"": 2.0},
        transit_counts={},
        arrives=((1.0,), (1.0,)),
    )
    lead_times = Noting("noting", LeadTimeModel(WAIT, WAIT, {}), state)
    asking = replace(snapshot, lead_times=lead_times)
    build_problem(asking, Cart(Destination("FR", "75011"), lines, MONDAY), live)
    assert {traits.group("seller") for traits in lead_times.seen} == {one, other}
    for traits in lead_times.seen:
        known = dict(zip(TRAITS, traits.figures, strict=True))
        assert known["sellers"] == 2
        assert 0 < known["freight_minor"] < 100_000


def test_goods_that_no_box_holds_count_as_the_dearest_parcel(
    snapshot: Snapshot, live: Live
) -> None:
    cart = Cart(Destination("FR", "75011"), (CartLine("1", "MUG-01", 1),), MONDAY)
    problem = build_problem(snapshot, cart, live).problem
    table = problem.services[0].tariff
    mug = snapshot.network.sku("MUG-01")
    assert likely_rate(table, with_room(problem.boxes, (Goods(mug, 10_000, 0),))) == int(
        table.cost.max()
    )
    refused = replace(table, cost=np.full_like(table.cost, NEVER))
    assert likely_rate(refused, with_room(problem.boxes, (Goods(mug, 1, 0),))) is None


def test_without_cost_lines_nothing_is_known() -> None:
    assert freight_minor([]) is None
    lines = [
        {"code": code, "amount": {"minor": minor, "currency": "EUR"}}
        for code, minor in (("freight", 500), ("fuel", 60), ("box", 70), ("handling", 30))
    ]
    assert freight_minor(lines) == 560
