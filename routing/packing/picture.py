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
    hides = [
        [
            k
            for k, (_, other) in enumerate(left)
            if behind(piece, other) and not behind(other, piece)
        ]
        for _, piece in left
    ]
    waits_for = [0] * len(left)
    for hidden in hides:
        for k in hidden:
            waits_for[k] += 1
    order: list[int] = []
    waiting = list(range(len(left)))
    while waiting:
        k = next((k for k in waiting if not waits_for[k]), waiting[0])
        waiting.remove(k)
        order.append(k)
        for hidden_one in hides[k]:
            waits_for[hidden_one] -= 1
    return [left[k] for k in order]


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


Shadow = tuple[int, int, int, int, int, int]


def _shadow(piece: Placement) -> Shadow:
    """What the piece covers on paper, as least and most of x - y, y - z and x - z, in mm."""
    x2, y2, z2 = piece.x + piece.dx, piece.y + piece.dy, piece.z + piece.dz
    return (
        *(piece.x - y2, x2 - piece.y),
        *(piece.y - z2, y2 - piece.z),
        *(piece.x - z2, x2 - piece.z),
    )


def _overlap(one: Shadow, other: Shadow) -> bool:
    return all(one[k] < other[k + 1] and other[k] < one[k + 1] for k in (0, 2, 4))


def _beyond(point: Point, shadow: Shadow) -> float:
    """As `outside` of the outline, told faster: its sides have three directions only."""
    a = point[0] / _COS  # x - y, whatever the depth
    b = point[1] - _SIN * a  # y - z
    c = b + a  # x - z
    return _COS * max(
        shadow[0] - a, a - shadow[1], shadow[2] - b, b - shadow[3], shadow[4] - c, c - shadow[5]
    )


def _spot(piece: Placement, hiding: Sequence[Shadow]) -> tuple[Point, float]:
    """Where the piece's number has most room among what hides it, and how much, in mm."""
    spots: list[tuple[float, Point]] = []
    for face, dear in zip(_faces(piece), (1.3, 1.0, 1.0), strict=True):
        (ax, ay), (bx, by), _, (dx, dy) = face
        for u in _SHARES:
            for v in _SHARES:
                point = (ax + u * (bx - ax) + v * (dx - ax), ay + u * (by - ay) + v * (dy - ay))
                spots.append((-dear * outside(point, face), point))
    spots.sort(key=lambda spot: -spot[0])  # stable: the middle of a face before its edges
    best, at = 0.0, spots[0][1]
    for room, point in spots:
        if room <= best:
            break
        free = min((_beyond(point, shadow) for shadow in hiding), default=room)
        if min(room, free) > best:
            best, at = min(room, free), point
    return at, best


class _Scene:
    """A parcel's pieces in the order of painting, and where their numbers stand, frame by frame."""

    def __init__(self, parcel: PackedParcel) -> None:
        self.painted = back_to_front(list(enumerate(parcel.placements, start=1)))
        shadows = [(number, _shadow(piece)) for number, piece in self.painted]
        self._hiding = {
            number: [front for front in shadows[at + 1 :] if _overlap(shadow, front[1])]
            for at, (number, shadow) in enumerate(shadows)
        }
        self._spots: dict[tuple[int, int], tuple[Point, float]] = {}

    def spot(self, number: int, piece: Placement, through: int) -> tuple[Point, float]:
        """Where the number stands with that many pieces in; sought anew when one more hides it."""
        hiding = [shadow for front, shadow in self._hiding[number] if front <= through]
        key = (number, len(hiding))  # pieces come one after the other: so many are always the same
        if key not in self._spots:
            self._spots[key] = _spot(piece, hiding)
        return self._spots[key]


def _piece(number: int, piece: Placement, spot: tuple[Point, float], shade: str) -> list[str]:
    """Its faces and its number, which stands at the spot with so much room."""
    drawn = [
        _polygon(points, fill, _LINE, 'stroke-linejoin="round"')
        for points, fill in zip(_faces(piece), _FACES[shade], strict=True)
    ]
    (middle_x, middle_y), room = spot
    size = max(9.0, min(34.0, 1.1 * room))
    drawn.append(
        f'<text x="{middle_x:.1f}" y="{middle_y + size / 3:.1f}" font-size="{size:.0f}" '
        f'text-anchor="middle" fill="{_LINE}" paint-order="stroke" stroke="#fff" '
        f'stroke-width="{size / 6:.1f}">{number}</text>'
    )
    return drawn


def draw(parcel: PackedParcel, *, title: str) -> str:
    """The parcel with all pieces in it.

    `title` is read out by screen readers; the numbers are the steps of the placements.
    """
    return _draw(parcel, _Scene(parcel), title, len(parcel.placements), now=0)


def frames(parcel: PackedParcel, *, title: str) -> list[str]:
    """One picture a step, the piece to be placed now stressed."""
    scene, last = _Scene(parcel), len(parcel.placements)
    return [
        _draw(parcel, scene, f"{title} ({step}/{last})", step, now=step)
        for step in range(1, last + 1)
    ]


def _draw(parcel: PackedParcel, scene: _Scene, title: str, through: int, *, now: int) -> str:
    """The parcel with pieces 1 … `through` in it, that of step `now` stressed."""
    if parcel.box is None:
        only = parcel.placements[0]
        x, y, z = only.dx, only.dy, only.dz
    else:
        x, y, z = parcel.box.inner_mm
    left, top = -y * _COS - _MARGIN_MM, -z - _MARGIN_MM
    width, height = (x + y) * _COS + 2 * _MARGIN_MM, (x + y) * _SIN + z + 2 * _MARGIN_MM
    body = []
    if parcel.box is not None:
        body += [
            _polygon([flat(0, 0, 0), flat(x, 0, 0), flat(x, y, 0), flat(0, y, 0)], "#fff", _BOX),
            _polygon([flat(0, 0, 0), flat(x, 0, 0), flat(x, 0, z), flat(0, 0, z)], "#fff", _BOX),
            _polygon([flat(0, 0, 0), flat(0, y, 0), flat(0, y, z), flat(0, 0, z)], "#fff", _BOX),
        ]
    for number, piece in scene.painted:
        if number <= through:
            spot = scene.spot(number, piece, through)
            body += _piece(number, piece, spot, "now" if number == now else "in")
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
