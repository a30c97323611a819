"""The sample planning cases that lie beside a checkout, for measuring."""

import json
import os
from pathlib import Path
from typing import Any

from core.errors import Unavailable


def shared_folder(relative: str) -> Path:
    """A folder of the shared data; raises `Unavailable` naming it when it is not there."""
    base = os.environ.get("LANEWISE_SHARED")
    root = Path(base) if base else Path(__file__).resolve().parent.parent.parent / "shared"
    folder = root / relative
    if not folder.exists():
        raise Unavailable(f"no data at shared/{relative}; set LANEWISE_SHARED to its folder")
    return folder


def sample(name: str) -> list[dict[str, Any]]:
    """Rows of one JSONL sample: `case` and, where known, `frontier` or `frontier3`."""
    path = shared_folder("data/plan") / f"{name}.jsonl"
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
