"""A cart's side constraints over HTTP."""

from typing import Annotated

from pydantic import Field

from api.endpoints.fields import Code, Given, Out, Text
from routing.checkout.rules import Pin, PinTo, Rules, Without


class PinIn(Given):
    """A line tied to a seller, location, service or hub."""

    line: Code
    to: PinTo
    code: Code = Field(description="Of the seller, location, service or hub.")
    reason: Text = Field("", description="Yours; only told back.")


class WithoutIn(Given):
    """A seller from whom a line may not come."""

    line: Code
    seller: Code


Lines = Annotated[list[Code], Field(max_length=60, description="Ids of lines.")]


class RulesIn(Given):
    """Side constraints on a cart, at most 20 in all; the policy's own hold beside them."""

    max_parcels: int | None = Field(None, ge=1, le=100, description="In all.")
    max_parcels_per_seller: int | None = Field(
        None, ge=1, le=100, description="Parcels that hold goods of one and the same seller."
    )
    whole_lines: Lines = Field([], description="Lines whose units all travel in one parcel.")
    without_sellers: list[Code] = Field([], max_length=60, description="Nothing from them.")
    without: list[WithoutIn] = Field([], max_length=60, description="The same for single lines.")
    together: list[Lines] = Field(
        [], max_length=60, description="Groups of lines whose units all travel in one parcel."
    )
    pins: list[PinIn] = Field([], max_length=60, description="Lines tied to where or how.")

    def value(self) -> Rules:
        """The rules as routing takes them."""
        return Rules(
            self.max_parcels,
            self.max_parcels_per_seller,
            tuple(self.whole_lines),
            tuple(self.without_sellers),
            tuple(Without(one.line, one.seller) for one in self.without),
            tuple(tuple(group) for group in self.together),
            tuple(Pin(pin.line, pin.to, pin.code, pin.reason) for pin in self.pins),
        )


class PinOut(Out):
    """A line tied to a seller, location, service or hub."""

    line: str
    to: PinTo
    code: str
    reason: str


class WithoutOut(Out):
    """A seller from whom a line may not come."""

    line: str
    seller: str


class RulesOut(Out):
    """The side constraints that were asked for."""

    max_parcels: int | None = None
    max_parcels_per_seller: int | None = None
    whole_lines: list[str]
    without_sellers: list[str]
    without: list[WithoutOut]
    together: list[list[str]]
    pins: list[PinOut]
