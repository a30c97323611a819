"""Draws the list handed over at pickup: totals by service, what is not on it, signatures. Pure.

A manifest is of one carrier account; the general manifest joins several for the door. The same
value gives the same bytes.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO
from typing import Any

from carriers.labels.content import address_lines, plain, weight_text
from carriers.labels.fonts import BOLD, REGULAR, fitting_lines, register_fonts
from carriers.labels.pdf import MM, draw_symbol
from carriers.labels.symbols import code_128
from carriers.number_groups import spaced
from core.errors import invalid
from core.places import Address

A4_PT = (210 * MM, 297 * MM)
MARGIN = 15 * MM
ROW = 13.0


@dataclass(frozen=True, slots=True)
class ManifestLine:
    """One parcel on the list."""

    tracking_number: str
    service: str
    reference: str
    weight_g: int
    country: str
    carrier: str = ""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A parcel that is not on the list, and why."""

    reference: str
    reason: str


@dataclass(frozen=True, slots=True)
class ManifestPaper:
    """Everything printed; `number` is also the bar code."""

    number: str
    title: str
    account: str
    ship_from: Address
    mailing_date: date
    printed_at: datetime
    lines: tuple[ManifestLine, ...]
    left_out: tuple[LeftOut, ...] = ()
    carrier_reference: str = ""

    def __post_init__(self) -> None:
        numbers = Counter(line.tracking_number for line in self.lines)
        twice = [number for number, count in numbers.items() if count > 1]
        if twice:
            raise invalid("lines", f"{twice[0]} is listed twice")


def totals(paper: ManifestPaper) -> list[tuple[str, str, int, int]]:
    """(carrier, service, parcels, g) in order of name."""
    parcels: Counter[tuple[str, str]] = Counter()
    weight_g: Counter[tuple[str, str]] = Counter()
    for line in paper.lines:
        parcels[(line.carrier, line.service)] += 1
        weight_g[(line.carrier, line.service)] += line.weight_g
    return [(*key, parcels[key], weight_g[key]) for key in sorted(parcels)]


def general_manifest(
    papers: tuple[ManifestPaper, ...], number: str, printed_at: datetime
) -> ManifestPaper:
    """One list over several carriers' manifests of one place and day, for the door."""
    if not papers:
        raise invalid("papers", "a general manifest joins at least one")
    first = papers[0]
    if any((p.ship_from, p.mailing_date) != (first.ship_from, first.mailing_date) for p in papers):
        raise invalid("papers", "one place and one day only")
    lines = tuple(line for paper in papers for line in paper.lines)
    left_out = tuple(dict.fromkeys(item for paper in papers for item in paper.left_out))
    return ManifestPaper(
        number=number,
        title="General manifest",
        account=", ".join(paper.account for paper in papers),
        ship_from=first.ship_from,
        mailing_date=first.mailing_date,
        printed_at=printed_at,
        lines=lines,
        left_out=left_out,
    )


def manifest_pdf(paper: ManifestPaper) -> bytes:
    """The manifest as an A4 PDF, every page numbered n of m; the same value, the same bytes."""
    from reportlab.pdfgen.canvas import Canvas

    register_fonts()
    pages = list(_pages(paper))
    buffer = BytesIO()
    canvas = Canvas(buffer, pagesize=A4_PT, invariant=1, pageCompression=1)
    canvas.setTitle(f"{paper.title} {paper.number}")
    canvas.setAuthor("Lanewise")
    for index, rows in enumerate(pages, start=1):
        top = _head(canvas, paper, first=index == 1)
        for row in rows:
            top = _row(canvas, row, top)
        _foot(canvas, paper, index, len(pages))
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


@dataclass(frozen=True, slots=True)
class _Row:
    """A printed row: texts at x positions (mm from the left margin), or a heading, or a signature."""

    cells: tuple[tuple[float, str], ...]
    bold: bool = False
    height: float = ROW
    rule: bool = False


