"""Does one queued job of this room: the bridge between the job loop and the flows."""

from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

from carriers.call_jobs import (
    BOOK_JOB,
    LABEL_JOB,
    MANIFEST_JOB,
    PICKUP_JOB,
    SWEEP_JOB,
    VOID_JOB,
)
from carriers.flows.book import book
from carriers.flows.fetch_label import fetch_label
from carriers.flows.forget_rates import forget_rates
from carriers.flows.send_manifest import send_manifest
from carriers.flows.send_pickup import send_pickup
from carriers.flows.send_void import send_void
from carriers.flows.sweep_calls import sweep_calls
from carriers.journal import HOLDS, Call
from carriers.ports import Carrier, LabelFormat
from core.errors import CarrierRejected, CarrierUnavailable, LanewiseError
from core.ids import BookingId, ManifestId
from store.jobs import Job, Retry
from store.session import Sessions

LABEL_WAIT = timedelta(seconds=30)


def run_job(sessions: Sessions, carriers: Mapping[str, Carrier], job: Job) -> None:
    """Do the job; raises Retry with the time at which the call may be taken further."""
    payload = job.payload
    if job.kind == SWEEP_JOB:
        with sessions(job.tenant) as session:
            sweep_calls(session)
            forget_rates(session)
        return
    if job.kind == LABEL_JOB:
        _label(sessions, carriers, job)
        return
    if job.kind == BOOK_JOB:
        call = book(sessions, job.tenant, carriers, BookingId(UUID(payload["booking_id"])))
    elif job.kind == VOID_JOB:
        call = send_void(sessions, job.tenant, carriers, BookingId(UUID(payload["booking_id"])))
    elif job.kind == MANIFEST_JOB:
        manifest_id = ManifestId(UUID(payload["manifest_id"]))
        call = send_manifest(sessions, job.tenant, carriers, manifest_id)
    elif job.kind == PICKUP_JOB:
        call = send_pickup(sessions, job.tenant, carriers, UUID(payload["pickup_id"]))
    else:
        raise LanewiseError(f"not a job of this room: {job.kind}")
    _again_unless_settled(call)


def _again_unless_settled(call: Call) -> None:
    if not call.state.is_settled:
        raise Retry(max(call.next_at, call.busy_until or call.next_at), call.reason or "not yet")


def _label(sessions: Sessions, carriers: Mapping[str, Carrier], job: Job) -> None:
    booking_id = BookingId(UUID(job.payload["booking_id"]))
    wanted = LabelFormat(job.payload["format"])
    try:
        fetch_label(sessions, job.tenant, carriers, booking_id, wanted)
    except CarrierUnavailable as error:
        if error.code == "label_not_ready":
            raise Retry(sessions.clock.now() + LABEL_WAIT, error.message) from error
        raise
    except CarrierRejected as error:
        if error.code in HOLDS:
            raise Retry(sessions.clock.now() + LABEL_WAIT, error.message) from error
        if not job.payload.get("optional"):  # it gives only the format it was booked with
            raise
