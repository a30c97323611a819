"""Builds the carriers that this installation can talk to, by the name that bookings use.

Adapters are shared by all tenants; price tables are a tenant's own as soon as it keeps a contract.
"""

from collections.abc import Mapping

from carriers.adapters.sandbox.client import SandboxClient
from carriers.adapters.sandbox.local import LocalSandbox
from carriers.adapters.table.client import TableCarrier
from carriers.adapters.table.published import published_tariffs
from carriers.flows.read_contracts import Contracts, read_contracts
from carriers.number_ranges import NumberRange
from carriers.ports import Carrier, Recovery
from carriers.sandbox import Sandbox
from carriers.tariffs import Tariff
from core.clock import Clock
from core.ids import TenantId
from store.session import Sessions

# Carriers with bundled published prices: title, and numbers as the carrier writes them. GS1's
# demonstration prefix and S10 service indicators of the right form; no range is really ours.
PUBLISHED = {
    "royalmail": ("Royal Mail", NumberRange(s10_indicator="LW", s10_country="GB")),
    "parcelforce": ("Parcelforce", NumberRange(s10_indicator="CW", s10_country="GB")),
    "postnl": ("PostNL", NumberRange(s10_indicator="LW", s10_country="NL")),
    "colissimo": ("Colissimo", NumberRange(s10_indicator="CW", s10_country="FR")),
}


def make_carriers(
    sandbox_url: str | None, clock: Clock, recovery: Recovery = Recovery.KEY
) -> dict[str, Carrier]:
    """Every shared carrier by name: published prices, and the sandbox (over HTTP if it has a URL)."""
    carriers: dict[str, Carrier] = {
        name: _table(name, _published(name), numbers) for name, (_, numbers) in PUBLISHED.items()
    }
    if sandbox_url is not None:
        carriers["sandbox"] = SandboxClient(sandbox_url, "sandbox", recovery=recovery)
    else:
        carriers["sandbox"] = LocalSandbox(Sandbox(1, recovery), clock)
    return carriers


def with_contracts(shared: Mapping[str, Carrier], contracts: Contracts) -> dict[str, Carrier]:
    """The shared carriers, with a tenant's contracts and numbers in place of the published ones.

    The name of a shared carrier that is no price table stays that carrier's.
    """
    return _merged(shared, _own(contracts))


class TenantCarriers:
    """The carriers of each tenant; a contract kept by any process counts from the next question on."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._known: dict[TenantId, tuple[Contracts, dict[str, Carrier]]] = {}

    def of(self, tenant: TenantId, shared: dict[str, Carrier]) -> dict[str, Carrier]:
        """The tenant's carriers by name."""
        known, own = self._known.get(tenant, (Contracts(), {}))
        with self._sessions(tenant, read_only=True) as session:
            contracts = read_contracts(session, known)
        if not contracts.version:
            return shared
        if contracts is not known:
            own = _own(contracts)
            self._known[tenant] = (contracts, own)
        return _merged(shared, own)


def is_reserved(name: str, shared: Mapping[str, Carrier]) -> bool:
    """Whether a contract can't be of that carrier: it is one that tells its prices itself."""
    return name in shared and name not in PUBLISHED


def _merged(shared: Mapping[str, Carrier], own: Mapping[str, Carrier]) -> dict[str, Carrier]:
    return {**shared, **{name: one for name, one in own.items() if not is_reserved(name, shared)}}


def _own(contracts: Contracts) -> dict[str, Carrier]:
    carriers: dict[str, Carrier] = {}
    for name in sorted({name for name, _ in contracts.tariffs} | set(contracts.numbers)):
        tariffs = _published(name)
        tariffs |= {s: tariff for (c, s), tariff in contracts.tariffs.items() if c == name}
        if tariffs:
            usual = PUBLISHED[name][1] if name in PUBLISHED else NumberRange()
            carriers[name] = _table(name, tariffs, contracts.numbers.get(name, usual))
    return carriers


def _published(name: str) -> dict[str, Tariff]:
    return {s: tariff for (c, s), tariff in published_tariffs().items() if c == name}


def _table(name: str, tariffs: Mapping[str, Tariff], numbers: NumberRange) -> TableCarrier:
    title = PUBLISHED[name][0] if name in PUBLISHED else name
    return TableCarrier(name, tariffs, numbers, title=title)
