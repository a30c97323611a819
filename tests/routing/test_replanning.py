"""Reasons are read off the plan; what-ifs are solved again, and say what would change."""

from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from core.errors import NotFound
from core.ids import QuoteId
from core.places import Destination
from routing.cart import Cart, CartLine, Live
from routing.checkout.why import WhyCode
from routing.quote import Quote, Sentence
from routing.quoting import plan_quote
from routing.replanning import explain_option
from routing.snapshot import Snapshot

LATE = datetime(2026, 3, 2, 15, 30, tzinfo=UTC)  # a Monday, after most cut-offs
ID = QuoteId(UUID(int=1))
LINES = (CartLine("1", "MUG-01", 2), CartLine("2", "PUZZLE-02", 1), CartLine("3", "COFFEE-02", 1))


@pytest.fixture(scope="module")
def quote(snapshot: Snapshot, live: Live) -> Quote:
    return plan_quote(snapshot, Cart(Destination("FR", "75011"), LINES, LATE), live, ID)


def about(sentence: Sentence) -> dict[str, str]:
    return dict(sentence.parameters)


def test_every_option_says_why(quote: Quote) -> None:
    for option in quote.options:
        codes = [sentence.code for sentence in option.why]
        assert set(codes) <= {code.value for code in WhyCode}
        assert ("one_parcel" in codes) == (len(option.parcels) == 1)
        assert ("nothing_earlier" in codes) != ("earlier_costs" in codes)
        unlikely = next(s for s in option.why if s.code == "day_before_unlikely")
        assert float(about(unlikely)["share"]) < float(option.promise.level)
        before = date.fromisoformat(about(unlikely)["before_on"])
        assert (option.promise.date - before).days == 1


def test_an_earlier_day_is_priced_by_the_option_that_offers_it(quote: Quote) -> None:
    assert len(quote.options) > 1
    for option in quote.options[1:]:
        for sentence in option.why:
            if sentence.code == "earlier_costs":
                told = about(sentence)
                other = quote.option(told["option"])
                assert other is not None
                saved = other.charge.total.minor - option.charge.total.minor
                assert int(told["charge_minor"]) == saved
                assert int(told["days"]) == (option.promise.date - other.promise.date).days > 0


def test_sentences_agree_with_the_parcels_they_speak_of(quote: Quote) -> None:
    for option in quote.options:
        leaves = {parcel.leaves_at.isoformat() for parcel in option.parcels}
        for sentence in option.why:
            told = about(sentence)
            if sentence.code == "waits_for_pickup":
                assert told["pickup_at"] in leaves
            if sentence.code == "through_hub":
                assert option.parcels[int(told["parcel"]) - 1].origin == told["hub"]


def test_what_ifs_are_solved_again(snapshot: Snapshot, live: Live, quote: Quote) -> None:
    asked = set()
    for option in quote.options:
        told = explain_option(snapshot, quote, option.code, live)
        assert told.why == option.why
        for each in told.alternatives:
            asked.add(each.question.code)
            if each.date is not None:
                assert each.days == (each.date - option.promise.date).days
            if each.question.code == "fewer_parcels":
                assert each.date is None or each.parcels < 0
            if each.question.code in ("ordered_earlier", "before_cut_off"):
                assert each.days <= 0
    assert {"ordered_earlier", "from_place"} & asked


def test_what_the_quote_counted_on_counts_even_when_it_is_gone(
    snapshot: Snapshot, quote: Quote
) -> None:
    told = explain_option(snapshot, quote, "cheapest", Live())
    assert told.why and all(each.date is None or each.days <= 0 for each in told.alternatives)


def test_an_unknown_option_is_refused(snapshot: Snapshot, live: Live, quote: Quote) -> None:
    with pytest.raises(NotFound):
        explain_option(snapshot, quote, "o9", live)
