"""What threatens a promise, found before the promised date, and how much harm it may do."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from carriers.status import Status
from tracking.eta import Eta
from tracking.journey import Journey
from tracking.parcel import ParcelPlan


class IncidentKind(StrEnum):
    """What is wrong, each with a playbook on the desk."""

    HAND_OVER_DUE = "hand_over_due"  # will miss its departure unless handed over soon
    HAND_OVER_MISSED = "hand_over_missed"
    PROMISE_AT_RISK = "promise_at_risk"
    PROMISE_MISSED = "promise_missed"
    NO_MOVEMENT = "no_movement"
    LOSS_SUSPECTED = "loss_suspected"
    LOST = "lost"
    STOPPED = "stopped"  # an exception that somebody must resolve
    ATTEMPT_FAILED = "attempt_failed"
    COMING_BACK = "coming_back"
    UNKNOWN_CODE = "unknown_code"  # for operators: a code no table knows


@dataclass(frozen=True, slots=True)
class WatchPolicy:
    """When to raise; presets of 2026-11, to be set per marketplace."""

    hand_over_notice: timedelta = timedelta(hours=4)
    at_risk_from: float = 0.5  # probability of being late
    calm_below: float = 0.2  # an open risk is closed only below this: no flapping
    no_movement_after: timedelta = timedelta(hours=60)
    loss_after: timedelta = timedelta(days=7)
    loss_from: float = 0.5  # probability of being lost, of one without movement


PRESET = WatchPolicy()

# Harm in points: 100 is a parcel that never comes. Times the chance that the promise breaks.
_HARM = {
    IncidentKind.LOST: 100,
    IncidentKind.LOSS_SUSPECTED: 80,
    IncidentKind.COMING_BACK: 70,
    IncidentKind.PROMISE_MISSED: 60,
    IncidentKind.STOPPED: 55,
    IncidentKind.NO_MOVEMENT: 50,
    IncidentKind.PROMISE_AT_RISK: 40,
    IncidentKind.HAND_OVER_MISSED: 40,
    IncidentKind.ATTEMPT_FAILED: 30,
    IncidentKind.HAND_OVER_DUE: 20,
    IncidentKind.UNKNOWN_CODE: 5,
}


def harm(kind: IncidentKind, late: float) -> int:
    """Expected harm in points, 0..100: certain incidents count whole, others by the chance."""
    certain = kind in (IncidentKind.LOST, IncidentKind.COMING_BACK, IncidentKind.PROMISE_MISSED)
    return round(_HARM[kind] * (1.0 if certain else max(0.1, late)))


def find_incidents(
    journey: Journey,
    plan: ParcelPlan,
    eta: Eta | None,
    now: datetime,
    *,
    already_open: frozenset[IncidentKind] = frozenset(),
    policy: WatchPolicy = PRESET,
) -> frozenset[IncidentKind]:
    """Everything wrong with the parcel at `now`; what is no longer in the set is over."""
    found: set[IncidentKind] = set()
    if journey.unknown_codes:
        found.add(IncidentKind.UNKNOWN_CODE)
    state = journey.state
    if state is Status.LOST:
        found.add(IncidentKind.LOST)
    if state in (Status.RETURNING, Status.RETURNED):
        found.add(IncidentKind.COMING_BACK)
    if journey.is_over or eta is None:
        return frozenset(found)
    if state is Status.EXCEPTION:
        found.add(IncidentKind.STOPPED)
    if state is Status.ATTEMPT_FAILED:
        found.add(IncidentKind.ATTEMPT_FAILED)
    if state is Status.AVAILABLE_FOR_PICKUP:
        return frozenset(found)
    if journey.handed_over_at is None:
        if now >= plan.departs_at:
            found.add(IncidentKind.HAND_OVER_MISSED)
        elif now >= plan.departs_at - policy.hand_over_notice:
            found.add(IncidentKind.HAND_OVER_DUE)
    elif journey.moved_at is not None:
        still = now - journey.moved_at
        no_movement = still >= policy.no_movement_after
        silent = still >= policy.loss_after and now > plan.promised_by
        if silent or (no_movement and eta.lost >= policy.loss_from):
            found.add(IncidentKind.LOSS_SUSPECTED)
        elif no_movement:
            found.add(IncidentKind.NO_MOVEMENT)
    if now > plan.promised_by:
        found.add(IncidentKind.PROMISE_MISSED)
    else:
        open_risk = IncidentKind.PROMISE_AT_RISK in already_open
        if eta.late >= (policy.calm_below if open_risk else policy.at_risk_from):
            found.add(IncidentKind.PROMISE_AT_RISK)
    return frozenset(found)
