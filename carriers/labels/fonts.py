"""The type of labels and manifests: DejaVu Sans, cut to Latin, Greek and Cyrillic.

The files are constants of the package (licence beside them, `carriers/data/fonts`), registered with
reportlab on first use.
"""

from functools import lru_cache
from importlib.resources import files
from io import BytesIO

REGULAR = "LanewiseSans"
BOLD = "LanewiseSans-Bold"


@lru_cache(maxsize=1)
def register_fonts() -> None:
    """Make both weights known to reportlab; once per process."""
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont

    folder = files("carriers") / "data" / "fonts"
    for name, file in ((REGULAR, "DejaVuSans.ttf"), (BOLD, "DejaVuSans-Bold.ttf")):
        pdfmetrics.registerFont(TTFont(name, BytesIO((folder / file).read_bytes())))


def text_width(text: str, font: str, size: float) -> float:
    """The width of a text in points."""
    from reportlab.pdfbase import pdfmetrics

    register_fonts()
    width: float = pdfmetrics.stringWidth(text, font, size)
    return width


def fitting_lines(text: str, font: str, size: float, width: float, most: int) -> list[str]:
    """The text broken into at most `most` lines of that width; what is left over ends in an ellipsis."""
    lines: list[str] = []
    words = text.split()
    current = ""
    while words:
        word = words.pop(0)
        longer = f"{current} {word}".strip()
        if text_width(longer, font, size) <= width:
            current = longer
        elif not current:  # one word wider than the line: cut it
            cut = len(word)
            while cut > 1 and text_width(word[:cut], font, size) > width:
                cut -= 1
            lines.append(word[:cut])
            if word[cut:]:
                words.insert(0, word[cut:])
        else:
            lines.append(current)
            current, words = "", [word, *words]
    if current:
        lines.append(current)
    if len(lines) <= most:
        return lines
    kept = lines[:most]
    last = kept[-1]
    while last and text_width(last + "…", font, size) > width:
        last = last[:-1]
    kept[-1] = last + "…"
    return kept
