"""A customer's link opens one order for one purpose, until it expires; guesses open nothing."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from core.clock import ManualClock
from core.errors import Expired, NotFound
from core.ids import TenantId
from store.session import Sessions
from tracking.flows.follow_link import follow_link
from tracking.flows.open_link import RETURN, TRACK, open_link
from tracking.tables import LinkRow

ORDER = UUID(int=2)


def test_a_link_opens_its_order_for_its_purpose_until_it_expires(
    sessions: Sessions, tenant: TenantId, clock: ManualClock
) -> None:
    with sessions(tenant) as session:
        token = open_link(session, ORDER, TRACK)
        assert open_link(session, ORDER, TRACK) == token
        back = open_link(session, ORDER, RETURN)
        other = open_link(session, UUID(int=3), TRACK)
        assert len({token, back, other}) == 3
        assert len(token) == 32
        assert token.encode() not in {row.token_hash for row in session.scalars(select(LinkRow))}
    followed = follow_link(sessions, token, TRACK)
    assert (followed.tenant, followed.order) == (tenant, ORDER)
    with pytest.raises(NotFound):
        follow_link(sessions, token, RETURN)
    for guess in ("", token[:-1], token + "A", token.swapcase(), "\udcff", "'" * 500):
        with pytest.raises(NotFound):
            follow_link(sessions, guess, TRACK)
    clock.advance(timedelta(days=181))
    with pytest.raises(Expired):
        follow_link(sessions, token, TRACK)
