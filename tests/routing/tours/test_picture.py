"""Pictures and sheets of a day: well-formed, escaped, every stop on them, equal for equal plans."""

from dataclasses import replace
from io import BytesIO
from xml.etree import ElementTree

import pytest

from routing.tours.checker import check
from routing.tours.driver_sheet import driver_sheets
from routing.tours.picture import gantt_svg, map_svg
from routing.tours.plan import Plan, Unserved
from routing.tours.problem import Problem
from routing.tours.ruin_engine import RuinEngine
from tests.routing.tours.days import at, line_day, town
from tests.routing.tours.test_ruin import Silent


@pytest.fixture(scope="module")
def day() -> tuple[Problem, Plan]:
    problem = town(30, vehicles=5)
    named = tuple(replace(stop, name=f"<Müller & Ж {stop.number}>") for stop in problem.stops)
    problem = replace(problem, stops=named)
    engine = RuinEngine(waiting_is_free=True, most_steps=500)
    plan = check(problem, engine.solve(problem, start=None, seed=1, watch=Silent()))
    assert isinstance(plan, Plan)
    return problem, plan


def test_the_map_shows_every_stop_and_escapes_names(day: tuple[Problem, Plan]) -> None:
    problem, plan = day
    left = replace(
        plan, tours=plan.tours[1:], unserved=(Unserved(plan.tours[0].visits[0].stop, "window"),)
    )
    root = ElementTree.fromstring(map_svg(problem, left, depot=problem.depot_at))
    titles = [element.text or "" for element in root.iter("{http://www.w3.org/2000/svg}title")]
    served = {visit.stop for tour in left.tours for visit in tour.visits}
    for i in served:
        number = problem.stops[i].number
        assert any(title.startswith(f"stop {number} <Müller") for title in titles)
    assert any("not served: window" in title for title in titles)


def test_the_chart_has_a_row_a_vehicle_with_times_of_day(day: tuple[Problem, Plan]) -> None:
    problem, plan = day
    text = gantt_svg(problem, plan)
    ElementTree.fromstring(text)
    assert all(f"vehicle {tour.vehicle}<" in text for tour in plan.tours)
    assert "12:00" in text


def test_days_without_tours_or_places_are_drawn_too() -> None:
    problem = line_day(at(1))
    plan = check(problem, ())
    assert isinstance(plan, Plan)
    assert "No coordinates" in map_svg(problem, plan) and "No tours" in gantt_svg(problem, plan)
    assert driver_sheets(problem, plan).startswith(b"%PDF")


def test_the_drivers_sheets_are_stable_and_have_a_page_a_tour(day: tuple[Problem, Plan]) -> None:
    import pypdfium2

    problem, plan = day
    first = driver_sheets(problem, plan)
    assert first == driver_sheets(problem, plan)
    document = pypdfium2.PdfDocument(BytesIO(first))
    assert len(document) == len(plan.tours)
    page = document[0].get_textpage()
    text = page.get_text_range()
    assert f"Vehicle {plan.tours[0].vehicle}" in text and "page 1 of 1" in text
    assert str(problem.stops[plan.tours[0].visits[0].stop].number) in text
    page.close()
    document.close()
