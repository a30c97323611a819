"""Plots: well-formed SVG with a title, units and every value; hostile labels stay text."""

import random
from xml.etree import ElementTree

import pytest

from api.pages.plots import Bar, Dot, Link, bars, histogram, lanes_map
from core.places import GeoPoint

PARIS, BERLIN = GeoPoint(48.86, 2.35), GeoPoint(52.52, 13.4)


@pytest.mark.parametrize(
    "svg",
    [
        bars("Parcels", "parcels", [Bar("<b>&", 3), Bar("two", 0)]),
        bars("Nothing", "parcels", []),
        histogram("Days", "days", ("ours", [1.5, 2, 40]), ("theirs", [20.0])),
        histogram("Days", "days", ("ours", []), ("theirs", [])),
        lanes_map(
            "Lanes", [Dot(PARIS, "Paris"), Dot(BERLIN, "Berlin", True)], [Link(PARIS, BERLIN)]
        ),
        lanes_map("Empty", [], []),
    ],
)
def test_a_plot_is_well_formed_and_titled(svg: str) -> None:
    root = ElementTree.fromstring(svg)
    assert root.attrib["aria-label"]
    assert root.attrib["role"] == "img"
    assert "<b>" not in svg


def test_a_histogram_counts_every_value() -> None:
    draw = random.Random(1)
    sample = [draw.gauss(12, 4) for _ in range(300)]
    root = ElementTree.fromstring(histogram("Days", "days", ("a", sample), ("b", sample)))
    heights = [float(rect.attrib["height"]) for rect in root.iter() if rect.tag.endswith("rect")]
    half = len(heights) // 2
    assert heights[:half] == heights[half:]
    assert sum(heights[:half]) * max(1, half) > 0
