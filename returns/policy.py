"""Return policies as data: legal floor, platform's and seller's improvements, dated with source.

Presets are not legal advice.
"""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum

from core.errors import invalid


class Basis(StrEnum):
    """On what ground goods come back; it drives fee, refund and deadlines."""

    WITHDRAWAL = "withdrawal"  # the consumer changed their mind within the legal period
    GUARANTEE = "guarantee"  # the goods were not as they should be
    GOODWILL = "goodwill"  # the marketplace or seller gives more time than the law
    UNDELIVERABLE = "undeliverable"


class Cause(StrEnum):
    """Why the customer sends it back; product causes and delivery causes are told apart."""

    CHANGED_MIND = "changed_mind"
    DOES_NOT_FIT = "does_not_fit"
    ARRIVED_LATE = "arrived_late"
    DAMAGED = "damaged"
    WRONG_ITEM = "wrong_item"
    NOT_AS_DESCRIBED = "not_as_described"
    DEFECTIVE = "defective"
    INCOMPLETE = "incomplete"

    @property
    def is_fault(self) -> bool:
        """Whether the goods were not as they should be: the guarantee answers for it."""
        return self in _FAULTS


_FAULTS = frozenset(
    {
        Cause.DAMAGED,
        Cause.WRONG_ITEM,
        Cause.NOT_AS_DESCRIBED,
        Cause.DEFECTIVE,
        Cause.INCOMPLETE,
    }
)


@dataclass(frozen=True, slots=True)
class ReturnPolicy:
    """One version of the rules; `seller` empty means everybody's."""

    code: str
    version: int
    countries: frozenset[str]  # of the consignee, ISO 3166-1; empty: all
    valid_from: date
    source: str
    withdrawal_days: int  # calendar days, the day after delivery is the first
    rolls_to_working_day: bool
    uninformed_extra_days: int  # if the consumer was not told of the right
    send_back_days: int  # to hand the goods in, from the notice
    refund_days: int  # to pay back, from the notice
    guarantee_days: int
    goodwill_days: int = 0  # from delivery; 0: none beyond the law
    goodwill_fee_share: Decimal = Decimal(0)  # of the price, kept for wear and work
    excluded_categories: frozenset[str] = frozenset()  # no withdrawal: Art. 16
    seller_pays_return: frozenset[Basis] = frozenset({Basis.GUARANTEE, Basis.UNDELIVERABLE})
    seller: str = ""

    def __post_init__(self) -> None:
        days = (
            self.withdrawal_days,
            self.uninformed_extra_days,
            self.send_back_days,
            self.refund_days,
            self.guarantee_days,
            self.goodwill_days,
        )
        if min(days) < 0:
            raise invalid("days", "periods are not negative")
        if not 0 <= self.goodwill_fee_share <= 1:
            raise invalid("goodwill_fee_share", "a share lies within 0..1")
        if not self.source:
            raise invalid("source", "a policy names its source")


EU = frozenset(
    "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK".split()
)
EEA_WITHOUT_EU = frozenset({"IS", "LI", "NO"})

