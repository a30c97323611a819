"""The checker finds every kind of wrong answer."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from routing.checkout.answer import answer_as_json
from routing.checkout.check import check_answer
from tests.routing.checkout.carts import answer_to, small_case

CASE = small_case(3)
ANSWER = answer_as_json(CASE["id"], answer_to(CASE))


def test_the_planners_answer_is_right() -> None:
    assert ANSWER["frontier"]
    assert check_answer(CASE, ANSWER) == []


def _parcel(answer: dict[str, Any]) -> dict[str, Any]:
    parcel: dict[str, Any] = answer["frontier"][0]["parcels"][0]
    return parcel


WRONG: list[tuple[str, Callable[[dict[str, Any]], Any]]] = [
    ("cost", lambda a: a["frontier"][0].update(cost=1)),
    ("date", lambda a: a["frontier"][0].update(date=0)),
    ("parcels_n", lambda a: a["frontier"][0].update(parcels_n=9)),
    ("co2_g", lambda a: a["frontier"][0].update(co2_g=0)),
    ("served", lambda a: a["frontier"][0]["parcels"].append(copy.deepcopy(_parcel(a)))),
    ("whole number", lambda a: _parcel(a)["contents"][0].update(qty="1")),
    ("no offer", lambda a: _parcel(a)["contents"][0].update(location="nowhere")),
    ("no service", lambda a: _parcel(a).update(service="pigeon")),
    ("no box", lambda a: _parcel(a).update(box="bag")),
    ("does not leave", lambda a: _parcel(a).update(node="moon")),
    ("dominated", lambda a: a["frontier"].append(copy.deepcopy(a["frontier"][0]))),
    ("frontier", lambda a: a.update(frontier=None)),
    ("bound", lambda a: a.update(bound=10**9)),
    ("exact", lambda a: a.update(exact="yes")),
    ("id", lambda a: a.update(id="another")),
    ("reasons", lambda a: a.update(frontier=[])),
    ("must be an object", lambda a: a["frontier"].insert(0, 3)),
    ("contents must be", lambda a: _parcel(a).update(contents=[])),
]


@pytest.mark.parametrize(("word", "spoil"), WRONG, ids=[word for word, _ in WRONG])
def test_a_wrong_answer_is_told_why(word: str, spoil: Callable[[dict[str, Any]], Any]) -> None:
    answer = copy.deepcopy(ANSWER)
    spoil(answer)
    errors = check_answer(CASE, answer)
    assert errors
    assert any(word in error for error in errors)


def test_something_else_than_an_answer_is_no_crash() -> None:
    for nonsense in (None, [], "x", {"frontier": [[]]}, {"frontier": [{"parcels": [{}]}]}):
        assert check_answer(CASE, nonsense)
