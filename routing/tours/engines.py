"""All engines by name, what each can, and which one a problem gets and why."""

from routing.tours.engine import Engine
from routing.tours.ortools_engine import OrToolsEngine
from routing.tours.pair_engine import PairEngine
from routing.tours.problem import Problem
from routing.tours.pyvrp_engine import PyVrpEngine
from routing.tours.race import Race, Relay
from routing.tours.ruin_engine import RuinEngine

_SINGLE: tuple[Engine, ...] = (RuinEngine(), PairEngine(), PyVrpEngine(), OrToolsEngine())

RELAY = Relay(runners=(_SINGLE[0], _SINGLE[2]))
RELAY_UP_TO = 300  # stops; above, the own engine alone is ahead

ENGINES: dict[str, Engine] = {
    engine.name: engine for engine in (*_SINGLE, Race(runners=_SINGLE[:3]), RELAY)
}
PREFERENCE = ("ruin", "ruin-pairs", "pyvrp", "ortools")
"""By what they reached on published instances (`lanewise bench tours`); a race is asked for."""


def choose(problem: Problem) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Engines able to plan the problem, best first, and why others are not among them."""
    able, notes = [], []
    if len(problem.stops) <= RELAY_UP_TO and not RELAY.lacks(problem):
        able.append(RELAY.name)
    for name in PREFERENCE:
        lack = ENGINES[name].lacks(problem)
        if lack:
            notes.append(f"{name} {lack}")
        else:
            able.append(name)
    return tuple(able), tuple(notes)
