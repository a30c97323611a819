"""A manifest adds up, numbers its pages, says what it leaves out, and reads back."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pypdfium2
import pytest
import zxingcpp

from carriers.manifest_paper import (
    LeftOut,
    ManifestLine,
    ManifestPaper,
    general_manifest,
    manifest_pdf,
    totals,
)
from carriers.number_groups import spaced
from core.errors import InvalidInput
from core.places import Address


def paper(parcels: int = 3, left_out: int = 1) -> ManifestPaper:
    return ManifestPaper(
        number="M-PNL-20260302-1",
        title="PostNL manifest",
        account="tilburg-main",
        ship_from=Address("", "Industrieweg 7", "Tilburg", "5026 RA", "NL", company="Klompen"),
        mailing_date=date(2026, 3, 2),
        printed_at=datetime(2026, 3, 2, 15, 30, tzinfo=UTC),
        lines=tuple(
            ManifestLine(
                f"3SLNWS{n:07d}", "Pakket" if n % 3 else "Brief", f"LW-{n}", 500 + n, "NL", "PostNL"
            )
            for n in range(parcels)
        ),
        left_out=tuple(LeftOut(f"LW-9{n}", "booking parked: ask PostNL") for n in range(left_out)),
    )


def texts(raw: bytes) -> list[str]:
    document = pypdfium2.PdfDocument(raw)
    return [page.get_textpage().get_text_range() for page in document]


def test_totals_by_service_add_up() -> None:
    assert totals(paper()) == [("PostNL", "Brief", 1, 500), ("PostNL", "Pakket", 2, 1003)]


def test_the_first_page_has_bar_code_totals_what_is_left_out_and_signatures() -> None:
    raw = manifest_pdf(paper())
    (text,) = texts(raw)
    for part in ("3SLN WS00 0000 2", "All 3 1.503 kg", "LW-90", "booking parked", "Page 1 of 1"):
        assert part in text.replace("  ", " ")
    assert text.count("Signature") == 2
    image = pypdfium2.PdfDocument(raw)[0].render(scale=3).to_pil()
    assert [code.text for code in zxingcpp.read_barcodes(image)] == ["M-PNL-20260302-1"]


def test_a_long_list_runs_over_numbered_pages_and_loses_no_parcel() -> None:
    pages = texts(manifest_pdf(paper(parcels=230)))
    assert len(pages) > 3
    for index, text in enumerate(pages, start=1):
        assert f"Page {index} of {len(pages)}" in text
    whole = "\n".join(pages)
    assert all(whole.count(spaced(f"3SLNWS{n:07d}")) == 1 for n in range(230))


def test_the_same_manifest_is_the_same_bytes() -> None:
    assert manifest_pdf(paper()) == manifest_pdf(paper())


def test_an_empty_manifest_says_so() -> None:
    (text,) = texts(manifest_pdf(paper(parcels=0, left_out=0)))
    assert "No parcels." in text and "Nothing was left out." in text


def test_a_parcel_is_never_listed_twice() -> None:
    lines = paper().lines
    with pytest.raises(InvalidInput):
        replace(paper(), lines=(*lines, lines[0]))


def test_the_general_manifest_joins_carriers_of_one_place_and_day() -> None:
    other = replace(
        paper(), lines=(ManifestLine("ABC1", "Ground", "LW-7", 100, "DE", "Acme"),), account="acme"
    )
    joined = general_manifest((paper(), other), "G-1", paper().printed_at)
    assert len(joined.lines) == 4
    assert ("Acme", "Ground", 1, 100) in totals(joined)
    with pytest.raises(InvalidInput):
        general_manifest(
            (paper(), replace(other, mailing_date=date(2026, 3, 3))), "G", joined.printed_at
        )
