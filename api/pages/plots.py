"""Small plots as SVG made on the server: a title, units, a description for those who cannot see it.

Colours are the stylesheet's tokens, so plots follow light, dark and print.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from core.places import GeoPoint

FONT = 'font-family="system-ui, DejaVu Sans, sans-serif"'


@dataclass(frozen=True, slots=True)
class Bar:
    """One labelled value; `share` of 0..1 of the longest is computed by the plot."""

    label: str
    value: float
    note: str = ""
    series: int = 1


@dataclass(frozen=True, slots=True)
class Interval:
    """A share with its interval, all 0..1; `mark` is what was stated."""

    label: str
    value: float
    low: float
    high: float
    mark: float
    note: str = ""
    is_off: bool = False


@dataclass(frozen=True, slots=True)
class Link:
    """A lane on a map, thicker with weight."""

    start: GeoPoint
    end: GeoPoint
    weight: float = 1.0
    series: int = 1


@dataclass(frozen=True, slots=True)
class Dot:
    """A place on a map."""

    point: GeoPoint
    label: str
    is_hub: bool = False


def _open(width: int, height: int, title: str, description: str) -> list[str]:
    return [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        f'aria-label="{escape(title, quote=True)}" {FONT}>',
        f"<title>{escape(title)}</title><desc>{escape(description)}</desc>",
    ]


def _text(
    x: float, y: float, text: str, *, anchor: str = "start", size: int = 13, soft: bool = False
) -> str:
    ink = "var(--ink-soft, #565d57)" if soft else "var(--ink, #1d2420)"
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" '
        f'fill="{ink}">{escape(text)}</text>'
    )


def _series(number: int) -> str:
    fallback = {1: "#0b6b4f", 2: "#c4560c", 3: "#1f5a99"}[number]
    return f"var(--series-{number}, {fallback})"


def bars(title: str, unit: str, rows: Sequence[Bar]) -> str:
    """Horizontal bars, one a row, with the value and unit written at the end."""
    width, row_height, left = 640, 30, 190
    height = 16 + row_height * max(len(rows), 1)
    most = max((row.value for row in rows), default=1.0) or 1.0
    described = "; ".join(f"{row.label}: {row.value:g} {unit}" for row in rows)
    parts = _open(width, height, title, described)
    if not rows:
        parts.append(_text(left, 28, "nothing to show yet", soft=True))
    for index, row in enumerate(rows):
        y = 8 + index * row_height
        length = (width - left - 190) * row.value / most
        parts.append(_text(left - 10, y + 19, row.label, anchor="end"))
        parts.append(
            f'<rect x="{left}" y="{y + 5}" width="{max(length, 1):.1f}" height="{row_height - 10}" '
            f'rx="3" fill="{_series(row.series)}"/>'
        )
        said = f"{row.value:g} {unit} {row.note}".strip()
        parts.append(_text(left + max(length, 1) + 8, y + 19, said, soft=True))
    return "".join([*parts, "</svg>"])


def intervals(title: str, mark: str, rows: Sequence[Interval]) -> str:
    """One row a group: a dot on its interval, and an upright stroke for what was stated, in per cent.

    The axis begins at a round share below everything shown, so that small differences are seen.
    """
    width, row_height, left, right = 420, 30, 132, 72  # narrow: read on a phone
    height = 40 + row_height * max(len(rows), 1)
    least = min((min(row.low, row.mark) for row in rows), default=0.0)
    base = max(0.0, math.floor(least * 10) / 10)
    described = "; ".join(
        f"{row.label}: {100 * row.value:.1f} % ({100 * row.low:.1f} to {100 * row.high:.1f}), "
        f"{mark} {100 * row.mark:.1f} %"
        for row in rows
    )
    parts = _open(width, height, title, described)

    def x(share: float) -> float:
        return left + (width - left - right) * (share - base) / (1 - base or 1)

    axis = 14 + row_height * len(rows)
    for tenth in range(round(base * 10), 11, 1 if base >= 0.5 else 2):
        at = x(tenth / 10)
        parts.append(
            f'<line x1="{at:.1f}" x2="{at:.1f}" y1="6" y2="{axis}" stroke="var(--line, #d9d5ca)"/>'
        )
        parts.append(_text(at, axis + 18, f"{10 * tenth} %", anchor="middle", soft=True))
    for number, row in enumerate(rows):
        y, ink = 22 + number * row_height, _series(2 if row.is_off else 1)
        parts.append(_text(left - 10, y + 5, row.label[:18], anchor="end"))
        parts.append(
            f'<line x1="{x(row.low):.1f}" x2="{x(row.high):.1f}" y1="{y}" y2="{y}" stroke="{ink}" '
            f'stroke-width="3" stroke-linecap="round"/>'
            f'<circle cx="{x(row.value):.1f}" cy="{y}" r="5" fill="{ink}"/>'
            f'<line x1="{x(row.mark):.1f}" x2="{x(row.mark):.1f}" y1="{y - 10}" y2="{y + 10}" '
            'stroke="var(--ink, #1d2420)" stroke-width="2"/>'
        )
        parts.append(_text(width - right + 14, y + 5, row.note, soft=True))
    return "".join([*parts, "</svg>"])


def histogram(
    title: str, unit: str, first: tuple[str, Sequence[float]], second: tuple[str, Sequence[float]]
) -> str:
    """Two samples on one axis, as mirrored bars of whole units: the first up, the second down."""
    width, height, left, middle = 680, 300, 48, 150
    values = [*first[1], *second[1]]
    if not values:
        return "".join([*_open(width, 60, title, "no data"), _text(20, 34, "no data"), "</svg>"])
    low, high = math.floor(min(values)), math.ceil(max(values))
    step = max(1, math.ceil((high - low + 1) / 40))
    slots = (high - low) // step + 1
    slot_width = (width - left - 20) / slots
    described = "; ".join(
        f"{name}: mean {sum(sample) / max(len(sample), 1):.1f} {unit} of {len(sample)}"
        for name, sample in (first, second)
    )
    parts = _open(width, height, title, described)
    counts = []
    for _, sample in (first, second):
        row = [0] * slots
        for value in sample:
            row[min(int((math.floor(value) - low) // step), slots - 1)] += 1
        counts.append(row)
    most = max(max(row) for row in counts) or 1
    for series, (row, direction) in enumerate(zip(counts, (-1, 1), strict=True), start=1):
        for index, count in enumerate(row):
            size = 108 * count / most  # leaves room for the label below
            y = middle - size if direction < 0 else middle
            parts.append(
                f'<rect x="{left + index * slot_width + 1:.1f}" y="{y:.1f}" '
                f'width="{max(slot_width - 2, 1):.1f}" height="{size:.1f}" fill="{_series(series)}"/>'
            )
    parts.append(
        f'<line x1="{left}" x2="{width - 20}" y1="{middle}" y2="{middle}" '
        'stroke="var(--line-strong, #8a8577)"/>'
    )
    for index in range(0, slots, max(1, slots // 8)):
        x = left + (index + 0.5) * slot_width
        parts.append(_text(x, height - 6, f"{low + index * step}", anchor="middle", soft=True))
    parts.append(_text(width - 20, height - 22, unit, anchor="end", soft=True))
    parts.append(_text(left, 16, f"▲ {first[0]}"))
    parts.append(_text(left, height - 24, f"▼ {second[0]}"))
    return "".join([*parts, "</svg>"])


def lanes_map(title: str, dots: Sequence[Dot], links: Sequence[Link]) -> str:
    """Places and lanes in an equirectangular picture, hubs as squares; no tiles, no third party."""
    width = 720
    points = [dot.point for dot in dots] + [end for link in links for end in (link.start, link.end)]
    if not points:
        return "".join([*_open(width, 60, title, "no places"), "</svg>"])
    south, north = min(p.lat for p in points) - 1, max(p.lat for p in points) + 1
    west, east = min(p.lon for p in points) - 1.5, max(p.lon for p in points) + 1.5
    stretch = math.cos(math.radians((south + north) / 2))
    scale = width / ((east - west) * stretch)
    height = round((north - south) * scale)

    def place(point: GeoPoint) -> tuple[float, float]:
        return (point.lon - west) * stretch * scale, (north - point.lat) * scale

    said = f"{len(dots)} places, {len(links)} lanes"
    parts = _open(width, height, title, said)
    for degree in range(math.ceil(south / 5) * 5, math.floor(north) + 1, 5):
        y = (north - degree) * scale
        parts.append(
            f'<line x1="0" x2="{width}" y1="{y:.1f}" y2="{y:.1f}" stroke="var(--line, #d9d5ca)"/>'
        )
        parts.append(
            _text(4, y - 4, f"{degree}° N" if degree >= 0 else f"{-degree}° S", size=10, soft=True)
        )
    for degree in range(math.ceil(west / 5) * 5, math.floor(east) + 1, 5):
        x = (degree - west) * stretch * scale
        parts.append(
            f'<line x1="{x:.1f}" x2="{x:.1f}" y1="0" y2="{height}" stroke="var(--line, #d9d5ca)"/>'
        )
    most = max((link.weight for link in links), default=1.0)
    for link in sorted(links, key=lambda one: one.weight):
        (x1, y1), (x2, y2) = place(link.start), place(link.end)
        bend_x, bend_y = (x1 + x2) / 2 + (y1 - y2) * 0.12, (y1 + y2) / 2 + (x2 - x1) * 0.12
        thick = 0.8 + 4 * link.weight / most
        parts.append(
            f'<path d="M{x1:.1f} {y1:.1f} Q{bend_x:.1f} {bend_y:.1f} {x2:.1f} {y2:.1f}" '
            f'fill="none" stroke="{_series(link.series)}" stroke-opacity="0.55" '
            f'stroke-width="{thick:.1f}"/>'
        )
    for dot in dots:
        x, y = place(dot.point)
        if dot.is_hub:
            parts.append(
                f'<rect x="{x - 5:.1f}" y="{y - 5:.1f}" width="10" height="10" fill="{_series(3)}"/>'
            )
            parts.append(_text(x + 8, y + 4, dot.label, size=12))
        else:
            parts.append(
                f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{_series(1)}"><title>{escape(dot.label)}</title></circle>'
            )
    return "".join([*parts, "</svg>"])
