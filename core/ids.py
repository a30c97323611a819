"""Identities: one type per thing, time-ordered UUIDs (RFC 9562, version 7)."""

from collections.abc import Callable
from datetime import datetime
from typing import NewType
from uuid import UUID

TenantId = NewType("TenantId", UUID)
SubjectId = NewType("SubjectId", UUID)
"""A person, by a random id that says nothing about them."""
QuoteId = NewType("QuoteId", UUID)
OrderId = NewType("OrderId", UUID)
ShipmentId = NewType("ShipmentId", UUID)
ParcelId = NewType("ParcelId", UUID)
BookingId = NewType("BookingId", UUID)
ManifestId = NewType("ManifestId", UUID)
EventId = NewType("EventId", UUID)
JobId = NewType("JobId", UUID)
RmaId = NewType("RmaId", UUID)
TourPlanId = NewType("TourPlanId", UUID)

Entropy = Callable[[int], bytes]
"""Gives that many random bytes; the system's source in production, a seeded one in tests."""


def time_ordered_id(now: datetime, entropy: Entropy) -> UUID:
    """A version 7 UUID: 48 bits of Unix milliseconds, then 74 random bits."""
    milliseconds = int(now.timestamp() * 1000)
    tail = int.from_bytes(entropy(10), "big")
    value = (milliseconds & ((1 << 48) - 1)) << 80
    value |= 0x7 << 76
    value |= ((tail >> 62) & 0xFFF) << 64
    value |= 0b10 << 62
    value |= tail & ((1 << 62) - 1)
    return UUID(int=value)
