"""Who waits for a plan takes no thread from other doors, and one too many is refused at once."""

import threading

import anyio
import pytest

from api.planning import PlanningThreads
from core.errors import Unavailable


def test_one_more_than_there_are_threads_is_refused_at_once_and_taken_later() -> None:
    going_on, end = threading.Event(), threading.Event()

    def plan() -> str:
        going_on.set()
        end.wait()
        return "planned"

    async def ask() -> list[str]:
        threads = PlanningThreads(1)
        answers: list[str] = []

        async def first() -> None:
            answers.append(await threads.run(plan))

        async with anyio.create_task_group() as group:
            group.start_soon(first)
            await anyio.to_thread.run_sync(going_on.wait)  # another door's thread is free
            with pytest.raises(Unavailable) as caught:
                await threads.run(plan)
            assert caught.value.code == "overloaded"
            end.set()
        answers.append(await threads.run(plan))
        return answers

    assert anyio.run(ask) == ["planned", "planned"]
