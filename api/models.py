"""Imports every room's tables, so that `Base.metadata` is whole for migrations and tests."""

from store import tables as store_tables
from store.base import Base

metadata = Base.metadata
ROOMS = (store_tables,)
