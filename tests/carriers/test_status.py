"""Tracking's words: every reason has a party; times are understood by the best evidence."""

from datetime import UTC, datetime

import pytest

from carriers.status import Party, Reason, TimeBasis, offset_text, read_event_time
from core.errors import InvalidInput


def test_every_reason_has_a_responsible_party() -> None:
    assert {reason.party for reason in Reason} == set(Party)


def test_an_offset_is_trusted_before_a_utc_field_before_the_zones() -> None:
    zones = {"place_zone": "Europe/Paris", "account_zone": "America/New_York"}
    by_offset = read_event_time("2026-07-01T10:00:00+03:00", utc="2026-07-01T06:00:00", **zones)
    assert by_offset.occurred_at == datetime(2026, 7, 1, 7, tzinfo=UTC)
    assert (by_offset.time_basis, by_offset.offset) == (TimeBasis.OFFSET, "+03:00")
    by_utc = read_event_time("2026-07-01T10:00:00", utc="2026-07-01T06:00:00", **zones)
    assert by_utc.occurred_at == datetime(2026, 7, 1, 6, tzinfo=UTC)
    by_place = read_event_time("2026-07-01T10:00:00", **zones)
    assert by_place.occurred_at == datetime(2026, 7, 1, 8, tzinfo=UTC)
    assert (by_place.time_basis, by_place.offset) == (TimeBasis.PLACE_ZONE, "+02:00")
    by_account = read_event_time("2026-07-01T10:00:00", account_zone="America/New_York")
    assert by_account.occurred_at == datetime(2026, 7, 1, 14, tzinfo=UTC)
    trust = [each.time_basis.trust for each in (by_offset, by_utc, by_place, by_account)]
    assert trust == [0, 1, 2, 3]


@pytest.mark.parametrize("written", ["2026-07-01T10:00:00", "yesterday", ""])
def test_a_time_that_cannot_be_placed_is_refused(written: str) -> None:
    with pytest.raises(InvalidInput):
        read_event_time(written)


def test_offsets_west_of_greenwich_keep_their_sign() -> None:
    assert offset_text(datetime.fromisoformat("2026-01-01T00:00:00-03:30")) == "-03:30"
