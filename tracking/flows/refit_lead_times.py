"""Learns lead times anew from the store: judged on an unseen week, then in service; or refused.

Reads, computes for some seconds outside any transaction, writes what came of it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import invalid
from core.ids import TenantId
from routing.distributions.lead_times import LeadTimeModel
from routing.distributions.waits import WaitModel
from routing.flows.active_model import active_model
from routing.flows.publish_model import Provenance, publish_model
from routing.flows.publish_network_state import publish_network_state
from routing.flows.read_lead_times_part import read_lead_times_part
from routing.tables import ACTIVE_MODEL, LeadTimeModelRow
from store.session import Sessions, now
from tracking.flows.recall_parcels import Recalled, recall_parcels
from tracking.flows.recall_promises import recall_promises
from tracking.learning.boosting import BoostingPlan
from tracking.learning.floors import coverage_floors
from tracking.learning.judging import SHADOW_DAYS, Shadow, judge
from tracking.learning.lateness import lateness_costs
from tracking.learning.miss_factors import miss_factors
from tracking.learning.pulse import state_of_day
from tracking.learning.teach import (
    LEAST_DELIVERIES,
    PLAN,
    Lesson,
    fit,
    fit_hand_over,
    fit_purchase,
    lesson_from,
)

FORGOTTEN_SHARE = 1.02  # a model that saw the week may not do worse on it than one that did not


@dataclass(frozen=True, slots=True)
class Refit:
    """What came of it: `outcome` is active, refused, or too_little to learn from."""

    outcome: str
    number: int | None
    orders: int
    deliveries: int
    passed_over: int
    repaired: int
    shadow: Shadow | None
    """Of the wait from purchase."""
    hand_over: Shadow | None = None


@dataclass(frozen=True, slots=True, eq=False)
class _Champion:
    model: LeadTimeModel
    name: str


def refit_lead_times(
    sessions: Sessions,
    tenant: TenantId,
    *,
    as_of: datetime | None = None,
    plan: BoostingPlan = PLAN,
    code_version: str = "",
    say: Callable[[str], None] = lambda _: None,
) -> Refit:
    """Refit on what was known at `as_of` (now by default), and publish model and network state.

    The same store and seed give the same model. Raises NotFound without a network, and InvalidInput
    for an instant to come, or one before the end of what taught the model in service: an older one
    would take over from it (`rollback` withdraws it).
    """
    with sessions(tenant, read_only=True) as session:
        instant = as_of or now(session)
        if instant > now(session):
            raise invalid("as_of", f"{instant:%Y-%m-%d %H:%M} UTC is still to come")
        recalled = recall_parcels(session, instant)
        promises = recall_promises(session, recalled, instant)
        _refuse_older(session, recalled)
        serving = active_model(session)
        champion = _champion(session, recalled)
    say(f"{len(recalled.facts)} parcels recalled, {recalled.passed_over} passed over")
    if not recalled.facts:
        return Refit("too_little", None, 0, 0, recalled.passed_over, 0, None)
    lesson = lesson_from(recalled.facts, recalled.today, country=recalled.country)
    history = lesson.taught.history
    told = (history.orders, lesson.deliveries, recalled.passed_over, history.repaired)
    factors = miss_factors(promises, recalled.today)
    floors = coverage_floors(promises, recalled.today)
    before = lesson.today - SHADOW_DAYS
    if int((history.delivered < before).sum()) < LEAST_DELIVERIES:
        with sessions(tenant) as session:
            publish_network_state(session, state_of_day(lesson, factors, None, floors))
        return Refit("too_little", None, *told, None)
    say("shadow week: the recipe without it, against what serves now")
    shadows = _shadows(lesson, champion, plan)
    is_passed = all(shadow.is_passed for shadow in shadows)
    model = _taught_too(lesson, shadows, plan, say) if is_passed else None
    serves = model or serving
    costs = (
        {} if serves is None else lateness_costs(lesson, serves, factors, recalled.levels, floors)
    )
    state = state_of_day(lesson, factors, costs, floors)
    with sessions(tenant) as session:
        provenance = _provenance(lesson, plan, code_version, shadows)
        number = publish_model(session, model, provenance)
        publish_network_state(session, state)
    return Refit("refused" if model is None else "active", number, *told, *shadows)


def _refuse_older(session: Session, recalled: Recalled) -> None:
    """No model may take over that knows less than the one in service."""
    active = select(LeadTimeModelRow).where(LeadTimeModelRow.state == ACTIVE_MODEL)
    row = session.scalar(active)
    if row is not None and row.data_to >= recalled.today:
        raise invalid(
            "as_of",
            f"model {row.number} in service knows the days up to {row.data_to}, this would be learned "
            f"from those before {recalled.today}; roll it back first",
        )


def _champion(session: Session, recalled: Recalled) -> _Champion | None:
    """The active model, unless the last week taught it already."""
    row = session.scalar(select(LeadTimeModelRow).where(LeadTimeModelRow.state == ACTIVE_MODEL))
    if row is None or row.data_to >= recalled.today - timedelta(days=SHADOW_DAYS):
        return None
    model = read_lead_times_part(session, LeadTimeModelRow, row.content_hash)
    return _Champion(model, f"model {row.number}") if isinstance(model, LeadTimeModel) else None


def _shadows(
    lesson: Lesson, champion: _Champion | None, plan: BoostingPlan
) -> tuple[Shadow, Shadow]:
    """The recipe without the week against what serves now: the waits from purchase and hand-over.

    One that fails refuses both: they share their names' codes, and serve together.
    """
    before = lesson.today - SHADOW_DAYS
    purchase, hand_over = fit_purchase(lesson, before, plan), fit_hand_over(lesson, before, plan)
    if champion is None:
        return _counted(lesson, purchase), _counted(lesson, hand_over)
    serves, codes = champion.model, champion.model.codes
    return (
        judge(lesson, purchase, serves.purchase, codes, champion.name),
        judge(lesson, hand_over, serves.hand_over, codes, champion.name),
    )


def _counted(lesson: Lesson, waits: WaitModel) -> Shadow:
    return judge(lesson, waits, None, {}, "counts by days waited")


def _taught_too(
    lesson: Lesson,
    shadows: tuple[Shadow, Shadow],
    plan: BoostingPlan,
    say: Callable[[str], None],
) -> LeadTimeModel | None:
    """The recipe with the last week; None when it somehow does worse on the week it saw."""
    say("passed: the last week teaches too")
    model = fit(lesson, plan=plan)
    again = (_counted(lesson, model.purchase), _counted(lesson, model.hand_over))
    worst = max(
        seen.challenger / before.challenger for seen, before in zip(again, shadows, strict=True)
    )
    return model if worst <= FORGOTTEN_SHARE else None


def _provenance(
    lesson: Lesson, plan: BoostingPlan, code_version: str, shadows: tuple[Shadow, Shadow]
) -> Provenance:
    shadow, hand_over = shadows
    first, history = lesson.taught.first_day, lesson.taught.history
    return Provenance(
        data_from=first,
        data_to=first + timedelta(days=lesson.today - 1),
        orders=history.orders,
        seed=plan.seed,
        code_version=code_version,
        metrics={
            "judged_against": shadow.champion_is,
            "loss": f"{shadow.challenger:.5f}",
            "loss_of_the_other": f"{shadow.champion:.5f}",
            "open_days_judged": str(shadow.order_days),
            "loss_after_hand_over": f"{hand_over.challenger:.5f}",
            "loss_of_the_other_after_hand_over": f"{hand_over.champion:.5f}",
            "open_days_judged_after_hand_over": str(hand_over.order_days),
            "deliveries": str(lesson.deliveries),
            "repaired": str(history.repaired),
        },
    )
