"""Pictures of a day as SVG: a map of the tours (no tiles) and a Gantt chart of the vehicles."""

from collections.abc import Callable, Mapping
from html import escape
from math import cos, radians

from routing.tours.plan import RELOAD, Plan, Tour
from routing.tours.problem import Problem

COLOURS = (
    "#1b6ca8", "#c8553d", "#2e8b57", "#8e5ea2", "#b8860b", "#008b8b", "#a0366f", "#556b2f",
)  # fmt: skip
Point = tuple[float, float]

WIDTH, HEIGHT, MARGIN = 900, 640, 40
ROW = 26
LEFT = 120
STYLE = "font-family:system-ui,sans-serif;font-size:12px"


def map_svg(problem: Problem, plan: Plan, *, depot: tuple[float, float] | None = None) -> str:
    """Tours as lines between stops' coordinates (x, y or lon, lat); a ring is not served.

    Each vehicle has a colour and its number at the first stop, so colour is not the only sign.
    """
    from shapely import MultiPoint

    points = {i: stop.at for i, stop in enumerate(problem.stops) if stop.at is not None}
    if not points:
        return _page(WIDTH, 60, [_text(20, 35, "No coordinates to draw.")])
    shape = MultiPoint([*points.values(), *([depot] if depot else [])])
    left, bottom, right, top = shape.bounds
    # a degree of longitude is shorter than one of latitude
    squeeze = cos(radians((bottom + top) / 2)) if problem.currency else 1.0
    tall, wide = (top - bottom) or 1e-9, (right - left) * squeeze or 1e-9
    scale = min((HEIGHT - 2 * MARGIN) / tall, (WIDTH - 2 * MARGIN) / wide)

    def place(at: tuple[float, float]) -> tuple[float, float]:
        return MARGIN + (at[0] - left) * squeeze * scale, HEIGHT - MARGIN - (at[1] - bottom) * scale

    parts = [
        _text(MARGIN, 22, f"{problem.name}: {len(plan.tours)} tours, cost {_cost(problem, plan)}")
    ]
    for number, tour in enumerate(plan.tours):
        parts += _tour_on_map(problem, tour, COLOURS[number % len(COLOURS)], place, depot, points)
    for note in plan.unserved:
        if note.stop in points:
            x, y = place(points[note.stop])
            label = escape(f"stop {problem.stops[note.stop].number} not served: {note.reason}")
            parts.append(
                f'<circle cx="{x:.1f}" cy="{y:.1f}" r="6" fill="none" stroke="#b00020" '
                f'stroke-width="2"><title>{label}</title></circle>'
            )
    if depot is not None:
        x, y = place(depot)
        parts.append(
            f'<rect x="{x - 6:.1f}" y="{y - 6:.1f}" width="12" height="12" fill="#222">'
            "<title>depot</title></rect>"
        )
    return _page(WIDTH, HEIGHT, parts, title=f"Map of {problem.name}")


