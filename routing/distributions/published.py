"""Learned lead times as the one text that is stored, and back; what does not read is refused."""

import json
from typing import Any

import numpy as np

from core.errors import invalid
from routing.distributions.arrays import F64, I64
from routing.distributions.forest import BINS, Forest
from routing.distributions.lead_times import LeadTimeModel, NetworkState
from routing.distributions.waits import DAY_COLUMNS, WaitModel
from routing.network.canonical import canonical_json, from_json

FORMAT = "lead-times/1"
NODES = ("column", "threshold", "left", "right")


def model_text(model: LeadTimeModel) -> str:
    """Canonical JSON; floats are written so that they read back exactly."""
    plain = {
        "format": FORMAT,
        "codes": {group: dict(codes) for group, codes in model.codes.items()},
        "purchase": _plain_waits(model.purchase),
        "hand_over": _plain_waits(model.hand_over),
    }
    return json.dumps(plain, sort_keys=True, separators=(",", ":"), allow_nan=False)


def read_model(text: str) -> LeadTimeModel:
    """The model that `model_text` wrote; raises InvalidInput for anything else."""
    try:
        plain = json.loads(text)
        if plain["format"] != FORMAT:
            raise invalid("model", f"its format is {plain['format']!r}, not {FORMAT!r}")
        codes = {
            str(group): {str(name): int(code) for name, code in names.items()}
            for group, names in plain["codes"].items()
        }
        return LeadTimeModel(_waits(plain["purchase"]), _waits(plain["hand_over"]), codes)
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise invalid("model", f"does not load: {error!r}"[:200]) from error


def state_text(state: NetworkState) -> str:
    """Canonical JSON."""
    return canonical_json(state)


def read_state(text: str) -> NetworkState:
    """The state that `state_text` wrote; raises InvalidInput naming the field."""
    return from_json(NetworkState, text)


def _plain_waits(waits: WaitModel) -> dict[str, Any]:
    forest = waits.forest
    return {
        "columns": list(waits.columns),
        "orders": waits.orders,
        "seed": waits.seed,
        "stage": waits.stage,
        "base": forest.base,
        "cuts": [row[np.isfinite(row)].tolist() for row in forest.cuts],
        "value": forest.value.tolist(),
        **{name: getattr(forest, name).tolist() for name in NODES},
    }


def _waits(plain: Any) -> WaitModel:
    column, threshold, left, right = (np.array(plain[name], np.int64) for name in NODES)
    value = np.array(plain["value"], np.float64)
    shapes = {each.shape for each in (column, threshold, left, right, value)}
    if len(shapes) != 1 or column.ndim != 2:
        raise invalid("model", "its trees have different shapes")
    if not (_leads_on(left, column) and _leads_on(right, column)):
        raise invalid("model", "a tree points outside itself, or back")
    if (column >= len(plain["cuts"]) + DAY_COLUMNS).any():
        raise invalid("model", "a tree asks for a column that there is not")
    if not np.isfinite(value).all():
        raise invalid("model", "a leaf is no number")
    forest = Forest(
        _cuts(plain["cuts"]), column, threshold, left, right, value, float(plain["base"])
    )
    columns = tuple(str(name) for name in plain["columns"])
    if len(columns) != len(forest.cuts):
        raise invalid("model", "each column needs its cut points")
    return WaitModel(
        forest, columns, 0, int(plain["orders"]), int(plain["seed"]), str(plain["stage"])
    )


def _leads_on(target: I64, column: I64) -> bool:
    """Whether every inner node leads to a later one, so that each walk ends."""
    here = np.arange(column.shape[1])[None, :]
    return bool(((column < 0) | ((target > here) & (target < column.shape[1]))).all())


def _cuts(rows: Any) -> F64:
    cuts = np.full((len(rows), BINS - 1), np.inf)
    for place, row in enumerate(rows):
        cuts[place, : len(row)] = row
    return cuts
