"""Declares a return: judges each line, authorizes it, asks for a label, writes a durable receipt."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.calendars import end_of_day, local_day
from core.errors import Conflict, invalid
from returns.eligibility import Eligible, NotEligible, Wish, judge
from returns.events import ReturnRequested
from returns.flows.book_return import book_return
from returns.tables import (
    REQUESTED,
    Purchase,
    RmaLineRow,
    RmaRow,
    load_purchase,
)
from routing.tables import OrderRow
from store.audit import audit
from store.locks import lock_name
from store.outbox import signal
from store.session import lock, new_id, now
from tracking.flows.intend_notice import intend_notice
from tracking.notices.occasions import Occasion
from tracking.tables import parcels_of_order


@dataclass(frozen=True, slots=True)
class Authorized:
    """The returns that stand, one a seller, by seller."""

    rmas: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing was authorized; which lines may not come back, and why."""

    answers: tuple[NotEligible, ...]


def request_return(
    session: Session, order_id: UUID, wishes: Sequence[Wish], *, key: str
) -> Authorized | Refused:
    """Authorize the return of these units, all or none; the same `key` again gives the same RMAs.

    Raises NotFound for an unknown order, InvalidInput for no wish or a line named twice, Conflict
    for a key that was used for another order or other wishes.
    """
    if not wishes:
        raise invalid("lines", "name at least one line")
    if len({wish.line for wish in wishes}) < len(wishes):
        raise invalid("lines", "a line is named twice")
    lock_name(session, "return_key", key)  # two orders with one key meet here
    lock(session, OrderRow, order_id)
    asked = _hash(order_id, wishes)
    standing = session.scalars(select(RmaRow).where(RmaRow.key == key)).all()
    if standing:
        if standing[0].request_hash != asked:
            raise Conflict("this key was used for another return", code="key_reused")
        return Authorized(tuple(row.id for row in sorted(standing, key=lambda row: row.seller)))
    purchase, instant = load_purchase(session, order_id), now(session)
    sellers = {line.line: line.seller for line in purchase.lines}
    answers = {
        wish: judge(
            wish,
            purchase.lines,
            purchase.policy(wish.line),
            now=instant,
            zone=purchase.zone,
            country=purchase.country,
        )
        for wish in wishes
    }
    refused = tuple(one for one in answers.values() if isinstance(one, NotEligible))
    if refused:
        return Refused(refused)
    by_seller: dict[str, list[tuple[Wish, Eligible]]] = {}
    for wish, answer in answers.items():
        if isinstance(answer, Eligible):
            by_seller.setdefault(sellers[wish.line], []).append((wish, answer))
    return Authorized(
        tuple(
            _authorize(session, purchase, seller, own, key, asked)
            for seller, own in sorted(by_seller.items())
        )
    )


def _hash(order: UUID, wishes: Sequence[Wish]) -> str:
    """What was asked for, in whatever order the lines were named."""
    said = sorted((wish.line, wish.qty, wish.cause.value) for wish in wishes)
    return hashlib.sha256(json.dumps([str(order), said]).encode()).hexdigest()


def _authorize(
    session: Session,
    purchase: Purchase,
    seller: str,
    wanted: list[tuple[Wish, Eligible]],
    key: str,
    asked: str,
) -> UUID:
    instant = now(session)
    policies = [purchase.policy(wish.line) for wish, _ in wanted]
    policy, today = policies[0], local_day(purchase.zone, instant)  # one preset for a country
    row = RmaRow(
        id=new_id(session),
        key=key,
        request_hash=asked,
        order_id=purchase.order,
        seller=seller,
        state=REQUESTED,
        policy=policy.code,
        policy_version=policy.version,
        noticed_at=instant,
        send_by=today + timedelta(days=max(each.send_back_days for each in policies)),
        refund_by=today + timedelta(days=min(each.refund_days for each in policies)),
        zone=purchase.zone,
    )
    session.add(row)
    session.flush()
    by_line = {line.line: line for line in purchase.lines}
    for wish, answer in wanted:
        session.add(
            RmaLineRow(
                id=new_id(session),
                rma_id=row.id,
                line=wish.line,
                sku=by_line[wish.line].sku,
                qty=wish.qty,
                cause=wish.cause.value,
                basis=answer.basis.value,
                last_day=answer.last_day,
            )
        )
    session.flush()
    book_return(session, row.id, purchase)
    audit(
        session, "return.authorized", "rma", row.id, {"policy": f"{policy.code}/{policy.version}"}
    )
    signal(session, ReturnRequested(row.id, purchase.order, seller, row.send_by.isoformat()))
    _receipt(session, row, row.send_by)
    session.flush()
    return row.id


def _receipt(session: Session, row: RmaRow, send_by: date) -> None:
    """The acknowledgement on a durable medium (Dir. 2011/83 Art. 11(3)): a notice by e-mail."""
    parcels = parcels_of_order(session, row.order_id)
    own = next((one for one in parcels if row.seller in one.sellers), None)
    if own is None:
        return
    facts = {
        "at": row.noticed_at.isoformat(),
        "latest": end_of_day(row.zone, send_by).isoformat(),
        "rma_id": str(row.id),
    }
    key = f"{row.id}:{Occasion.RETURN_AUTHORIZED.value}"
    intend_notice(session, own, Occasion.RETURN_AUTHORIZED, "", facts, key=key)
