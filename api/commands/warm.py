"""`lanewise warm`: compile the hot kernels into their on-disk cache; part of the set-up."""

import importlib
import time

import typer

from api.commands.output import progress
from core.kernels import compiled

app = typer.Typer()

# Modules whose `warm()` calls every kernel once with its one signature.
KERNELS: tuple[str, ...] = (
    "routing.checkout.warm",
    "routing.packing.fit",
    "routing.tours.ruin_engine",
    "routing.tours.pair_engine",
    "routing.tours.stay_engine",
    "tracking.learning.boosting",
)


@app.command()
def warm() -> None:
    """Compile every hot kernel once, so that no request waits for a compiler."""
    if not compiled():
        progress("no compiler for kernels: they run as plain Python, with the same answers")
        return
    for name in KERNELS:
        started = time.process_time()
        importlib.import_module(name).warm()
        progress(f"{name}: {time.process_time() - started:.1f} s")
