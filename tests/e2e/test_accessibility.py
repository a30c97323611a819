"""What judges the pages is judged: faults put into a page on purpose are found, a sound one has none."""

from typing import Any

import pytest

from tests.accessibility import faults_of
from tests.browser import PHONE

pytestmark = pytest.mark.browser

SOUND = "<p>Arrives <strong>Friday</strong>.</p>"
DARK = "<style>@media (prefers-color-scheme: dark) { p { color: #777; background: #666 } }</style>"
TINY = "<style>button { display: block; width: 14px; height: 14px; padding: 0; border: 0 }</style>"


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (SOUND, ""),
        ("<img src='data:,'>" + SOUND, "image-alt"),
        ("<p style='color: #bbb; background: #fff'>Arrives Friday.</p>", "color-contrast"),
        (DARK + SOUND, "in the dark: color-contrast"),
        ("<div><button>+</button><button>-</button></div>" + TINY, "target-size"),
        ("<div style='width: 380px'>" + SOUND + "</div>", "60 px too wide at 200 %"),
    ],
    ids=["sound", "image", "pale", "pale in the dark", "small targets", "wide"],
)
def test_faults_are_found(chromium: Any, body: str, fault: str) -> None:
    page = chromium.new_page(viewport=PHONE)
    page.set_content(
        f"<!doctype html><html lang=en><title>t</title><style>body {{ margin: 0 }}</style>"
        f"<main><h1>Parcel</h1>{body}</main></html>"
    )
    found = faults_of(page)
    page.close()
    assert bool(found) == bool(fault), found
    assert all(fault in one for one in found), found