def gantt_svg(problem: Problem, plan: Plan) -> str:
    """A row a vehicle: driving thin, service full, waiting hatched by a light bar, rests dark."""
    if not plan.tours:
        return _page(WIDTH, 60, [_text(20, 35, "No tours.")])
    begin = min(tour.leave_s for tour in plan.tours)
    end = max(tour.back_s for tour in plan.tours)
    scale = (WIDTH - LEFT - MARGIN) / max(end - begin, 1)
    height = 60 + ROW * len(plan.tours) + 30

    def x(time_s: int) -> float:
        return LEFT + (time_s - begin) * scale

    parts = [_text(20, 22, f"{problem.name}: the day of {len(plan.tours)} vehicles")]
    parts += _axis(problem, begin, end, x, height)
    for row, tour in enumerate(plan.tours):
        y = 44 + ROW * row
        colour = COLOURS[row % len(COLOURS)]
        parts.append(_text(20, y + 14, f"vehicle {tour.vehicle}"))
        width = max(x(tour.back_s) - x(tour.leave_s), 1)
        parts.append(
            _bar(x(tour.leave_s), y + 8, width, 3, colour, f"on the road, {len(tour.visits)} stops")
        )
        for visit in tour.visits:
            if visit.wait_s:
                parts.append(
                    _bar(
                        x(visit.start_s - visit.wait_s),
                        y + 4,
                        visit.wait_s * scale,
                        11,
                        "#d9d9d9",
                        f"waits {visit.wait_s} s",
                    )
                )
            if visit.rest_s:
                parts.append(
                    _bar(
                        x(visit.leave_s - visit.rest_s),
                        y + 4,
                        visit.rest_s * scale,
                        11,
                        "#444",
                        f"rests {visit.rest_s} s",
                    )
                )
            label = "reload" if visit.stop == RELOAD else f"stop {problem.stops[visit.stop].number}"
            width = max((visit.leave_s - visit.start_s) * scale, 1.5)
            parts.append(
                _bar(
                    x(visit.start_s),
                    y + 2,
                    width,
                    15,
                    colour,
                    f"{label} at {clock(problem, visit.start_s)}",
                )
            )
    return _page(WIDTH, height, parts, title=f"Day of {problem.name}")


def clock(problem: Problem, time_s: int) -> str:
    """Time of day for days in seconds; the file's own unit for academic ones."""
    if not problem.currency:
        return f"{time_s / problem.scale:g}"
    minutes = time_s // 60
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def _tour_on_map(
    problem: Problem,
    tour: Tour,
    colour: str,
    place: Callable[[Point], Point],
    depot: Point | None,
    points: Mapping[int, Point],
) -> list[str]:
    line: list[Point | None] = [depot] if depot else []
    line += [depot if visit.stop == RELOAD else points.get(visit.stop) for visit in tour.visits]
    line += [depot] if depot else []
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in (place(at) for at in line if at is not None))
    parts = [f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.6"/>']
    labelled = False
    for visit in tour.visits:
        at = points.get(visit.stop)
        if at is None:
            continue
        x, y = place(at)
        stop = problem.stops[visit.stop]
        label = escape(
            f"stop {stop.number} {stop.name} at {clock(problem, visit.start_s)}, vehicle {tour.vehicle}"
        )
        parts.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}"><title>{label}</title></circle>'
        )
        if not labelled:
            parts.append(_text(x + 6, y - 6, str(tour.vehicle), colour))
            labelled = True
    return parts


def _axis(
    problem: Problem, begin: int, end: int, x: Callable[[int], float], height: int
) -> list[str]:
    step = max(1, (end - begin) // 8)
    if problem.currency:
        step = max(3600, -(-step // 3600) * 3600)
    parts = []
    for time in range(-(-begin // step) * step, end + 1, step):
        at = x(time)
        parts.append(
            f'<line x1="{at:.1f}" y1="36" x2="{at:.1f}" y2="{height - 30}" stroke="#ddd"/>'
        )
        parts.append(_text(at - 14, height - 12, clock(problem, time), "#555"))
    return parts


def _bar(x: float, y: float, width: float, height: float, colour: str, label: str) -> str:
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" '
        f'fill="{colour}"><title>{escape(label)}</title></rect>'
    )


def _text(x: float, y: float, words: str, colour: str = "#222") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" fill="{colour}">{escape(words)}</text>'


def _cost(problem: Problem, plan: Plan) -> str:
    if problem.currency:
        return f"{round(plan.cost / problem.scale)} {problem.currency} minor units"
    return f"{problem.shown(plan.cost):g}"


def _page(width: int, height: int, parts: list[str], title: str = "Tours") -> str:
    body = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" role="img" style="{STYLE}">\n'
        f"<title>{escape(title)}</title>\n"
        f'<rect width="{width}" height="{height}" fill="#fff"/>\n{body}\n</svg>\n'
    )
