"""Shows where an order is: one state, one next step, and each parcel with its estimate."""

from uuid import UUID

from sqlalchemy.orm import Session

from core.errors import NotFound
from tracking.journey import fold, fold_by_parcel, order_journey
from tracking.tables import events_of, parcels_of_order, view_of
from tracking.views import OrderView


def view_order(session: Session, order_id: UUID, *, seller: str | None = None) -> OrderView:
    """The order's view; with `seller` only the parcels that hold goods of theirs.

    Raises NotFound when nothing of it is followed (or nothing of that seller).
    """
    rows = [
        row
        for row in parcels_of_order(session, order_id)
        if seller is None or seller in row.sellers
    ]
    if not rows:
        raise NotFound("no such order is followed")
    journeys = fold_by_parcel(events_of(session, [row.id for row in rows]))
    views = tuple(
        view_of(row, journeys.get(str(row.id)) or fold(()), seller=seller) for row in rows
    )
    by_parcel = {str(view.plan.parcel): view.journey for view in views}
    return OrderView(order_id, rows[0].order_reference, order_journey(by_parcel), views)
