"""Pictures of a day as SVG: a map of the tours (no tiles) and a Gantt chart of the vehicles."""

from collections.abc import Callable, Mapping, Sequence
from html import escape
from math import cos, radians

from routing.tours.paper_words import Say, clock, cost_of, english, span
from routing.tours.plan import RELOAD, Plan, Tour, Visit
from routing.tours.problem import Problem

COLOURS = (
    "#1b6ca8", "#c8553d", "#2e8b57", "#8e5ea2", "#946b00", "#007a7a", "#a0366f", "#556b2f",
)  # fmt: skip
Point = tuple[float, float]

WIDTH, HEIGHT, MARGIN = 900, 640, 44
ROW = 30
LEFT = 120
MOST_LABELS = 120
"""Stops whose numbers are written on the map; beyond, they would cover each other."""
TICKS_S = (900, 1800, 3600, 7200)
WAITING, RESTING, REFUSED = "#c9cdd2", "#444444", "#b00020"
STYLE = "font-family:system-ui,sans-serif;font-size:13px"


def map_svg(
    problem: Problem, plan: Plan, *, depot: tuple[float, float] | None = None, say: Say = english
) -> str:
    """Tours as lines between stops' coordinates (x, y or lon, lat); a ring is not served.

    Each vehicle has a colour and its number at the first stop, so colour is not the only sign.
    """
    points = {i: stop.at for i, stop in enumerate(problem.stops) if stop.at is not None}
    if not points:
        return _page(WIDTH, 60, [_text(20, 35, say("paper.no_points"))], say("paper.no_points"))
    place = _onto_paper(problem, [*points.values(), *([depot] if depot else [])])
    cost = cost_of(problem, plan.cost)
    title = say("paper.map", name=problem.name, tours=len(plan.tours), cost=cost)
    lines: list[str] = []
    marks: list[str] = []
    words: list[str] = []
    if depot is not None:
        x, y = place(depot)
        marks.append(
            f'<rect x="{x - 7:.1f}" y="{y - 7:.1f}" width="14" height="14" fill="#222">'
            f"<title>{escape(say('paper.depot'))}</title></rect>"
        )
        words.append(_text(x + 11, y + 15, say("paper.depot"), bold=True, halo=True))
    for number, tour in enumerate(plan.tours):
        colour = COLOURS[number % len(COLOURS)]
        lines.append(_line(tour, colour, place, depot, points))
        dots, numbers = _stops_on_map(problem, tour, colour, place, points, say)
        marks, words = marks + dots, words + numbers
    for note in plan.unserved:
        if note.stop in points:
            x, y = place(points[note.stop])
            number, reason = problem.stops[note.stop].number, say(f"reason.{note.reason}")
            label = escape(say("paper.not_served", stop=number, reason=reason))
            marks.append(
                f'<circle cx="{x:.1f}" cy="{y:.1f}" r="6" fill="none" stroke="{REFUSED}" '
                f'stroke-width="2.5"><title>{label}</title></circle>'
            )
            words.append(_text(x + 9, y + 4, str(number), REFUSED, halo=True))
    named = say("paper.map_title", name=problem.name)
    head = _text(20, 24, title, bold=True)
    return _page(WIDTH, HEIGHT, [head, *lines, *marks, *words], named)


def gantt_svg(problem: Problem, plan: Plan, *, say: Say = english) -> str:
    """A row a vehicle: driving thin, service full, waiting light, rests dark; a key below."""
    if not plan.tours:
        return _page(WIDTH, 60, [_text(20, 35, say("paper.no_tours"))], say("paper.no_tours"))
    begin = min(tour.leave_s for tour in plan.tours)
    end = max(tour.back_s for tour in plan.tours)
    scale = (WIDTH - LEFT - MARGIN) / max(end - begin, 1)
    bottom = 52 + ROW * len(plan.tours)

    def x(time_s: int) -> float:
        return LEFT + (time_s - begin) * scale

    title = say("paper.day", name=problem.name, vehicles=len(plan.tours))
    parts = [_text(20, 24, title, bold=True), *_axis(problem, begin, end, x, bottom)]
    for row, tour in enumerate(plan.tours):
        y, colour = 48 + ROW * row, COLOURS[row % len(COLOURS)]
        parts.append(_text(20, y + 15, say("paper.vehicle", vehicle=tour.vehicle)))
        width = max(x(tour.back_s) - x(tour.leave_s), 1)
        driving = say("paper.driving", stops=len(tour.visits))
        parts.append(_bar(x(tour.leave_s), y + 9, width, 3, colour, driving))
        for visit in tour.visits:
            parts += _visit_bars(problem, visit, y, colour, x, say)
    used = [
        (say("paper.key_serving"), 15, COLOURS[0], True),
        (say("paper.key_driving"), 3, COLOURS[0], True),
        (say("paper.key_waiting"), 11, WAITING, _any(plan, lambda visit: visit.wait_s)),
        (say("paper.key_resting"), 11, RESTING, _any(plan, lambda visit: visit.rest_s)),
    ]
    parts += _key([each[:3] for each in used if each[3]], bottom + 44)
    return _page(WIDTH, bottom + 60, parts, say("paper.day_title", name=problem.name))


