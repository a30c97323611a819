"""What is paid back for a return, line by line, and by when."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from core.money import Money, total
from returns.eligibility import BoughtLine
from returns.policy import Basis


@dataclass(frozen=True, slots=True)
class Returned:
    """Units of a line that came back on a ground."""

    line: str
    qty: int
    basis: Basis
    fee_share: Decimal = Decimal(0)  # of the price, kept on goodwill


@dataclass(frozen=True, slots=True)
class RefundLine:
    """One line of the refund. Codes: goods, delivery, fee."""

    code: str
    line: str
    amount: Money


@dataclass(frozen=True, slots=True)
class Refund:
    """What the marketplace is told to pay back; the lines sum to the total."""

    total: Money
    lines: tuple[RefundLine, ...]
    due_on: date  # the last local day


def refund_for(
    returned: Sequence[Returned],
    lines: Sequence[BoughtLine],
    *,
    delivery: Mapping[str, Money],
    due_on: date,
    currency: str,
) -> Refund:
    """The refund of these units.

    `delivery` is the standard outbound charge by seller; it is paid back when a seller's whole
    contract is withdrawn or was faulty (Dir. 2011/83 Art. 13(1)), not for a part of it. Goodwill
    keeps its line's share.
    """
    by_line = {line.line: line for line in lines}
    found: list[RefundLine] = []
    for one in returned:
        price = by_line[one.line].price * one.qty
        found.append(RefundLine("goods", one.line, price))
        if one.basis is Basis.GOODWILL and one.fee_share:
            fee = price.times(one.fee_share)
            found.append(RefundLine("fee", one.line, -fee))
    for seller, charge in sorted(delivery.items()):
        if charge.minor and _is_whole_contract(seller, returned, lines):
            found.append(RefundLine("delivery", "", charge))
    amount = total([line.amount for line in found], currency)
    return Refund(amount, tuple(found), due_on)


def _is_whole_contract(
    seller: str, returned: Sequence[Returned], lines: Sequence[BoughtLine]
) -> bool:
    """Whether with these units all that came of that seller is back on grounds of law."""
    back = {one.line: one.qty for one in returned if one.basis is not Basis.GOODWILL}
    own = [line for line in lines if line.seller == seller]
    return any(line.line in back for line in own) and all(
        back.get(line.line, 0) + line.returned >= line.qty - line.lost for line in own
    )
