"""The rules that hold for a cart: its own and the policy's, checked against the network."""

from collections.abc import Iterator
from dataclasses import replace

from core.errors import Fault, InvalidInput
from routing.cart import Cart
from routing.checkout.rules import NO_RULES, Pin, PinTo, Rules, joined
from routing.network.network import Network
from routing.network.policies import Policy, SplitRules

NO_SPLIT_RULES = SplitRules()


def rules_of(network: Network, policy: Policy, cart: Cart) -> Rules:
    """The rules to plan under; raises InvalidInput for unknown codes and for contradictions."""
    if not cart.rules.any and policy.splits == NO_SPLIT_RULES:
        return NO_RULES
    if cart.rules.any:
        faults = [*_unknown(network, cart.rules), *_against(network, policy, cart)]
        if faults:
            raise InvalidInput(faults=faults)
    return joined([policy_rules(policy, cart), cart.rules])


def policy_rules(policy: Policy, cart: Cart) -> Rules:
    """What the policy's split rules mean for a cart, but for the most parcels in all."""
    splits = policy.splits
    return Rules(
        max_parcels_per_seller=splits.max_parcels_per_seller,
        whole_lines=tuple(line.id for line in cart.lines) if splits.whole_lines else (),
        without_sellers=tuple(sorted(splits.excluded_sellers)),
    )


def _unknown(network: Network, rules: Rules) -> Iterator[Fault]:
    sellers = {seller.code for seller in network.sellers}
    named = [
        *((f"without_sellers[{n}]", code) for n, code in enumerate(rules.without_sellers)),
        *((f"without[{n}].seller", one.seller) for n, one in enumerate(rules.without)),
    ]
    for path, code in named:
        if code not in sellers:
            yield Fault(f"rules.{path}", f"unknown seller {code!r}")
    known = {
        PinTo.SELLER: sellers,
        PinTo.LOCATION: {place.code for place in network.locations},
        PinTo.SERVICE: {service.code for service in network.services},
        PinTo.HUB: {hub.location for hub in network.hubs},
    }
    for number, pin in enumerate(rules.pins):
        if pin.code not in known[pin.to]:
            yield Fault(f"rules.pins[{number}].code", f"unknown {pin.to.value} {pin.code!r}")


def _against(network: Network, policy: Policy, cart: Cart) -> Iterator[Fault]:
    """Pins that the policy, another rule or the line itself forbids; each fault names both."""
    owner = {place.code: place.seller for place in network.locations}
    lines = {line.id: line for line in cart.lines}
    sellers = {pin.line: pin.code for pin in cart.rules.pins if pin.to is PinTo.SELLER}
    for number, pin in enumerate(cart.rules.pins):
        path = f"rules.pins[{number}]"
        seller = {PinTo.SELLER: pin.code, PinTo.LOCATION: owner.get(pin.code, "")}.get(pin.to, "")
        if seller in policy.splits.excluded_sellers:
            yield Fault(path, f"{pin}, but policy {policy.code!r} leaves out seller {seller!r}")
        if pin.to is PinTo.HUB and not policy.splits.hubs:
            yield Fault(path, f"{pin}, but policy {policy.code!r} uses no hubs")
        if pin.to is PinTo.LOCATION and seller:
            yield from _of_another(path, pin, seller, sellers, lines[pin.line].seller)
            if not replace(cart.rules, pins=()).permits(pin.line, seller, pin.code):
                yield Fault(path, f"{pin}, whose seller {seller!r} another rule leaves out")


def _of_another(
    path: str, pin: Pin, seller: str, pinned: dict[str, str], own: str
) -> Iterator[Fault]:
    whose = f"{pin}, a place of seller {seller!r}"
    if own not in ("", seller):
        yield Fault(path, f"{whose}, but the line itself names seller {own!r}")
    if pinned.get(pin.line, seller) != seller:
        yield Fault(path, f"{whose}, but it is also pinned to seller {pinned[pin.line]!r}")
