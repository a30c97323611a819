"""Warming solves a cart; the same cart has the same answer without compiled kernels."""

import os
import subprocess
import sys
from pathlib import Path

from routing.checkout.problem import Problem
from routing.checkout.solve import solve
from routing.checkout.warm import tiny_problem, warm

REPOSITORY = Path(__file__).resolve().parents[3]


def _answers(problem: Problem) -> str:
    return repr(solve(problem))


def test_plain_python_gives_the_answers_of_the_compiled_kernels() -> None:
    warm()
    script = (
        "from routing.checkout.solve import solve\n"
        "from routing.checkout.warm import tiny_problem, warm\n"
        "warm()\n"
        "print(repr(solve(tiny_problem())), end='')\n"
    )
    plain = subprocess.run(
        [sys.executable, "-c", script],
        cwd=REPOSITORY,
        env=os.environ | {"NUMBA_DISABLE_JIT": "1", "PYTHONPATH": "."},
        capture_output=True,
        text=True,
        check=True,
    )
    assert plain.stdout == _answers(tiny_problem())
    assert solve(tiny_problem()).plans
