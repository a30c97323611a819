"""A marketplace in a box: shoppers, sellers, carriers and returners act on a running Lanewise.

SimPy keeps the order of things under a virtual clock; every random draw has its own seeded source
named for what it decides, so that the same seed tells the same story whatever else changes.
"""

import random
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import simpy

from core.errors import LanewiseError
from core.places import Destination
from routing.network.network import Network
from routing.network.places import TransitTable
from routing.network.services import transit_between
from simulations.demand import Wish, wishes
from simulations.ports import Marketplace
from simulations.scenario import Scenario
from simulations.shop import CarrierVoice, Placed, Shop, pick
from simulations.travel import travel

Process = Generator[simpy.Event, Any, None]
TICK = timedelta(hours=6)
NEXT_PICKUP = timedelta(days=1)
WAY_BACK = timedelta(days=3)
HANDS = timedelta(minutes=10)  # before the pickup the parcel is scanned at the door


@dataclass(slots=True)
class ParcelFate:
    """What became of one parcel."""

    parcel_id: str
    tracking_number: str
    carrier: str
    origin: str
    missed_pickup: bool = False
    delayed: bool = False
    handed_over_at: datetime | None = None
    delivered_at: datetime | None = None
    lost: bool = False


@dataclass(slots=True)
class OrderFate:
    """What was promised for one order, and what became of it."""

    number: int
    order_id: str
    placed_at: datetime
    promised: datetime
    option: str
    destination: Destination
    language: str
    charge_minor: int
    level: str  # probability that the promise states, decimal text
    sellers: tuple[str, ...]
    parcels: list[ParcelFate] = field(default_factory=list)
    returned: bool = False
    refund_minor: int | None = None

    @property
    def settled(self) -> bool:
        return all(parcel.delivered_at or parcel.lost for parcel in self.parcels)

    @property
    def arrived_at(self) -> datetime | None:
        """When the last parcel came; None when one is missing."""
        times = [parcel.delivered_at for parcel in self.parcels]
        return max((at for at in times if at is not None), default=None) if all(times) else None

    @property
    def kept(self) -> bool:
        """Everything arrived by the promised instant."""
        return all(
            parcel.delivered_at is not None and parcel.delivered_at <= self.promised
            for parcel in self.parcels
        )


@dataclass(slots=True)
class WorldReport:
    """What happened in a rehearsal; figures are counts."""

    scenario: str
    seed: int
    carts: int = 0
    refused: dict[str, int] = field(default_factory=dict)
    orders: list[OrderFate] = field(default_factory=list)
    short_counts: int = 0

    def figures(self) -> dict[str, Any]:
        """The summary as plain JSON."""
        settled = [order for order in self.orders if order.settled]
        parcels = [parcel for order in self.orders for parcel in order.parcels]
        kept = sum(order.kept for order in settled)
        return {
            "scenario": self.scenario,
            "seed": self.seed,
            "carts": self.carts,
            "orders": len(self.orders),
            "refused": dict(sorted(self.refused.items())),
            "several_sellers": sum(len(order.sellers) > 1 for order in self.orders),
            "parcels": len(parcels),
            "missed_pickups": sum(parcel.missed_pickup for parcel in parcels),
            "delayed": sum(parcel.delayed for parcel in parcels),
            "lost": sum(parcel.lost for parcel in parcels),
            "delivered": sum(parcel.delivered_at is not None for parcel in parcels),
            "settled_orders": len(settled),
            "kept_orders": kept,
            "returned_orders": sum(order.returned for order in self.orders),
            "refunds": sum(order.refund_minor is not None for order in self.orders),
            "short_counts": self.short_counts,
        }


