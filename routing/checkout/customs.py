"""What crossing a customs border costs a parcel: terms, duties, import VAT, and what is not known."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.money import Money
from routing.checkout.from_network import CartProblem
from routing.checkout.problem import Content, PlannedParcel
from routing.network.goods import Sku
from routing.network.services import Duties
from routing.network.trade import NoExchangeRate, TaxRate, settle, tax_on
from routing.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Crossing:
    """Terms (none, dap, ddp), amounts where known, and the sentence codes about them."""

    terms: str
    duties: Money | None
    duties_said: str
    tax: Money | None
    tax_said: str


INSIDE = Crossing("none", None, "no_duties", None, "no_import_tax")
OF_TERMS = {"dap": "on_delivery", "ddp": "paid"}


class CustomsDesk:
    """Answers for the parcels of one cart."""

    def __init__(self, snapshot: Snapshot, of: CartProblem) -> None:
        self.network, self.cart_problem = snapshot.network, of
        self.currency = self.network.marketplace.currency
        self.country = of.cart.destination.country
        self.day = of.settled_on

    def cross(self, parcel: PlannedParcel, cost_minor: int) -> Crossing:
        """What the parcel, whose delivery costs so much, owes at the border."""
        origin = self.network.location(parcel.node).address.country
        if not self.network.customs.is_border(origin, self.country):
            return INSIDE
        service = self.cart_problem.services[parcel.service]
        terms = "ddp" if service.duties is Duties.DDP else "dap"
        duties = self._duties(parcel.contents)
        if duties is None:
            in_price = self._is_in_price(parcel.contents)
            said = "import_tax_in_price" if in_price else "import_tax_not_included"
            return Crossing(terms, None, "duties_not_included", None, said)
        told = f"duties_{OF_TERMS[terms]}"
        amount = Money(sum(duties), self.currency)
        if self._is_in_price(parcel.contents):
            return Crossing(terms, amount, told, None, "import_tax_in_price")
        tax = self._import_tax(parcel.contents, duties, cost_minor)
        if tax is None:
            return Crossing(terms, amount, told, None, "import_tax_not_included")
        return Crossing(terms, amount, told, tax, f"import_tax_{OF_TERMS[terms]}")

    def settled(self, amount: Money) -> int:
        """Minor units of the settlement currency."""
        settled = settle(amount, self.currency, self.network.exchange_rates, self.day)
        if isinstance(settled, NoExchangeRate):
            raise AssertionError("offers without a rate are left out")
        return settled.amount.minor

    def _goods_minor(self, content: Content) -> int:
        offer = self.cart_problem.offers[content.line, content.location]
        return self.settled(offer.price) * content.qty

    def _sku(self, content: Content) -> Sku:
        return self.network.sku(self.cart_problem.offers[content.line, content.location].sku)

    def _duties(self, contents: Sequence[Content]) -> list[int] | None:
        """Of each content; None when the table lacks one."""
        value = sum(self._goods_minor(content) for content in contents)
        amounts = []
        for content in contents:
            code = self._sku(content).hs_code
            duty = self.network.customs.duty_for(self.country, code, self.day)
            if duty is None:
                return None
            owed = Money(self._goods_minor(content), self.currency).times(duty.rate).minor
            amounts.append(owed if value >= self.settled(duty.free_below) else 0)
        return amounts

    def _is_in_price(self, contents: Sequence[Content]) -> bool:
        """Whether shown prices contain the destination's tax on all of this."""
        rates = [self._rate(content) for content in contents]
        return all(rate is not None and rate.included for rate in rates)

    def _rate(self, content: Content) -> TaxRate | None:
        category = self._sku(content).tax_category
        return tax_on(self.network.taxes, self.country, category, self.day)

    def _import_tax(
        self, contents: Sequence[Content], duties: Sequence[int], cost_minor: int
    ) -> Money | None:
        """On goods, duties and delivery, delivery shared by the goods' value; None without a rate.

        Directive 2006/112/EC, Articles 85 and 86: duties and the way to the consignee count in.
        """
        values = [self._goods_minor(content) for content in contents]
        delivery = Money(cost_minor, self.currency).split(
            values if sum(values) else [1] * len(values)
        )
        total = Money.zero(self.currency)
        for content, value, duty, share in zip(contents, values, duties, delivery, strict=True):
            rate = self._rate(content)
            if rate is None:
                return None
            if not rate.included:
                base = Money(value + duty, self.currency) + share
                total += base.times(rate.rate)
        return total
