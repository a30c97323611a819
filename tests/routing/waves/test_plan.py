"""Waves reach the joint optimum of the small samples, keep every promise, and check out."""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from core.errors import InvalidInput
from routing.checkout.answer import plan_as_json
from routing.waves.check import check_wave
from routing.waves.plan import Effort, WaveAnswer, plan_wave
from routing.waves.wave import wave_from_case
from tests.shared_data import shared_path


def samples() -> list[dict[str, Any]]:
    text = shared_path("data/plan/wave_tiny.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def as_json(answer: WaveAnswer) -> dict[str, Any]:
    plans = {k: {"parcels": plan_as_json(plan)["parcels"]} for k, plan in answer.plans.items()}
    return {"plans": plans, "cost": answer.cost, "bound": answer.bound}


def test_small_waves_reach_the_joint_optimum() -> None:
    for row in samples():
        answer = plan_wave(wave_from_case(row["wave"]))
        assert answer.cost == row["optimal_cost"]
        assert answer.bound <= answer.cost
        assert check_wave(row["wave"], as_json(answer)) == []


def test_a_larger_wave_is_near_its_bound_and_never_dearer_than_before() -> None:
    case = json.loads(shared_path("data/plan/wave_300.json").read_text(encoding="utf-8"))
    wave = wave_from_case(case)
    answer = plan_wave(wave)
    assert answer.cost <= answer.bound * 1.002
    assert answer.cost <= sum(order.current.cost for order in wave.orders)
    assert check_wave(case, as_json(answer)) == []


def test_without_a_round_of_planning_the_present_plans_stay() -> None:
    wave = wave_from_case(samples()[0]["wave"])
    answer = plan_wave(wave, Effort(rounds=0))
    assert answer.cost <= sum(order.current.cost for order in wave.orders)


WRONG: list[tuple[str, Callable[[dict[str, Any]], Any]]] = [
    ("missing", lambda a: a["plans"].pop("O0")),
    ("no order", lambda a: a["plans"].update(X={"parcels": []})),
    ("cost", lambda a: a.update(cost=1)),
    ("bound", lambda a: a.update(bound=10**9)),
    ("plans", lambda a: a.update(plans=None)),
    ("served", lambda a: a["plans"]["O0"].update(parcels=[])),
]


@pytest.mark.parametrize(("word", "spoil"), WRONG, ids=[word for word, _ in WRONG])
def test_a_wrong_answer_is_told_why(word: str, spoil: Callable[[dict[str, Any]], Any]) -> None:
    wave = samples()[1]["wave"]
    answer = as_json(plan_wave(wave_from_case(wave)))
    spoil(answer)
    assert any(word in error for error in check_wave(wave, answer))


def test_overdrawn_stock_and_capacity_are_found() -> None:
    wave = samples()[1]["wave"]
    answer = as_json(plan_wave(wave_from_case(wave)))
    tight = copy.deepcopy(wave)
    for offer in tight["offers"]:
        offer["stock"] = 0
    assert any("served" in e or "takes" in e or "taken" in e for e in check_wave(tight, answer))
    narrow = copy.deepcopy(wave)
    for limits in narrow["capacity"].values():
        for node in limits:
            limits[node] = 0
    assert any("at most 0" in error for error in check_wave(narrow, answer))


BAD: list[tuple[str, Callable[[dict[str, Any]], Any]]] = [
    ("orders", lambda w: w.update(orders=[])),
    ("network", lambda w: w.pop("network")),
    ("orders[0].promised", lambda w: w["orders"][0].pop("promised")),
    ("orders[0].current", lambda w: w["orders"][0].update(promised=0)),
    ("orders[0].current", lambda w: w["orders"][0]["current"]["parcels"][0].update(box="B99")),
    ("orders[1].id", lambda w: w["orders"][1].update(id=w["orders"][0]["id"])),
    ("capacity.hub_parcels.X", lambda w: w["capacity"]["hub_parcels"].update(X=1)),
]


@pytest.mark.parametrize(("field", "spoil"), BAD, ids=[f"{n}-{b[0]}" for n, b in enumerate(BAD)])
def test_a_malformed_wave_names_the_field(
    field: str, spoil: Callable[[dict[str, Any]], Any]
) -> None:
    wave = copy.deepcopy(samples()[0]["wave"])
    spoil(wave)
    with pytest.raises(InvalidInput) as caught:
        wave_from_case(wave)
    assert caught.value.faults[0].field == field