class World:
    """One rehearsal; `run` once."""

    def __init__(
        self,
        marketplace: Marketplace,
        network: Network,
        scenario: Scenario,
        *,
        seed: int,
        places: Sequence[Destination],
        voices: Mapping[str, CarrierVoice],
    ) -> None:
        self.marketplace = marketplace
        self.scenario = scenario
        self.seed = seed
        self.shop = Shop(marketplace)
        self.report = WorldReport(scenario.name, seed)
        self._network = network
        self._places = places
        self._voices = voices
        self._env = simpy.Environment()
        self._busy = 0
        self._say: Callable[[str], None] = lambda _: None
        self._delay_due = scenario.certain_delay
        self._return_due = scenario.certain_delay

    def run(self, say: Callable[[str], None] = lambda _: None) -> WorldReport:
        """Let everything happen; returns when the last parcel has settled or time is up.

        `say` hears of every day that has passed.
        """
        self._say = say
        end = self.scenario.start + timedelta(days=self.scenario.days) + self.scenario.settle
        self._start(self._shoppers())
        self._env.run(until=self._env.process(self._ticks(end)))
        self.report.refused = dict(self.shop.refused)
        return self.report

    def _start(self, process: Process) -> None:
        """Begin a process that the end of the world waits for."""
        self._busy += 1
        self._env.process(self._counted(process))

    def _counted(self, process: Process) -> Process:
        yield self._env.process(process)
        self._busy -= 1

    def _seconds(self, instant: datetime) -> float:
        return max((instant - self.scenario.start).total_seconds(), self._env.now)

    def _until(self, instant: datetime) -> simpy.Event:
        return self._env.timeout(self._seconds(instant) - self._env.now)

    def _now(self) -> datetime:
        """The world's instant; the marketplace's clock follows it."""
        instant = self.scenario.start + timedelta(seconds=self._env.now)
        self.marketplace.advance(instant)
        return instant

    def _draw(self, *name: object) -> random.Random:
        return random.Random("/".join(str(part) for part in (self.seed, *name)))

    def _ticks(self, end: datetime) -> Process:
        """The schedule goes on when nobody acts, until all is settled or time is up."""
        while self._busy and self._env.now < self._seconds(end):
            yield self._env.timeout(TICK.total_seconds())
            instant = self._now()
            if instant.hour == self.scenario.start.hour:
                orders = len(self.report.orders)
                self._say(f"{instant:%Y-%m-%d}: {orders} orders, {self._busy} things under way")

    def _shoppers(self) -> Process:
        for wish in wishes(self._network, self.scenario, self._places, self.seed):
            yield self._until(wish.at)
            self._now()
            self.report.carts += 1
            self._buy(wish)

    def _buy(self, wish: Wish) -> None:
        quote = self.shop.quote(wish)
        if quote is None:
            return
        option = pick(quote["options"], wish.preference)
        placed = self.shop.commit(wish, quote, option)
        if placed is None:
            return
        self.marketplace.work()
        self._follow(wish, placed, option)

    def _follow(self, wish: Wish, placed: Placed, option: dict[str, Any]) -> None:
        contents = [content for parcel in option["parcels"] for content in parcel["contents"]]
        fate = OrderFate(
            number=wish.number,
            order_id=placed.order_id,
            placed_at=wish.at,
            promised=placed.promised,
            option=",".join(option["names"]) or placed.option,
            destination=wish.destination,
            language=wish.language,
            charge_minor=placed.charge_minor,
            level=placed.level,
            sellers=tuple(sorted({content["seller"] for content in contents})),
        )
        self.report.orders.append(fate)
        for parcel in self.shop.order(placed.order_id)["parcels"]:
            table = self._transit(parcel, wish.destination)
            self._start(self._parcel(fate, parcel, table))
        draw = self._draw("short", wish.number)
        if draw.random() < self.scenario.sellers.short_share and contents:
            self._find_short(draw.choice(contents))
        self._start(self._returner(wish, fate))

    def _transit(self, parcel: dict[str, Any], to: Destination) -> TransitTable:
        """The published table of the parcel's lane: the one that its promise was made on."""
        place = self._network.location(parcel["origin"])
        rows = [row for row in self._network.transit if row.service == parcel["service"]]
        found = transit_between(rows, location=place.code, country=place.address.country, to=to)
        if found is None:
            raise LanewiseError(f"{parcel['service']} has no transit time to {to}")
        return found

    def _find_short(self, content: dict[str, Any]) -> None:
        """A seller counts the shelf and finds nothing left."""
        self.report.short_counts += 1
        self.shop.count_stock(content["seller"], content["sku"], content["location"], 0)

    def _parcel(self, fate: OrderFate, parcel: dict[str, Any], table: TransitTable) -> Process:
        one = ParcelFate(parcel["id"], "", parcel["carrier"], parcel["origin"])
        fate.parcels.append(one)
        draw = self._draw("parcel", fate.number, parcel["number"])
        leaves_at = datetime.fromisoformat(parcel["leaves_at"])
        one.missed_pickup = draw.random() < self.scenario.sellers.late_share
        if one.missed_pickup:
            leaves_at += NEXT_PICKUP
        yield self._until(leaves_at - HANDS)
        one.handed_over_at = self._now()
        one.tracking_number = self._number(fate, one)
        if not one.tracking_number:
            return  # the carrier refused it, or nobody knows: it never leaves
        self.shop.hand_over(one.tracking_number)
        self.marketplace.work()
        forced, self._delay_due = self._delay_due, False
        journey = travel(
            draw,
            handed_over_at=leaves_at,
            levels=[float(level) for level in table.levels],
            minutes=table.minutes,
            habits=self.scenario.lanes,
            force_delay=forced,
        )
        one.delayed = journey.delayed
        voice = self._voices.get(one.carrier)
        for telling in journey.tellings:
            yield self._until(telling.told_at)
            self._now()
            if voice is not None:
                voice.tell(one.tracking_number, telling, place=fate.destination.country)
                self.marketplace.work()
            if telling.code == "delivered":
                one.delivered_at = journey.arrives_at
        one.lost = journey.arrives_at is None

    def _number(self, fate: OrderFate, one: ParcelFate) -> str:
        """The number that booking gave meanwhile."""
        for parcel in self.shop.order(fate.order_id)["parcels"]:
            if parcel["id"] == one.parcel_id and parcel["booking"] is not None:
                return parcel["booking"]["tracking_number"] or ""
        return ""

    def _returner(self, wish: Wish, fate: OrderFate) -> Process:
        """Some customers send something back once all of it has arrived."""
        draw = self._draw("return", wish.number)
        wants = draw.random() < self.scenario.return_share
        while not fate.settled:
            yield self._env.timeout(TICK.total_seconds())
            if self._env.now > self._seconds(wish.at + self.scenario.settle):
                return
        if not (wants or self._return_due) or any(parcel.lost for parcel in fate.parcels):
            return
        self._return_due = False
        yield self._env.timeout(self.scenario.return_after.total_seconds())
        self._now()
        code = self.shop.send_back(fate.order_id, cause=draw.choice(RETURN_CAUSES))
        self.marketplace.work()
        if not code:
            return
        fate.returned = True
        yield self._env.timeout(WAY_BACK.total_seconds())
        self._now()
        fate.refund_minor = self.shop.receive_back(code)
        self.marketplace.work()


RETURN_CAUSES = ("changed_mind", "does_not_fit", "damaged", "not_as_described", "arrived_late")
