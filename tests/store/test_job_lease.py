"""Leases of running jobs: counted when taken, renewed while they run, fenced when they were lost."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, select

from core.clock import ManualClock
from core.errors import Misconfigured
from core.ids import TenantId
from store.job_lease import LEASE, Lease, LeaseKeeper
from store.jobs import PUT_RIGHT, WORKER_DIED, Job, Retry, claim, enqueue, revive, run_due, run_one
from store.keys import create_tenant
from store.session import Sessions, open_engine
from store.tables import JobRow, TenantRow
from tests.conftest import MASTER_KEY, seeded_entropy

KINDS = ["work"]


def _queue(sessions: Sessions, tenant: TenantId, *, max_attempts: int = 12) -> None:
    with sessions(tenant) as session:
        enqueue(session, "work", {}, key="1", max_attempts=max_attempts)


def _row(sessions: Sessions) -> JobRow:
    with sessions.system(read_only=True) as session:
        return session.scalars(select(JobRow)).one()


def _nothing(_sessions: Sessions, _job: Job) -> None:
    pass


def test_a_job_that_kills_its_workers_is_buried_when_its_attempts_are_used_up(
    sessions: Sessions, tenant: TenantId, clock: ManualClock
) -> None:
    _queue(sessions, tenant, max_attempts=3)
    for attempt in (1, 2, 3):
        (job,) = claim(sessions, f"worker {attempt}", KINDS)
        assert job.attempt == attempt
        clock.advance(LEASE)  # killed: nobody says what became of it
    assert claim(sessions, "worker 4", KINDS) == []
    row = _row(sessions)
    assert (row.state, row.last_error, row.lease_holder) == ("dead", WORKER_DIED, None)
    assert row.ended_at == clock.now()
    with sessions(tenant) as session:
        assert revive(session, row.id)
    assert run_due(sessions, {"work": _nothing}, "w") == 1


def test_a_buried_job_does_not_keep_the_next_one_waiting(
    sessions: Sessions, tenant: TenantId, clock: ManualClock
) -> None:
    _queue(sessions, tenant, max_attempts=1)
    claim(sessions, "killed", KINDS)
    clock.advance(LEASE)
    with sessions(tenant) as session:
        enqueue(session, "work", {}, key="2")
    (job,) = claim(sessions, "w", KINDS)
    assert job.key == "2"


def test_a_beat_holds_the_lease_of_a_long_handler(
    sessions: Sessions, tenant: TenantId, clock: ManualClock
) -> None:
    _queue(sessions, tenant)
    keeper = LeaseKeeper()

    def long(_sessions: Sessions, _job: Job) -> None:
        for _ in range(5):
            clock.advance(LEASE / 2)
            assert keeper.beat()
            assert claim(sessions, "other", KINDS) == []

    (job,) = claim(sessions, "w", KINDS)
    assert run_one(sessions, {"work": long}, job, keeper=keeper)
    assert _row(sessions).state == "done"
    assert keeper.beat(), "nothing is held any more"


def test_the_keeper_beats_by_itself_while_a_handler_runs(
    sessions: Sessions, tenant: TenantId, clock: ManualClock
) -> None:
    _queue(sessions, tenant)
    keeper = LeaseKeeper(beat_s=0.01)
    renewed = threading.Event()

    class Watched(Lease):
        def renew(self) -> None:
            super().renew()
            renewed.set()

    (job,) = claim(sessions, "w", KINDS)
    clock.advance(LEASE / 2)
    keeper.start()
    try:
        with keeper.keeping(Watched(sessions, job.id, job.fence)):
            assert renewed.wait(20)
    finally:
        keeper.stop()
    assert _row(sessions).lease_until == clock.now() + LEASE


@contextmanager
def _impatient(engine: Engine, clock: ManualClock) -> Iterator[Sessions]:
    """Another door to the same SQLite file, which waits for no lock."""
    other = open_engine(engine.url.render_as_string(hide_password=False), busy_timeout_s=0)
    yield Sessions(other, clock, seeded_entropy(3), MASTER_KEY)
    other.dispose()


def test_a_long_transaction_on_sqlite_is_not_disturbed_and_renews_as_it_commits(
    sqlite_engine: Engine, clock: ManualClock
) -> None:
    sessions = Sessions(sqlite_engine, clock, seeded_entropy(), MASTER_KEY)
    with sessions.system() as session:
        tenant = create_tenant(session, "first")
    _queue(sessions, tenant)
    keeper = LeaseKeeper()
    with _impatient(sqlite_engine, clock) as impatient:
        (job,) = claim(sessions, "w", KINDS)
        lease = Lease(impatient, job.id, job.fence)

        def long(leased: Sessions, _job: Job) -> None:
            with leased(job.tenant) as session:
                create_tenant(session, "second")
                clock.advance(2 * LEASE)
                with keeper.keeping(lease):
                    assert not keeper.beat(), "the one writer is at work"
            assert claim(sessions, "other", KINDS) == [], "its commit renewed the lease"
            with keeper.keeping(lease):
                assert keeper.beat()

        assert run_one(sessions, {"work": long}, job)
    assert _row(sessions).state == "done"
    with sessions.system(read_only=True) as session:
        assert len(session.scalars(select(TenantRow)).all()) == 2


def test_the_outcome_of_a_handler_that_lost_its_lease_does_not_count(
    sessions: Sessions, tenant: TenantId, clock: ManualClock
) -> None:
    _queue(sessions, tenant)

    def overtaken(outcome: Callable[[], None]) -> Callable[[Sessions, Job], None]:
        def handle(_sessions: Sessions, _job: Job) -> None:
            clock.advance(LEASE)
            successors.extend(claim(sessions, "w", KINDS))  # a thread of the same name
            outcome()

        return handle

    def later() -> None:
        raise Retry(clock.now())

    def fail() -> None:
        raise RuntimeError

    successors = claim(sessions, "w", KINDS)
    for outcome in (lambda: None, later, fail):
        job = successors[-1]
        assert not run_one(sessions, {"work": overtaken(outcome)}, job)
        row = _row(sessions)
        assert (row.state, row.fence, row.last_error) == ("running", job.fence + 1, None)
    assert run_one(sessions, {"work": _nothing}, successors[-1])


def test_a_retry_never_makes_an_old_claim_count_again(
    sessions: Sessions, tenant: TenantId, clock: ManualClock
) -> None:
    _queue(sessions, tenant)

    def not_yet(_sessions: Sessions, _job: Job) -> None:
        raise Retry(clock.now())

    (stalled,) = claim(sessions, "w", KINDS)
    clock.advance(LEASE)
    (second,) = claim(sessions, "w", KINDS)
    run_one(sessions, {"work": not_yet}, second)
    (third,) = claim(sessions, "w", KINDS)
    assert third.attempt == second.attempt  # as many attempts, but another claim
    assert not run_one(sessions, {"work": _nothing}, second)
    assert not run_one(sessions, {"work": _nothing}, stalled)
    assert run_one(sessions, {"work": _nothing}, third)


def test_a_beat_that_finds_the_job_taken_over_gives_it_up(
    sessions: Sessions, tenant: TenantId, clock: ManualClock
) -> None:
    _queue(sessions, tenant)
    (job,) = claim(sessions, "w", KINDS)
    lease = Lease(sessions, job.id, job.fence)
    clock.advance(LEASE)
    claim(sessions, "other", KINDS)
    keeper = LeaseKeeper()
    with keeper.keeping(lease):
        assert keeper.beat()
    assert lease.lost
    assert _row(sessions).lease_holder == "other"


def test_a_job_waits_without_end_for_an_installation_to_be_put_right(
    sessions: Sessions, tenant: TenantId, clock: ManualClock
) -> None:
    _queue(sessions, tenant, max_attempts=1)

    def misconfigured(_sessions: Sessions, _job: Job) -> None:
        raise Misconfigured("no key fits")

    for _ in range(3):
        assert run_due(sessions, {"work": misconfigured}, "w") == 1
        row = _row(sessions)
        assert (row.state, row.attempts, row.last_error) == ("queued", 0, "no key fits")
        clock.advance(PUT_RIGHT)
    assert run_due(sessions, {"work": _nothing}, "w") == 1
    assert _row(sessions).last_error is None


def test_no_further_job_is_begun_while_stopping(sessions: Sessions, tenant: TenantId) -> None:
    stopping = threading.Event()
    with sessions(tenant) as session:
        for key in ("1", "2", "3"):
            enqueue(session, "work", {}, key=key)
    handlers = {"work": lambda _s, _j: stopping.set()}
    assert run_due(sessions, handlers, "w", stopping=stopping.is_set) == 1
