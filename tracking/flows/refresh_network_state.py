"""Tells those who promise how the network moves this morning: speeds, queues, calibration."""

from datetime import datetime

from core.ids import TenantId
from routing.distributions.lead_times import NetworkState
from routing.flows.active_model import active_model
from routing.flows.publish_network_state import publish_network_state
from store.session import Sessions, now
from tracking.flows.recall_parcels import recall_parcels
from tracking.flows.recall_promises import recall_promises
from tracking.flows.tally_promises import tally_promises
from tracking.flows.view_calibration import view_calibration
from tracking.flows.watch_calibration import watch_calibration
from tracking.learning.floors import coverage_floors
from tracking.learning.lateness import lateness_costs
from tracking.learning.miss_factors import drifting, miss_factors
from tracking.learning.pulse import state_of_day
from tracking.learning.teach import lesson_from
from tracking.tables import DRIFT, open_alarms


def refresh_network_state(
    sessions: Sessions, tenant: TenantId, *, as_of: datetime | None = None
) -> NetworkState | None:
    """Publish the state as of now; None when there is no parcel yet to tell it from.

    Reads, computes outside any transaction, writes. Raises NotFound without a network.
    """
    tally_promises(sessions, tenant)
    with sessions(tenant, read_only=True) as session:
        instant = as_of or now(session)
        recalled = recall_parcels(session, instant)
        promises = recall_promises(session, recalled, instant)
        model = active_model(session)
        standing = {alarm.group_name for alarm in open_alarms(session, DRIFT)}
        report = view_calibration(session)
    if not recalled.facts:
        return None
    lesson = lesson_from(recalled.facts, recalled.today, country=recalled.country)
    moved = drifting(promises, recalled.today, standing)
    factors = miss_factors(promises, recalled.today)
    floors = coverage_floors(promises, recalled.today)
    costs = {} if model is None else lateness_costs(lesson, model, factors, recalled.levels, floors)
    state = state_of_day(lesson, factors, costs, floors)
    with sessions(tenant) as session:
        publish_network_state(session, state)
        watch_calibration(session, moved, report)
    return state
