"""Planning a day in child processes: engines, crashes, cancels, and reasons for what is left."""

from dataclasses import replace
from typing import Any

import pytest

from routing.adapters.solver.process import run_engine
from routing.flows import plan_tours as flow
from routing.flows.plan_tours import plan_tours
from routing.tours.checker import check
from routing.tours.engine import Sequences, Watch
from routing.tours.engines import ENGINES, choose
from routing.tours.plan import Plan
from routing.tours.problem import Kind, Problem, Rules
from tests.routing.tours.days import at, line_day, town


class Counted:
    """A watch that counts calls instead of seconds."""

    def __init__(self, calls: int) -> None:
        self.calls = calls
        self.asked = 0

    def share_used(self) -> float:
        self.asked += 1
        return self.asked / self.calls

    def better(self, sequences: Sequences) -> None:
        pass


@pytest.mark.parametrize("name", ["ortools", "pyvrp"])
def test_every_engine_serves_a_small_town(name: str) -> None:
    problem = town(20)
    found = ENGINES[name].solve(problem, start=None, seed=1, watch=Counted(300))
    plan = check(problem, found)
    assert isinstance(plan, Plan) and not plan.unserved


@pytest.mark.parametrize("name", ["ortools", "pyvrp"])
def test_every_engine_goes_on_from_a_given_plan(name: str) -> None:
    problem = town(15)
    first = ENGINES["ortools"].solve(problem, start=None, seed=1, watch=Counted(50))
    found = ENGINES[name].solve(problem, start=first, seed=1, watch=Counted(50))
    before, after = check(problem, first), check(problem, found)
    assert isinstance(before, Plan) and isinstance(after, Plan)
    assert after.cost <= before.cost


def test_rich_rules_are_kept() -> None:
    rules = Rules(
        same_vehicle=((0, 1),),
        before=((1, 0),),
        incompatible=frozenset({frozenset({"food", "paint"})}),
    )
    problem = line_day(
        at(1, goods="food"),
        at(2, goods="food"),
        at(3, goods="paint"),
        at(4, prize=1),
        at(5, kind=Kind.COLLECT, windows=((0, 3), (9, 30))),
        rules=rules,
    )
    able, _ = choose(problem)
    assert able == ("ortools",)
    plan = check(problem, ENGINES["ortools"].solve(problem, start=None, seed=1, watch=Counted(200)))
    assert isinstance(plan, Plan)
    assert [note.stop for note in plan.unserved] in ([], [3])


def test_planning_runs_in_a_child_and_tells_why_a_stop_is_left_out() -> None:
    problem = line_day(
        at(2), at(3, windows=((0, 1),)), at(4, load=(50,)), at(5, skills=frozenset({"lift"}))
    )
    plan = plan_tours(problem, seconds=0.2)
    assert [tour.sequence.stops for tour in plan.tours] == [(0,)]
    assert {note.stop: note.reason for note in plan.unserved} == {
        1: "window",
        2: "capacity",
        3: "skills",
    }


def test_a_cancel_answers_with_the_best_so_far() -> None:
    heard: list[Plan] = []
    plan = plan_tours(town(30), seconds=600, cancelled=lambda: bool(heard), told=heard.append)
    assert plan.cost == heard[-1].cost and plan.tours


class Crashing:
    name = "crashing"

    def lacks(self, problem: Problem) -> str:
        return ""

    def warm(self) -> None:
        pass

    def solve(
        self, problem: Problem, *, start: Sequences | None, seed: int, watch: Watch
    ) -> Sequences:
        raise RuntimeError("out of luck")


class Dying(Crashing):
    name = "dying"

    def solve(
        self, problem: Problem, *, start: Sequences | None, seed: int, watch: Watch
    ) -> Sequences:
        import os

        os._exit(3)


@pytest.mark.parametrize(("engine", "word"), [(Crashing(), "out of luck"), (Dying(), "died")])
def test_another_engine_takes_over_from_a_crash(
    engine: Any, word: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ENGINES, engine.name, engine)
    monkeypatch.setattr(flow, "choose", lambda problem: ((engine.name, "ortools"), ()))
    plan = plan_tours(line_day(at(2)), seconds=0.2)
    assert plan.tours and word in plan.notes[0]


def test_an_impossible_day_is_a_plan_without_tours() -> None:
    problem = line_day(at(2, load=(99,)))
    plan = plan_tours(replace(problem), seconds=0.1)
    assert plan.tours == () and plan.unserved[0].reason == "capacity"


def test_the_child_counts_its_own_cpu_time() -> None:
    outcome = run_engine(ENGINES["ortools"], town(10), seconds=0.1, seed=1)
    assert outcome.finished and 0.1 <= outcome.cpu_s < 5
