"""A retried change is done once and answered alike, whatever happened in between."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from api import idempotency
from api.upkeep import KEPT_FOR, forget_answers
from api.wiring import Lanewise
from core.clock import ManualClock
from core.ids import TenantId
from store.tables import ApiKeyRow, IdempotencyRow
from tests.api.conftest import Caller
from tests.api.test_frame import is_problem

KEY = {"Idempotency-Key": "one-change"}


class Killed(BaseException):
    """The process died here."""


def keys_named(lanewise: Lanewise, tenant: TenantId, name: str) -> int:
    with lanewise.sessions(tenant, read_only=True) as session:
        query = select(func.count()).select_from(ApiKeyRow).where(ApiKeyRow.name == name)
        return session.scalar(query) or 0


def test_the_same_request_again_is_answered_alike_and_done_once(
    caller: Caller, lanewise: Lanewise, tenant: TenantId
) -> None:
    first = caller.post("/v1/api-keys", json={"name": "shop"}, headers=KEY)
    again = caller.post("/v1/api-keys", json={"name": "shop"}, headers=KEY)
    assert (first.status_code, first.content) == (again.status_code, again.content)
    assert again.headers["idempotency-replayed"] == "true"
    assert again.headers["location"] == first.headers["location"]
    with lanewise.sessions(tenant, read_only=True) as session:
        kept = session.scalars(select(IdempotencyRow)).one().body
    assert kept
    assert first.json()["key"].encode() not in kept
    assert keys_named(lanewise, tenant, "shop") == 1


def test_the_same_key_with_another_body_is_refused(caller: Caller) -> None:
    caller.post("/v1/api-keys", json={"name": "shop"}, headers=KEY)
    other = caller.post("/v1/api-keys", json={"name": "other"}, headers=KEY)
    assert is_problem(other, 422, "key_reused")


def test_a_change_needs_a_key(caller: Caller, client: TestClient) -> None:
    answer = client.post(
        "/v1/api-keys", json={"name": "x"}, headers={"Authorization": f"Bearer {caller.key}"}
    )
    assert is_problem(answer, 400, "idempotency_key_missing")


def test_two_callers_may_use_the_same_key(make_caller: Callable[..., Caller]) -> None:
    one, two = make_caller(name="one"), make_caller(name="two")
    assert one.post("/v1/api-keys", json={"name": "a"}, headers=KEY).status_code == 201
    assert two.post("/v1/api-keys", json={"name": "b"}, headers=KEY).status_code == 201


def test_a_concurrent_twin_is_told_to_wait(
    caller: Caller, lanewise: Lanewise, tenant: TenantId, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = []
    finish = idempotency.Change.finish

    def finish_after_twin(change: idempotency.Change, work: object) -> object:
        monkeypatch.setattr(idempotency.Change, "finish", finish)
        answers.append(caller.post("/v1/api-keys", json={"name": "shop"}, headers=KEY))
        return finish(change, work)  # type: ignore[arg-type]

    monkeypatch.setattr(idempotency.Change, "finish", finish_after_twin)
    first = caller.post("/v1/api-keys", json={"name": "shop"}, headers=KEY)
    assert first.status_code == 201
    assert is_problem(answers[0], 409, "in_progress")
    assert keys_named(lanewise, tenant, "shop") == 1


@pytest.mark.parametrize("when", ["before", "during", "after"])
def test_a_kill_at_any_step_and_a_retry_leave_one_change(
    caller: Caller,
    lanewise: Lanewise,
    tenant: TenantId,
    clock: ManualClock,
    monkeypatch: pytest.MonkeyPatch,
    when: str,
) -> None:
    real = idempotency.Change.finish

    def dies(change: idempotency.Change, work: Callable[..., idempotency.Answer]) -> object:
        if when == "before":
            raise Killed
        if when == "after":
            real(change, work)
            raise Killed

        def half(session: object) -> idempotency.Answer:
            work(session)
            session.flush()  # type: ignore[attr-defined]
            raise Killed

        with change.visit.writing() as session:
            half(session)
        return None

    monkeypatch.setattr(idempotency.Change, "finish", dies)
    with pytest.raises(Killed):
        caller.post("/v1/api-keys", json={"name": "shop"}, headers=KEY)
    monkeypatch.setattr(idempotency.Change, "finish", real)
    if when != "after":
        early = caller.post("/v1/api-keys", json={"name": "shop"}, headers=KEY)
        assert is_problem(early, 409, "in_progress")
        clock.advance(idempotency.LEASE + timedelta(seconds=1))
    retried = caller.post("/v1/api-keys", json={"name": "shop"}, headers=KEY)
    assert retried.status_code == 201
    assert keys_named(lanewise, tenant, "shop") == 1
    assert caller.post("/v1/api-keys", json={"name": "shop"}, headers=KEY).content == (
        retried.content
    )


def test_a_refused_request_keeps_nothing(
    caller: Caller, lanewise: Lanewise, tenant: TenantId
) -> None:
    from uuid import uuid4

    answer = caller.post(f"/v1/jobs/{uuid4()}/revive", headers=KEY)
    assert is_problem(answer, 404, "not_found")
    with lanewise.sessions(tenant, read_only=True) as session:
        assert session.scalar(select(func.count()).select_from(IdempotencyRow)) == 0


def test_kept_answers_are_forgotten_after_two_days(
    caller: Caller, lanewise: Lanewise, tenant: TenantId, clock: ManualClock
) -> None:
    caller.post("/v1/api-keys", json={"name": "old"}, headers=KEY)
    clock.advance(KEPT_FOR + timedelta(minutes=1))
    caller.post("/v1/api-keys", json={"name": "new"}, headers={"Idempotency-Key": "another"})
    with lanewise.sessions(tenant) as session:
        assert forget_answers(session) == 1
        assert session.scalars(select(IdempotencyRow)).one().key == "another"
