"""The page of two sweeps side by side, and the rules that it shares with a report."""

from itertools import pairwise
from pathlib import Path

import pytest
from playwright.sync_api import expect

from .pages import DESKTOP, PHONE, Open, needs_browser

pytestmark = needs_browser


def test_the_page_loads_asks_for_nothing_and_reports_no_error(opened: Open, compared: Path) -> None:
    for path in (None, compared):
        page = opened(path)
        expect(page.locator("h1")).to_have_count(1)
        assert page.locator("img").evaluate_all("all => all.every(one => one.naturalWidth > 0)")


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_no_table_is_cut_within_a_row(size: dict[str, int], opened: Open, compared: Path) -> None:
    for path in (None, compared):
        for region in opened(path, viewport=size).locator(".wide").all():
            assert region.evaluate("one => one.scrollHeight <= one.clientHeight + 1")


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_a_page_is_as_wide_as_its_screen(
    size: dict[str, int], opened: Open, compared: Path, tmp_path: Path
) -> None:
    for path in (None, compared):
        page = opened(path, viewport=size)
        page.locator("details.cell").evaluate_all("all => all.forEach(one => one.open = true)")
        page.screenshot(path=tmp_path / f"{page.title()[:8]}.png", full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth") == size["width"]


def test_screen_readers_find_their_way(opened: Open, compared: Path) -> None:
    for path in (None, compared):
        page = opened(path)
        levels = page.locator("h1, h2, h3, h4").evaluate_all(
            "all => all.map(one => +one.tagName[1])"
        )
        assert levels[0] == 1
        assert all(after <= before + 1 for before, after in pairwise(levels))
        for table in page.locator("table").all():
            assert table.locator("caption").inner_text().strip() or not table.is_visible()
        assert page.locator("th:not([scope])").count() == 0
        assert page.locator("img:not([alt]), img[alt='']").count() == 0
        assert page.locator("svg[role=img]:not([aria-label])").count() == 0
        names = page.locator("input").evaluate_all("all => all.map(one => one.labels.length)")
        assert all(names)
        ids = page.locator("[id]").evaluate_all("all => all.map(one => one.id)")
        assert len(ids) == len(set(ids))


def test_a_comparison_fits_a_phone_with_letters_of_nearly_full_size(
    opened: Open, compared: Path
) -> None:
    figure = opened(compared, viewport=PHONE).locator(".figure img")
    shown, drawn = figure.evaluate("one => [one.clientWidth, one.naturalWidth]")
    assert shown > 0.85 * drawn