def _onto_paper(problem: Problem, points: Sequence[Point]) -> Callable[[Point], Point]:
    """Where on the paper a point lies; the points fill it, north up, in true proportions."""
    from shapely import MultiPoint

    left, bottom, right, top = MultiPoint(points).bounds
    # a degree of longitude is shorter than one of latitude
    squeeze = cos(radians((bottom + top) / 2)) if problem.currency else 1.0
    tall, wide = (top - bottom) or 1e-9, (right - left) * squeeze or 1e-9
    scale = min((HEIGHT - 2 * MARGIN) / tall, (WIDTH - 2 * MARGIN) / wide)
    aside = (WIDTH - wide * scale) / 2
    below = (HEIGHT - tall * scale) / 2 - 8  # the title stands above

    def place(at: Point) -> Point:
        return aside + (at[0] - left) * squeeze * scale, HEIGHT - below - (at[1] - bottom) * scale

    return place


def _line(
    tour: Tour,
    colour: str,
    place: Callable[[Point], Point],
    depot: Point | None,
    points: Mapping[int, Point],
) -> str:
    stops: list[Point | None] = [depot]
    stops += [depot if visit.stop == RELOAD else points.get(visit.stop) for visit in tour.visits]
    stops.append(depot)
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in (place(at) for at in stops if at is not None))
    return (
        f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2" '
        f'stroke-linejoin="round" opacity="0.75"/>'
    )


def _stops_on_map(
    problem: Problem,
    tour: Tour,
    colour: str,
    place: Callable[[Point], Point],
    points: Mapping[int, Point],
    say: Say,
) -> tuple[list[str], list[str]]:
    """A dot and a number a stop; the vehicle's own number in a disc at its first."""
    dots: list[str] = []
    words: list[str] = []
    seen = [visit for visit in tour.visits if visit.stop in points]
    for order, visit in enumerate(seen):
        x, y = place(points[visit.stop])
        stop = problem.stops[visit.stop]
        time = clock(problem, visit.start_s)
        label = escape(
            say("paper.served", stop=stop.number, name=stop.name, time=time, vehicle=tour.vehicle)
        )
        radius = 10 if order == 0 else 4.5
        dots.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius}" fill="{colour}" stroke="#fff" '
            f'stroke-width="1.5"><title>{label}</title></circle>'
        )
        if order == 0:
            dots.append(_text(x, y + 4.5, str(tour.vehicle), "#fff", bold=True, middle=True))
        if len(problem.stops) <= MOST_LABELS:
            away = radius + 3
            words.append(_text(x + away, y - 4, str(stop.number), "#444", halo=True))
    return dots, words


def _visit_bars(
    problem: Problem, visit: Visit, y: float, colour: str, x: Callable[[int], float], say: Say
) -> list[str]:
    parts = []
    for begin_s, time_s, fill, key in (
        (visit.start_s - visit.wait_s, visit.wait_s, WAITING, "paper.waiting"),
        (visit.leave_s - visit.rest_s, visit.rest_s, RESTING, "paper.resting"),
    ):
        if time_s:
            width = x(begin_s + time_s) - x(begin_s)
            label = say(key, time=span(problem, time_s))
            parts.append(_bar(x(begin_s), y + 5, width, 11, fill, label))
    what = say("paper.reload")
    if visit.stop != RELOAD:
        what = say("paper.stop", stop=problem.stops[visit.stop].number)
    label = say("paper.at", what=what, time=clock(problem, visit.start_s))
    width = max(x(visit.leave_s - visit.rest_s) - x(visit.start_s), 2.5)
    parts.append(_bar(x(visit.start_s), y + 3, width, 15, colour, label))
    return parts


def _any(plan: Plan, measure: Callable[[Visit], int]) -> bool:
    return any(measure(visit) for tour in plan.tours for visit in tour.visits)


def _key(entries: Sequence[tuple[str, int, str]], y: float) -> list[str]:
    """What the bars mean: words, height and colour of each."""
    parts, x = [], float(LEFT)
    for words, height, colour in entries:
        parts.append(_bar(x, y - 4 - height / 2, 26, height, colour, words))
        parts.append(_text(x + 34, y, words, "#555"))
        x += 60 + 7.5 * len(words)
    return parts


def _axis(
    problem: Problem, begin: int, end: int, x: Callable[[int], float], bottom: int
) -> list[str]:
    step = max(1, (end - begin) // 8)
    if problem.currency:
        step = next((each for each in TICKS_S if each >= step), -(-step // 3600) * 3600)
    parts = []
    for time in range(-(-begin // step) * step, end + 1, step):
        at = x(time)
        parts.append(f'<line x1="{at:.1f}" y1="40" x2="{at:.1f}" y2="{bottom}" stroke="#dde1e5"/>')
        parts.append(_text(at, bottom + 18, clock(problem, time), "#555", middle=True))
    return parts


def _bar(x: float, y: float, width: float, height: float, colour: str, label: str) -> str:
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" '
        f'fill="{colour}"><title>{escape(label)}</title></rect>'
    )


def _text(
    x: float,
    y: float,
    words: str,
    colour: str = "#222",
    *,
    bold: bool = False,
    middle: bool = False,
    halo: bool = False,
) -> str:
    more = ' font-weight="600"' * bold + ' text-anchor="middle"' * middle
    if halo:
        more += ' stroke="#fff" stroke-width="3" paint-order="stroke"'
    return f'<text x="{x:.1f}" y="{y:.1f}" fill="{colour}"{more}>{escape(words)}</text>'


def _page(width: int, height: int, parts: list[str], title: str) -> str:
    body = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" role="img" style="{STYLE}">\n'
        f"<title>{escape(title)}</title>\n"
        f'<rect width="{width}" height="{height}" fill="#fff"/>\n{body}\n</svg>\n'
    )
