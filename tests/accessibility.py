"""axe-core on a page of the browser stories: every WCAG 2.2 rule of levels A and AA, no exception."""

from functools import lru_cache
from importlib.resources import files
from typing import Any

import pytest

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
NARROWEST_PX = 320  # WCAG 2.2, 1.4.10: 1280 CSS pixels at 400 %, and the smallest phone

RUN = """async ([only, rules]) => {
  const found = await axe.run(document, {
    runOnly: {type: only, values: rules}, resultTypes: ['violations'],
    ...(only === 'tag' ? {rules: {'target-size': {enabled: true}}} : {}),
  });
  return found.violations.map(v => v.id + ': ' + v.nodes.map(
    n => n.target.join(' ') + ' (' + n.failureSummary.split('\\n').slice(1).join(';').trim() + ')'
  ).join(' | '));
}"""
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@lru_cache(maxsize=1)
def axe_source() -> str:
    """The bundled axe-core; skips where the test group is not installed."""
    pytest.importorskip("axe_playwright_python")
    return files("axe_playwright_python").joinpath("axe.min.js").read_text()


def faults_of(page: Any) -> list[str]:
    """What axe finds in the light, in the dark, and what overflows at 200 % zoom."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(axe_source())
    page.emulate_media(reduced_motion="reduce")  # a colour is not judged on its way to another
    found = [str(fault) for fault in page.evaluate(RUN, ["tag", TAGS])]
    page.emulate_media(color_scheme="dark")
    dark = page.evaluate(RUN, ["rule", ["color-contrast", "link-in-text-block"]])
    page.emulate_media(color_scheme="light")
    found += [f"in the dark: {fault}" for fault in dark]
    return found + _zoomed(page)


def _zoomed(page: Any) -> list[str]:
    """At 200 % a window has half as many CSS pixels; nothing may need sideways scrolling."""
    size = page.viewport_size
    page.set_viewport_size({**size, "width": max(NARROWEST_PX, size["width"] // 2)})
    too_wide = page.evaluate(OVERFLOW)
    page.set_viewport_size(size)
    return [f"{too_wide} px too wide at 200 %"] if too_wide > 0 else []