def _rows(paper: ManifestPaper) -> Iterator[_Row]:
    yield _Row(((0, "Totals"),), bold=True, height=20)
    yield _Row(((0, "Service"), (95, "Parcels"), (125, "Weight")), bold=True, rule=True)
    for carrier, service, parcels, weight_g in totals(paper):
        name = f"{carrier} {service}".strip()
        yield _Row(((0, name), (95, str(parcels)), (125, weight_text(weight_g))))
    whole = sum(line.weight_g for line in paper.lines)
    yield _Row(
        ((0, "All"), (95, str(len(paper.lines))), (125, weight_text(whole))), bold=True, rule=True
    )
    yield _Row(((0, "Parcels"),), bold=True, height=24)
    yield _Row(
        ((0, "Tracking number"), (50, "Service"), (106, "Reference"), (152, "Weight"), (171, "To")),
        bold=True,
        rule=True,
    )
    for line in paper.lines:
        service = f"{line.carrier} {line.service}".strip()
        yield _Row(
            (
                (0, spaced(line.tracking_number)),
                (50, service),
                (106, line.reference),
                (152, weight_text(line.weight_g)),
                (171, line.country),
            )
        )
    if not paper.lines:
        yield _Row(((0, "No parcels."),))
    yield _Row(((0, "Not on this manifest"),), bold=True, height=24)
    for item in paper.left_out:
        yield _Row(((0, item.reference), (62, item.reason)))
    if not paper.left_out:
        yield _Row(((0, "Nothing was left out."),))
    yield _Row(((0, "Handed over by"), (95, "Received by")), bold=True, height=40)
    for label in ("Name", "Signature", "Date and time"):
        yield _Row(((0, f"{label}  {'_' * 30}"), (95, f"{label}  {'_' * 30}")), height=26)


def _pages(paper: ManifestPaper) -> Iterator[list[_Row]]:
    rows = list(_rows(paper))
    room = A4_PT[1] - 2 * MARGIN - 26
    signature = 4  # these rows stay together
    body, last = rows[:-signature], rows[-signature:]
    page: list[_Row] = []
    left = room - 107  # the first page carries the header
    for row in body:
        if row.height > left:
            yield page
            page, left = [], room - 30
        page.append(row)
        left -= row.height
    if sum(row.height for row in last) > left:
        yield page
        page = []
    yield page + last


def _head(canvas: Any, paper: ManifestPaper, *, first: bool) -> float:
    width, height = A4_PT
    top = height - MARGIN
    canvas.setFont(BOLD, 16 if first else 9)
    if not first:
        canvas.drawString(MARGIN, top - 12, f"{plain(paper.title)} {paper.number}")
        return float(top - 26)
    for line in fitting_lines(plain(paper.title), BOLD, 16, width - 2 * MARGIN - 200, 1):
        canvas.drawString(MARGIN, top - 12, line)
    symbol = code_128(paper.number)
    wide = min(190.0, symbol.width * 1.2)
    draw_symbol(canvas, symbol, width - MARGIN - wide, top - 34, wide, 34)
    canvas.setFont(REGULAR, 9)
    facts = [
        f"Manifest {paper.number}",
        f"Account {plain(paper.account)}",
        f"Mailing date {paper.mailing_date.isoformat()}",
        f"From {', '.join(address_lines(paper.ship_from))}",
        f"Printed {paper.printed_at:%Y-%m-%d %H:%M} UTC",
    ]
    if paper.carrier_reference:
        facts.append(f"Carrier's number {plain(paper.carrier_reference)}")
    down = top - 32
    for fact in facts:
        wrapped = fitting_lines(fact, REGULAR, 9, width - 2 * MARGIN - 200, 2)
        for line in wrapped:
            canvas.drawString(MARGIN, down, line)
            down -= 11.5
    return min(float(top - 92), float(down))


def _row(canvas: Any, row: _Row, top: float) -> float:
    width = A4_PT[0]
    bottom = top - row.height
    font = BOLD if row.bold else REGULAR
    ends = [x for x, _ in row.cells[1:]] + [(width - 2 * MARGIN) / MM + 4]
    for (x, text), end in zip(row.cells, ends, strict=True):
        canvas.setFont(font, 8.5)
        for line in fitting_lines(plain(text), font, 8.5, (end - x - 2) * MM, 1):
            canvas.drawString(MARGIN + x * MM, bottom + 3, line)
    if row.rule:
        canvas.setLineWidth(0.6)
        canvas.line(MARGIN, bottom, width - MARGIN, bottom)
    return bottom


def _foot(canvas: Any, paper: ManifestPaper, page: int, pages: int) -> None:
    width = A4_PT[0]
    canvas.setFont(REGULAR, 8)
    canvas.drawString(MARGIN, MARGIN - 12, f"{plain(paper.title)} {paper.number}")
    canvas.drawRightString(width - MARGIN, MARGIN - 12, f"Page {page} of {pages}")
