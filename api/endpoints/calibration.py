"""Promised against kept over HTTP: the figures behind the calibration page."""

from datetime import datetime

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from api.callers import Visit, allowed
from api.problems import SHARED, problems
from tracking.flows.view_calibration import view_calibration
from tracking.tables import open_alarms

router = APIRouter(prefix="/v1/calibration", tags=["operations"])


class CalibrationRowOut(BaseModel):
    """One group of promises; shares from 0 to 1, the interval is Wilson's at 95 %.

    A lost parcel is a promise not kept, here and in the interval.
    """

    model_config = ConfigDict(from_attributes=True)

    group: str
    promises: int
    stated: float = Field(description="Mean level, of what arrives at all.")
    said: float = Field(
        description="Mean probability said of the promised days, of what arrives at all."
    )
    kept: float
    low: float
    high: float
    lost: int = Field(description="Promises not kept because something in them never arrives.")
    kept_of_arriving: float | None = Field(
        description="Share kept of those that were not lost, which level and probability speak of."
    )
    mean_days: float = Field(description="Promised days after the purchase.")
    sd_days: float = Field(description="Their standard deviation: sharpness.")
    is_small: bool = Field(description="Too few promises to judge by.")
    is_off: bool = Field(description="The stated level lies outside the interval.")


class CalibrationAlarmOut(BaseModel):
    """A group that keeps too little: `drift` of a destination's levels, or its share kept."""

    model_config = ConfigDict(from_attributes=True)

    kind: str
    group_name: str
    opened_at: datetime
    times: int = Field(description="How often it has been raised so far.")
    facts: dict[str, str] = Field(description="Figures as text.")


class CalibrationOut(BaseModel):
    """Stated and kept, by level, month of the purchase, service, lane, seller and model."""

    model_config = ConfigDict(from_attributes=True)

    overall: CalibrationRowOut | None
    by_level: list[CalibrationRowOut]
    by_month: list[CalibrationRowOut]
    by_service: list[CalibrationRowOut]
    by_seller: list[CalibrationRowOut]
    by_destination: list[CalibrationRowOut]
    by_lane: list[CalibrationRowOut]
    by_model: list[CalibrationRowOut]
    elsewhere: CalibrationRowOut | None = Field(
        description="What another marketplace promised before, without stating a level."
    )
    days_earlier: float | None = Field(description="Than elsewhere, on average; negative: later.")
    alarms: list[str] = Field(description="Groups that keep less than stated.")
    open_promises: int
    counted_at: datetime | None = Field(
        description="When the promises were counted last, at most an hour ago; null: never so far."
    )
    unreadable: int = Field(
        description="Rows of the ledger that can't be read and count nowhere; "
        "`lanewise ledger verify` names them."
    )
    standing: list[CalibrationAlarmOut] = Field(
        default=[], description="Alarms that stand on the desk until the group is back."
    )


@router.get("", operation_id="read_calibration", responses=problems(*SHARED))
def read_calibration(visit: Visit = allowed("orders:read")) -> CalibrationOut:
    """Whether promises are kept as often as they say, from the ledger and the events since."""
    with visit.reading() as session:
        report = CalibrationOut.model_validate(view_calibration(session), from_attributes=True)
        report.standing = [
            CalibrationAlarmOut.model_validate(alarm) for alarm in open_alarms(session)
        ]
        return report
