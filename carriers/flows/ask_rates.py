"""Prices one parcel with the carriers themselves: fresh rates from the shelf, else by asking at once.

A carrier that is silent, or rests after too many silences, is represented by what it told before, as
long as that may be used; such rates are marked stale. Rates heed the rest of bookings, and keep a
health of their own: a slow price at checkout neither stops bookings nor says that they go again.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from carriers.breaker import rates_health
from carriers.flows.ask_leave import ask_leave
from carriers.flows.collect_rates import RateRound, collect_rates
from carriers.flows.note_answer import note_answer
from carriers.journal import MARGIN
from carriers.ports import Capability, Carrier, Rate, RateRequest
from carriers.rate_shelf import ShelvedRate, StalePolicy, UsableRate, usable_rates
from carriers.tables import RateRow, all_health
from core.ids import TenantId
from core.money import Money
from store.session import Sessions, add_if_new, new_id, now

DEADLINE = timedelta(seconds=3)
RESTING = "rests after silences in a row"


@dataclass(frozen=True, slots=True)
class RatesFound:
    """Rates that may be used, fresh before stale; `missing` says why other carriers have none."""

    rates: tuple[UsableRate, ...]
    missing: Mapping[str, str]


def ask_rates(
    sessions: Sessions,
    tenant: TenantId,
    carriers: Mapping[str, Carrier],
    ask: RateRequest,
    *,
    policy: StalePolicy = StalePolicy(),
    deadline: timedelta = DEADLINE,
) -> RatesFound:
    """Rates of every carrier for this parcel by the deadline; asks only those without a fresh one."""
    key = _key(ask)
    with sessions(tenant, read_only=True) as session:
        instant = now(session)
        shelf = _shelf(session, key)
        health = all_health(session)
    fresh = {
        usable.carrier for usable in usable_rates(shelf, instant, policy) if not usable.is_stale
    }
    wanted = {name: carrier for name, carrier in carriers.items() if name not in fresh}
    resting = {
        name
        for name in wanted
        for one in (health.get(name), health.get(rates_health(name)))
        if one is not None and one.is_open(instant)
    }
    on_trial = {
        name
        for name in {*wanted} - resting
        if (one := health.get(rates_health(name))) is not None and one.open_until is not None
    }
    if on_trial:
        with sessions(tenant) as session:
            for name in sorted(on_trial):
                if ask_leave(session, rates_health(name), deadline + MARGIN) is not None:
                    resting.add(name)
    asked = {name: carrier for name, carrier in wanted.items() if name not in resting}
    found = RateRound((), {}, {})
    if asked:
        found = collect_rates(asked, ask, sessions.clock, deadline=deadline)
        with sessions(tenant) as session:
            _keep(session, key, found.rates)
            for name, carrier in sorted(asked.items()):
                if Capability.RATE in carrier.profile.capabilities:
                    note_answer(session, rates_health(name), found.errors.get(name))
    missing = dict.fromkeys(sorted(resting), RESTING) | dict(found.missing)
    told = {rate.carrier for rate in found.rates}
    kept = [item for item in shelf if item.carrier in carriers and item.carrier not in told]
    rates = usable_rates([*kept, *found.rates], sessions.clock.now(), policy)
    shown = {rate.carrier for rate in rates}
    return RatesFound(rates, {name: why for name, why in missing.items() if name not in shown})


def _key(ask: RateRequest) -> str:
    """What was asked, as 32 signs."""
    return hashlib.blake2b(repr(ask).encode(), digest_size=16).hexdigest()


def _shelf(session: Session, key: str) -> list[ShelvedRate]:
    return [
        ShelvedRate(
            row.carrier,
            Rate(
                row.service,
                Money(row.price_minor, row.currency),
                row.rate_id,
                row.expires_at,
                row.transit_days,
            ),
            row.fetched_at,
        )
        for row in session.scalars(select(RateRow).where(RateRow.ask == key))
    ]


def _keep(session: Session, key: str, rates: Iterable[ShelvedRate]) -> None:
    """Put what the carriers told in place of what they told before; a concurrent twin may win."""
    rates = list(rates)
    if not rates:
        return
    names = {item.carrier for item in rates}
    session.execute(delete(RateRow).where(RateRow.ask == key, RateRow.carrier.in_(names)))
    for item in rates:
        values = {
            "id": new_id(session),
            "ask": key,
            "carrier": item.carrier,
            "service": item.rate.service,
            "price_minor": item.rate.price.minor,
            "currency": item.rate.price.currency,
            "rate_id": item.rate.rate_id[:100],
            "transit_days": item.rate.transit_days,
            "expires_at": item.rate.expires_at,
            "fetched_at": item.fetched_at,
        }
        add_if_new(session, RateRow, values, ["tenant_id", "ask", "carrier", "service"])
