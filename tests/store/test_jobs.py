"""The job loop: once per key, leases, back-off, burial; the outbox feeds it; one leader."""

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

import pytest
import structlog
from sqlalchemy import select

from core.clock import ManualClock
from core.ids import TenantId
from store.job_lease import LEASE
from store.jobs import Handler, Job, Retry, claim, enqueue, revive, run_due, run_one
from store.locks import drop_lease, take_lease
from store.outbox import relay, signal
from store.session import Sessions
from store.tables import JobRow


@dataclass(frozen=True, slots=True)
class SomethingHappened:
    name: ClassVar[str] = "something_happened"
    what: str


def _queue(sessions: Sessions, tenant: TenantId, key: str = "1", **more: int) -> bool:
    with sessions(tenant) as session:
        return enqueue(session, "work", {"n": 1}, key=key, **more)  # type: ignore[arg-type]


def _row(sessions: Sessions) -> JobRow:
    with sessions.system() as session:
        return session.scalars(select(JobRow)).one()


def test_the_same_job_is_queued_once(sessions: Sessions, tenant: TenantId) -> None:
    assert _queue(sessions, tenant)
    assert not _queue(sessions, tenant)
    done: list[str] = []
    assert run_due(sessions, {"work": lambda _s, job: done.append(job.key)}, "w") == 1
    assert not _queue(sessions, tenant)
    assert run_due(sessions, {"work": lambda _s, job: done.append(job.key)}, "w") == 0
    assert done == ["1"]


def test_a_dead_worker_loses_only_its_lease(
    sessions: Sessions, tenant: TenantId, clock: ManualClock
) -> None:
    _queue(sessions, tenant)
    (job,) = claim(sessions, "killed", ["work"])
    assert claim(sessions, "other", ["work"]) == []
    clock.advance(LEASE)
    (again,) = claim(sessions, "other", ["work"])
    assert again.id == job.id
    # the first worker wakes up late: its outcome no longer counts
    assert not run_one(sessions, {"work": lambda _s, _j: None}, job)
    assert _row(sessions).state == "running"
    assert run_one(sessions, {"work": lambda _s, _j: None}, again)
    assert _row(sessions).state == "done"


def test_failures_back_off_and_are_buried_then_revived(
    sessions: Sessions, tenant: TenantId, clock: ManualClock
) -> None:
    _queue(sessions, tenant, max_attempts=2)

    def fail(_sessions: Sessions, _job: Job) -> None:
        raise RuntimeError("secret detail")

    handlers: dict[str, Handler] = {"work": fail}
    assert run_due(sessions, handlers, "w") == 1
    assert run_due(sessions, handlers, "w") == 0
    clock.advance(timedelta(seconds=1))
    assert run_due(sessions, handlers, "w") == 1
    row = _row(sessions)
    assert (row.state, row.last_error) == ("dead", "RuntimeError")
    with sessions(tenant) as session:
        assert revive(session, row.id)
    assert run_due(sessions, {"work": lambda _s, _j: None}, "w") == 1
    assert _row(sessions).state == "done"


def test_retry_later_is_not_a_failure(
    sessions: Sessions, tenant: TenantId, clock: ManualClock
) -> None:
    _queue(sessions, tenant, max_attempts=1)
    later = clock.now() + timedelta(hours=1)

    def not_yet(_sessions: Sessions, _job: Job) -> None:
        raise Retry(later)

    run_due(sessions, {"work": not_yet}, "w")
    assert (_row(sessions).state, _row(sessions).attempts) == ("queued", 0)
    assert run_due(sessions, {"work": not_yet}, "w") == 0


def test_an_event_becomes_one_job_per_reaction_however_often_relayed(
    sessions: Sessions, tenant: TenantId
) -> None:
    with sessions(tenant) as session:
        signal(session, SomethingHappened("rain"))
    seen: list[str] = []
    reactions = {"something_happened": ["umbrella", "boots"]}
    assert relay(sessions, reactions) == 1
    assert relay(sessions, reactions) == 0
    handlers: dict[str, Handler] = {
        kind: lambda _s, job: seen.append(f"{job.kind} for {job.payload['what']}")
        for kind in ("umbrella", "boots")
    }
    run_due(sessions, handlers, "w")
    assert sorted(seen) == ["boots for rain", "umbrella for rain"]


def test_an_event_of_a_failed_change_is_never_heard(sessions: Sessions, tenant: TenantId) -> None:
    with pytest.raises(ZeroDivisionError), sessions(tenant) as session:
        signal(session, SomethingHappened("rain"))
        _ = 1 / 0
    assert relay(sessions, {"something_happened": ["umbrella"]}) == 0


def test_one_leader_at_a_time_and_the_fence_grows(sessions: Sessions, clock: ManualClock) -> None:
    ttl = timedelta(seconds=10)
    assert take_lease(sessions, "clock", "a", ttl) == 1
    assert take_lease(sessions, "clock", "b", ttl) is None
    assert take_lease(sessions, "clock", "a", ttl) == 1
    clock.advance(ttl)
    assert take_lease(sessions, "clock", "b", ttl) == 2
    assert take_lease(sessions, "clock", "a", ttl) is None
    drop_lease(sessions, "clock", "b")
    assert take_lease(sessions, "clock", "a", ttl) == 3


def test_an_error_nobody_foresaw_leaves_a_trace_in_the_log(
    sessions: Sessions, tenant: TenantId
) -> None:
    def broken(_sessions: Sessions, _job: Job) -> None:
        raise KeyError("where")

    _queue(sessions, tenant)
    with structlog.testing.capture_logs() as told:
        run_due(sessions, {"work": broken}, "w", limit=1)
    assert [line["exc_info"] for line in told if line["event"] == "job_failed"] == [True]
