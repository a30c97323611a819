"""Verifies webhooks by Standard Webhooks 1.0.0: HMAC-SHA256 over id, timestamp and the raw bytes."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum

SECRET_PREFIX = "whsec_"  # noqa: S105


class Refusal(StrEnum):
    """Why a webhook is not believed."""

    NO_SIGNATURE = "no_signature"
    BAD_TIMESTAMP = "bad_timestamp"
    STALE = "stale"
    FORGED = "forged"


def sign(secret: bytes, message_id: str, timestamp: int, raw: bytes) -> str:
    """The value of `webhook-signature` for these bytes; `timestamp` in Unix seconds."""
    signed = f"{message_id}.{timestamp}.".encode() + raw
    return "v1," + base64.b64encode(hmac.digest(secret, signed, hashlib.sha256)).decode()


def signed_headers(secret: bytes, message_id: str, at: datetime, raw: bytes) -> dict[str, str]:
    """The three headers that a sender sets."""
    timestamp = int(at.timestamp())
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": sign(secret, message_id, timestamp, raw),
    }


def check_signature(
    headers: Mapping[str, str], raw: bytes, *, secret: bytes, now: datetime, tolerance: timedelta
) -> Refusal | None:
    """None when the bytes are from who holds the secret, and fresh; header names in lower case."""
    message_id = headers.get("webhook-id", "")
    given = headers.get("webhook-signature", "")
    if not message_id or not given:
        return Refusal.NO_SIGNATURE
    written = headers.get("webhook-timestamp", "")
    if not written.isascii() or not written.isdigit() or len(written) > 12:
        return Refusal.BAD_TIMESTAMP
    timestamp = int(written)
    wanted = sign(secret, message_id, timestamp, raw).encode()
    # Several signatures, space-separated, while a secret is being changed.
    matches = [hmac.compare_digest(one.encode(), wanted) for one in given.split(" ")]
    if not any(matches):
        return Refusal.FORGED
    if abs(now.timestamp() - timestamp) > tolerance.total_seconds():
        return Refusal.STALE
    return None


def secret_text(secret: bytes) -> str:
    """A secret as people copy it."""
    return SECRET_PREFIX + base64.b64encode(secret).decode()


def read_secret(text: str) -> bytes | None:
    """The bytes of `whsec_…`, or None."""
    try:
        return base64.b64decode(text.removeprefix(SECRET_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        return None
