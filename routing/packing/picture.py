"""Draws a parcel as an isometric SVG with step numbers, whole or one frame a step, for the packer.

The eye is above the corner where x and y are largest: x runs to the lower right, y to the lower
left, z up. Numbers, not colours, say which piece is which; it prints in black and white. A number
stands where most of its piece can be seen; that of a piece hidden behind others is in its frame.
"""

import math
from collections.abc import Sequence
from html import escape

from routing.packing.goods import PackedParcel, Placement

_COS, _SIN = 0.866, 0.5  # of 30 degrees
_MARGIN_MM = 12
_SHARES = (0.5, 0.35, 0.65, 0.2, 0.8, 0.1, 0.9)  # of a face's sides: where a number may stand
# Tops are light, sides darker; the piece to be placed now is stronger than those in already.
_FACES = {"now": ("#ffd166", "#f0a830", "#d98c10"), "in": ("#eef2f6", "#d5dde6", "#bcc8d4")}
_LINE, _BOX = "#1f2933", "#8a97a6"

Point = tuple[float, float]


def flat(x: float, y: float, z: float) -> Point:
    """A point of the box on paper, in mm."""
    return (x - y) * _COS, (x + y) * _SIN - z


def behind(one: Placement, other: Placement) -> bool:
    """True when the first piece is certainly not in front of the second."""
    return one.x + one.dx <= other.x or one.y + one.dy <= other.y or one.z + one.dz <= other.z


def back_to_front(pieces: Sequence[tuple[int, Placement]]) -> list[tuple[int, Placement]]:
    """The pieces so that none is painted before one that it hides.

    Of solid pieces one can always go first, but for rings of three; there the deepest does.
    """
    left = sorted(pieces, key=lambda one: (one[1].x + one[1].y + one[1].z, one[0]))
    done: list[tuple[int, Placement]] = []
    while left:
        for at, (_, piece) in enumerate(left):
            if all(
                behind(piece, other) or not behind(other, piece)
                for k, (_, other) in enumerate(left)
                if k != at
            ):
                break
        else:
            at = 0
        done.append(left.pop(at))
    return done


def _polygon(points: Sequence[Point], fill: str, line: str, more: str = "") -> str:
    corners = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return f'<polygon points="{corners}" fill="{fill}" stroke="{line}" {more}/>'


def _faces(piece: Placement) -> tuple[list[Point], list[Point], list[Point]]:
    """The three faces one sees: top, right (x far), left (y far); corners in a ring."""
    x, y, z = piece.x, piece.y, piece.z
    x2, y2, z2 = x + piece.dx, y + piece.dy, z + piece.dz
    return (
        [flat(x, y, z2), flat(x2, y, z2), flat(x2, y2, z2), flat(x, y2, z2)],
        [flat(x2, y, z), flat(x2, y2, z), flat(x2, y2, z2), flat(x2, y, z2)],
        [flat(x, y2, z), flat(x2, y2, z), flat(x2, y2, z2), flat(x, y2, z2)],
    )


def outline(piece: Placement) -> list[Point]:
    """The hexagon that the piece covers on paper."""
    x, y, z = piece.x, piece.y, piece.z
    x2, y2, z2 = x + piece.dx, y + piece.dy, z + piece.dz
    return [
        flat(x, y, z2),
        flat(x2, y, z2),
        flat(x2, y, z),
        flat(x2, y2, z),
        flat(x, y2, z),
        flat(x, y2, z2),
    ]


def outside(point: Point, ring: Sequence[Point]) -> float:
    """How far a point is outside a convex ring, in mm on paper; inside it is negative."""
    turn = sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(ring, (*ring[1:], ring[0]), strict=True))
    sign = 1 if turn > 0 else -1
    farthest = -math.inf
    for (ax, ay), (bx, by) in zip(ring, (*ring[1:], ring[0]), strict=True):
        across = (by - ay) * (point[0] - ax) - (bx - ax) * (point[1] - ay)
        farthest = max(farthest, sign * across / math.hypot(bx - ax, by - ay))
    return farthest


