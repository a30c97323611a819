"""Act three: real carts of a real marketplace, planned as of their purchase.

They need nothing of the house, so a process of their own plans them while the other acts play.
"""

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from simulations.adapters.olist_files import read_olist
from simulations.olist.carts import CartComparison, choose_orders, compare_carts
from simulations.olist.derived import history

CARTS = 300
WITHIN_S = 600.0


@dataclass(frozen=True, slots=True)
class CartsStory:
    """The carts, or in one sentence why there are none."""

    rows: tuple[CartComparison, ...]
    absent: str = ""

    @property
    def delivered(self) -> list[CartComparison]:
        return [row for row in self.rows if row.came_days is not None]


@contextmanager
def carts_beside(folder: Path | None) -> Iterator[Callable[[], CartsStory]]:
    """Begin to plan the carts in a process that ends with the block; call for what came of it."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        planned = pool.apply_async(play_carts, (folder,))
        yield lambda: planned.get(WITHIN_S)


def play_carts(folder: Path | None) -> CartsStory:
    """Compare; a folder that is absent is said, a broken one raises InvalidInput."""
    if folder is None or not folder.is_dir():
        return CartsStory(
            (),
            "No real orders here: set LANEWISE_OLIST to a folder with the published Olist files "
            "to plan real carts too.",
        )
    data = read_olist(folder)
    chosen = choose_orders(data, CARTS)
    return CartsStory(tuple(compare_carts(data, history(data), chosen)))


def share(flags: Sequence[bool | None]) -> float:
    """The share of true ones among those that are known."""
    known = [flag for flag in flags if flag is not None]
    return sum(known) / len(known) if known else 0.0


def mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0
