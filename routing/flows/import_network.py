"""Imports a network from files: validates it as a whole, makes it a new version, activates it."""

from collections.abc import Mapping

from sqlalchemy.orm import Session

from carriers.adapters.table.published import published_tariffs
from routing.flows.activate_network import ImportedNetwork, activate_network
from routing.network.format import read_network


def import_network(session: Session, files: Mapping[str, str]) -> ImportedNetwork:
    """Make these files the active network, or change nothing and tell every fault.

    `files` maps file names to text; see docs/reference/network.md. Importing the active network
    again changes nothing.
    """
    return activate_network(session, read_network(files, published_tariffs()))
