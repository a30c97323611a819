"""Labels are rendered and read back: bars decode, text stays text, bytes repeat."""

from datetime import date
from io import BytesIO
from typing import Any

import biip
import pypdfium2
import pytest
import zplkit
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from carriers.labels.content import (
    LabelContent,
    check_printable,
    check_sscc,
    gs1_check_digit,
    make_sscc,
)
from carriers.labels.render import render_label
from carriers.labels.zpl import zpl_text
from carriers.ports import LabelFormat
from core.errors import InvalidInput
from core.places import Address

SSCC = make_sscc(3, "9521234", 17)
SELLER = Address("", "Industrieweg 7", "Tilburg", "5026 RA", "NL", company="Klompen & Zn. BV")
BUYER = Address("Ștefan Müller-Łącki", "Calea Victoriei 12, ap. 4", "București", "010063", "RO")


def content(**changes: Any) -> LabelContent:
    values: dict[str, Any] = {
        "carrier": "PostNL",
        "service": "Pakket",
        "barcode": "3SLNWS0000017",
        "reference": "LW-000017",
        "ship_from": SELLER,
        "ship_to": BUYER,
        "weight_g": 1250,
        "mailing_date": date(2026, 3, 2),
        "sscc": SSCC,
        "qr": "https://shop.example/track/abcdef",
    }
    return LabelContent(**{**values, **changes})


def pdf_image(raw: bytes, scale: float = 4) -> Any:
    page = pypdfium2.PdfDocument(raw)[0]
    return page.render(scale=scale).to_pil()


def pdf_text(raw: bytes) -> str:
    text: str = pypdfium2.PdfDocument(raw)[0].get_textpage().get_text_range()
    return text


def decoded(image: Any) -> dict[str, str]:
    return {str(code.format): code.text for code in zxingcpp.read_barcodes(image)}


@pytest.mark.parametrize("wanted", [LabelFormat.PDF_4X6, LabelFormat.PDF_A6])
def test_every_code_of_a_pdf_label_reads_back(wanted: LabelFormat) -> None:
    label = render_label(content(), wanted)
    texts = [code.text for code in zxingcpp.read_barcodes(pdf_image(label.content))]
    assert texts.count("3SLNWS0000017") == 2  # Code 128 and Data Matrix
    assert "https://shop.example/track/abcdef" in texts
    sscc = next(text for text in texts if SSCC in text)
    message = biip.parse(sscc.replace("(00)", "00"))
    assert message.gs1_message is not None
    assert message.gs1_message.element_strings[0].value == SSCC


def test_a_pdf_label_has_its_page_size_and_its_texts() -> None:
    label = render_label(content(), LabelFormat.PDF_4X6)
    width, height = pypdfium2.PdfDocument(label.content)[0].get_size()
    assert (round(width), round(height)) == (288, 432)
    text = pdf_text(label.content)
    for part in (
        "Ștefan Müller-Łącki",
        "București",
        "010063",
        "RO",
        "Klompen & Zn. BV",
        "1.250 kg",
    ):
        assert part in text


@pytest.mark.parametrize("wanted", list(LabelFormat))
def test_the_same_label_is_the_same_bytes(wanted: LabelFormat) -> None:
    assert render_label(content(), wanted) == render_label(content(), wanted)


@pytest.mark.parametrize(("wanted", "dpmm"), [(LabelFormat.ZPL_203, 8), (LabelFormat.ZPL_300, 12)])
def test_a_zpl_label_renders_and_its_bars_read_back(wanted: LabelFormat, dpmm: int) -> None:
    texts = zpl_codes(render_label(content(ship_to=SELLER), wanted).content, dpmm)
    assert "3SLNWS0000017" in texts
    assert any(SSCC in text for text in texts)


def zpl_codes(raw: bytes, dpmm: int) -> list[str]:
    return [code.text for code in zxingcpp.read_barcodes(zpl_image(raw, dpmm))]


def zpl_image(raw: bytes, dpmm: int) -> Image.Image:
    document = zplkit.render(
        raw, zplkit.Options(dpi={8: 203, 12: 300}[dpmm], width=102 * dpmm, height=152 * dpmm)
    )
    assert len(document.labels) == 1
    return Image.open(BytesIO(document.labels[0].png()))


def test_hostile_text_stays_text_in_zpl() -> None:
    evil = Address("^XZ^XA^FDhacked^FS~JA", "<script>_5E</script>", "\u202e=1+1", "1\n2", "DE")
    raw = render_label(content(ship_to=evil, qr=""), LabelFormat.ZPL_203).content
    assert raw.count(b"^XA") == 1 and raw.count(b"^XZ") == 1 and b"~" not in raw
    assert zpl_text("a^b~c_d") == "a_5Eb_7Ec_5Fd"


@settings(max_examples=200)
@given(st.text(max_size=60))
def test_no_text_leaves_its_zpl_field(text: str) -> None:
    escaped = zpl_text(text)
    assert "^" not in escaped and "~" not in escaped and "\n" not in escaped
    assert escaped.isascii()


@given(st.integers(0, 9), st.integers(0, 999_999_999))
def test_an_sscc_carries_its_check_digit(extension: int, serial: int) -> None:
    sscc = make_sscc(extension, "9521234", serial)
    assert check_sscc(sscc) == sscc
    wrong = sscc[:17] + str((int(sscc[17]) + 1) % 10)
    with pytest.raises(InvalidInput):
        check_sscc(wrong)


def test_the_check_digit_is_that_of_gs1() -> None:
    assert gs1_check_digit("37610425002123456") == 9  # GS1 General Specifications, figure 7.9.1-1


def test_an_address_no_label_can_carry_is_refused_with_every_field() -> None:
    with pytest.raises(InvalidInput) as caught:
        check_printable(Address("A\x00B", "S" * 81, "", "1", "DE"), "ship_to")
    assert {fault.field for fault in caught.value.faults} == {
        "ship_to.name",
        "ship_to.street",
        "ship_to.city",
    }


def test_a_long_address_shrinks_and_still_leaves_the_bars_readable() -> None:
    long = Address("N" * 80, "S" * 80, "C" * 80, "12345", "DE", company="W " * 40, street2="Z" * 80)
    for wanted in (LabelFormat.PDF_4X6, LabelFormat.PDF_A6):
        raw = render_label(content(ship_to=long), wanted).content
        assert "3SLNWS0000017" in decoded(pdf_image(raw)).values()
