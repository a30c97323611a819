"""Answers for each line of an order whether it may come back for a cause, and until when."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from returns.eligibility import Answer, BoughtLine, Wish, judge
from returns.policy import Cause
from returns.tables import load_purchase
from store.session import now


@dataclass(frozen=True, slots=True)
class LineAnswers:
    """One line, with the answer for each cause; asked for the units still with the customer."""

    line: BoughtLine
    answers: dict[Cause, Answer]


def check_returns(
    session: Session, order_id: UUID, *, causes: tuple[Cause, ...] = tuple(Cause)
) -> tuple[LineAnswers, ...]:
    """Every line with an answer for each cause. Raises NotFound for an unknown order."""
    purchase = load_purchase(session, order_id)
    found = []
    for line in purchase.lines:
        qty = max(1, line.returnable)
        answers = {
            cause: judge(
                Wish(line.line, qty, cause),
                purchase.lines,
                purchase.policy(line.line),
                now=now(session),
                zone=purchase.zone,
                country=purchase.country,
            )
            for cause in causes
        }
        found.append(LineAnswers(line, answers))
    return tuple(found)
