"""Reports how each carrier has been doing lately, from the booking journal."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from carriers.breaker import Health
from carriers.health import CallsLately, CarrierReport, StoppedAccount, report_carrier
from carriers.journal import CallState
from carriers.tables import CallRow, all_health, stopped_accounts
from store.session import now

LATELY = timedelta(hours=24)
MOST_TIMED = 20_000  # of the newest calls, for the quantiles of latency


def report_health(
    session: Session, carriers: Iterable[str] = (), *, lately: timedelta = LATELY
) -> list[CarrierReport]:
    """Every carrier that was ever called, and those named, by name; counts are of `lately`."""
    instant = now(session)
    since = instant - lately
    states: dict[str, dict[tuple[str, str], int]] = defaultdict(dict)
    for carrier, kind, state, count in session.execute(
        select(CallRow.carrier, CallRow.kind, CallRow.state, func.count())
        .where(CallRow.created_at >= since)
        .group_by(CallRow.carrier, CallRow.kind, CallRow.state)
    ):
        states[carrier][kind, state] = count
    refusals: dict[str, dict[str, int]] = defaultdict(dict)
    for carrier, code, count in session.execute(
        select(CallRow.carrier, CallRow.code, func.count())
        .where(CallRow.created_at >= since, CallRow.state == CallState.REFUSED.value)
        .group_by(CallRow.carrier, CallRow.code)
    ):
        refusals[carrier][code] = count
    took_ms: dict[str, list[int]] = defaultdict(list)
    for carrier, took in session.execute(
        select(CallRow.carrier, CallRow.took_ms)
        .where(CallRow.created_at >= since, CallRow.took_ms.is_not(None))
        .order_by(CallRow.created_at.desc())
        .limit(MOST_TIMED)
    ):
        took_ms[carrier].append(took or 0)
    parked = Counter(
        session.scalars(select(CallRow.carrier).where(CallRow.state == CallState.PARKED.value))
    )
    health = all_health(session)
    stopped: dict[str, list[StoppedAccount]] = defaultdict(list)
    for (carrier, account), its in stopped_accounts(session).items():
        stopped[carrier].append(StoppedAccount(account, its.stopped_for, its.open_until))
    return [
        report_carrier(
            name,
            CallsLately(states[name], refusals[name], took_ms[name]),
            health.get(name, Health()),
            parked=parked[name],
            now=instant,
            stopped_accounts=stopped[name],
        )
        for name in sorted({*states, *parked, *health, *carriers})
    ]
