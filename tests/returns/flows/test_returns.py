"""From delivered to refunded: authorized once, received once, never more than was bought."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import Engine, select, text

from api.policy_checks import POLICY_CHECKS
from carriers.flows.read_label import read_label
from carriers.status import Status
from carriers.tables import BookingRow, call_for
from core.clock import ManualClock
from core.errors import Conflict, InvalidInput, NotFound
from core.ids import SubjectId
from returns.eligibility import Eligible, NotEligible, RefusalCode, Wish
from returns.flows.cancel_return import cancel_return
from returns.flows.check_returns import check_returns
from returns.flows.receive_return import receive_return
from returns.flows.request_return import Authorized, Refused, request_return
from returns.flows.view_returns import RmaView, view_returns
from returns.policy import Basis, Cause
from returns.qr import Slip, read_slip
from routing.cart import CartLine
from routing.flows.cancel_order import cancel_order
from routing.flows.import_network import import_network
from routing.flows.load_snapshot import load_snapshot
from routing.tables import PlannedParcelRow
from store.tables import OutboxRow
from tests.market import Market, small_files
from tests.tracking.events import START
from tracking.flows.set_notice_preference import set_notice_preference
from tracking.flows.view_order import view_order
from tracking.flows.view_parcel import view_parcel
from tracking.tables import IncidentRow, NoticeRow, TrackedParcelRow, is_of_seller


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
        answer = request_return(session, order, wishes, key=key)
    market.clock.advance(timedelta(seconds=1))  # ids are ordered by time
    return answer


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


def test_a_key_stands_for_one_request_of_one_order(market: Market, order: UUID) -> None:
    wishes = (Wish("1", 1, Cause.DAMAGED), Wish("2", 1, Cause.DAMAGED))
    first = _ask(market, order, *wishes)
    assert _ask(market, order, *reversed(wishes)) == first
    for other in ((Wish("1", 2, Cause.DAMAGED), wishes[1]), (Wish("1", 1, Cause.DEFECTIVE),)):
        with pytest.raises(Conflict) as caught:
            _ask(market, order, *other)
        assert caught.value.code == "key_reused"


def test_one_key_for_two_orders_at_once_is_a_conflict_for_the_second(
    market: Market, order: UUID
) -> None:
    if market.lanewise.sessions.engine.dialect.name != "postgresql":
        pytest.skip("SQLite has one writer")
    other = market.order("k2").order_id
    market.deliver(other, hours=72)
    wish = Wish("2", 1, Cause.DAMAGED)
    with ThreadPoolExecutor(1) as pool:
        with market.lanewise.sessions(market.tenant) as session:
            request_return(session, order, [wish], key="r1")
            second = pool.submit(_ask, market, other, wish)
            while not second.done() and not _somebody_waits(market):
                pass  # the second one has come as far as it can
        with pytest.raises(Conflict):
            second.result()


def _somebody_waits(market: Market) -> bool:
    with market.lanewise.sessions.engine.connect() as connection:
        return bool(connection.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")))


def _weights(market: Market, *skus: str) -> list[int]:
    with market.lanewise.sessions(market.tenant) as session:
        network = load_snapshot(session).network
        return [network.sku(sku).weight_g for sku in skus]


def test_the_label_is_for_what_returns_and_not_for_what_stays(market: Market, order: UUID) -> None:
    coffee_g, book_g = _weights(market, "COFFEE-01", "BOOK-03")
    _ask(market, order, Wish("2", 1, Cause.CHANGED_MIND))
    _ask(market, order, Wish("1", 1, Cause.CHANGED_MIND), key="r2")
    with market.lanewise.sessions(market.tenant) as session:
        parcel = session.scalars(select(PlannedParcelRow)).one()
        assert len(parcel.sellers) == 2
        bookings = session.scalars(
            select(BookingRow).where(BookingRow.direction == "return").order_by(BookingRow.id)
        ).all()
        box_g = parcel.weight_g - 2 * coffee_g - book_g
        assert [row.weight_g for row in bookings] == [box_g + book_g, box_g + coffee_g]
        assert {row.location for row in bookings} == {parcel.origin}


def test_goods_of_two_parcels_go_back_in_two_and_never_twice_in_one(market: Market) -> None:
    mugs, coffees = CartLine("1", "MUG-03", 30), CartLine("2", "COFFEE-01", 3)
    order = market.order(lines=(mugs, coffees)).order_id
    market.deliver(order)
    first = _ask(market, order, Wish("1", 16, Cause.CHANGED_MIND), Wish("2", 3, Cause.CHANGED_MIND))
    assert isinstance(first, Authorized)
    market.work()
    (view,) = _view(market, order)
    assert [parcel.has_label for parcel in view.parcels] == [True, True]
    assert len({parcel.tracking_number for parcel in view.parcels}) == 2
    assert _units(view, "1") == 16
    assert _units(view, "2") == 3
    _ask(market, order, Wish("1", 14, Cause.CHANGED_MIND), key="r2")
    _, later = _view(market, order)
    assert _units(later, "1") == 14
    (only,) = later.parcels
    mug_g = _weights(market, "MUG-03")[0]
    assert 14 * mug_g < only.weight_g < 15 * mug_g + 1000


def test_a_return_of_two_parcels_is_not_paid_back_whole_for_the_first(market: Market) -> None:
    mugs = CartLine("1", "MUG-03", 30)
    order = market.order(lines=(mugs, CartLine("2", "COFFEE-01", 3))).order_id
    market.deliver(order)
    _ask(market, order, Wish("1", 30, Cause.DAMAGED))
    market.work()
    (view,) = _view(market, order)
    here, late = view.parcels
    market.tell(here.id, Status.DELIVERED, 50)
    market.work()
    with market.lanewise.sessions(market.tenant) as session:
        price = check_returns(session, order)[0].line.price.minor
        with pytest.raises(Conflict) as caught:
            receive_return(session, view.code)
        assert caught.value.code == "parcels_missing"
        refund = receive_return(session, view.code, counted={"1": here.units["1"]})
    assert refund.lines[0]["amount_minor"] == here.units["1"] * price
    anew = _ask(market, order, Wish("1", late.units["1"], Cause.DAMAGED), key="late")
    assert isinstance(anew, Authorized)
    with market.lanewise.sessions(market.tenant) as session:
        assert not session.get_one(TrackedParcelRow, late.id).is_over
        second = receive_return(session, str(anew.rmas[0]))
    assert second.lines[0]["amount_minor"] == late.units["1"] * price


def _units(view: RmaView, line: str) -> int:
    return sum(parcel.units.get(line, 0) for parcel in view.parcels)


def test_a_return_moves_with_the_scans_of_its_label(market: Market, order: UUID) -> None:
    _ask(market, order, Wish("2", 1, Cause.CHANGED_MIND))
    market.work()
    (view,) = _view(market, order)
    (parcel,) = view.parcels
    assert (view.row.state, parcel.state) == ("requested", Status.PRE_TRANSIT)
    told = len(list(market.outbox.glob("*.txt")))
    seen = []
    for hours, state in ((74, Status.ACCEPTED), (80, Status.IN_TRANSIT), (99, Status.DELIVERED)):
        market.clock.set(START + timedelta(hours=hours))
        market.tell(parcel.id, state, hours)
        market.tell(parcel.id, Status.ACCEPTED, 74)  # heard again
        market.work()
        seen.append(_view(market, order)[0].row.state)
    assert seen == ["in_transit", "in_transit", "arrived"]
    assert len(list(market.outbox.glob("*.txt"))) == told
    with market.lanewise.sessions(market.tenant) as session:
        assert view_order(session, order).journey.state is Status.DELIVERED
        assert not session.scalars(select(IncidentRow).where(IncidentRow.closed_at.is_(None))).all()
        with pytest.raises(Conflict):
            cancel_return(session, view.row.id)
        receive_return(session, view.code)
    market.tell(parcel.id, Status.OUT_FOR_DELIVERY, 98)
    market.work()
    assert _view(market, order)[0].row.state == "received"


def test_a_lost_return_parcel_is_an_incident_and_a_counted_one_is_asked_for_no_more(
    market: Market, order: UUID
) -> None:
    _ask(market, order, Wish("2", 1, Cause.CHANGED_MIND))
    _ask(market, order, Wish("1", 1, Cause.CHANGED_MIND), key="r2")
    _ask(market, order, Wish("1", 1, Cause.CHANGED_MIND), key="r3")
    market.work()
    lost, counted, kept = _view(market, order)
    market.tell(lost.parcels[0].id, Status.LOST, 80)
    with market.lanewise.sessions(market.tenant) as session:
        receive_return(session, counted.code)
        cancel_return(session, kept.row.id)
    market.work()
    with market.lanewise.sessions(market.tenant) as session:
        rows = session.scalars(
            select(TrackedParcelRow).where(TrackedParcelRow.direction == "return")
        ).all()
        states = {row.id: (row.state, row.is_over) for row in rows}
        incidents = session.scalars(select(IncidentRow.parcel_id)).all()
        assert view_order(session, order).journey.state is Status.DELIVERED
    assert states == {
        lost.parcels[0].id: ("lost", True),
        counted.parcels[0].id: ("delivered", True),
        kept.parcels[0].id: ("cancelled", True),
    }
    assert incidents == [lost.parcels[0].id]
    assert _view(market, order)[2].parcels[0].label_state in ("voiding", "voided")


def test_a_seller_sees_its_part_of_a_shared_parcel_and_nothing_of_the_other(
    market: Market, order: UUID
) -> None:
    (row,) = market.tracked(order)
    one, other = row.sellers
    with market.lanewise.sessions(market.tenant) as session:
        for seller, hidden in ((one, other), (other, one)):
            view = view_order(session, order, seller=seller)
            assert hidden not in repr(view)
            assert hidden not in repr(view_parcel(session, row.id, seller=seller))
            assert session.scalars(select(TrackedParcelRow.id).where(is_of_seller(seller))).all()
        for stranger in ("somebody", one[:-1], one.upper(), f"{one}|{other}x", ""):
            assert not session.scalars(
                select(TrackedParcelRow.id).where(is_of_seller(stranger))
            ).all(), stranger
            with pytest.raises(NotFound):
                view_order(session, order, seller=stranger)
            with pytest.raises(NotFound):
                view_parcel(session, row.id, seller=stranger)


def test_the_receipt_of_a_return_comes_even_to_who_wants_no_messages(
    market: Market, order: UUID
) -> None:
    (row, *_) = market.tracked(order)
    assert row.consignee_id is not None
    with market.lanewise.sessions(market.tenant) as session:
        set_notice_preference(session, SubjectId(row.consignee_id), None, is_wanted=False)
    _ask(market, order, Wish("2", 1, Cause.CHANGED_MIND))
    market.work()
    letters = "".join(path.read_text() for path in market.outbox.glob("*.txt"))
    assert "Your return is registered" in letters


def _rewrite(market: Market, **rules: object) -> None:
    """Import the network again with other rules in a new version of its policy."""
    files = small_files()
    (policy,) = json.loads(files["policies.json"])
    changed = [{**policy, "version": policy["version"] + 1, **rules}]
    with market.lanewise.sessions(market.tenant) as session:
        import_network(
            session, {**files, "policies.json": json.dumps(changed)}, checks=POLICY_CHECKS
        )


def test_an_order_keeps_the_return_policy_it_was_bought_under(market: Market, order: UUID) -> None:
    better = {"categories": ["books"], "sellers": ["liffey-paper"], "withdrawal_days": 100}
    _rewrite(market, returns={"improvements": [better], "exceptions": {"food": "perishable"}})
    later = market.order("k2").order_id
    market.deliver(later, hours=80)
    answers = {}
    for one in (order, later):
        with market.lanewise.sessions(market.tenant) as session:
            for found in check_returns(session, one, causes=(Cause.CHANGED_MIND,)):
                answers[one, found.line.line] = found.answers[Cause.CHANGED_MIND]
    coffee, book = answers[later, "1"], answers[later, "2"]
    assert isinstance(coffee, NotEligible)
    assert coffee.code is RefusalCode.EXCLUDED_CATEGORY
    assert isinstance(book, Eligible)
    assert isinstance(answers[order, "1"], Eligible)
    before = answers[order, "2"]
    assert isinstance(before, Eligible)
    assert book.last_day is not None
    assert before.last_day is not None
    assert (book.last_day - before.last_day).days > 80


def test_an_order_keeps_the_notice_rules_it_was_bought_under(market: Market) -> None:
    told = market.order()
    _rewrite(market, notices={"not_told": ["arriving_today"], "quiet_from": "03:00"})
    untold = market.order("k2")
    for order in (told, untold):
        for row in market.tracked(order.order_id):
            market.tell(row.id, Status.OUT_FOR_DELIVERY, 1)
    market.clock.set(START + timedelta(hours=1))
    market.work()
    with market.lanewise.sessions(market.tenant) as session:
        found = {row.order_id: (row.state, row.why) for row in session.scalars(select(NoticeRow))}
    assert found == {
        told.order_id: ("sent", None),
        untold.order_id: ("dropped", "not told by this marketplace"),
    }


def test_rules_that_no_room_can_read_are_refused_at_import(market: Market) -> None:
    with pytest.raises(InvalidInput) as caught:
        _rewrite(market, returns={"window_days": 3}, notices={"quiet_to": "noon"})
    assert {(fault.file, fault.row, fault.field) for fault in caught.value.faults} == {
        ("policies.json", 1, "returns.window_days"),
        ("policies.json", 1, "notices.quiet_to"),
    }


def test_units_that_were_lost_are_neither_returned_nor_refunded(market: Market) -> None:
    mugs, coffees = CartLine("1", "MUG-03", 30), CartLine("2", "COFFEE-01", 3)
    order = market.order(lines=(mugs, coffees)).order_id
    lost, *rest = market.tracked(order)
    market.tell(lost.id, Status.LOST, 19)
    for row in rest:
        market.tell(row.id, Status.DELIVERED, 20)
    market.clock.set(START + timedelta(hours=30))
    with market.lanewise.sessions(market.tenant) as session:
        mug = next(one for one in check_returns(session, order) if one.line.line == "1")
        parcels = session.scalars(select(PlannedParcelRow).where(PlannedParcelRow.id != lost.id))
        came = sum(each["qty"] for one in parcels for each in one.contents if each["line"] == "1")
    assert 0 < came < 30
    assert mug.line.returnable == came
    assert isinstance(mug.answers[Cause.DAMAGED], Eligible)
    for qty in (30, came + 1):
        answer = _ask(market, order, Wish("1", qty, Cause.DAMAGED), key=f"all-{qty}")
        assert answer == Refused((NotEligible("1", RefusalCode.NEVER_DELIVERED),))
    asked = _ask(market, order, Wish("1", came, Cause.DAMAGED))
    assert isinstance(asked, Authorized)
    again = _ask(market, order, Wish("1", 1, Cause.DAMAGED), key="again")
    assert again == Refused((NotEligible("1", RefusalCode.NEVER_DELIVERED),))
    with market.lanewise.sessions(market.tenant) as session:
        refund = receive_return(session, str(asked.rmas[0]))
    (goods,) = [line for line in refund.lines if line["code"] == "goods"]
    assert goods["amount_minor"] == came * mug.line.price.minor


def test_a_cancelled_order_is_not_returned(market: Market) -> None:
    order = market.order().order_id
    with market.lanewise.sessions(market.tenant) as session:
        cancel_order(session, order)
    answer = _ask(market, order, Wish("2", 1, Cause.CHANGED_MIND))
    assert answer == Refused((NotEligible("2", RefusalCode.NEVER_DELIVERED),))


def test_a_return_cancelled_before_its_label_is_made_leaves_no_label(
    market: Market, order: UUID
) -> None:
    asked = _ask(market, order, Wish("2", 1, Cause.CHANGED_MIND))
    assert isinstance(asked, Authorized)
    with market.lanewise.sessions(market.tenant) as session:
        cancel_return(session, asked.rmas[0])
    market.work()
    (parcel,) = _view(market, order)[0].parcels
    assert (parcel.label_state, parcel.has_label) == ("voided", False)
    assert len(market.tracked(order)) == 1


def test_a_label_made_after_the_return_was_cancelled_is_voided_and_not_followed(
    market: Market, order: UUID
) -> None:
    asked = _ask(market, order, Wish("2", 1, Cause.CHANGED_MIND))
    assert isinstance(asked, Authorized)
    (parcel,) = _view(market, order)[0].parcels
    assert parcel.booking is not None
    with market.lanewise.sessions(market.tenant) as session:  # its carrier is being asked
        call_for(session, "book", parcel.booking).state = "sending"
        cancel_return(session, asked.rmas[0])
        call_for(session, "book", parcel.booking).state = "intent"
    market.work()
    assert _view(market, order)[0].parcels[0].label_state in ("voiding", "voided")
    assert len(market.tracked(order)) == 1


def test_a_customer_prints_a_return_label_whatever_the_warehouse_prints(
    market: Market, order: UUID
) -> None:
    with market.lanewise.sessions(market.tenant) as session:
        for booking in session.scalars(select(BookingRow)):
            booking.label_format = "zpl_203"
    _ask(market, order, Wish("2", 1, Cause.CHANGED_MIND))
    market.work()
    (parcel,) = _view(market, order)[0].parcels
    assert parcel.booking is not None
    with market.lanewise.sessions(market.tenant) as session:
        assert read_label(session, parcel.booking).content.startswith(b"%PDF-")
