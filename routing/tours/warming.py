"""The smallest day there is, planned in no time: what compiles or loads an engine's kernels."""

import numpy as np

from routing.tours.engine import Sequences
from routing.tours.problem import Matrix, Objective, Problem, Stop, VehicleType


def smallest_day() -> Problem:
    """Two stops and two vehicles."""
    table = np.array([[0, 1, 2], [1, 0, 1], [2, 1, 0]], dtype=np.int64)
    van = VehicleType(numbers=(1, 2), capacity=(2,), shift=(0, 100))
    stops = tuple(Stop(number=i, location=i, load=(1,)) for i in (1, 2))
    return Problem("warm", stops, (van,), (Matrix(table, table),), objective=Objective.COST)


class NoTime:
    """A watch whose time is up: the engine ends after its first steps."""

    def share_used(self) -> float:
        return 1.0

    def better(self, sequences: Sequences) -> None:
        pass
