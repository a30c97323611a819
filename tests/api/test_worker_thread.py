"""The thread through the worker: a committed cart is booked, labelled, followed, handed over."""

import threading
from pathlib import Path

import pytest
from sqlalchemy import Engine, select
from structlog.testing import capture_logs

from api.settings import Settings
from api.wiring import Lanewise
from api.worker import SCHEDULE, Worker, run_until_idle
from carriers.adapters.table.published import published_tariffs
from carriers.ports import LabelFormat
from carriers.status import Status
from carriers.tables import BookingRow, LabelRow
from core.clock import ManualClock
from core.errors import Unavailable
from core.ids import TenantId
from core.places import Address, Destination
from routing.cart import Cart, CartLine
from routing.flows.commit_option import Committed, commit_option
from routing.flows.import_network import import_network
from routing.flows.quote_cart import quote_cart
from routing.tables import PlannedParcelRow, ReservationRow, StockRow
from simulations.demo_network import demo_files
from store.jobs import PUT_RIGHT, Job, enqueue
from store.keys import create_tenant
from store.session import Sessions, now
from store.tables import JobRow
from tests.conftest import MASTER_KEY, seeded_entropy
from tracking.flows.hand_over_parcel import hand_over_parcel
from tracking.tables import TrackedParcelRow

HOME = Address("Jan Voorbeeld", "Damrak 1", "Amsterdam", "1012 LG", "NL", email="jan@example.org")


@pytest.fixture
def lanewise(engine: Engine, clock: ManualClock, tmp_path: Path) -> Lanewise:
    made = Lanewise(Settings(var=tmp_path, secret_key=MASTER_KEY.hex()), clock)
    made.__dict__["sessions"] = Sessions(engine, clock, seeded_entropy(), MASTER_KEY)
    return made


@pytest.fixture
def market(lanewise: Lanewise) -> TenantId:
    with lanewise.sessions.system() as session:
        tenant = create_tenant(session, "market")
    with lanewise.sessions(tenant) as session:
        import_network(session, demo_files(1))
    return tenant


def _buy(lanewise: Lanewise, tenant: TenantId) -> Committed:
    with lanewise.sessions(tenant) as session:
        lines = (CartLine("1", "COFFEE-01", 2), CartLine("2", "BOOK-03", 1))
        quote = quote_cart(session, Cart(Destination("NL", "1012 LG"), lines, now(session)))
        answer = commit_option(session, quote.id, "cheapest", HOME, key="k")
    assert isinstance(answer, Committed)
    return answer


def test_a_booking_waits_for_the_right_master_key(
    lanewise: Lanewise, market: TenantId, clock: ManualClock, tmp_path: Path
) -> None:
    committed = _buy(lanewise, market)
    wrong = Lanewise(Settings(var=tmp_path, secret_key="00" * 32), clock)
    own = lanewise.sessions
    wrong.__dict__["sessions"] = Sessions(own.engine, clock, own.entropy, bytes(32))
    for _ in range(30):  # more often than any failing job is tried
        run_until_idle(wrong)
        clock.advance(PUT_RIGHT)
    with lanewise.sessions(market, read_only=True) as session:
        jobs = session.scalars(select(JobRow).where(JobRow.kind == "carriers.book")).all()
        assert {(job.state, job.attempts) for job in jobs} == {("queued", 0)}
        assert all("LANEWISE_SECRET_KEY" in (job.last_error or "") for job in jobs)
    run_until_idle(lanewise)
    with lanewise.sessions(market, read_only=True) as session:
        bookings = session.scalars(select(BookingRow)).all()
        assert [row.state for row in bookings] == ["booked"] * len(committed.parcels)


def test_a_commit_ends_in_labels_and_followed_parcels_and_a_hand_over_empties_the_shelf(
    lanewise: Lanewise, market: TenantId
) -> None:
    assert published_tariffs()
    committed = _buy(lanewise, market)
    run_until_idle(lanewise)
    with lanewise.sessions(market, read_only=True) as session:
        bookings = session.scalars(select(BookingRow)).all()
        assert [row.state for row in bookings] == ["booked"] * len(committed.parcels)
        formats = {row.format for row in session.scalars(select(LabelRow))}
        assert LabelFormat.PDF_4X6.value in formats
        parcels = session.scalars(select(PlannedParcelRow)).all()
        assert {row.state for row in parcels} == {"booked"}
        followed = session.scalars(select(TrackedParcelRow)).all()
        assert {row.tracking_number for row in followed} == {
            row.tracking_number for row in bookings
        }
        reserved = {row.sku: row.reserved for row in session.scalars(select(StockRow))}
        assert reserved["COFFEE-01"] == 2
    for row in followed:
        with lanewise.sessions(market) as session:
            hand_over_parcel(session, row.tracking_number)
        with lanewise.sessions(market) as session:
            hand_over_parcel(session, row.tracking_number)
    run_until_idle(lanewise)
    with lanewise.sessions(market, read_only=True) as session:
        assert {row.state for row in session.scalars(select(PlannedParcelRow))} == {"handed_over"}
        assert {row.state for row in session.scalars(select(ReservationRow))} == {"shipped"}
        assert {row.state for row in session.scalars(select(TrackedParcelRow))} == {
            Status.ACCEPTED.value
        }
        assert sum(row.reserved for row in session.scalars(select(StockRow))) == 0


@pytest.mark.parametrize("error", [Unavailable("gone"), RuntimeError("surprise")])
def test_the_clock_ticks_on_after_a_failed_tick(
    lanewise: Lanewise, market: TenantId, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(*_: object) -> None:
        raise error

    worker = Worker(lanewise)
    with monkeypatch.context() as patched:
        patched.setattr("api.worker.take_lease", fail)
        with capture_logs() as logs:
            worker.tick()
    (line,) = logs
    assert line["event"] == "tick_failed" and str(error) in line["reason"]
    worker.tick()
    with lanewise.sessions(market, read_only=True) as session:
        assert len(session.scalars(select(JobRow)).all()) == len(SCHEDULE)


def test_stop_ends_after_the_job_at_hand(
    lanewise: Lanewise, tenant: TenantId, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker = Worker(lanewise)
    begun, go_on, ran = threading.Event(), threading.Event(), []

    def handle(_sessions: Sessions, job: Job) -> None:
        ran.append(job.key)
        begun.set()
        assert go_on.wait(20)

    monkeypatch.setattr("api.worker.HANDLERS", {"work": lambda _lanewise: handle})
    monkeypatch.setattr("api.worker.SCHEDULE", ())
    with lanewise.sessions(tenant) as session:
        for key in ("1", "2", "3"):
            enqueue(session, "work", {}, key=key)
    worker.start()
    assert begun.wait(20)
    stopper = threading.Thread(target=worker.stop)
    stopper.start()
    assert worker.stopping.wait(20)
    go_on.set()
    stopper.join(20)
    assert not stopper.is_alive()
    assert len(ran) == 1
    with lanewise.sessions(tenant, read_only=True) as session:
        states = sorted(row.state for row in session.scalars(select(JobRow)))
    assert states == ["done", "queued", "queued"]
