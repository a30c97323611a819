"""The demo's first act, its round and its page: every link leads to a file, and axe is content."""

import re
from pathlib import Path
from typing import Any

import pytest

from api.demo.collection import play_round
from api.demo.house import START, DemoHouse, demo_house
from api.demo.learning import play_learning
from api.demo.page import write_page
from api.demo.thread import play_thread
from api.settings import Settings
from tests.accessibility import faults_of
from tests.browser import PHONE


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a demo of one cart and its round."""
    with demo_house(Settings(var=tmp_path_factory.mktemp("demo"))) as house:
        thread = play_thread(house)
        assert thread.handed_over
        learning = play_learning(house.network, START)
        assert learning.before.said - learning.before.kept > 0.2  # published times say too much
        assert learning.after.kept >= learning.after.said >= 0.95
        assert learning.after.rule == "later"
        return write_page(house, thread, None, collected(house), None, learning)


def collected(house: DemoHouse) -> Any:
    """The vans' round over what the cart's sellers sent, planned by OR-Tools."""
    story = play_round(house, seconds=0.2)
    assert story.tours >= 1
    assert story.unserved == 0
    assert story.distance_m <= story.alone_m
    assert [way[0].split()[0] for way in story.ways] == [story.hub] * story.tours
    return story


def test_every_link_of_the_page_is_relative_and_leads_somewhere(played: Path) -> None:
    page = played.read_text(encoding="utf-8")
    links = [link for link in re.findall(r'(?:href|src)="([^"]+)"', page) if link[0] != "#"]
    assert len([link for link in links if link.startswith("labels/")]) >= 6
    for link in links:
        assert not re.match(r"/|[a-z]+:", link), link
        assert (played.parent / link).is_file(), link
    inside = set(re.findall(r'href="#([^"]+)"', page))
    assert inside <= set(re.findall(r'id="([^"]+)"', page))


@pytest.mark.browser
def test_the_page_is_accessible(played: Path, chromium: Any) -> None:
    page = chromium.new_page(viewport=PHONE)
    page.goto(played.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert faults_of(page) == []
    page.close()
