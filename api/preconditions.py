"""What must hold before a command or server works on a database: its revision, tables, master key."""

from api.models import metadata
from api.wiring import Lanewise
from core.errors import InvalidInput
from store import schema
from store.persons import check_master_key


def check_revision(lanewise: Lanewise) -> None:
    """Refuse a database that is absent, old or newer than this code."""
    found = schema.current(lanewise.sessions.engine)
    if found is None:
        raise InvalidInput("the database is empty: run `lanewise init`", code="not_initialized")
    if found != schema.newest():
        raise InvalidInput(
            f"the database is at revision {found}, this code needs {schema.newest()}: "
            "run `lanewise upgrade`",
            code="schema",
        )


def check_tables(lanewise: Lanewise) -> None:
    """Refuse a database whose tables are not what its revision says."""
    if schema.differences(lanewise.sessions.engine, metadata):
        raise InvalidInput("the database's tables differ from this code's", code="schema")


def check_key(lanewise: Lanewise) -> bool:
    """Refuse a master key that does not open what stands; False when there is nothing to open.

    To go on with a wrong one would seal new persons under it, and neither key would fit them all.
    """
    with lanewise.sessions.system(read_only=True) as session:
        return check_master_key(session)


def check_all(lanewise: Lanewise) -> None:
    """What `serve` and `worker` ask for before they start."""
    check_revision(lanewise)
    check_tables(lanewise)
    check_key(lanewise)
