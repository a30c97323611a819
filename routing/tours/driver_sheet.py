"""The driver's manifest as PDF: a page a tour with stops in order, times, loads, a line to sign."""

from io import BytesIO
from typing import Any

from carriers.labels.fonts import BOLD, REGULAR, fitting_lines, register_fonts
from routing.tours.paper_words import Say, clock, english
from routing.tours.plan import RELOAD, Plan, Tour
from routing.tours.problem import Problem

ROWS_ON_A_PAGE = 38
COLUMNS = {"": 40, "at": 62, "what": 105, "stop": 205, "name": 245, "signature": 440}  # points
RIGHT = 560


def driver_sheets(problem: Problem, plan: Plan, *, say: Say = english) -> bytes:
    """All tours as one PDF, byte-stable for equal plans; says page n of m of each tour."""
    from reportlab.lib.pagesizes import A4
    from reportlab.pdfgen.canvas import Canvas

    register_fonts()
    buffer = BytesIO()
    canvas = Canvas(buffer, pagesize=A4, invariant=1)
    canvas.setTitle(say("paper.sheets", name=problem.name))
    for tour in plan.tours:
        pages = [
            tour.visits[i : i + ROWS_ON_A_PAGE] for i in range(0, len(tour.visits), ROWS_ON_A_PAGE)
        ]
        first = 0
        for page, visits in enumerate(pages, start=1):
            _head(canvas, problem, tour, say, say("paper.page", page=page, pages=len(pages)))
            y = 742
            for position, visit in enumerate(visits, start=first + 1):
                for column, words in _row(problem, position, visit.stop, visit.start_s, say):
                    canvas.drawString(COLUMNS[column], y, words)
                canvas.line(COLUMNS["signature"], y - 3, RIGHT, y - 3)
                y -= 17
            first += len(visits)
            _feet(canvas, say)
            canvas.showPage()
    if not plan.tours:
        canvas.setFont(REGULAR, 12)
        canvas.drawString(40, 780, say("paper.no_tours"))
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def _head(canvas: Any, problem: Problem, tour: Tour, say: Say, page: str) -> None:
    """The tour in two lines, and the columns' names."""
    canvas.setFont(BOLD, 14)
    title = say("paper.head", vehicle=tour.vehicle, name=problem.name)
    canvas.drawString(40, 800, _fit(title, BOLD, 14, RIGHT - 40))
    times = say(
        "paper.times",
        leaves=clock(problem, tour.leave_s),
        back=clock(problem, tour.back_s),
        stops=len(tour.visits),
        load=_load(problem, tour.loaded, say),
    )
    canvas.setFont(REGULAR, 9)
    canvas.drawString(40, 784, _fit(f"{times}; {page}", REGULAR, 9, RIGHT - 40))
    canvas.setFont(BOLD, 9)
    for column, x in COLUMNS.items():
        canvas.drawString(x, 762, say(f"paper.column_{column}") if column else "#")
    canvas.setFont(REGULAR, 9)


def _feet(canvas: Any, say: Say) -> None:
    """Two lines to sign at the depot."""
    canvas.setFont(REGULAR, 9)
    for x, end, key in ((40, 290, "paper.handed_over"), (310, RIGHT, "paper.driver")):
        words = say(key)
        canvas.drawString(x, 50, words)
        canvas.line(x + canvas.stringWidth(words, REGULAR, 9) + 6, 48, end, 48)


def _load(problem: Problem, loaded: tuple[int, ...], say: Say) -> str:
    """What is on board at the start; dimensions of a Lanewise day have units."""
    if not any(loaded):
        return say("paper.nothing")
    if not problem.currency:
        return ", ".join(str(amount) for amount in loaded)
    weight_g, volume_mm3, parcels = loaded
    words = []
    if weight_g:
        words.append(f"{-(-weight_g // 1000)} kg")
    if volume_mm3:
        words.append(f"{-(-volume_mm3 // 1_000_000)} l")
    if parcels:
        words.append(say("paper.parcels", parcels=parcels))
    return ", ".join(words)


def _row(
    problem: Problem, position: int, stop: int, start_s: int, say: Say
) -> list[tuple[str, str]]:
    begin = [("", str(position)), ("at", clock(problem, start_s))]
    if stop == RELOAD:
        return [*begin, ("what", say("does.reload"))]
    place = problem.stops[stop]
    what = _fit(say(f"does.{place.kind.value}"), REGULAR, 9, COLUMNS["stop"] - COLUMNS["what"] - 6)
    name = _fit(place.name, REGULAR, 9, COLUMNS["signature"] - COLUMNS["name"] - 8)
    return [*begin, ("what", what), ("stop", str(place.number)), ("name", name)]


def _fit(text: str, font: str, size: float, width: float) -> str:
    """One line of that width in points; what is left over ends in an ellipsis."""
    return next(iter(fitting_lines(text, font, size, width, 1)), "")
