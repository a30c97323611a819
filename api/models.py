"""Imports every room's tables, so that `Base.metadata` is whole for migrations and tests."""

from carriers import tables as carriers_tables
from returns import tables as returns_tables
from routing import tables as routing_tables
from store import tables as store_tables
from store.base import Base
from tracking import tables as tracking_tables

metadata = Base.metadata
ROOMS = (store_tables, carriers_tables, routing_tables, tracking_tables, returns_tables)
