"""Tells the newest seal of the promise ledger."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from routing.ledger import FIRST
from routing.tables import LedgerHeadRow, PromiseSealRow


def newest_seal(session: Session) -> tuple[int, str]:
    """Number and hash of the newest seal there is, or that the head knows of."""
    last = session.execute(
        select(PromiseSealRow.number, PromiseSealRow.hash)
        .order_by(PromiseSealRow.number.desc())
        .limit(1)
    ).first()
    head = session.execute(select(LedgerHeadRow.number, LedgerHeadRow.hash)).first()
    known = [(row[0], row[1]) for row in (last, head) if row is not None]
    return max(known, key=lambda one: one[0], default=(0, FIRST))
