"""The plot of options: charge against promised date, as coordinates that the template draws."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from core.money import Money
from routing.quote import DeliveryOption

WIDTH, HEIGHT = 440, 270
LEFT, RIGHT, TOP, BOTTOM = 72, 26, 24, 44
MOST_DAY_LABELS = 5


@dataclass(frozen=True, slots=True)
class Mark:
    """An option in the plot."""

    number: int
    code: str
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Tick:
    """A labelled place on an axis."""

    at: float
    day: date | None = None
    amount: Money | None = None


@dataclass(frozen=True, slots=True)
class Chart:
    """Everything that is drawn, in SVG user units."""

    marks: tuple[Mark, ...]
    days: tuple[Tick, ...]
    amounts: tuple[Tick, ...]
    steps: str
    """Path of the best charge by date."""
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    top: int = TOP
    bottom: int = HEIGHT - BOTTOM


def chart_of(options: Sequence[DeliveryOption]) -> Chart | None:
    """The plot; None for fewer than two options, where there is nothing to compare."""
    if len(options) < 2:
        return None
    first = min(option.promise.date for option in options)
    days = max((max(option.promise.date for option in options) - first).days, 1)
    most = max(option.charge.total.minor for option in options)
    currency = options[0].charge.total.currency
    step = _step(most)
    top_amount = max(step, -(-most // step) * step)

    def x(day: date) -> float:
        return round(LEFT + (day - first).days / days * (WIDTH - LEFT - RIGHT), 1)

    def y(minor: int) -> float:
        return round(HEIGHT - BOTTOM - minor / top_amount * (HEIGHT - TOP - BOTTOM), 1)

    marks = tuple(
        Mark(number, option.code, x(option.promise.date), y(option.charge.total.minor))
        for number, option in enumerate(options, start=1)
    )
    every = -(-(days + 1) // MOST_DAY_LABELS)
    return Chart(
        marks=marks,
        days=tuple(
            Tick(x(day), day=day)
            for n in range(0, days + 1, every)
            for day in [first + timedelta(days=n)]
        ),
        amounts=tuple(
            Tick(y(minor), amount=Money(minor, currency))
            for minor in range(0, top_amount + 1, step)
        ),
        steps=_steps(marks),
    )


def _step(most: int) -> int:
    """A round distance between amounts so that there are three to six of them."""
    step = 1
    while True:
        for factor in (1, 2, 5):
            if most <= 5 * step * factor:
                return step * factor
        step *= 10


def _steps(marks: Sequence[Mark]) -> str:
    """The lower staircase: waiting longer never costs more."""
    path = ""
    best: float | None = None
    for mark in sorted(marks, key=lambda mark: (mark.x, -mark.y)):
        if best is None:
            path = f"M{mark.x} {mark.y}"
            best = mark.y
        elif mark.y > best:  # further down is cheaper
            path += f"H{mark.x}V{mark.y}"
            best = mark.y
    return path
