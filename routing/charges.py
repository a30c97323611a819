"""What the shopper pays for delivery: the policy's rules on what it costs, itemised, to the cent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from core.errors import invalid
from core.money import Money
from routing.network.policies import ChargeKind, ChargePolicy, ChargeRule
from routing.network.trade import TaxRate


@dataclass(frozen=True, slots=True)
class CostShare:
    """What a seller's goods in one parcel cost to deliver, settlement currency."""

    seller: str
    parcel: int
    cost_minor: int


@dataclass(frozen=True, slots=True)
class ChargeLine:
    """One line of the charge. Codes: delivery, delivery_free, co2e, duties, import_tax, tax."""

    code: str
    seller: str
    parcel: int | None
    amount: Money


@dataclass(frozen=True, slots=True)
class Charge:
    """What the shopper pays; `lines` sum to `total`. `tax` is contained in the total."""

    total: Money
    tax: Money
    tax_rate: Decimal | None
    tax_included: bool
    """True: the lines contain the tax; False: it is a line of its own."""
    lines: tuple[ChargeLine, ...]

    def __post_init__(self) -> None:
        if sum(line.amount.minor for line in self.lines) != self.total.minor:
            raise invalid("lines", "a charge's lines must sum to its total")


def charge_delivery(
    policy: ChargePolicy,
    shares: Sequence[CostShare],
    *,
    group: str,
    goods_minor: Mapping[str, int],
    duties_minor: Mapping[int, int],
    import_tax_minor: Mapping[int, int] | None = None,
    co2_minor: Mapping[int, int] | None = None,
    currency: str,
    tax: TaxRate | None,
) -> Charge:
    """Apply the rules. `goods_minor` by seller; `co2_minor` by parcel, taxed like delivery.

    `duties_minor` and `import_tax_minor` by parcel that the sender pays; they bear no tax again.
    """
    lines: list[ChargeLine] = []
    by_rule: dict[ChargeRule, list[CostShare]] = {}
    for share in shares:
        by_rule.setdefault(policy.rule_for(share.seller, group), []).append(share)
    for rule, own in by_rule.items():
        lines.extend(_lines(rule, own, goods_minor, currency))
    lines += [
        ChargeLine("co2e", "", parcel, Money(amount, currency))
        for parcel, amount in (co2_minor or {}).items()
        if amount
    ]
    taxable = Money(sum(line.amount.minor for line in lines), currency)
    at_border = [
        ChargeLine(code, "", parcel, Money(amount, currency))
        for code, amounts in (("duties", duties_minor), ("import_tax", import_tax_minor or {}))
        for parcel, amount in amounts.items()
        if amount
    ]
    total = taxable + Money(sum(line.amount.minor for line in at_border), currency)
    lines.extend(at_border)
    if tax is None:
        return Charge(total, Money.zero(currency), None, True, tuple(lines))
    if tax.included:
        contained = taxable - taxable.times(Decimal(1) / (1 + tax.rate))
        return Charge(total, contained, tax.rate, True, tuple(lines))
    added = taxable.times(tax.rate)
    lines.append(ChargeLine("tax", "", None, added))
    return Charge(total + added, added, tax.rate, False, tuple(lines))


def _lines(
    rule: ChargeRule, shares: Sequence[CostShare], goods_minor: Mapping[str, int], currency: str
) -> list[ChargeLine]:
    goods = sum(goods_minor.values())
    if rule.kind is ChargeKind.PER_SELLER:
        lines = []
        for seller in dict.fromkeys(share.seller for share in shares):
            own = [share for share in shares if share.seller == seller]
            lines.extend(_shared(rule, own, goods_minor.get(seller, 0), currency))
        return lines
    if rule.kind is ChargeKind.FLAT:
        return _shared(rule, shares, goods, currency)
    if _is_free(rule, goods):
        return [_line("delivery_free", share, Money.zero(currency)) for share in shares]
    return [
        _line("delivery", share, Money(share.cost_minor, currency).times(1 + rule.markup))
        for share in shares
    ]


def _shared(
    rule: ChargeRule, shares: Sequence[CostShare], goods_minor: int, currency: str
) -> list[ChargeLine]:
    """One amount over the shares, by what each costs."""
    if rule.amount is None or _is_free(rule, goods_minor):
        return [_line("delivery_free", share, Money.zero(currency)) for share in shares]
    weights = [max(share.cost_minor, 0) for share in shares]
    parts = rule.amount.split(weights if sum(weights) else [1] * len(shares))
    return [_line("delivery", share, part) for share, part in zip(shares, parts, strict=True)]


def _is_free(rule: ChargeRule, goods_minor: int) -> bool:
    return rule.free_above is not None and goods_minor >= rule.free_above.minor


def _line(code: str, share: CostShare, amount: Money) -> ChargeLine:
    return ChargeLine(code, share.seller, share.parcel, amount)
