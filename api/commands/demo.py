"""`lanewise demo`: one cart's way, a simulated week, real carts; and a page to look at."""

import os
import time
from contextlib import ExitStack
from typing import Annotated

import typer
from rich.console import Console

from api.commands.output import progress
from api.demo.carts import carts_beside
from api.demo.collection import play_round
from api.demo.house import START, demo_house
from api.demo.learning import play_learning
from api.demo.page import write_page
from api.demo.tell import tell_carts, tell_learning, tell_round, tell_thread, tell_week
from api.demo.thread import play_thread
from api.demo.week import play_week
from api.logs import set_up_logs
from api.settings import read_settings

app = typer.Typer()


@app.command()
def demo(
    quick: Annotated[bool, typer.Option("--quick", help="Only the first act.")] = False,
) -> None:
    """Play the demo in `var/demo` (SQLite, simulated carriers); ends by itself."""
    started = time.monotonic()
    settings = read_settings(os.environ)
    set_up_logs(settings.model_copy(update={"log_level": "error"}))
    console = Console(width=max(Console().width, 110))
    with demo_house(settings) as house, ExitStack() as beside:
        real_carts = None if quick else beside.enter_context(carts_beside(settings.olist))
        progress("a cart becomes a promise, parcels, labels and a manifest …")
        thread = play_thread(house)
        tell_thread(console, thread)
        week = collection = carts = learning = None
        if real_carts is not None:
            progress("a simulated week …")
            week = play_week(house, lambda text: progress(f"  {text}"))
            tell_week(console, week)
            progress("the hub's vans …")
            collection = play_round(house)
            tell_round(console, collection)
            progress("a carrier slows down …")
            learning = play_learning(house.network, START)
            tell_learning(console, learning)
            progress("real carts …")
            carts = real_carts()
            tell_carts(console, carts)
        page = write_page(house, thread, week, collection, carts, learning)
    console.print(f"Look at [bold]{page}[/bold]; `make serve` opens the same data.")
    progress(f"demo took {time.monotonic() - started:.0f} s")
