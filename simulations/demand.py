"""Who buys what, when and to where: seeded carts over the goods and places of a network."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.places import Address, Destination
from routing.network.network import Network
from simulations.scenario import HOUR_WEIGHTS, Scenario

FIRST_NAMES = ("Ana", "Léa", "Jan", "Marta", "Tom", "Ingrid", "Paolo", "Sofia", "Erik", "Nora")
LAST_NAMES = ("Martin", "de Vries", "Popescu", "Rossi", "Novak", "Smith", "García", "Schmidt")
STREETS = ("High Street", "Rue des Lilas", "Hauptstraße", "Via Roma", "Calle Mayor", "Kerkstraat")
LANGUAGE_OF = {
    "FR": "fr", "BE": "fr", "LU": "fr", "IT": "it", "ES": "es", "DE": "de", "AT": "de",
    "RO": "ro", "PT": "pt-BR", "BR": "pt-BR", "ID": "id",
}  # fmt: skip
PREFERENCES = ("cheapest", "fastest", "fewest_parcels")
PREFERENCE_WEIGHTS = (55, 30, 15)


@dataclass(frozen=True, slots=True)
class Wish:
    """A cart about to be asked for: SKU code and quantity per line, a customer, a preference."""

    number: int
    at: datetime
    lines: tuple[tuple[str, int], ...]
    destination: Destination
    address: Address
    language: str
    preference: str


def wishes(
    network: Network, scenario: Scenario, places: Sequence[Destination], seed: int
) -> Iterator[Wish]:
    """The scenario's carts in order of time; the same seed gives the same carts."""
    draw = random.Random(f"{seed}/demand")
    by_seller: dict[str, list[str]] = {}
    for offer in network.offers:
        if offer.stock > 0:
            by_seller.setdefault(offer.seller, []).append(offer.sku)
    sellers = sorted(by_seller)
    number = 0
    for day in range(scenario.days):
        count = _poisson(draw, scenario.orders_per_day)
        midnight = scenario.start + timedelta(days=day)
        hours = sorted(draw.choices(range(24), HOUR_WEIGHTS, k=count))
        moments = sorted(
            midnight + timedelta(hours=hour, seconds=draw.randrange(3600)) for hour in hours
        )
        for moment in moments:
            number += 1
            yield _wish(draw, number, moment, sellers, by_seller, places)


def _wish(
    draw: random.Random,
    number: int,
    at: datetime,
    sellers: Sequence[str],
    by_seller: dict[str, list[str]],
    places: Sequence[Destination],
) -> Wish:
    several = min(len(sellers), draw.choices((1, 2, 3), (45, 40, 15))[0])
    lines: dict[str, int] = {}
    for seller in draw.sample(sellers, several):
        goods = by_seller[seller]
        for sku in draw.sample(goods, min(len(goods), draw.choices((1, 2), (70, 30))[0])):
            lines[sku] = draw.choices((1, 2, 3), (80, 15, 5))[0]
    to = draw.choice(list(places))
    name = f"{draw.choice(FIRST_NAMES)} {draw.choice(LAST_NAMES)}"
    mailbox = name.lower().replace(" ", ".").encode("ascii", "ignore").decode()
    address = Address(
        name=name,
        street=f"{draw.choice(STREETS)} {draw.randint(1, 180)}",
        city=to.region or to.country,
        postcode=to.postcode,
        country=to.country,
        email=f"{mailbox}.{number}@customers.example",
    )
    preference = draw.choices(PREFERENCES, PREFERENCE_WEIGHTS)[0]
    language = LANGUAGE_OF.get(to.country, "en")
    return Wish(number, at, tuple(sorted(lines.items())), to, address, language, preference)


def _poisson(draw: random.Random, mean: float) -> int:
    """Knuth's product method; means here are small."""
    limit, product, count = 2.718281828459045**-mean, draw.random(), 0
    while product > limit:
        product *= draw.random()
        count += 1
    return count
