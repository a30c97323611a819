"""Writes a label as ZPL II for printers of 203 or 300 dpi; every text is escaped. Pure.

Commands after Zebra's ZPL II Programming Guide: ^CI28 UTF-8, ^FH hexadecimal escapes, ^BC Code 128
(`>;` subset C, `>8` FNC1), ^BQ QR code, ^BX Data Matrix, ^A0 scalable font.
"""

from collections.abc import Iterator

from carriers.labels.content import LabelContent, address_lines, plain, weight_text
from carriers.number_groups import spaced

DOTS_PER_MM = {203: 8, 300: 12}  # heads of 8 and 11.8 dots per mm; Zebra calls the latter 12
LABEL_MM = (102, 152)  # 4 x 6 in


# The printers' scalable font has the letters of WGL4: cedillas, not Romanian commas.
_PRINTER_LETTERS = str.maketrans("ȘșȚț", "ŞşŢţ")


def zpl_text(text: str) -> str:
    """Field data for ^FH: ZPL's own signs and everything beyond printable ASCII as hexadecimal."""
    return "".join(
        chr(byte) if 32 <= byte < 127 and chr(byte) not in "^~_\\>" else f"_{byte:02X}"
        for byte in plain(text).translate(_PRINTER_LETTERS).encode("utf-8")
    )


def label_zpl(content: LabelContent, dpi: int) -> bytes:
    """The label as ZPL bytes at 203 or 300 dpi, on 4 x 6 in."""
    scale = DOTS_PER_MM[dpi]
    width, height = LABEL_MM[0] * scale, LABEL_MM[1] * scale
    rows = [f"^XA^CI28^PW{width}^LL{height}^LH0,0", *_rows(content, scale), "^XZ"]
    return ("\n".join(rows) + "\n").encode("ascii")


def _field(
    x_mm: float, y_mm: float, height_mm: float, width_mm: float, text: str, scale: int
) -> str:
    """One line of text, its letters narrowed when it is too long for its width."""
    high = round(height_mm * scale)
    letters = max(1, len(plain(text)))
    wide = min(high, round(width_mm * scale / letters / 0.62))
    return (
        f"^FO{round(x_mm * scale)},{round(y_mm * scale)}^A0N,{high},{max(wide, scale)}"
        f"^FH^FD{zpl_text(text)}^FS"
    )


def _rows(content: LabelContent, scale: int) -> Iterator[str]:
    yield _field(4, 4, 6, 60, content.carrier, scale)
    yield _field(70, 4, 3, 28, content.mailing_date.isoformat(), scale)
    yield _field(70, 8, 3, 28, weight_text(content.weight_g), scale)
    yield _field(4, 12, 4, 92, content.service, scale)
    yield _line(17, scale)
    yield _field(4, 19, 2.5, 12, "FROM", scale)
    sender = address_lines(content.ship_from)
    yield _field(16, 19, 2.5, 82, ", ".join(sender[: len(sender) // 2]), scale)
    yield _field(16, 22.5, 2.5, 82, ", ".join(sender[len(sender) // 2 :]), scale)
    yield _line(27, scale)
    yield _field(4, 29, 2.5, 12, "TO", scale)
    lines = address_lines(content.ship_to)
    step = min(6.0, 48 / max(1, len(lines)))
    for row, line in enumerate(lines):
        yield _field(4, 33 + step * row, step * 0.75, 66 if content.qr else 94, line, scale)
    if content.qr:
        yield f"^FO{74 * scale},{30 * scale}^BQN,2,{scale // 2}^FH^FDMA,{zpl_text(content.qr)}^FS"
    yield _line(83, scale)
    own = content.sscc == content.barcode
    yield _bars(88, content.barcode, own, scale)
    yield _field(12, 105, 3.5, 80, ("(00) " if own else "") + spaced(content.barcode), scale)
    if content.sscc and not own:
        yield _bars(110, content.sscc, True, scale)
        yield _field(12, 127, 3.5, 80, f"(00) {spaced(content.sscc)}", scale)
    yield (
        f"^FO{84 * scale},{134 * scale}^BXN,{max(3, round(0.6 * scale))},200"
        f"^FH^FD{zpl_text(content.barcode)}^FS"
    )
    yield _field(4, 134, 2.8, 78, f"Ref {content.reference}", scale)
    for row, note in enumerate(content.notes[:3]):
        yield _field(4, 138 + 3.5 * row, 2.5, 78, note, scale)


def _line(y_mm: float, scale: int) -> str:
    return f"^FO{4 * scale},{round(y_mm * scale)}^GB{94 * scale},2,2^FS"


def _bars(y_mm: float, number: str, gs1: bool, scale: int) -> str:
    """Code 128; an SSCC as GS1-128 (FNC1, application identifier 00, all in subset C)."""
    data = f">;>800{number}" if gs1 else f">:{number}"
    modules = 35 + 11 * (11 if gs1 else len(number) + 1)
    module = max(2, min(4, (94 * scale) // (modules + 20)))
    left = max(4 * scale, (102 * scale - modules * module) // 2)
    return f"^FO{left},{round(y_mm * scale)}^BY{module}^BCN,{15 * scale},N,N,N^FD{data}^FS"
