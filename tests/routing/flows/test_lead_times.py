"""Learned lead times in the store and in quotes: published, taken back, and left aside when broken."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from carriers.status import Status
from core.clock import ManualClock
from core.errors import Conflict, InvalidInput, NotFound
from core.ids import TenantId
from core.places import Address, Destination
from routing.cart import Cart, CartLine
from routing.distributions.lead_times import LeadTimeModel, LearnedLeadTimes, NetworkState
from routing.distributions.published import model_text, read_model, read_state, state_text
from routing.distributions.soundness import require_sound_state
from routing.flows.broken_lead_times import broken_lead_times
from routing.flows.commit_option import Committed, commit_option
from routing.flows.explain_option import explain_option
from routing.flows.export_case import export_case
from routing.flows.list_models import list_models
from routing.flows.load_lead_times import load_lead_times
from routing.flows.publish_model import Provenance, publish_model
from routing.flows.publish_network_state import publish_network_state
from routing.flows.quote_cart import quote_cart
from routing.flows.roll_back_model import roll_back_model
from routing.network.canonical import content_hash
from routing.quote import Quote
from routing.tables import LeadTimeModelRow, NetworkStateRow, PromiseRow
from store.session import Sessions, now
from tests.tracking.learning.invented import FAST, FIRST, lesson
from tests.tracking.plans import plan
from tracking.event import own_event
from tracking.flows.expect_from_hand_over import expect_from_hand_over
from tracking.flows.follow_parcel import follow_parcel
from tracking.flows.hand_over_parcel import hand_over_parcel
from tracking.flows.record_event import record_event
from tracking.learning.pulse import state_of_day
from tracking.learning.teach import fit
from tracking.tables import TrackedParcelRow, plan_of, transit_json

TODAY = FIRST + timedelta(days=130)
LESSON = lesson(TODAY)
MODEL = fit(LESSON, plan=FAST)
STATE = state_of_day(LESSON, {})
OF = Provenance(FIRST, TODAY - timedelta(days=1), 650, 1, "test", {"loss": "0.4"})
HOME = Address("Jan Voorbeeld", "Damrak 1", "Amsterdam", "1012 LG", "NL")


def _state_for(quote: Quote, clock: ManualClock) -> NetworkState:
    """The invented state, as if it were of today and of the services of a quote."""
    services = {parcel.service: 500 for option in quote.options for parcel in option.parcels}
    return replace(STATE, day=clock.now().date(), deliveries=services)


def _quote(sessions: Sessions, market: TenantId, *, at_days: int = 0) -> Quote:
    with sessions(market) as session:
        at = now(session) + timedelta(days=at_days)
        lines = (CartLine("1", "COFFEE-01", 1),)
        return quote_cart(session, Cart(Destination("NL", "1012 LG"), lines, at))


def _direct(quote: Quote) -> date:
    """The earliest day without a hub: hubs keep the published times."""
    days = [
        option.promise.date
        for option in quote.options
        if not any(parcel.through_hub for parcel in option.parcels)
    ]
    return min(days, default=date.max)


def _region(quote: Quote, sessions: Sessions, market: TenantId) -> str:
    from routing.flows.load_snapshot import load_snapshot
    from routing.network.destinations import ResolvedDestination

    with sessions(market, read_only=True) as session:
        to = load_snapshot(session).postal.resolve(quote.destination)
    assert isinstance(to, ResolvedDestination)
    return f"NL-{to.region}"


def test_a_model_reads_back_exactly_and_nothing_else_is_taken_for_one() -> None:
    text = model_text(MODEL)
    again = read_model(text)
    assert model_text(again) == text
    assert (again.purchase.forest.cuts == MODEL.purchase.forest.cuts).all()
    assert read_state(state_text(STATE)) == STATE
    for broken in ("", "{}", text[:-40], text.replace("lead-times/1", "lead-times/9"), "[1]"):
        with pytest.raises(InvalidInput):
            read_model(broken)
    looped = text.replace(f'"left":{MODEL.hand_over.forest.left.tolist()}'.replace(" ", ""),
                          f'"left":{(MODEL.hand_over.forest.left * 0).tolist()}'.replace(" ", ""))  # fmt: skip
    assert looped != text
    with pytest.raises(InvalidInput, match="back"):
        read_model(looped)


def test_quotes_rest_on_the_model_and_the_ledger_names_it(
    sessions: Sessions, market: TenantId, clock: ManualClock
) -> None:
    before = _quote(sessions, market)
    assert before.model == "published-quantiles"
    codes = {**MODEL.codes, "destination": {_region(before, sessions, market): 0}}
    with sessions(market) as session:
        number = publish_model(session, replace(MODEL, codes=codes), OF)
        publish_network_state(session, _state_for(before, clock))
    after = _quote(sessions, market)
    assert (number, after.model) == (1, f"learned-1@{clock.now().date().isoformat()}")
    assert after.options[0].promise.date != before.options[0].promise.date
    with sessions(market) as session:
        committed = commit_option(session, after.id, "cheapest", HOME, key="k1")
        assert isinstance(committed, Committed)
        assert session.scalar(select(PromiseRow.model)) == after.model
    assert _quote(sessions, market, at_days=6).model == "published-quantiles"  # too old a state


def test_a_quote_is_planned_again_on_the_model_and_the_state_it_was_made_on(
    sessions: Sessions, market: TenantId, clock: ManualClock
) -> None:
    """Though a newer model serves, and the network moves otherwise by now."""
    before = _quote(sessions, market)
    codes = {**MODEL.codes, "destination": {_region(before, sessions, market): 0}}
    state = _state_for(before, clock)
    with sessions(market) as session:
        publish_model(session, replace(MODEL, codes=codes), OF)
        publish_network_state(session, state)
    quote = _quote(sessions, market)
    with sessions(market) as session:
        told = explain_option(session, quote.id, quote.options[0].code)
        case = export_case(session, quote.id)
        learned = load_lead_times(session)
        publish_model(session, replace(MODEL, codes=codes), OF)
        publish_network_state(session, state)  # says nothing new
        publish_network_state(session, replace(state, pressure=1.5))
        assert session.scalar(select(func.count()).select_from(NetworkStateRow)) == 2
        newest = load_lead_times(session)
        assert isinstance(newest, LearnedLeadTimes)
        assert newest.name == f"learned-2@{state.day.isoformat()}.2"
        assert load_lead_times(session, quote.model) == learned
        for other in ("learned-7@2020-01-01", f"learned-7@{state.day}", "learned-1@2020-13-99"):
            assert load_lead_times(session, other) is None
        assert explain_option(session, quote.id, quote.options[0].code) == told
        assert export_case(session, quote.id) == case
    assert _direct(_quote(sessions, market)) > _direct(quote)
    clock.advance(timedelta(days=30))
    with sessions(market) as session:
        publish_network_state(session, replace(state, day=clock.now().date()))
        kept = (
            select(func.count()).select_from(NetworkStateRow).where(NetworkStateRow.content != "")
        )
        assert session.scalar(kept) == 1
        _refuses_to_plan_again(session, quote)


def _refuses_to_plan_again(session: Session, quote: Quote) -> None:
    """Rather than on other lead times than those that the quote names."""
    with pytest.raises(Conflict, match=f"{quote.model}, which is no longer kept"):
        explain_option(session, quote.id, quote.options[0].code)
    with pytest.raises(Conflict, match=f"{quote.model}, which is no longer kept"):
        export_case(session, quote.id)


def test_a_quote_whose_model_does_not_load_is_not_planned_again_on_the_state_alone(
    sessions: Sessions, market: TenantId, clock: ManualClock
) -> None:
    before = _quote(sessions, market)
    codes = {**MODEL.codes, "destination": {_region(before, sessions, market): 0}}
    with sessions(market) as session:
        publish_model(session, replace(MODEL, codes=codes), OF)
        publish_network_state(session, _state_for(before, clock))
    quote = _quote(sessions, market)
    assert quote.model.startswith("learned-1@")
    with sessions(market) as session:
        session.execute(update(LeadTimeModelRow).values(content_hash="0" * 64, content="broken"))
        assert isinstance(load_lead_times(session), NetworkState)
        assert load_lead_times(session, quote.model) is None
        _refuses_to_plan_again(session, quote)


def test_what_lateness_costs_is_learned_and_moves_the_promised_day(
    sessions: Sessions, market: TenantId, clock: ManualClock
) -> None:
    before = _quote(sessions, market)
    codes = {**MODEL.codes, "destination": {_region(before, sessions, market): 0}}
    state = _state_for(before, clock)
    with sessions(market) as session:
        publish_model(session, replace(MODEL, codes=codes), OF)
        publish_network_state(session, state)
    plain = _quote(sessions, market)
    with sessions(market) as session:
        publish_network_state(session, replace(state, lateness_costs={"0.95": 900.0}))
    dear = _quote(sessions, market)
    for mine, theirs in zip(dear.options, plain.options, strict=False):
        assert (mine.promise.rule, theirs.promise.rule) == ("later", "level")
        assert mine.promise.level == theirs.promise.level
    assert _direct(dear) > _direct(plain)
    with sessions(market) as session:
        bought = commit_option(session, dear.id, dear.options[0].code, HOME, key="k1")
        assert isinstance(bought, Committed)
        row = session.scalars(select(PromiseRow)).one()
        assert (row.rule, row.level) == ("later", "0.95")
        assert row.probability == dear.options[0].promise.probability


def test_a_model_that_does_not_load_falls_back_and_sounds_the_alarm(
    sessions: Sessions, market: TenantId, clock: ManualClock
) -> None:
    before = _quote(sessions, market)
    with sessions(market) as session:
        publish_network_state(session, _state_for(before, clock))
        publish_model(session, MODEL, OF)
        assert isinstance(load_lead_times(session), LearnedLeadTimes)
        assert broken_lead_times(session) == ()
        session.execute(update(LeadTimeModelRow).values(content="{}", content_hash="0" * 64))
        assert isinstance(load_lead_times(session), NetworkState)
        assert [each.what for each in broken_lead_times(session)] == ["model"]
    assert _quote(sessions, market).model == f"shrunk-quantiles@{before.at:%Y-%m-%d}"
    clock.advance(timedelta(days=30))
    with sessions(market) as session:
        assert {each.what for each in broken_lead_times(session)} == {"model", "stale"}


@pytest.mark.parametrize("field", ["base", "value"])
def test_a_model_that_reads_well_and_forecasts_nonsense_falls_back_and_sounds_the_alarm(
    sessions: Sessions, market: TenantId, clock: ManualClock, field: str
) -> None:
    before = _quote(sessions, market)
    forest = MODEL.hand_over.forest
    wrong = (
        replace(forest, base=float("nan"))
        if field == "base"
        else replace(forest, value=forest.value - 10.0)
    )
    text = _text_of(replace(MODEL, hand_over=replace(MODEL.hand_over, forest=wrong)))
    with sessions(market) as session:
        publish_network_state(session, _state_for(before, clock))
        publish_model(session, MODEL, OF)
        session.execute(
            update(LeadTimeModelRow).values(content=text, content_hash=content_hash(text))
        )
        assert isinstance(load_lead_times(session), NetworkState)
        assert [each.what for each in broken_lead_times(session)] == ["model"]
    assert _quote(sessions, market).model.startswith("shrunk-quantiles@")


def _text_of(model: LeadTimeModel) -> str:
    """As `model_text`, which itself refuses what is no number."""
    base = model.hand_over.forest.base
    if base == base:
        return model_text(model)
    forest = replace(model.hand_over.forest, base=-123.25)
    plain = model_text(replace(model, hand_over=replace(model.hand_over, forest=forest)))
    return plain.replace("-123.25", "NaN")


def test_a_state_whose_figures_are_none_is_not_served_and_sounds_the_alarm(
    sessions: Sessions, market: TenantId, clock: ManualClock
) -> None:
    before = _quote(sessions, market)
    state = _state_for(before, clock)
    for wrong in (
        replace(state, pressure=-1.0),
        replace(state, miss_factors={"NL-": 0.0}),
        replace(state, floors={"seller": {"s": 2.0}}),
        replace(state, arrives=((1.5,), (1.0,))),
        replace(state, readings=(replace(state.readings[0], otherwise=float("inf")),)),
    ):
        with pytest.raises(InvalidInput):
            require_sound_state(wrong)
    with sessions(market) as session:
        publish_network_state(session, replace(state, pressure=-1.0))
        assert load_lead_times(session) is None
        assert [each.what for each in broken_lead_times(session)] == ["state"]
    assert _quote(sessions, market).model == "published-quantiles"


def test_the_name_of_a_state_is_never_given_again(
    sessions: Sessions, market: TenantId, clock: ManualClock
) -> None:
    names = []
    for number in range(4):
        with sessions(market) as session:
            publish_network_state(session, replace(STATE, pressure=0.1 * number))
            newest = load_lead_times(session)
            assert isinstance(newest, NetworkState)
            names.append(newest.name)
        clock.advance(timedelta(days=22))
    assert len(set(names)) == 4
    with sessions(market) as session:
        assert load_lead_times(session, f"shrunk-quantiles@{names[0]}") is None
        assert load_lead_times(session, f"shrunk-quantiles@{names[3]}") is not None
        kept = session.execute(select(NetworkStateRow.revision, NetworkStateRow.content)).all()
    assert sorted(revision for revision, _ in kept) == [1, 2, 3, 4]
    assert sum(len(content) > 0 for _, content in kept) == 1


def test_rolling_back_puts_the_version_before_in_service(
    sessions: Sessions, market: TenantId, clock: ManualClock
) -> None:
    before = _quote(sessions, market)
    with sessions(market) as session:
        publish_network_state(session, _state_for(before, clock))
        for _ in range(2):
            publish_model(session, MODEL, OF)
        assert publish_model(session, None, OF) == 3  # refused: the second goes on
        states = {one.number: one.state for one in list_models(session).versions}
        assert states == {1: "retired", 2: "active", 3: "refused"}
        assert roll_back_model(session).active == 1
        learned = load_lead_times(session)
        assert isinstance(learned, LearnedLeadTimes)
        assert learned.name.startswith("learned-1@")
        assert roll_back_model(session).active is None
        assert isinstance(load_lead_times(session), NetworkState)
        with pytest.raises(NotFound):
            roll_back_model(session)


def _expected(session: Session, row: TrackedParcelRow, at: datetime) -> dict[str, Any]:
    transit = expect_from_hand_over(session, row, at)
    assert transit is not None
    return transit_json(transit)


def test_a_parcel_is_expected_anew_from_its_hand_over(
    sessions: Sessions, market: TenantId, clock: ManualClock
) -> None:
    before = _quote(sessions, market)
    codes = {**MODEL.codes, "destination": {_region(before, sessions, market): 0}}
    with sessions(market) as session:
        publish_model(session, replace(MODEL, codes=codes), OF)
        publish_network_state(session, _state_for(before, clock))
    quote = _quote(sessions, market)
    with sessions(market) as session:
        committed = commit_option(session, quote.id, "cheapest", HOME, key="k1")
        assert isinstance(committed, Committed)
        parcel = committed.parcels[0]
        follow_parcel(
            session,
            plan(parcel=parcel, order=committed.order_id, departs_at=clock.now(),
                 promised_by=committed.promise.ends_at, zone="Europe/Amsterdam"),
        )  # fmt: skip
        planned = dict(session.get_one(TrackedParcelRow, parcel).transit)
        hand_over_parcel(session, str(parcel))
        row = session.get_one(TrackedParcelRow, parcel)
        assert row.transit != planned
        assert row.transit["minutes"][0] <= 2 * 1440
        assert float(row.transit["levels"][-1]) < 1  # the rest may be lost
        assert row.eta_likely is not None
        assert row.late_permille is not None
        heard = dict(row.transit)
        at = clock.now() - timedelta(hours=9)
        scan = own_event(
            str(parcel), row.carrier, Status.ACCEPTED, key="earlier", at=at, source="test"
        )
        assert record_event(session, scan)  # the true hand-over, heard of later
        assert (row.handed_over_at, row.transit) == (at, _expected(session, row, at))
        assert row.transit != heard
        known = dict(row.transit)
        follow_parcel(session, replace(plan_of(row), transit=plan().transit))
        assert row.transit == known
