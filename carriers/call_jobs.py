"""Names of this room's jobs, and which job takes which call further. Pure."""

from uuid import UUID

BOOK_JOB = "carriers.book"
LABEL_JOB = "carriers.label"
VOID_JOB = "carriers.void"
MANIFEST_JOB = "carriers.manifest"
PICKUP_JOB = "carriers.pickup"
SWEEP_JOB = "carriers.sweep"
JOBS = (BOOK_JOB, LABEL_JOB, VOID_JOB, MANIFEST_JOB, PICKUP_JOB, SWEEP_JOB)

_BY_KIND = {
    "book": (BOOK_JOB, "booking_id"),
    "void": (VOID_JOB, "booking_id"),
    "manifest": (MANIFEST_JOB, "manifest_id"),
    "pickup": (PICKUP_JOB, "pickup_id"),
}


def call_job(kind: str, subject_id: UUID) -> tuple[str, dict[str, str]]:
    """The job (kind, payload) that takes a call further."""
    job, field = _BY_KIND[kind]
    return job, {field: str(subject_id)}
