"""From delivered to refunded: authorized once, received once, never more than was bought."""

from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import Engine, select

from core.clock import ManualClock
from core.errors import Conflict, InvalidInput, NotFound
from returns.eligibility import Eligible, RefusalCode, Wish
from returns.flows.cancel_return import cancel_return
from returns.flows.check_returns import check_returns
from returns.flows.receive_return import receive_return
from returns.flows.request_return import Authorized, Refused, request_return
from returns.flows.view_returns import RmaView, view_returns
from returns.policy import Basis, Cause
from returns.qr import Slip, read_slip
from store.tables import OutboxRow
from tests.market import Market
from tests.tracking.events import START


@pytest.fixture
def market(engine: Engine, clock: ManualClock, tmp_path: Path) -> Market:
    return Market.open(engine, clock, tmp_path)


@pytest.fixture
def order(market: Market) -> UUID:
    committed = market.order()
    market.deliver(committed.order_id)
    market.clock.set(START + timedelta(days=3))
    market.work()
    return committed.order_id


def _ask(market: Market, order: UUID, *wishes: Wish, key: str = "r1") -> Authorized | Refused:
    with market.lanewise.sessions(market.tenant) as session:
        return request_return(session, order, wishes, key=key)


def _view(market: Market, order: UUID) -> tuple[RmaView, ...]:
    with market.lanewise.sessions(market.tenant) as session:
        return view_returns(session, order_id=order)


def test_an_order_is_followed_once_booked_and_each_line_is_answered(
    market: Market, order: UUID
) -> None:
    rows = market.tracked(order)
    assert rows
    assert {(row.tracking_number != "", row.state) for row in rows} == {(True, "delivered")}
    with market.lanewise.sessions(market.tenant) as session:
        answers = check_returns(session, order)
    assert {one.line.line for one in answers} == {"1", "2"}
    for one in answers:
        answer = one.answers[Cause.CHANGED_MIND]
        assert isinstance(answer, Eligible)
        assert answer.basis is Basis.WITHDRAWAL
        assert answer.last_day is not None


def test_a_return_goes_from_request_to_refund_once(market: Market, order: UUID) -> None:
    wish = Wish("2", 1, Cause.CHANGED_MIND)
    first = _ask(market, order, wish)
    assert _ask(market, order, wish) == first
    assert isinstance(first, Authorized)
    market.work()
    (view,) = _view(market, order)
    today = market.clock.now().date()
    slip = read_slip(view.code, view.public_key, today=today)
    assert isinstance(slip, Slip)
    assert slip.rma == first.rmas[0]
    assert [parcel.has_label for parcel in view.parcels] == [True]
    with market.lanewise.sessions(market.tenant) as session:
        refund = receive_return(session, view.code)
    with market.lanewise.sessions(market.tenant) as session:
        again = receive_return(session, str(first.rmas[0]))
    assert again.id == refund.id
    assert refund.amount_minor > 0
    assert refund.amount_minor == sum(line["amount_minor"] for line in refund.lines)
    assert refund.due_on == today + timedelta(days=14)
    market.work()
    with market.lanewise.sessions(market.tenant) as session:
        names = session.scalars(select(OutboxRow.name)).all()
    assert names.count("returns.refund_instructed") == 1
    letters = "".join(path.read_text() for path in market.outbox.glob("*.txt"))
    assert "Your return is registered" in letters
    assert "Your money is on its way" in letters


def test_nothing_comes_back_twice_or_unbought(market: Market, order: UUID) -> None:
    assert isinstance(_ask(market, order, Wish("1", 1, Cause.DAMAGED)), Authorized)
    assert isinstance(_ask(market, order, Wish("1", 1, Cause.DAMAGED), key="r2"), Authorized)
    for wish, code in [
        (Wish("1", 1, Cause.DAMAGED), RefusalCode.ALREADY_RETURNED),
        (Wish("2", 5, Cause.DAMAGED), RefusalCode.QUANTITY_TOO_LARGE),
        (Wish("9", 1, Cause.DAMAGED), RefusalCode.NOT_BOUGHT),
    ]:
        answer = _ask(market, order, wish, key=f"r-{code}")
        assert isinstance(answer, Refused)
        assert [one.code for one in answer.answers] == [code]
    with pytest.raises(InvalidInput):
        _ask(market, order, key="none")
    with pytest.raises(InvalidInput):
        _ask(market, order, Wish("2", 1, Cause.DAMAGED), Wish("2", 1, Cause.DAMAGED), key="x")
    with pytest.raises(NotFound):
        _ask(market, UUID(int=1), Wish("1", 1, Cause.DAMAGED))


def test_a_cancelled_return_frees_its_units_and_takes_no_goods(market: Market, order: UUID) -> None:
    first = _ask(market, order, Wish("2", 1, Cause.CHANGED_MIND))
    assert isinstance(first, Authorized)
    with market.lanewise.sessions(market.tenant) as session:
        cancel_return(session, first.rmas[0])
        cancel_return(session, first.rmas[0])
        with pytest.raises(Conflict):
            receive_return(session, str(first.rmas[0]))
    second = _ask(market, order, Wish("2", 1, Cause.CHANGED_MIND), key="r2")
    assert isinstance(second, Authorized)
    with market.lanewise.sessions(market.tenant) as session:
        receive_return(session, str(second.rmas[0]))
        with pytest.raises(Conflict):
            cancel_return(session, second.rmas[0])


def test_a_forged_code_and_a_wrong_count_are_refused(market: Market, order: UUID) -> None:
    _ask(market, order, Wish("1", 2, Cause.CHANGED_MIND))
    (view,) = _view(market, order)
    with market.lanewise.sessions(market.tenant) as session:
        for code in (view.code[:-4] + "AAAA", "LWR1.x.y", "hello"):
            with pytest.raises(InvalidInput):
                receive_return(session, code)
        with pytest.raises(InvalidInput):
            receive_return(session, view.code, counted={"1": 3})
        with pytest.raises(InvalidInput):
            receive_return(session, view.code, counted={"7": 1})
        with pytest.raises(NotFound):
            receive_return(session, view.code, seller="somebody-else")
        refund = receive_return(session, view.code, counted={"1": 1})
        goods = [line["amount_minor"] for line in refund.lines if line["code"] == "goods"]
    with market.lanewise.sessions(market.tenant) as session:
        price = check_returns(session, order)[0].line.price.minor
    assert goods == [price]
