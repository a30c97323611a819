"""The background work of returns: follows their parcels and moves them along."""

from uuid import UUID

from api.wiring import Lanewise
from store.jobs import Handler, Job
from store.session import Sessions


def return_mover(_lanewise: Lanewise) -> Handler:
    """Brings a return up to where its parcels are."""

    def handle(sessions: Sessions, job: Job) -> None:
        from returns.flows.note_return import note_return

        with sessions(job.tenant) as session:
            note_return(session, UUID(job.payload["parcel_id"]))

    return handle
