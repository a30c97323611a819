"""Ids: version 7 by RFC 9562, ordered by time."""

from datetime import UTC, datetime, timedelta

from core.ids import time_ordered_id

START = datetime(2026, 1, 1, tzinfo=UTC)


def test_ids_sort_by_time_and_carry_version_and_variant() -> None:
    ids = [
        time_ordered_id(START + timedelta(milliseconds=n), lambda size: b"\xff" * size)
        for n in range(50)
    ]
    assert ids == sorted(ids)
    assert {one.version for one in ids} == {7}
    assert ids[0].int >> 80 == int(START.timestamp() * 1000)
