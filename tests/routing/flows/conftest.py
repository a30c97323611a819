"""A tenant with the demo network imported."""

from collections.abc import Iterator

import pytest
from sqlalchemy.orm import Session

from core.ids import TenantId
from routing.flows.import_network import import_network
from store.session import Sessions


@pytest.fixture
def market(sessions: Sessions, tenant: TenantId, small_text: dict[str, str]) -> TenantId:
    """The tenant, with the demo network active."""
    with sessions(tenant) as session:
        import_network(session, small_text)
    return tenant


@pytest.fixture
def session(sessions: Sessions, market: TenantId) -> Iterator[Session]:
    """A session on the market that commits at the end of the test."""
    with sessions(market) as opened:
        yield opened
