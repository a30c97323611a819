"""Makes the link by which a driver sees one vehicle's tour: unguessable, for that day only."""

import hashlib
import hmac
from base64 import urlsafe_b64encode
from datetime import timedelta

from sqlalchemy.orm import Session

from core.errors import NotFound
from core.ids import TourPlanId
from routing.tables import TourLinkRow, TourPlanRow, hash_token
from store.session import add_if_new, new_id
from store.tenant_seal import tenant_key

LASTS = timedelta(days=3)  # from the day's midnight


def open_tour_link(session: Session, plan_id: TourPlanId, vehicle: int) -> str:
    """The token; the same one again. Only its hash is kept.

    It is an HMAC under the tenant's key: 192 bits that nobody without the key can compute.
    """
    row = session.get(TourPlanRow, plan_id)
    if row is None:
        raise NotFound("no such tour plan")
    material = f"tour:{plan_id}:{vehicle}".encode()
    digest = hmac.digest(tenant_key(session, "link"), material, hashlib.sha256)
    token = urlsafe_b64encode(digest[:24]).decode()
    values = {
        "id": new_id(session),
        "token_hash": hash_token(token),
        "plan_id": plan_id,
        "vehicle": vehicle,
        "expires_at": row.day_starts + LASTS,
    }
    add_if_new(session, TourLinkRow, values, ["token_hash"])
    return token
