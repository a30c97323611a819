"""Sets stock counts in a batch: per offer the count with the newest source timestamp stands."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.clock import require_aware
from core.errors import Fault, InvalidInput
from routing.cart import OfferKey
from routing.flows.load_snapshot import load_snapshot
from routing.tables import ReservationRow, StockRow
from store.session import add_rows, new_id

MOST_CHANGES = 10_000
MOST_UNITS = 100_000_000


@dataclass(frozen=True, slots=True)
class StockChange:
    """Units on hand of an offer, as counted at the source at an instant."""

    seller: str
    sku: str
    location: str
    on_hand: int
    counted_at: datetime


@dataclass(frozen=True, slots=True)
class StockAnswer:
    """How many counts stand now, and which (by index) were older than what was known."""

    applied: int
    stale: tuple[int, ...]


def set_stock(
    session: Session, changes: Sequence[StockChange], *, seller: str | None = None
) -> StockAnswer:
    """Write the counts; with `seller`, only that seller's offers are allowed.

    Reservations stay: what is free is the count less what is reserved. What has left the shelf
    at or after the instant of a count is taken off it: the count still held it. The same batch
    again changes nothing. Raises InvalidInput naming every wrong change; nothing is written then.
    """
    _check(session, changes, seller)
    newest: dict[OfferKey, tuple[int, StockChange]] = {}
    stale: list[int] = []
    for index, change in enumerate(changes):
        key = (change.seller, change.sku, change.location)
        before = newest.get(key)
        if before is not None and before[1].counted_at > change.counted_at:
            stale.append(index)
            continue
        if before is not None:
            stale.append(before[0])
        newest[key] = (index, change)
    rows = {
        row.key: row
        for row in session.scalars(
            select(StockRow)
            .where(StockRow.sku.in_(sorted({key[1] for key in newest})))
            .order_by(StockRow.sku, StockRow.seller, StockRow.location)
            .with_for_update()
        )
    }
    left = _left_since(session, [change for _, change in newest.values()])
    fresh = []
    for key, (index, change) in sorted(newest.items()):
        row = rows.get(key)
        if row is None:
            fresh.append(
                {
                    "id": new_id(session),
                    "seller": change.seller,
                    "sku": change.sku,
                    "location": change.location,
                    "on_hand": change.on_hand,
                    "reserved": 0,
                    "counted_at": change.counted_at,
                }
            )
        elif row.counted_at > change.counted_at:
            stale.append(index)
        else:
            row.on_hand = max(0, change.on_hand - left[key])
            row.counted_at = change.counted_at
    session.flush()
    add_rows(session, StockRow, fresh)
    return StockAnswer(len(changes) - len(stale), tuple(sorted(stale)))


def _left_since(session: Session, changes: Iterable[StockChange]) -> Counter[OfferKey]:
    """Units of each offer that were shipped since its count; read once its stock is locked."""
    counted = {(each.seller, each.sku, each.location): each.counted_at for each in changes}
    left: Counter[OfferKey] = Counter()
    if not counted:
        return left
    shipped = session.scalars(
        select(ReservationRow).where(
            ReservationRow.sku.in_(sorted({key[1] for key in counted})),
            ReservationRow.shipped_at >= min(counted.values()),
        )
    )
    for row in shipped:
        since = counted.get(row.key)
        if since is not None and row.shipped_at is not None and row.shipped_at >= since:
            left[row.key] += row.qty
    return left


def _check(session: Session, changes: Sequence[StockChange], seller: str | None) -> None:
    if len(changes) > MOST_CHANGES:
        raise InvalidInput(faults=[Fault("changes", f"at most {MOST_CHANGES} in a batch")])
    offers = load_snapshot(session).offers_of
    faults: list[Fault] = []
    for index, change in enumerate(changes):
        at = f"changes[{index}]"
        require_aware(f"{at}.counted_at", change.counted_at)
        if not 0 <= change.on_hand <= MOST_UNITS:
            faults.append(Fault(f"{at}.on_hand", f"{change.on_hand} is not a count"))
        key = (change.seller, change.sku, change.location)
        allowed = seller is None or seller == change.seller
        if not allowed or all(offer.key != key for offer in offers.get(change.sku, ())):
            faults.append(Fault(at, f"there is no offer {'/'.join(key)}"))
    if faults:
        raise InvalidInput(faults=faults, code="unknown_offer")
