"""Records what a driver did at a stop: served with a proof, or not and why."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import Conflict, NotFound, invalid
from core.ids import TourPlanId
from routing.tables import TourVisitRow
from store.session import now
from store.tenant_seal import seal_for_tenant

PURPOSE = "tour proof"
MOST_PHOTO_BYTES = 3_000_000


@dataclass(frozen=True, slots=True)
class Proof:
    """A code told or typed, or a signature as SVG path data; a photo if one was taken."""

    code: str = ""
    signature: str = ""
    photo: bytes = b""


def record_visit(
    session: Session,
    plan_id: TourPlanId,
    vehicle: int,
    position: int,
    *,
    served: bool,
    proof: Proof,
    note: str = "",
    stop: int | None = None,
) -> None:
    """The same again changes nothing. `stop` is the number that was shown at that position.

    Raises NotFound, InvalidInput without a proof or a reason, Conflict when it was told otherwise.
    """
    row = session.scalar(
        select(TourVisitRow)
        .where(
            TourVisitRow.plan_id == plan_id,
            TourVisitRow.vehicle == vehicle,
            TourVisitRow.position == position,
        )
        .with_for_update()
    )
    if row is None:
        raise NotFound("no such stop on this tour")
    if stop is not None and row.stop != stop:
        raise Conflict("the tour has changed: look again", code="tour_changed")
    state = "done" if served else "failed"
    if row.state != "planned":
        if row.state == state:
            return
        raise Conflict(f"the stop is {row.state} already", code="visit_ended")
    if served and not (proof.code or proof.signature) and row.what != "reload":
        raise invalid("proof", "a code or a signature is needed")
    if not served and not note:
        raise invalid("note", "say why it could not be served")
    if len(proof.photo) > MOST_PHOTO_BYTES:
        raise invalid("photo", f"is larger than {MOST_PHOTO_BYTES} bytes")
    row.state, row.ended_at, row.note = state, now(session), note[:200]
    content = proof.code or proof.signature
    if content:
        row.proof = "code" if proof.code else "signature"
        row.sealed_proof = seal_for_tenant(session, content.encode(), purpose=PURPOSE)
    if proof.photo:
        row.sealed_photo = seal_for_tenant(session, proof.photo, purpose=PURPOSE)
