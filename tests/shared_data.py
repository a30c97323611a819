"""Finds the real data that lies beside a checkout; tests that need it say so and skip."""

import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent


def shared_path(relative: str) -> Path:
    """The file or folder below the shared data folder, or a skip that names what is missing."""
    base = os.environ.get("LANEWISE_SHARED")
    folder = Path(base) if base else REPOSITORY.parent / "shared"
    path = folder / relative
    if not path.exists():
        pytest.skip(f"shared data not found: {relative} (set LANEWISE_SHARED)")
    return path
