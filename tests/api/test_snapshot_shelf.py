"""A new network is compiled aside and swapped in; one that does not compile changes nothing."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import update

import routing.flows.load_snapshot as loading
from api.snapshot_shelf import SnapshotShelf
from api.wiring import Lanewise
from core.errors import InvalidInput
from core.ids import TenantId
from routing.compiled_networks import COMPILED
from routing.flows.import_network import import_network
from routing.flows.load_snapshot import load_snapshot
from routing.snapshot import Snapshot
from routing.tables import NetworkVersionRow, active_network


@pytest.fixture
def files(network_files: dict[str, str]) -> dict[str, str]:
    """The network under another name: another version."""
    header, first, *rest = network_files["sellers.csv"].splitlines(keepends=True)
    code, _, more = first.split(",", 2)
    return network_files | {"sellers.csv": "".join([header, f"{code},Renamed,{more}", *rest])}


class Later:
    """Work aside that waits until it is told to run."""

    def __init__(self) -> None:
        self.waiting: list[Callable[[], None]] = []

    def __call__(self, work: Callable[[], None]) -> threading.Thread:
        self.waiting.append(work)
        return threading.Thread(target=self.run)

    def run(self) -> None:
        while self.waiting:
            self.waiting.pop()()


@pytest.fixture(autouse=True)
def forgetful() -> Iterator[None]:
    """Nothing compiled or failed before counts."""
    COMPILED.forget()
    yield
    COMPILED.forget()


def make_shelf(lanewise: Lanewise) -> tuple[SnapshotShelf, Later, list[str]]:
    rehearsed: list[str] = []
    later = Later()

    def opened(tenant: TenantId) -> Any:
        return lanewise.sessions(tenant, read_only=True)

    return (
        SnapshotShelf(opened, lambda _, snapshot: rehearsed.append(snapshot.version), later),
        later,
        rehearsed,
    )


def test_requests_go_on_with_the_old_network_until_the_new_one_is_rehearsed(
    lanewise: Lanewise, market: TenantId, files: dict[str, str]
) -> None:
    shelf, later, rehearsed = make_shelf(lanewise)
    with lanewise.sessions(market) as session:
        old = shelf.take(session, market)
        imported = import_network(session, files)
        COMPILED.forget(imported.content_hash)
        session.commit()
        assert shelf.take(session, market) is old
        assert shelf.take(session, market) is old
        assert len(later.waiting) == 1 and not rehearsed
        later.run()
        assert rehearsed == [imported.content_hash]
        assert shelf.take(session, market).version == imported.content_hash


def test_who_is_refused_by_the_old_network_can_wait_for_the_new_one(
    lanewise: Lanewise, market: TenantId, files: dict[str, str]
) -> None:
    shelf, later, _ = make_shelf(lanewise)
    with lanewise.sessions(market) as session:
        shelf.take(session, market)
        assert not shelf.catch_up(session, market)
        imported = import_network(session, files)
        session.commit()
        shelf.take(session, market)
        later.run()
        assert shelf.take(session, market).version == imported.content_hash


def broken(_network: Any, _version: str) -> Snapshot:
    raise RuntimeError("a table is missing")


def test_an_import_that_does_not_compile_changes_nothing(
    lanewise: Lanewise, market: TenantId, files: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with lanewise.sessions(market) as session:
        before = load_snapshot(session).version
    monkeypatch.setattr(loading, "compile_snapshot", broken)
    with (
        pytest.raises(InvalidInput, match="does not compile"),
        lanewise.sessions(market) as session,
    ):
        import_network(session, files)
    with lanewise.sessions(market) as session:
        assert active_network(session).content_hash == before


def test_an_active_network_that_does_not_compile_leaves_the_old_one_serving_and_says_so(
    lanewise: Lanewise, market: TenantId, files: dict[str, str]
) -> None:
    shelf, later, _ = make_shelf(lanewise)
    with lanewise.sessions(market) as session:
        old = shelf.take(session, market)
        imported = import_network(session, files)
        # what an older release wrote, or a disk spoiled
        session.execute(
            update(NetworkVersionRow)
            .where(NetworkVersionRow.content_hash == imported.content_hash)
            .values(content="{}")
        )
        COMPILED.forget(imported.content_hash)
        session.commit()
        assert shelf.take(session, market) is old
        later.run()
        assert shelf.take(session, market) is old
        assert not later.waiting  # it is not tried again and again
        assert load_snapshot(session).version == old.version
        told = {report.version: report.error for report in COMPILED.reports()}
        assert told[imported.content_hash]


def test_of_two_networks_on_their_way_the_newest_is_served_whichever_is_ready_last(
    lanewise: Lanewise, market: TenantId, files: dict[str, str]
) -> None:
    shelf, later, _ = make_shelf(lanewise)
    newer = files | {"sellers.csv": files["sellers.csv"].replace("Renamed", "Renamed again")}
    with lanewise.sessions(market) as session:
        shelf.take(session, market)
        for version in (files, newer):
            newest = import_network(session, version).content_hash
            COMPILED.forget(newest)
            session.commit()
            shelf.take(session, market)
        later.run()  # the last first
        assert shelf.take(session, market).version == newest


def test_a_load_that_fails_by_accident_is_tried_again_after_a_pause(
    lanewise: Lanewise, market: TenantId, files: dict[str, str]
) -> None:
    later, minute = Later(), [0.0]
    lost = [ConnectionError("the database went away")]

    def opened(tenant: TenantId) -> Any:
        if lost:
            raise lost.pop()
        return lanewise.sessions(tenant, read_only=True)

    shelf = SnapshotShelf(opened, lambda *_: None, later, lambda: 60 * minute[0])
    with lanewise.sessions(market) as session:
        old = shelf.take(session, market)
        imported = import_network(session, files)
        COMPILED.forget(imported.content_hash)
        session.commit()
        shelf.take(session, market)
        later.run()
        assert shelf.take(session, market) is old
        assert not later.waiting
        minute[0] = 1.0
        assert shelf.take(session, market) is old
        later.run()
        assert shelf.take(session, market).version == imported.content_hash
