"""Types of the doors: bounded texts, numbers and instants, so that nothing absurd gets further."""

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from core.money import Money


def _printable(value: str) -> str:
    for char in value:
        point = ord(char)
        if point < 32 or point == 127 or 0xD800 <= point <= 0xDFFF:
            raise ValueError("control characters are not allowed")
    return value


def within_reach(value: datetime) -> datetime:
    """The instant, unless no calendar of ours reaches so far; raises ValueError."""
    if not 2000 <= value.year <= 2200:
        raise ValueError("is not between the years 2000 and 2200")
    return value


NO_CONTROLS = r"^[^\x00-\x1f\x7f]*$"
CODE_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._:/-]*$"

Text = Annotated[str, Field(max_length=200, pattern=NO_CONTROLS), AfterValidator(_printable)]
"""A short text of a person, without control characters."""

Code = Annotated[str, Field(min_length=1, max_length=100, pattern=CODE_PATTERN)]
"""A name that machines gave: SKU, seller, location, service."""

Instant = Annotated[AwareDatetime, AfterValidator(within_reach)]
"""An instant with its offset; a naive one is refused."""


class Given(BaseModel):
    """What a caller sends: unknown fields are refused, so that a typo is never ignored."""

    model_config = ConfigDict(extra="forbid")


class Out(BaseModel):
    """Answers are read from values by attribute."""

    model_config = ConfigDict(from_attributes=True)


class Amount(BaseModel):
    """Money in whole minor units."""

    model_config = ConfigDict(from_attributes=True)

    minor: int = Field(description="Whole minor units: 1999 is 19.99 EUR.", examples=[1999])
    currency: str = Field(description="ISO 4217.", examples=["EUR"])

    @classmethod
    def of(cls, money: Money) -> "Amount":
        return cls(minor=money.minor, currency=money.currency)
