"""Why an option is as it is, in the quote's terms: instants for minutes, days for day indices."""

from collections.abc import Sequence

from routing.checkout.from_network import CartProblem
from routing.checkout.likelihood import Likelihoods
from routing.checkout.problem import Plan
from routing.checkout.why import Value, WhyCode, explain
from routing.quote import Sentence
from routing.snapshot import instant_of

NOMINATED_DAY = "nominated_day"
CO2_WEIGHED = "co2_weighed"
OF_EARLIEST = frozenset(
    {
        WhyCode.WAITS_FOR_DELIVERY_DAY,
        WhyCode.DAY_BEFORE_UNLIKELY,
        WhyCode.NOTHING_EARLIER,
        WhyCode.EARLIER_COSTS,
    }
)
"""What is not the reason for a day that the shopper named."""


def sentences_of(
    of: CartProblem,
    likelihoods: Likelihoods,
    plan: Plan,
    plans: Sequence[Plan],
    *,
    complete: bool = True,
) -> tuple[Sentence, ...]:
    """The reasons behind a plan of the frontier `plans`; see `explain` for `complete`."""
    told = [
        Sentence(because.code.value, told_parameters(of, because.parameters), because.constraints)
        for because in explain(likelihoods, plan, plans, complete=complete)
        # under rules other places may have it too: they are left out, not empty
        if not (of.cart.rules.narrow and because.code is WhyCode.ONLY_ORIGIN)
    ]
    if of.problem.co2_price:
        price = (("price_minor", str(of.problem.co2_price)),)
        told.append(Sentence(CO2_WEIGHED, price, ("co2_price",)))
    if of.cart.nominated_day is None:
        return tuple(told)
    asked = (("asked_on", of.cart.nominated_day.isoformat()),)
    kept = (sentence for sentence in told if sentence.code not in OF_EARLIEST)
    return (Sentence(NOMINATED_DAY, asked, ("nominated_day",)), *kept)


def told_parameters(
    of: CartProblem, parameters: Sequence[tuple[str, Value]]
) -> tuple[tuple[str, str], ...]:
    """`…_minute` becomes `…_at`, `…_day` becomes `…_on`, a service id the service's name."""
    return tuple(_told(of, name, value) for name, value in parameters)


def _told(of: CartProblem, name: str, value: Value) -> tuple[str, str]:
    if name.endswith("_minute"):
        return f"{name.removesuffix('_minute')}_at", instant_of(int(value)).isoformat()
    if name.endswith("_day"):
        return f"{name.removesuffix('_day')}_on", of.day(int(value)).isoformat()
    if name == "service":
        return name, of.services[str(value)].name
    return name, str(value)
