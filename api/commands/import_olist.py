"""`lanewise import-olist DIR`: real orders in the Olist format, with network and history."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from api.commands.api_key import find_tenant
from api.commands.output import emit, progress
from api.wiring import from_environment
from core.errors import invalid
from core.ids import TenantId
from routing.flows.activate_network import activate_network
from routing.flows.keep_network import keep_network
from store.session import Sessions
from tracking.flows.import_history import import_history
from tracking.flows.tally_promises import tally_promises

app = typer.Typer()
BATCH = 2000  # orders of one transaction


@dataclass(frozen=True, slots=True)
class ImportedOrders:
    """How many orders the data set has, and how many of them were not there before."""

    orders: int
    new: int
    network_version: int


@app.command()
def import_olist(
    folder: Annotated[Path, typer.Argument(help="Folder of the published CSV files, or parquet.")],
    tenant: Annotated[str | None, typer.Option(help="Tenant; needed when several.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Load orders, promises and tracking history, and make the network behind them active.

    A second import changes nothing; one that was cut short goes on where it stopped.
    """
    lanewise = from_environment()
    imported = import_folder(lanewise.sessions, find_tenant(lanewise, tenant), folder, say=progress)
    emit(
        {"orders": imported.orders, "new": imported.new},
        as_json=json,
        text=f"{imported.orders} orders, {imported.new} of them new; "
        f"network version {imported.network_version} is active",
    )


def import_folder(
    sessions: Sessions,
    tenant: TenantId,
    folder: Path,
    *,
    say: Callable[[str], None] = lambda _: None,
    batch: int = BATCH,
) -> ImportedOrders:
    """Import in transactions of `batch` orders; raises InvalidInput before anything is written.

    The network becomes active last: an import that is cut short changes nobody's plans.
    """
    from simulations.adapters.olist_files import read_olist  # only here: numpy is not needed before
    from simulations.olist.derived import history
    from simulations.olist.network import derive_network
    from simulations.olist.past_orders import past_orders

    data = read_olist(folder, say)
    if not data.orders:
        raise invalid("DIR", f"{folder} holds no order")
    say("deriving the network: places, handling, transit times, tariff")
    as_of = data.orders[-1].purchased_at + timedelta(minutes=1)
    network = derive_network(data, history(data), as_of=as_of, orders=data.orders)
    with sessions(tenant, actor="cli") as session:
        kept = keep_network(session, network)
    value_of, policy = past_orders(data, network), network.policies[0]
    new = 0
    for start in range(0, len(data.orders), batch):
        values = [value_of(order) for order in data.orders[start : start + batch]]
        with sessions(tenant, actor="cli") as session:
            new += import_history(
                session,
                values,
                network_hash=kept.content_hash,
                policy=policy.code,
                policy_version=policy.version,
            )
        say(f"{start + len(values)} of {len(data.orders)} orders, {new} new")
    with sessions(tenant, actor="cli") as session:
        active = activate_network(session, network, kept=kept)
    tally_promises(sessions, tenant)
    return ImportedOrders(len(data.orders), new, active.version)
