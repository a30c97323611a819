"""Importing a network: all or nothing, versions, opening stock; stock counts after it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from core.errors import InvalidInput, NotFound
from core.ids import TenantId
from routing.flows.import_network import import_network
from routing.flows.list_networks import list_networks
from routing.flows.load_snapshot import load_snapshot
from routing.flows.read_stock import read_stock
from routing.flows.set_stock import StockChange, set_stock
from routing.tables import NetworkVersionRow, StockRow
from store.session import Sessions

T0 = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
MUG = ("thames-home", "MUG-01", "london-bow")


def test_a_broken_network_changes_nothing(
    sessions: Sessions, market: TenantId, small_text: dict[str, str]
) -> None:
    broken = {**small_text, "skus.csv": small_text["skus.csv"].replace("MUG-01", "MUG-02")}
    with pytest.raises(InvalidInput) as caught, sessions(market) as session:
        import_network(session, broken)
    assert any(fault.file == "offers.csv" and fault.row for fault in caught.value.faults)
    with sessions(market) as session:
        assert [version.version for version in list_networks(session)] == [1]


def test_the_same_network_again_is_no_new_version(
    sessions: Sessions, market: TenantId, small_text: dict[str, str]
) -> None:
    with sessions(market) as session:
        assert not import_network(session, small_text).changed
        changed = dict(small_text)
        changed["marketplace.json"] = changed["marketplace.json"].replace("Harbour", "Port")
        second = import_network(session, changed)
        assert second.changed and second.version == 2
        assert load_snapshot(session).network.marketplace.name == "Port Market"
        first = import_network(session, small_text)
        assert (first.version, first.changed) == (3, True)
        active = [version.version for version in list_networks(session) if version.active]
        assert active == [3]
        assert session.scalar(select(func.count(NetworkVersionRow.id))) == 3


def test_nothing_is_planned_before_the_first_import(sessions: Sessions, tenant: TenantId) -> None:
    with pytest.raises(NotFound, match="no network"), sessions(tenant) as session:
        load_snapshot(session)


def test_opening_stock_is_written_once(
    sessions: Sessions, market: TenantId, small_text: dict[str, str]
) -> None:
    with sessions(market) as session:
        set_stock(session, [StockChange(*MUG, 7, T0)])
        changed = {**small_text, "special_days.csv": "location,date,opens,closes,cutoff\n"}
        import_network(session, changed)
        (level,) = [row for row in read_stock(session, sku="MUG-01") if row.key == MUG]
        assert level.on_hand == 7


def test_the_newest_count_stands_in_any_order(sessions: Sessions, market: TenantId) -> None:
    counts = [StockChange(*MUG, units, T0 + timedelta(minutes=units)) for units in (3, 9, 5)]
    with sessions(market) as session:
        answer = set_stock(session, counts)
        assert (answer.applied, answer.stale) == (1, (0, 2))
        late = set_stock(session, counts[:1])
        assert late.stale == (0,)
        assert set_stock(session, counts[1:2]).applied == 1
        row = session.scalars(select(StockRow).where(StockRow.sku == "MUG-01")).all()
        assert {each.on_hand for each in row if each.key == MUG} == {9}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (StockChange(*MUG, -1, T0), "not a count"),
        (StockChange("thames-home", "MUG-99", "london-bow", 1, T0), "no offer"),
        (StockChange("firth-wool", "MUG-01", "london-bow", 1, T0), "no offer"),
        (StockChange(*MUG, 1, datetime(2026, 3, 1)), "naive"),
    ],
)
def test_a_wrong_count_refuses_the_batch(
    sessions: Sessions, market: TenantId, change: StockChange, reason: str
) -> None:
    good = StockChange(*MUG, 1, T0)
    with pytest.raises(InvalidInput, match=reason), sessions(market) as session:
        set_stock(session, [good, change])
    with sessions(market) as session:
        (level,) = [row for row in read_stock(session, sku="MUG-01") if row.key == MUG]
        assert level.on_hand != 1


def test_a_seller_sets_only_their_own_stock(sessions: Sessions, market: TenantId) -> None:
    with sessions(market) as session:
        set_stock(session, [StockChange(*MUG, 4, T0)], seller="thames-home")
        with pytest.raises(InvalidInput, match="no offer"):
            set_stock(session, [StockChange(*MUG, 4, T0)], seller="firth-wool")


def test_stock_is_read_page_by_page(sessions: Sessions, market: TenantId) -> None:
    with sessions(market, read_only=True) as session:
        first = read_stock(session, seller="firth-wool", limit=3)
        second = read_stock(session, seller="firth-wool", after=first[-1].key, limit=3)
    keys = [level.key for level in (*first, *second)]
    assert keys == sorted(set(keys)) and len(keys) == 6


def test_imports_at_once_get_numbers_of_their_own(
    sessions: Sessions, market: TenantId, small_text: dict[str, str]
) -> None:
    def bring(name: str) -> int:
        changed = dict(small_text)
        changed["marketplace.json"] = changed["marketplace.json"].replace("Harbour", name)
        with sessions(market) as session:
            import_network(session, changed)
        return 1

    with ThreadPoolExecutor(3) as pool:
        assert sum(pool.map(bring, ["North", "South", "West"])) == 3
    with sessions(market) as session:
        assert sorted(each.version for each in list_networks(session)) == [1, 2, 3, 4]
        active = select(func.count()).select_from(NetworkVersionRow)
        assert session.scalar(active.where(NetworkVersionRow.active.is_(True))) == 1
