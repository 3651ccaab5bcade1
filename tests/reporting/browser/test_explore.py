"""The section Explore of a report, whose figure the page draws itself."""

import re
from itertools import combinations, pairwise

import pytest
from playwright.sync_api import expect

from .pages import DESKTOP, PHONE, Open, are_apart, boxes, explore, needs_browser

pytestmark = needs_browser


def test_each_setting_of_a_level_is_a_mark_that_opens_it(opened: Open) -> None:
    page = opened()
    figure = explore(page)
    marks = figure.locator("[data-setting]")
    expect(marks).to_have_count(6)
    labels = marks.evaluate_all("all => all.map(one => one.getAttribute('aria-label'))")
    assert all("epochs 1,500: runs that converged" in label for label in labels)
    explore(page, epochs="200")
    assert all("epochs 200" in (mark.get_attribute("aria-label") or "") for mark in marks.all())
    explore(page, panel="epochs")
    expect(marks).to_have_count(12)
    expect(figure.locator("select[data-label=epochs]")).to_have_count(0)
    explore(page, view="heat map", measure="epochs spent per solution")
    expect(marks).to_have_count(12)
    marks.first.click()
    expect(page.locator("details.cell:visible")).to_have_count(1)
    expect(page.locator("details[open] h3")).to_be_in_viewport(ratio=1)
    explore(page, view="parallel coordinates", hidden="4")
    expect(figure.locator("[data-setting]")).to_have_count(3)


def test_marks_are_reached_by_arrows_and_have_a_description(opened: Open) -> None:
    page = opened()
    figure = explore(page)
    expect(figure.locator("[data-setting][tabindex='0']")).to_have_count(1)
    figure.locator("[data-setting][tabindex='0']").focus()
    before = page.locator(":focus").get_attribute("aria-label") or ""
    assert "lr 0.5" in before
    expect(figure.locator(".tooltip")).to_be_visible()
    page.keyboard.press("ArrowRight")
    after = page.locator(":focus").get_attribute("aria-label") or ""
    assert "lr 2," in after
    expect(figure.locator(".tooltip")).to_contain_text("lr 2")
    height = page.evaluate("scrollY")
    for key, level in (("End", "lr 1,000"), ("Home", "lr 0.5")):
        page.keyboard.press(key)
        expect(page.locator(":focus")).to_have_attribute("aria-label", re.compile(f"{level},"))
    assert page.evaluate("scrollY") == height
    page.keyboard.press("Escape")
    expect(figure.locator(".tooltip")).to_be_hidden()
    page.keyboard.press("Enter")
    expect(page.locator("details.cell:visible")).to_have_count(1)


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("view", ["lines", "heat map", "parallel coordinates"])
@pytest.mark.parametrize("measure", ["runs that converged", "median final error"])
def test_labels_of_axes_do_not_touch_and_stay_within_the_screen(
    measure: str, view: str, size: dict[str, int], opened: Open
) -> None:
    page = opened(viewport=size)
    figure = explore(page, view=view, measure=measure)
    for ticks in (figure.locator("svg > .tick:not(.value)"), figure.locator("svg > .tick.value")):
        found = boxes(ticks)
        assert len(found) >= (3 if view == "lines" else 0)
        for one, other in combinations(found, 2):
            assert are_apart(one, other)
        assert all(box["left"] >= 0 and box["right"] <= size["width"] for box in found)
    swatches = boxes(figure.locator(".legend li"))
    assert len({box["right"] - box["left"] for box in swatches}) <= 1
    assert page.evaluate("document.documentElement.scrollWidth") == size["width"]


def test_ticks_of_log_axes_are_even_and_few(opened: Open) -> None:
    page = opened()
    for low, high in ((1e-8, 3.0), (0.1, 50.0), (134.0, 326_140.0), (0.2, 5.0), (1e-30, 1e30)):
        for most in (3, 5, 9):
            ticks = page.evaluate(
                "([low, high, most]) => axes.logTicks(low, high, most)", [low, high, most]
            )
            assert 1 <= len(ticks) <= most
            assert all(low * 0.99 <= tick <= high * 1.01 for tick in ticks)
            assert all(f"{tick:e}"[0] in "1235" for tick in ticks)
            steps = [after / before for before, after in pairwise(ticks)]
            assert not steps or max(steps) < 1.6 * min(steps)
            linear = page.evaluate(
                "([low, high, most]) => axes.linearTicks(low, high, most)", [low, high, most]
            )
            assert 1 <= len(linear) <= most + 1
