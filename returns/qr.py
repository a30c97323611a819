"""A return's code: signed, so that any counter can check it without asking anybody."""

import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

PREFIX = "LWR1"  # Lanewise return, format 1
_BODY = struct.Struct(">16s I H")  # return id, last day (ordinal), parcels or pieces
SIGNATURE_BYTES = 64  # Ed25519, RFC 8032


@dataclass(frozen=True, slots=True)
class Slip:
    """What the code says: which return, how many pieces, and until when it may be handed in."""

    rma: UUID
    last_day: date
    pieces: int


class BadSlip(StrEnum):
    """Why a code is not accepted."""

    UNREADABLE = "unreadable"
    FORGED = "forged"
    EXPIRED = "expired"


def private_key(seed: bytes) -> Ed25519PrivateKey:
    """The signing key of 32 secret bytes."""
    return Ed25519PrivateKey.from_private_bytes(seed)


def public_text(key: Ed25519PrivateKey) -> str:
    """The public key for scanners, base64: it only checks."""
    return urlsafe_b64encode(key.public_key().public_bytes_raw()).decode()


def write_slip(slip: Slip, key: Ed25519PrivateKey) -> str:
    """The text of the QR code: letters, digits, `-`, `_` and dots."""
    body = _BODY.pack(slip.rma.bytes, slip.last_day.toordinal(), slip.pieces)
    signed = key.sign(PREFIX.encode() + body)
    return f"{PREFIX}.{_text(body)}.{_text(signed)}"


def read_slip(text: str, public: str, *, today: date) -> Slip | BadSlip:
    """Check a scanned code with nothing but the public key and the calendar."""
    try:
        prefix, body_text, signature_text = text.strip().split(".")
        body, signature = _bytes(body_text), _bytes(signature_text)
        rma, ordinal, pieces = _BODY.unpack(body)
        slip = Slip(UUID(bytes=rma), date.fromordinal(ordinal), pieces)
        key = Ed25519PublicKey.from_public_bytes(_bytes(public))
    except (ValueError, struct.error, OverflowError):
        return BadSlip.UNREADABLE
    if prefix != PREFIX or len(signature) != SIGNATURE_BYTES:
        return BadSlip.UNREADABLE
    try:
        key.verify(signature, PREFIX.encode() + body)
    except InvalidSignature:
        return BadSlip.FORGED
    return BadSlip.EXPIRED if today > slip.last_day else slip


def _text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    raw = text.encode("ascii")
    return urlsafe_b64decode(raw + b"=" * (-len(raw) % 4))