# Directive 2011/83/EU (consolidated 2022-05-28) Art. 9 (14 days), 10 (12 months more if not
# informed), 13 (refund in 14 days of the notice), 14 (goods back in 14 days), 16 (exceptions);
# Regulation 1182/71 Art. 3 (working days); Directive 2019/771 Art. 10 (two years).
EU_PRESET = ReturnPolicy(
    code="eu-consumer",
    version=1,
    countries=EU | EEA_WITHOUT_EU,
    valid_from=date(2022, 5, 28),
    source="Dir. 2011/83/EU Art. 9-16; Reg. (EEC) 1182/71 Art. 3; Dir. (EU) 2019/771 Art. 10",
    withdrawal_days=14,
    rolls_to_working_day=True,
    uninformed_extra_days=365,
    send_back_days=14,
    refund_days=14,
    guarantee_days=730,
    excluded_categories=frozenset(
        {"made_to_order", "perishable", "sealed_hygiene", "sealed_media", "newspaper"}
    ),
)
# Consumer Contracts Regulations 2013 (SI 2013/3134) reg. 29-34; Consumer Rights Act 2015 s. 22:
# 30 days to reject faulty goods, afterwards repair or replacement; limitation six years.
UK_PRESET = replace(
    EU_PRESET,
    code="uk-consumer",
    countries=frozenset({"GB"}),
    valid_from=date(2015, 10, 1),
    source="SI 2013/3134 reg. 29-34; Consumer Rights Act 2015 s. 19-24",
    rolls_to_working_day=False,
    guarantee_days=2190,
)
# Código de Defesa do Consumidor (Lei 8.078/1990) Art. 49 (7 days), Art. 26 (90 days, durables).
BR_PRESET = replace(
    EU_PRESET,
    code="br-consumer",
    countries=frozenset({"BR"}),
    valid_from=date(1991, 3, 11),
    source="Lei 8.078/1990 Art. 26, 49",
    withdrawal_days=7,
    rolls_to_working_day=False,
    uninformed_extra_days=0,
    guarantee_days=90,
    excluded_categories=frozenset(),
    seller_pays_return=frozenset({Basis.WITHDRAWAL, Basis.GUARANTEE, Basis.UNDELIVERABLE}),
)
# Where no preset is known: what the platform gives of its own will.
PLATFORM_PRESET = replace(
    EU_PRESET,
    code="platform",
    countries=frozenset(),
    valid_from=date(2026, 1, 1),
    source="Lanewise default of 2026-01",
    rolls_to_working_day=False,
    uninformed_extra_days=0,
    guarantee_days=365,
    excluded_categories=frozenset(),
)
PRESETS = (EU_PRESET, UK_PRESET, BR_PRESET, PLATFORM_PRESET)


def policy_for(
    policies: tuple[ReturnPolicy, ...], *, country: str, ordered_on: date, seller: str = ""
) -> ReturnPolicy:
    """The rules in force for a consignee's country when the order was placed.

    The seller's own policy counts where it improves on the common one, period by period: nobody
    goes below the floor. Raises InvalidInput when no policy covers the country and day.
    """
    floor = _latest(policies, country, ordered_on, "")
    if floor is None:
        raise invalid("country", f"no return policy covers {country} on {ordered_on}")
    own = _latest(policies, country, ordered_on, seller) if seller else None
    if own is None:
        return floor
    return improved(floor, own)


def improved(floor: ReturnPolicy, own: ReturnPolicy) -> ReturnPolicy:
    """`own` where it is better for the customer, period by period, and else the floor."""
    return replace(
        own,
        withdrawal_days=max(floor.withdrawal_days, own.withdrawal_days),
        rolls_to_working_day=floor.rolls_to_working_day or own.rolls_to_working_day,
        uninformed_extra_days=max(floor.uninformed_extra_days, own.uninformed_extra_days),
        send_back_days=max(floor.send_back_days, own.send_back_days),
        refund_days=min(floor.refund_days, own.refund_days),
        guarantee_days=max(floor.guarantee_days, own.guarantee_days),
        goodwill_days=max(floor.goodwill_days, own.goodwill_days),
        goodwill_fee_share=min(floor.goodwill_fee_share, own.goodwill_fee_share),
        excluded_categories=floor.excluded_categories & own.excluded_categories,
        seller_pays_return=floor.seller_pays_return | own.seller_pays_return,
    )


def _latest(
    policies: tuple[ReturnPolicy, ...], country: str, on: date, seller: str
) -> ReturnPolicy | None:
    """The newest policy of exactly that seller: one naming the country before one for all."""
    fitting = [
        policy
        for policy in policies
        if policy.seller == seller
        and policy.valid_from <= on
        and (country in policy.countries or not policy.countries)
    ]
    return max(fitting, key=lambda p: (bool(p.countries), p.valid_from, p.version), default=None)
