"""The packaging report's parcels: those handed over, by their origin's day, box and goods."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select

from core.ids import ParcelId, TenantId
from core.places import Address, Destination
from routing.cart import Cart, CartLine
from routing.flows.commit_option import Committed, commit_option
from routing.flows.import_network import import_network
from routing.flows.load_snapshot import load_snapshot
from routing.flows.quote_cart import quote_cart
from routing.flows.ship_parcel import ship_parcel
from routing.packing.emptiness import ShippedParcel, sum_empty_space
from routing.tables import PlannedParcelRow
from simulations.demo_network import demo_files
from store.session import Sessions, lock, now
from tests.tracking.plans import plan
from tracking.flows.follow_parcel import follow_parcel
from tracking.flows.read_shipped_air import read_shipped_air
from tracking.tables import TrackedParcelRow

HOME = Address("Jan Voorbeeld", "Damrak 1", "Amsterdam", "1012 LG", "NL")


@pytest.fixture
def market(sessions: Sessions, tenant: TenantId) -> TenantId:
    with sessions(tenant) as session:
        import_network(session, demo_files(1))
    return tenant


@pytest.fixture
def parcels(sessions: Sessions, market: TenantId) -> tuple[ParcelId, ...]:
    with sessions(market) as session:
        lines = (CartLine("1", "COFFEE-01", 2), CartLine("2", "BOOK-03", 1))
        quote = quote_cart(session, Cart(Destination("NL", "1012 LG"), lines, now(session)))
        answer = commit_option(session, quote.id, "cheapest", HOME, key="k")
    assert isinstance(answer, Committed)
    return answer.parcels


def read(sessions: Sessions, market: TenantId, year: int) -> list[ShippedParcel | None]:
    with sessions(market, read_only=True) as session:
        return list(read_shipped_air(session, year))


def test_what_was_handed_over_is_told_with_its_box_and_goods(
    sessions: Sessions, market: TenantId, parcels: tuple[ParcelId, ...]
) -> None:
    with sessions(market, read_only=True) as session:
        rows = session.scalars(select(PlannedParcelRow)).all()
        year = rows[0].leaves_at.year
        network = load_snapshot(session).network
        size = {sku.code: sku.size.volume_mm3 for sku in network.skus}
        goods = sum(size[one["sku"]] * one["qty"] for row in rows for one in row.contents)
        boxes = sorted(row.box for row in rows)
    assert read(sessions, market, year) == []
    with sessions(market) as session:
        for parcel_id in parcels:
            ship_parcel(session, parcel_id)
    told = read(sessions, market, year)
    shipped = [parcel for parcel in told if parcel is not None]
    assert len(shipped) == len(told) == len(parcels)
    assert all(parcel.day_is_planned for parcel in shipped)  # nobody heard from a carrier
    assert sorted(parcel.box_id for parcel in shipped) == boxes
    assert sum(parcel.goods_mm3 for parcel in shipped) == goods
    assert all(0 < parcel.empty_share < 1 for parcel in shipped)
    assert sum_empty_space(shipped)[0].parcels == len(parcels)
    assert read(sessions, market, year - 1) == read(sessions, market, year + 1) == []


def test_the_year_is_that_of_the_place_and_an_unknown_box_is_counted_apart(
    sessions: Sessions, market: TenantId, parcels: tuple[ParcelId, ...]
) -> None:
    with sessions(market) as session:
        for parcel_id in parcels:
            ship_parcel(session, parcel_id)
            # Half past eleven at night in London or Lisbon, the new year further east.
            row = lock(session, PlannedParcelRow, parcel_id)
            row.leaves_at = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)
            zone = load_snapshot(session).network.location(row.origin).calendar.zone
            assert zone.startswith("Europe/")
            assert zone not in ("Europe/London", "Europe/Lisbon", "Europe/Dublin")
    assert read(sessions, market, 2026) == []
    assert len(read(sessions, market, 2027)) == len(parcels)
    with sessions(market) as session:
        lock(session, PlannedParcelRow, parcels[0]).box = "gone"
    assert read(sessions, market, 2027).count(None) == 1


def test_the_hand_over_counts_and_not_the_plan(
    sessions: Sessions, market: TenantId, parcels: tuple[ParcelId, ...]
) -> None:
    with sessions(market) as session:
        for parcel_id in parcels:
            ship_parcel(session, parcel_id)
            row = lock(session, PlannedParcelRow, parcel_id)
            row.leaves_at = datetime(2026, 12, 30, 12, 0, tzinfo=UTC)
        follow_parcel(session, replace(plan(), parcel=parcels[0]))
        session.flush()
        followed = session.get_one(TrackedParcelRow, parcels[0])
        followed.handed_over_at = datetime(2027, 1, 4, 9, 0, tzinfo=UTC)
    (late,) = read(sessions, market, 2027)
    assert late is not None
    assert (late.parcel, late.day, late.day_is_planned) == (
        str(parcels[0]),
        date(2027, 1, 4),
        False,
    )
    by_plan = read(sessions, market, 2026)
    assert len(by_plan) == len(parcels) - 1
    assert all(parcel is not None and parcel.day_is_planned for parcel in by_plan)
