"""The stored form of a quote: nothing is lost, and what is spoiled is told."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from core.errors import InvalidInput
from core.ids import QuoteId
from core.places import Destination
from routing.cart import Cart, CartLine, Live
from routing.network.canonical import from_json
from routing.quote import Quote, SeenUse
from routing.quote_text import destination_in, quote_of, quote_text
from routing.quoting import plan_quote
from routing.snapshot import Snapshot

LATE = datetime(2026, 3, 2, 15, 30, tzinfo=UTC)
LINES = (CartLine("1", "MUG-01", 2), CartLine("2", "PUZZLE-02", 1))
OUT_OF_TOWN = Destination("FR", "75011", 'Île-de-France "{x}"')


@pytest.fixture
def quote(snapshot: Snapshot, live: Live) -> Quote:
    cart = Cart(OUT_OF_TOWN, LINES, LATE, pickup_points=2, co2_minor_per_tonne=5_000)
    told = plan_quote(snapshot, cart, live, QuoteId(UUID(int=1)))
    assert told.options
    return replace(told, used=(SeenUse("DEPOT", date(2026, 3, 3), 4),))


def test_nothing_is_lost(quote: Quote) -> None:
    text = quote_text(quote)
    assert quote_of(text) == quote
    assert from_json(Quote, text) == quote  # the slow reader of the network's texts agrees
    assert list(json.loads(text)) == sorted(json.loads(text))


@pytest.mark.parametrize("region", ["", "x}y", "{", '}"', "\\", '"destination":{', "ß" * 200])
def test_the_destination_stands_in_the_beginning(quote: Quote, region: str) -> None:
    text = quote_text(replace(quote, destination=Destination("FR", "75011", region)))
    assert destination_in(text[:1000]) == Destination("FR", "75011", region)


@pytest.mark.parametrize("text", ["", "{}", '{"destination":{"count', '{"destination":[1]}'])
def test_a_text_without_its_destination_has_none(text: str) -> None:
    assert destination_in(text) is None


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ('"exact":true', '"exact":1', r"\$\.exact"),
        ('"currency":"EUR"', '"currency":null', r"\$\.currency"),
        ('"exact":true', '"exact":', "malformed"),
    ],
)
def test_a_spoiled_text_is_told_by_its_field(quote: Quote, old: str, new: str, field: str) -> None:
    text = quote_text(quote)
    assert old in text
    with pytest.raises(InvalidInput, match=field):
        quote_of(text.replace(old, new))
