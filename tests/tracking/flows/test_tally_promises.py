"""Counting promised against kept month by month: what is left out, what is counted anew, what a look costs."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, delete, event, select, update
from structlog.testing import capture_logs

from carriers.status import Status
from core.clock import ManualClock
from routing.tables import OrderRow, PromiseRow
from store.session import new_id
from tests.market import Market
from tests.tracking.events import START
from tracking.calibration import CalibrationReport
from tracking.flows.recall_parcels import recall_parcels
from tracking.flows.recall_promises import recall_promises
from tracking.flows.tally_promises import SETTLED_AFTER, tally_promises
from tracking.flows.view_calibration import view_calibration
from tracking.tables import NO_MONTH, TOTAL, CalibrationTallyRow

GARBAGE = [
    ("made_at", "garbage"),
    ("made_at", "2026-13-99"),
    ("made_at", 7),
    ("ends_at", 7),
    ("promised_date", "2018-13-99"),
    ("parcels", "[{"),
    ("parcels", "[{}]"),
    ("level", "much"),
    ("probability", "nan"),
    ("id", "nobody"),
]


@pytest.fixture
def market(engine: Engine, clock: ManualClock, tmp_path: Path) -> Market:
    return Market.open(engine, clock, tmp_path)


def _counted(market: Market) -> CalibrationReport:
    tally_promises(market.lanewise.sessions, market.tenant)
    with market.lanewise.sessions(market.tenant, read_only=True) as session:
        return view_calibration(session)


def test_rows_that_do_not_parse_are_left_out_and_counted(market: Market) -> None:
    """Written as an editor of the file could: no type of this program is asked."""
    orders = [market.order_unbooked(f"k{number}").order_id for number in range(len(GARBAGE) + 1)]
    with market.lanewise.sessions(market.tenant) as session:
        if session.get_bind().dialect.name != "sqlite":
            pytest.skip("its columns have types that refuse such values")
        for (column, value), order in zip(GARBAGE, orders, strict=False):
            session.connection().exec_driver_sql(
                f"UPDATE promises SET {column} = ? WHERE order_id = ?", (value, order.hex)
            )
    with capture_logs() as logs:
        report = _counted(market)
    assert (report.open_promises, report.unreadable) == (1, len(GARBAGE))
    told = [log["promise"] for log in logs if log["event"] == "promise_not_readable"]
    assert len(told) == len(set(told)) == len(GARBAGE)
    assert "nobody" in told
    with market.lanewise.sessions(market.tenant, read_only=True) as session:
        later = START + timedelta(days=30)
        assert recall_promises(session, recall_parcels(session, later), later) == ()


def test_looking_reads_one_row_however_many_promises_there_are(
    market: Market, engine: Engine
) -> None:
    asked: list[str] = []

    def note(_c: Connection, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith("SELECT"):
            asked.append(statement)

    for number in range(3):
        market.order_unbooked(f"k{number}")
        tally_promises(market.lanewise.sessions, market.tenant)
        asked.clear()
        event.listen(engine, "before_cursor_execute", note)
        with market.lanewise.sessions(market.tenant, read_only=True) as session:
            assert view_calibration(session).open_promises == number + 1
        event.remove(engine, "before_cursor_execute", note)
        assert len(asked) == 1
        assert "promises.id" not in asked[0]


def test_a_settled_month_is_counted_anew_only_when_promises_were_added(market: Market) -> None:
    order = market.order("k0").order_id
    market.deliver(order, 20)
    first = _counted(market)
    assert first.overall is not None
    assert (first.overall.promises, first.overall.kept, first.overall.lost) == (1, 1.0, 0)
    market.clock.set(START + SETTLED_AFTER + timedelta(days=40))
    with market.lanewise.sessions(market.tenant) as session:
        session.execute(update(OrderRow).values(state="cancelled"))
    late = _counted(market)
    assert late.overall == first.overall
    assert late.counted_at == market.clock.now()
    with market.lanewise.sessions(market.tenant) as session:
        row = session.scalars(select(PromiseRow)).one()
        values = {each.key: getattr(row, each.key) for each in PromiseRow.__table__.columns}
        session.add(PromiseRow(**{**values, "id": new_id(session)}))
    assert _counted(market).overall is None


def test_a_month_rests_the_longer_the_longer_ago_it_ended(market: Market) -> None:
    order = market.order("k0").order_id
    market.deliver(order, 20)
    market.clock.set(datetime(2026, 5, 31, tzinfo=UTC))  # two months after the end of March
    assert _counted(market).overall is not None
    with market.lanewise.sessions(market.tenant) as session:
        session.execute(update(OrderRow).values(state="cancelled"))
    market.clock.advance(timedelta(hours=23))
    assert _counted(market).overall is not None
    market.clock.advance(timedelta(hours=3))
    assert _counted(market).overall is None


def test_the_present_month_rests_the_longer_the_more_promises_it_has(
    market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tracking.flows.tally_promises.FEW", 1)
    monkeypatch.setattr("tracking.flows.tally_promises.REST_EACH", timedelta(hours=1))
    market.order_unbooked("k0")
    assert _counted(market).open_promises == 1
    for number in (1, 2):
        market.order_unbooked(f"k{number}")
    market.clock.advance(timedelta(minutes=119))  # two promises more than few: two hours
    assert _counted(market).open_promises == 1
    market.clock.advance(timedelta(minutes=1))
    assert _counted(market).open_promises == 3


def test_months_whose_promises_are_gone_are_forgotten(market: Market) -> None:
    market.order_unbooked("k0")
    later = START + timedelta(days=40)
    assert _counted(market).open_promises == 1
    with market.lanewise.sessions(market.tenant) as session:
        session.execute(update(PromiseRow).values(made_at=later))
    market.clock.set(later + timedelta(days=1))
    _counted(market)
    with market.lanewise.sessions(market.tenant) as session:
        months = {row.month: row.promises for row in session.scalars(select(CalibrationTallyRow))}
        assert (months.pop(TOTAL), months.pop(NO_MONTH)) == (1, 0)
        assert min(months) == f"{later:%Y-%m}"
        session.execute(delete(PromiseRow))
    _counted(market)
    with market.lanewise.sessions(market.tenant) as session:
        assert set(session.scalars(select(CalibrationTallyRow.month))) == {NO_MONTH, TOTAL}


def test_only_the_first_promise_of_an_order_counts_also_over_the_turn_of_a_month(
    market: Market,
) -> None:
    market.order_unbooked("k0")
    with market.lanewise.sessions(market.tenant) as session:
        row = session.scalars(select(PromiseRow)).one()
        values = {each.key: getattr(row, each.key) for each in PromiseRow.__table__.columns}
        later = datetime(2026, 4, 1, 12, tzinfo=UTC)
        session.add(PromiseRow(**{**values, "id": new_id(session), "made_at": later}))
    market.clock.set(datetime(2026, 6, 1, tzinfo=UTC))
    report = _counted(market)
    assert [(row.group, row.promises) for row in report.by_month] == [("2026-03", 1)]
    with market.lanewise.sessions(market.tenant) as session:
        months = {row.month: row.promises for row in session.scalars(select(CalibrationTallyRow))}
    assert months == {
        "": 0,
        "2026-03": 1,
        "2026-04": 1,
        "2026-05": 0,
        "2026-06": 0,
        "2026-07": 0,
        "total": 2,
    }


def test_a_lost_parcel_is_a_promise_not_kept_before_its_day_and_is_told_apart(
    market: Market,
) -> None:
    for key, hours, last in (("k0", 20, Status.DELIVERED), ("k1", 21, Status.LOST)):
        (row,) = market.tracked(market.order(key).order_id)
        market.clock.set(START + timedelta(hours=hours))
        market.tell(row.id, Status.ACCEPTED, 6)
        market.tell(row.id, last, hours)
        market.clock.set(START)
    market.clock.set(START + timedelta(hours=22))
    overall = _counted(market).overall
    assert overall is not None
    assert (overall.promises, overall.kept, overall.lost) == (2, 0.5, 1)
    assert overall.kept_of_arriving == 1.0
