"""Folds a parcel's events anew, estimates its arrival, opens and closes incidents, tells people."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from carriers.booking import Direction
from store.outbox import signal
from store.session import lock, new_id, now
from tracking.eta import Eta, estimate_arrival
from tracking.events import (
    IncidentClosed,
    IncidentOpened,
    ParcelDelivered,
    ParcelMoved,
    PromiseAtRisk,
    ReturnParcelMoved,
)
from tracking.flows.expect_from_hand_over import expect_from_hand_over
from tracking.flows.intend_notice import intend_notice
from tracking.incidents import IncidentKind, find_incidents, harm
from tracking.journey import Journey, fold
from tracking.notices.occasions import WAVERING, Occasion, occasion_for
from tracking.notices.rules import read_notice_rules
from tracking.parcel import ParcelPlan
from tracking.tables import (
    IncidentRow,
    TrackedParcelRow,
    events_of,
    open_incidents,
    plan_of,
    times_intended,
    told_of,
    transit_json,
)


def refresh_parcel(session: Session, parcel_id: UUID) -> Journey:
    """Bring a followed parcel up to what is known now; signals and notices for what changed.

    Repeating it without news changes nothing. Raises NotFound for a parcel that is not followed.
    """
    row = lock(session, TrackedParcelRow, parcel_id)
    instant = now(session)
    journey = fold(events_of(session, [parcel_id]))
    if journey.handed_over_at is not None and journey.handed_over_at != row.handed_over_at:
        _expect_anew(session, row, journey.handed_over_at)
    plan = plan_of(row)
    is_return = plan.direction is Direction.RETURN
    eta = None if is_return else estimate_arrival(journey, plan, instant)
    _signal_state(session, row, journey, plan)
    _renew(row, journey, eta, instant)
    opened = _update_incidents(session, row, journey, plan, eta)
    if is_return:
        session.flush()
        return journey
    _tell_consignee(session, row, journey, plan, eta)
    if IncidentKind.HAND_OVER_DUE in opened:
        facts = {"departs_at": plan.departs_at.isoformat()}
        intend_notice(session, row, Occasion.HAND_OVER_DUE, "", facts)
    session.flush()
    return journey


def _expect_anew(session: Session, row: TrackedParcelRow, handed_over_at: datetime) -> None:
    """From the hand-over on the learned wait counts, where there is one: the plan's has served."""
    transit = expect_from_hand_over(session, row, handed_over_at)
    if transit is not None:
        row.transit = transit_json(transit)


def _signal_state(
    session: Session, row: TrackedParcelRow, journey: Journey, plan: ParcelPlan
) -> None:
    if row.state == journey.state.value:
        return
    state = journey.state.value
    if plan.direction is Direction.RETURN:
        signal(session, ReturnParcelMoved(row.id, row.order_id, state, journey.since))
        return
    signal(session, ParcelMoved(row.id, row.order_id, state, journey.since))
    if journey.delivered_at is not None and row.delivered_at is None:
        in_time = journey.delivered_at <= plan.promised_by
        signal(session, ParcelDelivered(row.id, row.order_id, journey.delivered_at, in_time))


def _renew(row: TrackedParcelRow, journey: Journey, eta: Eta | None, instant: datetime) -> None:
    row.state = journey.state.value
    row.since = journey.since
    row.reason = journey.reason.value if journey.reason else None
    row.party = journey.party.value if journey.party else None
    row.handed_over_at = journey.handed_over_at
    row.moved_at = journey.moved_at
    row.delivered_at = journey.delivered_at
    row.is_over = journey.is_over
    row.attempts = journey.attempts
    row.unknown_events = journey.unknown_events
    row.eta_earliest = eta.earliest if eta else None
    row.eta_likely = eta.likely if eta else None
    row.eta_latest = eta.latest if eta else None
    row.late_permille = round(eta.late * 1000) if eta else None
    row.lost_permille = round(eta.lost * 1000) if eta else None
    row.eta_because = eta.because.value if eta else None
    row.refreshed_at = instant


def _update_incidents(
    session: Session,
    row: TrackedParcelRow,
    journey: Journey,
    plan: ParcelPlan,
    eta: Eta | None,
) -> set[IncidentKind]:
    """Open what is new, close what is over; returns the kinds opened now."""
    rows, instant = open_incidents(session, row.id), now(session)
    already = frozenset(kind for kind, one in rows.items() if one.closed_at is None)
    found = find_incidents(journey, plan, eta, instant, already_open=already)
    late = eta.late if eta else 1.0
    for kind in sorted(found - already):
        if kind in rows:
            rows[kind].closed_at, rows[kind].opened_at = None, instant
            rows[kind].times += 1
        else:
            rows[kind] = IncidentRow(
                id=new_id(session),
                parcel_id=row.id,
                order_id=row.order_id,
                kind=kind.value,
                opened_at=instant,
                times=1,
            )
            session.add(rows[kind])
        if kind is IncidentKind.PROMISE_AT_RISK and eta is not None:
            signal(
                session,
                PromiseAtRisk(
                    row.id, row.order_id, plan.promised_by, eta.latest, eta.because.value
                ),
            )
        else:
            signal(session, IncidentOpened(row.id, row.order_id, kind.value))
    for kind in sorted(already - found):
        rows[kind].closed_at = instant
        signal(session, IncidentClosed(row.id, row.order_id, kind.value))
    for kind in found:
        rows[kind].harm = harm(kind, late)
    return set(found - already)


def _tell_consignee(
    session: Session, row: TrackedParcelRow, journey: Journey, plan: ParcelPlan, eta: Eta | None
) -> None:
    rules = read_notice_rules(row.notices)
    said = occasion_for(
        journey,
        eta,
        plan,
        told_of(row),
        now(session),
        tell_delay_from=float(rules.tell_delay_from),
        tell_relief_below=float(rules.tell_relief_below),
    )
    if said is None or said.occasion is None:
        return
    row.told_occasion, row.told_day, row.told_detail = said.occasion.value, said.day, said.detail
    facts = {
        "promised_by": plan.promised_by.isoformat(),
        "likely": eta.likely.isoformat() if eta else None,
        "latest": eta.latest.isoformat() if eta else None,
        "because": eta.because.value if eta else None,
        "at": journey.since.isoformat() if journey.since else None,
    }
    # A delay to the same day after its end is another one: each has a key of its own.
    time = times_intended(session, row, Occasion.BACK_ON_TIME) if said.occasion in WAVERING else 0
    key = f"{row.id}:{said.occasion.value}:{said.detail}" + (f":{time}" if time else "")
    intend_notice(session, row, said.occasion, said.detail, facts, key=key)
