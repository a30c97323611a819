"""The background work of learning: lead times refitted weekly, the network's state told, promises counted."""

from api.settings import VERSION
from api.wiring import Lanewise
from store.jobs import Handler, Job
from store.session import Sessions

DAY_S = 86_400
REFRESH_EVERY_S = DAY_S // 4  # more often than daily: a morning comes at another hour in each zone
REFIT_EVERY_S = 7 * DAY_S
TALLY_EVERY_S = 3600


def lead_time_refitter(_lanewise: Lanewise) -> Handler:
    """Refits one tenant's lead times; the state of the network comes with it."""

    def handle(sessions: Sessions, job: Job) -> None:
        from routing.flows.list_networks import list_networks
        from tracking.flows.refit_lead_times import refit_lead_times

        with sessions(job.tenant, read_only=True) as session:
            if not list_networks(session, limit=1):
                return
        refit_lead_times(sessions, job.tenant, code_version=VERSION)

    return handle


def promise_tallier(_lanewise: Lanewise) -> Handler:
    """Counts one tenant's promises for the calibration page."""

    def handle(sessions: Sessions, job: Job) -> None:
        from tracking.flows.tally_promises import tally_promises

        tally_promises(sessions, job.tenant)

    return handle


def network_state_refresher(_lanewise: Lanewise) -> Handler:
    """Tells one tenant's state of the network."""

    def handle(sessions: Sessions, job: Job) -> None:
        from routing.flows.list_networks import list_networks
        from tracking.flows.refresh_network_state import refresh_network_state

        with sessions(job.tenant, read_only=True) as session:
            if not list_networks(session, limit=1):
                return
        refresh_network_state(sessions, job.tenant)

    return handle
