"""The driver's manifest as PDF: a page a tour with stops in order, times, loads, a line to sign."""

from io import BytesIO

from routing.tours.picture import clock
from routing.tours.plan import RELOAD, Plan, Tour
from routing.tours.problem import Kind, Problem

WHAT = {
    Kind.DELIVER: "deliver",
    Kind.COLLECT: "collect",
    Kind.PICKUP: "pick up",
    Kind.DROP: "drop",
}
ROWS_ON_A_PAGE = 38
LONGEST_NAME = 38


def driver_sheets(problem: Problem, plan: Plan) -> bytes:
    """All tours as one PDF, byte-stable for equal plans; says page n of m of each tour."""
    from reportlab.lib.pagesizes import A4
    from reportlab.pdfgen.canvas import Canvas

    buffer = BytesIO()
    canvas = Canvas(buffer, pagesize=A4, invariant=1)
    canvas.setTitle(f"Tours of {problem.name}")
    for tour in plan.tours:
        pages = [
            tour.visits[i : i + ROWS_ON_A_PAGE] for i in range(0, len(tour.visits), ROWS_ON_A_PAGE)
        ]
        first = 0
        for page, visits in enumerate(pages, start=1):
            _head(canvas, problem, tour, page, len(pages))
            y = 742
            for position, visit in enumerate(visits, start=first + 1):
                for x, words in _row(problem, position, visit.stop, visit.start_s):
                    canvas.drawString(x, y, words)
                canvas.line(430, y - 3, 560, y - 3)
                y -= 17
            first += len(visits)
            canvas.setFont("Helvetica", 9)
            canvas.drawString(
                40, 50, "Handed over by: ____________________   Driver: ____________________"
            )
            canvas.showPage()
    if not plan.tours:
        canvas.setFont("Helvetica", 12)
        canvas.drawString(40, 780, "No tours today.")
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def _head(canvas: object, problem: Problem, tour: Tour, page: int, pages: int) -> None:
    draw = canvas.drawString  # type: ignore[attr-defined]
    canvas.setFont("Helvetica-Bold", 14)  # type: ignore[attr-defined]
    draw(40, 800, f"Vehicle {tour.vehicle}: {_latin(problem.name)}")
    canvas.setFont("Helvetica", 9)  # type: ignore[attr-defined]
    load = _load(problem, tour.loaded)
    draw(
        40,
        784,
        f"leaves {clock(problem, tour.leave_s)}, back {clock(problem, tour.back_s)}, "
        f"{len(tour.visits)} stops, loads {load}; page {page} of {pages}",
    )
    canvas.setFont("Helvetica-Bold", 9)  # type: ignore[attr-defined]
    for x, words in (
        (40, "#"),
        (62, "at"),
        (105, "what"),
        (155, "stop"),
        (205, "name"),
        (430, "signature"),
    ):
        draw(x, 762, words)
    canvas.setFont("Helvetica", 9)  # type: ignore[attr-defined]


def _load(problem: Problem, loaded: tuple[int, ...]) -> str:
    """What is on board at the start; dimensions of a Lanewise day have units."""
    if not any(loaded):
        return "nothing"
    if not problem.currency:
        return ", ".join(str(amount) for amount in loaded)
    weight_g, volume_mm3, parcels = loaded
    words = []
    if weight_g:
        words.append(f"{-(-weight_g // 1000)} kg")
    if volume_mm3:
        words.append(f"{-(-volume_mm3 // 1_000_000)} l")
    if parcels:
        words.append(f"{parcels} parcels")
    return ", ".join(words)


def _row(problem: Problem, position: int, stop: int, start_s: int) -> list[tuple[int, str]]:
    at = clock(problem, start_s)
    if stop == RELOAD:
        return [(40, str(position)), (62, at), (105, "reload at the depot")]
    place = problem.stops[stop]
    name = _latin(place.name)
    if len(name) > LONGEST_NAME:
        name = name[: LONGEST_NAME - 1] + "."
    return [
        (40, str(position)),
        (62, at),
        (105, WHAT[place.kind]),
        (155, str(place.number)),
        (205, name),
    ]


def _latin(text: str) -> str:
    """What the built-in PDF fonts can show; other letters become question marks."""
    return text.encode("cp1252", "replace").decode("cp1252")
