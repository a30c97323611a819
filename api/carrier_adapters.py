"""Builds the carriers that this installation can talk to, by the name that bookings use."""

from pathlib import Path

from carriers.adapters.sandbox.client import SandboxClient
from carriers.adapters.sandbox.local import LocalSandbox
from carriers.adapters.table.client import NumberRange, TableCarrier
from carriers.adapters.table.contracts import own_tariffs
from carriers.adapters.table.published import published_tariffs
from carriers.ports import Carrier, Recovery
from carriers.sandbox import Sandbox
from core.clock import Clock

# Carriers with bundled published prices: title, and numbers as the carrier writes them. GS1's
# demonstration prefix and S10 service indicators of the right form; no range is really ours.
PUBLISHED = {
    "royalmail": ("Royal Mail", NumberRange(s10_indicator="LW", s10_country="GB")),
    "parcelforce": ("Parcelforce", NumberRange(s10_indicator="CW", s10_country="GB")),
    "postnl": ("PostNL", NumberRange(s10_indicator="LW", s10_country="NL")),
    "colissimo": ("Colissimo", NumberRange(s10_indicator="CW", s10_country="FR")),
}


def make_carriers(
    sandbox_url: str | None, clock: Clock, contracts: Path | None = None
) -> dict[str, Carrier]:
    """Every carrier by name: price tables, and the sandbox (over HTTP if it has a URL).

    A contract in the folder `contracts` stands in place of the published prices of its service.
    """
    own = own_tariffs(contracts) if contracts is not None else {}
    carriers: dict[str, Carrier] = {}
    for name, (title, numbers) in PUBLISHED.items():
        tariffs = {s: tariff for (c, s), tariff in published_tariffs().items() if c == name}
        agreed, _ = own.pop(name, ([], None))
        tariffs |= {tariff.service: tariff for tariff in agreed}
        carriers[name] = TableCarrier(name, tariffs, numbers, title=title)
    for name, (agreed, prefix) in own.items():
        carriers[name] = TableCarrier(name, {t.service: t for t in agreed}, prefix)
    if sandbox_url is not None:
        carriers["sandbox"] = SandboxClient(sandbox_url, "sandbox")
    else:
        carriers["sandbox"] = LocalSandbox(Sandbox(1, Recovery.KEY), clock)
    return carriers
