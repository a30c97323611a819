"""Imports a network from files: validates it as a whole, makes it a new version, activates it."""

from collections.abc import Callable, Mapping, Sequence

from sqlalchemy.orm import Session

from carriers.adapters.table.published import published_tariffs
from core.errors import Fault, InvalidInput
from routing.flows.activate_network import ImportedNetwork, activate_network
from routing.network.format import read_network
from routing.network.policies import Policy

PolicyCheck = Callable[[Policy], object]
"""What another room reads in a policy: raises InvalidInput naming the field."""


def import_network(
    session: Session, files: Mapping[str, str], *, checks: Sequence[PolicyCheck] = ()
) -> ImportedNetwork:
    """Make these files the active network, or change nothing and tell every fault.

    `files` maps file names to text; see docs/reference/network.md. Importing the active network
    again changes nothing.
    """
    network = read_network(files, published_tariffs())
    faults = [
        Fault(fault.field, fault.reason, "policies.json", row)
        for row, policy in enumerate(network.policies, start=1)
        for check in checks
        for fault in _faults(policy, check)
    ]
    if faults:
        raise InvalidInput(faults=faults)
    return activate_network(session, network)


def _faults(policy: Policy, check: PolicyCheck) -> tuple[Fault, ...]:
    try:
        check(policy)
    except InvalidInput as error:
        return tuple(error.faults)
    return ()
