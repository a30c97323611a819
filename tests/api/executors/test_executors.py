"""Both executors give the same answers; worker processes die, overrun and fill up safely."""

import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.executors.inline import InlineExecutor
from api.executors.process_pool import ProcessPoolExecutor
from core.errors import CarrierUnavailable, InvalidInput, Unavailable, invalid


def square(value: int) -> int:
    return value * value


def refuse(value: int) -> int:
    raise invalid("value", f"{value} is not welcome")


def stubborn(_value: int) -> int:
    raise CarrierUnavailable(sent=True)


def forever(_value: int) -> int:
    while True:
        pass


def die_once(path: str) -> str:
    """Kill this process at the first call; answer at the second."""
    marker = Path(path)
    if not marker.exists():
        marker.write_text("was here")
        os.kill(os.getpid(), signal.SIGKILL)
    return "alive"


def until_there(path: str) -> bool:
    """Be busy until there is such a file."""
    while not Path(path).exists():
        pass
    return True


def die(_value: int) -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return 0


@pytest.fixture(scope="module")
def pool() -> Iterator[ProcessPoolExecutor]:
    made = ProcessPoolExecutor(1, admitted=2)
    yield made
    made.close()


def test_both_keep_the_order_of_tasks(pool: ProcessPoolExecutor) -> None:
    tasks = range(20)
    assert list(pool.map(square, tasks)) == list(InlineExecutor().map(square, tasks))


def test_an_error_of_a_plan_arrives_whole(pool: ProcessPoolExecutor) -> None:
    with pytest.raises(InvalidInput) as caught:
        pool.call(refuse, 3)
    assert caught.value.faults[0].field == "value"
    with pytest.raises(Exception, match="CarrierUnavailable"):
        pool.call(stubborn, 3)
    assert pool.call(square, 3) == 9


def test_a_call_past_its_deadline_is_killed_and_the_next_one_answered(
    pool: ProcessPoolExecutor,
) -> None:
    with pytest.raises(Unavailable) as caught:
        pool.call(forever, 1, deadline_s=0.05)
    assert caught.value.code == "plan_timeout"
    assert pool.call(square, 4) == 16


def test_a_worker_that_dies_is_replaced_and_the_call_answered(
    pool: ProcessPoolExecutor, tmp_path: Path
) -> None:
    assert pool.call(die_once, str(tmp_path / "marker")) == "alive"


def test_a_call_that_kills_every_worker_is_given_up(pool: ProcessPoolExecutor) -> None:
    with pytest.raises(Unavailable) as caught:
        pool.call(die, 1)
    assert caught.value.code == "planner_died"
    assert pool.call(square, 5) == 25


def test_a_full_planner_refuses_at_once(pool: ProcessPoolExecutor) -> None:
    pool._inside = 2
    try:
        with pytest.raises(Unavailable) as caught:
            pool.call(square, 1)
    finally:
        pool._inside = 0
    assert caught.value.code == "overloaded"


def test_calls_from_many_threads_all_come_back() -> None:
    many = ProcessPoolExecutor(2, admitted=50)
    results: list[int] = []
    threads = [
        threading.Thread(target=lambda value=value: results.append(many.call(square, value)))
        for value in range(30)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    many.close()
    assert sorted(results) == [value * value for value in range(30)]


def test_what_every_worker_is_to_do_leaves_those_who_did_it_free_for_calls(tmp_path: Path) -> None:
    two = ProcessPoolExecutor(2, admitted=9)
    end = tmp_path / "end"
    assert list(two.map(square, (1, 2, 3, 4))) == [1, 4, 9, 16]  # both have started
    busy = threading.Thread(target=lambda: two.call(until_there, str(end), deadline_s=60))
    errand = threading.Thread(target=lambda: two.everywhere(square, 1, deadline_s=60))
    busy.start()
    errand.start()
    assert [two.call(square, value, deadline_s=30) for value in range(20)][-1] == 361
    end.touch()
    errand.join()
    busy.join()
    two.close()
