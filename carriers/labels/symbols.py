"""Bar codes as rectangles: Code 128, GS1-128, QR and Data Matrix (made by zint). Pure."""

import warnings
from dataclasses import dataclass

from core.errors import invalid

_SQUARE = 100  # zint's DM_SQUARE: never a rectangular Data Matrix


@dataclass(frozen=True, slots=True)
class Symbol:
    """Dark rectangles (x, y, width, height) from the top left, in modules."""

    width: float
    height: float
    bars: tuple[tuple[float, float, float, float], ...]


def code_128(text: str) -> Symbol:
    """A Code 128 symbol; its height is arbitrary, stretch it."""
    return _encode("CODE128", text, linear=True)


def gs1_128_sscc(sscc: str) -> Symbol:
    """A GS1-128 symbol of AI (00) and the SSCC."""
    return _encode("GS1_128", f"[00]{sscc}", linear=True)


def qr_code(text: str) -> Symbol:
    """A QR code."""
    return _encode("QRCODE", text, linear=False)


def data_matrix(text: str) -> Symbol:
    """A Data Matrix symbol (ECC 200)."""
    return _encode("DATAMATRIX", text, linear=False)


def _encode(kind: str, text: str, *, linear: bool) -> Symbol:
    import zint  # 20 ms and native code: only where labels are made

    symbol = zint.Symbol()
    symbol.symbology = getattr(zint.Symbology, kind)
    symbol.show_text = False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            if kind == "DATAMATRIX":
                symbol.option_3 = _SQUARE
            symbol.encode(text)
            symbol.buffer_vector()
    except (RuntimeError, ValueError, Warning) as error:
        raise invalid("barcode", f"cannot be encoded: {error}") from error
    # zint draws a module as two units at its default scale.
    vector = symbol.vector
    bars = tuple((r.x / 2, r.y / 2, r.width / 2, r.height / 2) for r in vector.rectangles)
    height = max(y + h for _, y, _, h in bars) if linear else vector.height / 2
    return Symbol(vector.width / 2, height, bars)
