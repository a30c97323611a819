"""What can be put into the playground's cart: articles with prices and sellers, sample carts."""

from dataclasses import dataclass

from core.money import Money
from routing.network.network import Network

SAMPLE_DESTINATIONS = (("FR", "69003"), ("DE", "10115"), ("IT", "20121"), ("GB", "EC1A 1BB"))
MOST_ARTICLES = 2000


@dataclass(frozen=True, slots=True)
class Article:
    """A SKU that somebody offers."""

    sku: str
    name: str
    price: Money
    sellers: str


@dataclass(frozen=True, slots=True)
class Sample:
    """A cart to begin with."""

    title: str
    lines: tuple[tuple[str, int], ...]
    country: str
    postcode: str


def articles_of(network: Network) -> tuple[Article, ...]:
    """Offered SKUs with their lowest price."""
    names = {sku.code: sku.name for sku in network.skus}
    sellers = {seller.code: seller.name for seller in network.sellers}
    offers: dict[str, list[tuple[int, Money, str]]] = {}
    for offer in network.offers:
        found = offers.setdefault(offer.sku, [])
        found.append((offer.price.minor, offer.price, sellers.get(offer.seller, offer.seller)))
    articles = []
    for sku, found in sorted(offers.items())[:MOST_ARTICLES]:
        who = sorted({name for _, _, name in found})
        shown = ", ".join(who[:2]) + (f" +{len(who) - 2}" if len(who) > 2 else "")
        articles.append(Article(sku, names.get(sku, sku), min(found)[1], shown))
    return tuple(articles)


def samples_of(network: Network) -> tuple[Sample, ...]:
    """A few carts of several sellers to places that the network knows."""
    countries = set(countries_of(network))
    skus = _one_sku_a_seller(network)
    samples = []
    for index, (country, postcode) in enumerate(SAMPLE_DESTINATIONS):
        size = 2 + index
        chosen = skus[index::3][:size]
        if country in countries and chosen:
            lines = tuple((sku, 1 + n % 2) for n, sku in enumerate(chosen))
            samples.append(Sample(f"{len(lines)} articles to {postcode}", lines, country, postcode))
    return tuple(samples)


def _one_sku_a_seller(network: Network) -> list[str]:
    first: dict[str, str] = {}
    for offer in sorted(network.offers, key=lambda offer: (offer.seller, offer.sku)):
        if offer.stock > 0 and offer.sku not in first.values():
            first.setdefault(offer.seller, offer.sku)
    return list(first.values())


def countries_of(network: Network) -> tuple[str, ...]:
    """Countries with postal codes in the network."""
    return tuple(sorted({row.area.country for row in network.postcodes}))
