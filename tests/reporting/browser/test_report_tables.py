"""The tables of a report: sorting and filters."""

import re
from pathlib import Path
from typing import Any

import pytest
from column_sweeps import sweep_columns
from playwright.sync_api import expect

from .pages import DESKTOP, PHONE, Open, column, explore, heads, needs_browser, numbers

pytestmark = needs_browser


def test_a_table_sorts_by_numbers_up_and_down(opened: Open) -> None:
    page = opened()
    head = heads(page).filter(has_text="rate")
    head.get_by_role("button").click()
    expect(head).to_have_attribute("aria-sort", "ascending")
    place = heads(page).all_inner_texts().index(head.inner_text())
    rates = numbers(column(page, "cells", place))
    assert len(rates) == 12
    assert rates == sorted(rates)
    head.get_by_role("button").click()
    expect(head).to_have_attribute("aria-sort", "descending")
    assert numbers(column(page, "cells", place)) == sorted(rates, reverse=True)
    expect(page.locator("th[aria-sort]")).to_have_count(1)


def test_missing_numbers_come_last_either_way(opened: Open) -> None:
    page = opened()
    head = heads(page).filter(has_text="epochs per solution")
    place = heads(page).all_inner_texts().index(head.inner_text())
    for _ in range(2):
        head.get_by_role("button").click()
        texts = column(page, "cells", place)
        unsolved = texts.count("never solved")
        assert 0 < unsolved < len(texts)
        assert texts[-unsolved:] == ["never solved"] * unsolved


def test_filters_take_numbers_limits_and_words(opened: Open) -> None:
    page = opened()
    region = page.locator("[aria-labelledby=cells-caption]")
    status = page.locator(".tools").first.get_by_role("status")
    region.get_by_label("Filter hidden").fill("2")
    assert set(column(page, "cells", 0)) == {"2"}
    expect(status).to_have_text("6 of 12 rows")
    region.get_by_label("Filter lr").fill(">0.5")
    expect(status).to_have_text("4 of 12 rows")
    region.get_by_label("Filter epochs per solution").fill("never")
    assert set(column(page, "cells", 1)) == {"1,000"}
    region.get_by_label("Filter lr").press("Escape")
    expect(region.get_by_label("Filter lr")).to_have_value("")
    page.get_by_role("button", name="Show all rows").first.click()
    expect(region.locator("tbody tr:visible")).to_have_count(12)
    expect(status).to_have_text("")


def test_a_filter_takes_alternatives(opened: Open) -> None:
    page = opened()
    region = page.locator("[aria-labelledby=cells-caption]")
    lr, epochs = region.get_by_label("Filter lr"), region.get_by_label("Filter epochs", exact=True)
    kept = (("0.5,1000", {"0.5", "1,000"}), ("2, >500", {"2", "1,000"}), ("2,", {"2"}))
    for wanted, left in kept:
        lr.fill(wanted)
        assert set(column(page, "cells", 1)) == left
    lr.fill("")
    for wanted, left in (("1,500", {"1,500"}), ("200,1,500", {"200", "1,500"}), ("15", set())):
        epochs.fill(wanted)
        assert set(column(page, "cells", 2)) == left


def below_zero(x: float, y: float, seed: int) -> dict[str, Any]:
    return {"value": x * y - seed / 10, "is_low": x * y < seed}


@pytest.fixture(scope="module")
def negative(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the report of a sweep with negative levels and results."""
    axes = {"x": [-2.0, -0.5, 1.0], "y": [0.5, 1.0, 1.5], "seed": range(4)}
    folder = tmp_path_factory.mktemp("negative")
    sweep_columns(below_zero, axes, folder, report=True)
    return folder / "report.html"


def test_numbers_are_read_with_minus_signs_and_typed_with_hyphens(
    opened: Open, negative: Path
) -> None:
    page = opened(negative)
    text = page.locator("body").inner_text()
    assert re.search(r"−\d", text)
    assert not re.search(r"(?<![\w/.=-])-\d", page.locator("main table").first.inner_text())
    assert not re.search(r"\d %(?!\w)", text)
    region = page.locator("[aria-labelledby=cells-caption]")
    x = region.get_by_label("Filter x")
    for wanted, left in (("-2", {"−2"}), ("−2,-0.5", {"−2", "−0.5"}), ("<-0.5", {"−2"})):
        x.fill(wanted)
        assert set(column(page, "cells", 0)) == left
    x.fill("")
    head = heads(page).filter(has_text="value")
    head.get_by_role("button").click()
    place = heads(page).all_inner_texts().index(head.inner_text())
    values = [text.replace("−", "-") for text in column(page, "cells", place)]
    assert numbers(values) == sorted(numbers(values))
    explore(page, measure="median value")
    ticks = page.locator("#explore-figure .tick").all_text_contents()
    assert any("−" in tick for tick in ticks)
    assert not any("-" in tick for tick in ticks)


def test_controls_of_a_table_are_apart_from_the_text_above(opened: Open) -> None:
    for size in (DESKTOP, PHONE):
        page = opened(viewport=size)
        for tools in page.locator(".tools").all():
            box = tools.bounding_box()
            above = tools.evaluate(
                "one => { let before = one.previousElementSibling;"
                "while (!before.offsetHeight) before = before.previousElementSibling;"
                "return before.getBoundingClientRect().bottom + scrollY; }"
            )
            assert box
            assert box["y"] + page.evaluate("scrollY") - above >= 6


def test_captions_of_wide_tables_are_read_without_scrolling(opened: Open) -> None:
    page = opened(viewport=PHONE)
    for caption in page.locator(".wide caption").all():
        box = caption.bounding_box()
        assert box
        assert box["x"] + box["width"] <= PHONE["width"]
