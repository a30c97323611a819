"""What is done long ago is forgotten; what waits or died stays; first starts share one key."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select

from api.settings import Settings
from api.upkeep import DONE_FOR, forget_done_work
from api.wiring import make_var
from core.clock import ManualClock
from core.ids import TenantId
from store.jobs import enqueue, run_due
from store.session import Sessions, new_id, now
from store.tables import JobRow, OutboxRow


def test_work_done_long_ago_is_forgotten_and_what_waits_or_died_stays(
    sessions: Sessions, tenant: TenantId, clock: ManualClock
) -> None:
    def broken(_sessions: Sessions, _job: object) -> None:
        raise RuntimeError

    with sessions(tenant) as session:
        enqueue(session, "fine", {}, key="old")
        enqueue(session, "broken", {}, key="dead", max_attempts=1)
        enqueue(session, "fine", {}, key="later", run_at=now(session) + 3 * DONE_FOR)
        for told in (now(session), None):
            session.add(
                OutboxRow(
                    id=new_id(session),
                    name="something",
                    payload={},
                    created_at=now(session),
                    delivered_at=told,
                )
            )
    run_due(sessions, {"fine": lambda _sessions, _job: None, "broken": broken}, "w")
    with sessions(tenant) as session:
        assert forget_done_work(session) == 0
    clock.advance(DONE_FOR + timedelta(minutes=1))
    with sessions(tenant) as session:
        enqueue(session, "fine", {}, key="new")
    run_due(sessions, {"fine": lambda _sessions, _job: None}, "w")
    with sessions(tenant) as session:
        assert forget_done_work(session) == 2
        assert set(session.scalars(select(JobRow.key))) == {"dead", "later", "new"}
        assert session.scalars(select(OutboxRow.delivered_at)).all() == [None]


def test_first_starts_at_once_agree_on_one_secret_key(tmp_path: Path) -> None:
    for turn in range(20):
        settings = Settings(var=tmp_path / str(turn))

        def start(_number: int, settings: Settings = settings) -> str:
            make_var(settings)
            return (settings.var / "secret.key").read_text()

        with ThreadPoolExecutor(4) as pool:
            seen = set(pool.map(start, range(4)))
        assert seen == {(settings.var / "secret.key").read_text()}
        assert [path.name for path in settings.var.iterdir()] == ["secret.key"]
