"""Makes the link by which a customer sees one order: unguessable, for one purpose, expiring."""

import hashlib
import hmac
from base64 import urlsafe_b64encode
from datetime import timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from store.session import add_if_new, new_id, now
from store.tenant_seal import tenant_key
from tracking.tables import LinkRow, hash_token

TRACK, RETURN = "track", "return"
LASTS = {TRACK: timedelta(days=180), RETURN: timedelta(days=400)}


def open_link(session: Session, order_id: UUID, purpose: str) -> str:
    """The token of the order's link; the same one again while it lasts. Only its hash is kept.

    It is an HMAC under the tenant's key: 192 bits that nobody without the key can compute.
    """
    material = f"{purpose}:{order_id}".encode()
    digest = hmac.digest(tenant_key(session, "link"), material, hashlib.sha256)
    token = urlsafe_b64encode(digest[:24]).decode()
    instant = now(session)
    values = {
        "id": new_id(session),
        "token_hash": hash_token(token),
        "purpose": purpose,
        "order_id": order_id,
        "created_at": instant,
        "expires_at": instant + LASTS[purpose],
    }
    add_if_new(session, LinkRow, values, ["token_hash"])
    return token
