"""At a border: duties and import VAT by imported tables, else the plain words that they are not in."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

from core.ids import QuoteId
from core.money import Money
from core.places import Destination
from routing.cart import Cart, CartLine, Live
from routing.network.network import Network
from routing.network.trade import Customs, DutyRate, TaxRate
from routing.quote import OptionParcel, Quote
from routing.quoting import plan_quote
from routing.snapshot import compile_snapshot

MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
DAY = date(2026, 1, 1)
TO = Destination("GB", "M1 1AA")
LINES = (CartLine("1", "MUG-01", 2, "turia-ceramica"),)
FREE = Money(0, "EUR")


def told(network: Network, live: Live, **changes: object) -> Quote:
    snapshot = compile_snapshot(replace(network, **changes), "test")  # type: ignore[arg-type]
    quote = plan_quote(snapshot, Cart(TO, LINES, MONDAY), live, QuoteId(UUID(int=1)))
    assert quote.options
    return quote


def parcels(quote: Quote) -> list[OptionParcel]:
    return [parcel for option in quote.options for parcel in option.parcels]


def duty(network: Network, rate: str, free_below: Money = FREE) -> Customs:
    row = DutyRate("GB", "", Decimal(rate), free_below, "test", DAY)
    return Customs(network.customs.territory_of, (row,))


def test_prices_that_contain_the_tax_owe_none_at_the_border(network: Network, live: Live) -> None:
    for parcel in parcels(told(network, live)):
        assert (parcel.import_tax, parcel.import_tax_said) == (None, "import_tax_in_price")


def test_import_tax_is_on_goods_duties_and_delivery(network: Network, live: Live) -> None:
    rate = TaxRate("GB", "standard", Decimal("0.20"), False, DAY)
    quote = told(network, live, taxes=(rate,), customs=duty(network, "0.10"))
    mug = next(o for o in network.offers if (o.seller, o.sku) == ("turia-ceramica", "MUG-01"))
    for option in quote.options:
        for parcel in option.parcels:
            goods = mug.price.minor * sum(c.qty for c in parcel.contents)
            owed = round(goods * 0.10)
            assert parcel.duties is not None and parcel.import_tax is not None
            assert abs(parcel.duties.minor - owed) <= len(parcel.contents)
            base = goods + parcel.duties.minor + parcel.cost.minor
            assert abs(parcel.import_tax.minor - base * 0.20) <= len(parcel.contents)
            paid = parcel.customs == "ddp"
            assert parcel.import_tax_said == (
                "import_tax_paid" if paid else "import_tax_on_delivery"
            )
            charged = [
                line.amount
                for line in option.charge.lines
                if line.code == "import_tax" and line.parcel == parcel.number
            ]
            assert charged == ([parcel.import_tax] if paid else [])


def test_without_a_duty_row_nothing_is_guessed(network: Network, live: Live) -> None:
    rate = TaxRate("GB", "standard", Decimal("0.20"), False, DAY)
    nothing = Customs(network.customs.territory_of, ())
    for parcel in parcels(told(network, live, taxes=(rate,), customs=nothing)):
        assert (parcel.duties, parcel.import_tax) == (None, None)
        assert parcel.duties_said == "duties_not_included"
        assert parcel.import_tax_said == "import_tax_not_included"


def test_small_consignments_owe_no_duty(network: Network, live: Live) -> None:
    customs = duty(network, "0.10", Money(1_000_000, "EUR"))
    for parcel in parcels(told(network, live, customs=customs)):
        assert parcel.duties == Money(0, "EUR")
