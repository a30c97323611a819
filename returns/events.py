"""What returns signal."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID


@dataclass(frozen=True, slots=True)
class ReturnRequested:
    """A customer has declared a return; the clock of the law runs from now."""

    name: ClassVar[str] = "returns.return_requested"
    rma_id: UUID
    order_id: UUID
    seller: str
    send_by: str  # ISO 8601


@dataclass(frozen=True, slots=True)
class ReturnMoved:
    """The goods of a return were handed in (`in_transit`) or reached their taker (`arrived`)."""

    name: ClassVar[str] = "returns.return_moved"
    rma_id: UUID
    order_id: UUID
    seller: str
    state: str


@dataclass(frozen=True, slots=True)
class ReturnReceived:
    """The goods of a return are back."""

    name: ClassVar[str] = "returns.return_received"
    rma_id: UUID
    order_id: UUID
    seller: str


@dataclass(frozen=True, slots=True)
class RefundInstructed:
    """The shop is to pay this amount back, by this local day at the latest."""

    name: ClassVar[str] = "returns.refund_instructed"
    refund_id: UUID
    rma_id: UUID
    order_id: UUID
    amount_minor: int
    currency: str
    due_on: str  # ISO 8601


@dataclass(frozen=True, slots=True)
class ReturnCancelled:
    """The customer keeps the goods."""

    name: ClassVar[str] = "returns.return_cancelled"
    rma_id: UUID
    order_id: UUID
