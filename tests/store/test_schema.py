"""Migrations: they build just the tables that the code declares, on both databases."""

from sqlalchemy import Engine, MetaData

from api.models import metadata
from store import schema


def _drop(engine: Engine) -> None:
    found = MetaData()
    found.reflect(engine)
    found.drop_all(engine)


def test_migrations_and_tables_agree_from_empty_up_and_again(engine: Engine) -> None:
    metadata.drop_all(engine)
    try:
        assert schema.current(engine) is None
        schema.upgrade(engine, metadata)
        assert schema.current(engine) == schema.newest()
        assert schema.differences(engine, metadata) == []
        schema.upgrade(engine, metadata)
        assert schema.differences(engine, metadata) == []
    finally:
        _drop(engine)
        metadata.create_all(engine)
