"""Draws a label as a one-page PDF of 4 x 6 in or A6; the same content gives the same bytes. Pure."""

from io import BytesIO
from typing import Any

from carriers.labels.content import LabelContent, address_lines, plain, weight_text
from carriers.labels.fonts import BOLD, REGULAR, fitting_lines, register_fonts
from carriers.labels.symbols import Symbol, code_128, data_matrix, gs1_128_sscc, qr_code
from carriers.number_groups import spaced

MM = 72 / 25.4
SIZES_PT = {"pdf_4x6": (288.0, 432.0), "pdf_a6": (105 * MM, 148 * MM)}
MARGIN = 10.0
TALLEST_TO = 9  # lines of the consignee's address


def label_pdf(content: LabelContent, size: str) -> bytes:
    """The label as PDF bytes; `size` is `pdf_4x6` or `pdf_a6`."""
    from reportlab.pdfgen.canvas import Canvas

    register_fonts()
    width, height = SIZES_PT[size]
    buffer = BytesIO()
    page = Canvas(buffer, pagesize=(width, height), invariant=1, pageCompression=1)
    page.setTitle(f"Label {content.barcode}")
    page.setAuthor("Lanewise")
    top = _header(page, content, width, height - MARGIN)
    top = _sender(page, content, width, top)
    _consignee(page, content, width, top)
    _codes(page, content, width)
    page.showPage()
    page.save()
    return buffer.getvalue()


def draw_symbol(
    page: Any, symbol: Symbol, x: float, y: float, width: float, height: float | None = None
) -> None:
    """Fill the symbol into a box whose lower left corner is (x, y), in points."""
    scale = width / symbol.width
    tall = height if height is not None else symbol.height * scale
    stretch = tall / symbol.height
    path = page.beginPath()
    for left, down, wide, high in symbol.bars:
        path.rect(
            x + left * scale, y + tall - (down + high) * stretch, wide * scale, high * stretch
        )
    page.setFillGray(0)
    page.drawPath(path, stroke=0, fill=1)


def _rule(page: Any, y: float, width: float) -> None:
    page.setLineWidth(1)
    page.line(MARGIN, y, width - MARGIN, y)


def _header(page: Any, content: LabelContent, width: float, top: float) -> float:
    inner = width - 2 * MARGIN
    page.setFont(BOLD, 18)
    for line in fitting_lines(plain(content.carrier), BOLD, 18, inner * 0.62, 1):
        page.drawString(MARGIN, top - 18, line)
    page.setFont(REGULAR, 8)
    page.drawRightString(width - MARGIN, top - 9, content.mailing_date.isoformat())
    page.drawRightString(width - MARGIN, top - 20, weight_text(content.weight_g))
    page.setFont(BOLD, 12)
    for line in fitting_lines(plain(content.service), BOLD, 12, inner, 1):
        page.drawString(MARGIN, top - 36, line)
    _rule(page, top - 43, width)
    return top - 43


def _sender(page: Any, content: LabelContent, width: float, top: float) -> float:
    page.setFont(BOLD, 6.5)
    page.drawString(MARGIN, top - 10, "FROM")
    page.setFont(REGULAR, 7)
    text = ", ".join(address_lines(content.ship_from))
    lines = fitting_lines(text, REGULAR, 7, width - 2 * MARGIN - 30, 3)
    for row, line in enumerate(lines):
        page.drawString(MARGIN + 30, top - 10 - 9 * row, line)
    bottom = top - 10 - 9 * max(len(lines), 1)
    _rule(page, bottom, width)
    return bottom


def _consignee(page: Any, content: LabelContent, width: float, top: float) -> None:
    side = 62.0 if content.qr else 0.0
    inner = width - 2 * MARGIN - side - (6 if side else 0)
    page.setFont(BOLD, 6.5)
    page.drawString(MARGIN, top - 11, "TO")
    source = address_lines(content.ship_to)
    size = 13.0
    while size > 7:
        wrapped = [part for line in source for part in fitting_lines(line, BOLD, size, inner, 3)]
        if len(wrapped) <= TALLEST_TO and len(wrapped) * size * 1.2 <= 118:
            break
        size -= 0.5
    wrapped = [part for line in source for part in fitting_lines(line, BOLD, size, inner, 3)]
    page.setFont(BOLD, size)
    down = top - 16 - size
    for line in wrapped:
        page.drawString(MARGIN, down, line)
        down -= size * 1.2
    if content.qr:
        symbol = qr_code(content.qr)
        draw_symbol(page, symbol, width - MARGIN - side, top - 8 - side, side)


def _codes(page: Any, content: LabelContent, width: float) -> None:
    """From the bottom up: notes, reference, the SSCC, the tracking number's bars."""
    inner = width - 2 * MARGIN
    bottom = MARGIN
    page.setFont(REGULAR, 6.5)
    note = " · ".join(plain(note) for note in content.notes)
    for line in reversed(fitting_lines(note, REGULAR, 6.5, inner, 2)):
        page.drawString(MARGIN, bottom, line)
        bottom += 8
    page.setFont(REGULAR, 7)
    reference = fitting_lines(f"Ref {plain(content.reference)}", REGULAR, 7, inner - 46, 1)
    page.drawString(MARGIN, bottom + 2, reference[0])
    draw_symbol(page, data_matrix(content.barcode), width - MARGIN - 38, bottom, 38)
    bottom += 44
    if content.sscc and content.sscc != content.barcode:
        bottom = _bars(
            page, gs1_128_sscc(content.sscc), f"(00) {spaced(content.sscc)}", width, bottom
        )
    symbol = gs1_128_sscc(content.barcode) if content.sscc == content.barcode else None
    text = f"(00) {spaced(content.barcode)}" if symbol else spaced(content.barcode)
    _bars(page, symbol or code_128(content.barcode), text, width, bottom)
    _rule(page, bottom + 82, width)


def _bars(page: Any, symbol: Symbol, text: str, width: float, bottom: float) -> float:
    """Bars as wide as fits with a quiet zone of ten modules on each side, at most 1.5 pt a module."""
    room = width - 2 * MARGIN
    module = min(1.5, room / (symbol.width + 20))
    wide = symbol.width * module
    page.setFont(BOLD, 9)
    page.drawCentredString(width / 2, bottom, text)
    draw_symbol(page, symbol, (width - wide) / 2, bottom + 11, wide, 58)
    return bottom + 76