def _spot(piece: Placement, front: Sequence[Placement]) -> tuple[Point, float]:
    """Where the piece's number has most room among what lies in front, and how much, in mm."""
    spots: list[tuple[float, Point]] = []
    for face, dear in zip(_faces(piece), (1.3, 1.0, 1.0), strict=True):
        (ax, ay), (bx, by), _, (dx, dy) = face
        for u in _SHARES:
            for v in _SHARES:
                point = (ax + u * (bx - ax) + v * (dx - ax), ay + u * (by - ay) + v * (dy - ay))
                spots.append((-dear * outside(point, face), point))
    spots.sort(key=lambda spot: -spot[0])  # stable: the middle of a face before its edges
    rings = [outline(other) for other in front]
    best, at = 0.0, spots[0][1]
    for room, point in spots:
        if room <= best:
            break
        free = min((outside(point, ring) for ring in rings), default=room)
        if min(room, free) > best:
            best, at = min(room, free), point
    return at, best


def _piece(number: int, piece: Placement, front: Sequence[Placement], shade: str) -> list[str]:
    """Its faces and its number; `front` = the pieces that are painted later."""
    drawn = [
        _polygon(points, fill, _LINE, 'stroke-linejoin="round"')
        for points, fill in zip(_faces(piece), _FACES[shade], strict=True)
    ]
    (middle_x, middle_y), room = _spot(piece, front)
    size = max(9.0, min(34.0, 1.1 * room))
    drawn.append(
        f'<text x="{middle_x:.1f}" y="{middle_y + size / 3:.1f}" font-size="{size:.0f}" '
        f'text-anchor="middle" fill="{_LINE}" paint-order="stroke" stroke="#fff" '
        f'stroke-width="{size / 6:.1f}">{number}</text>'
    )
    return drawn


def draw(
    parcel: PackedParcel, *, title: str, through: int | None = None, frame: bool = False
) -> str:
    """The parcel with pieces 1 … `through` (all by default) in it; a frame stresses the last.

    `title` is read out by screen readers; the numbers are the steps of the placements.
    """
    steps = len(parcel.placements) if through is None else through
    if parcel.box is None:
        only = parcel.placements[0]
        x, y, z = only.dx, only.dy, only.dz
    else:
        x, y, z = parcel.box.inner_mm
    left, top = -y * _COS - _MARGIN_MM, -z - _MARGIN_MM
    width, height = (x + y) * _COS + 2 * _MARGIN_MM, (x + y) * _SIN + z + 2 * _MARGIN_MM
    shown = list(enumerate(parcel.placements[:steps], start=1))
    body = []
    if parcel.box is not None:
        body += [
            _polygon([flat(0, 0, 0), flat(x, 0, 0), flat(x, y, 0), flat(0, y, 0)], "#fff", _BOX),
            _polygon([flat(0, 0, 0), flat(x, 0, 0), flat(x, 0, z), flat(0, 0, z)], "#fff", _BOX),
            _polygon([flat(0, 0, 0), flat(0, y, 0), flat(0, y, z), flat(0, 0, z)], "#fff", _BOX),
        ]
    painted = back_to_front(shown)
    for at, (number, piece) in enumerate(painted):
        front = [other for _, other in painted[at + 1 :]]
        body += _piece(number, piece, front, "now" if frame and number == steps else "in")
    if parcel.box is not None:
        near = flat(x, y, z)
        for end in (flat(x, 0, z), flat(0, y, z), flat(x, y, 0)):
            body.append(
                f'<line x1="{near[0]:.1f}" y1="{near[1]:.1f}" x2="{end[0]:.1f}" y2="{end[1]:.1f}" '
                f'stroke="{_BOX}" stroke-dasharray="6 4"/>'
            )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" '
        f'viewBox="{left:.0f} {top:.0f} {width:.0f} {height:.0f}" '
        f'font-family="system-ui, sans-serif" font-weight="600" stroke-width="1.2">'
        f"<title>{escape(title)}</title>{''.join(body)}</svg>\n"
    )


def frames(parcel: PackedParcel, *, title: str) -> list[str]:
    """One picture a step, the piece to be placed now stressed."""
    return [
        draw(parcel, title=f"{title} ({step}/{len(parcel.placements)})", through=step, frame=True)
        for step in range(1, len(parcel.placements) + 1)
    ]
