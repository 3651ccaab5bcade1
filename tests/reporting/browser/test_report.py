"""A report as a whole: links to runs, figures, keyboard, print, dark mode."""

import io
import re
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Locator, expect

import xorsweep as xs

from .pages import (
    PHONE,
    Open,
    column,
    heads,
    needs_browser,
)

pytestmark = needs_browser


def test_a_square_opens_the_runs_of_its_setting(opened: Open) -> None:
    page = opened()
    page.locator(".overview").get_by_role("link", name="hidden 4, lr 2: ").click()
    expect(page.locator("details.cell:visible summary")).to_have_text(
        ["hidden 4, lr 2, 1,500 epochs"]
    )
    expect(page.locator("details[open] section.run").first).to_be_in_viewport()
    expect(page.locator("details[open] h3")).to_be_in_viewport(ratio=1)
    page.locator(".surfaces").get_by_role(
        "link", name="typical run of hidden 2, lr 0.5"
    ).first.click()
    expect(page.locator("details.cell:visible")).to_have_count(2)
    page.locator("details[open] summary").first.click()
    expect(page.locator("details.cell:visible")).to_have_count(1)


def test_a_cell_leads_to_its_runs(opened: Open) -> None:
    page = opened()
    expect(page.locator("section.run:visible")).to_have_count(0)
    page.get_by_role("link", name="typical run of hidden 2").first.click()
    cell = page.locator("details[open]")
    expect(cell).to_have_count(1)
    run = cell.locator("section.run").first
    expect(run).to_be_in_viewport()
    expect(cell.locator("h3")).to_be_in_viewport(ratio=1)
    expect(run.locator("svg[role=img]")).to_have_count(2)
    expect(run.locator("img.surface")).to_be_visible()


def test_squares_of_a_heat_map_are_equally_wide(opened: Open) -> None:
    squares = opened(viewport=PHONE).locator(".overview td > a").all()
    widths = {round(box["width"]) for square in squares if (box := square.bounding_box())}
    assert len(squares) == 6
    assert len(widths) == 1


def test_figures_of_a_lone_setting_fit_a_phone(opened: Open, tmp_path: Path) -> None:
    xs.sweep(folder=tmp_path, lr=2, hidden=2, epochs=300, seed=range(9), report=True)
    page = opened(tmp_path / "report.html", viewport=PHONE)
    for title in ("How long it takes", "Where runs end", "How the error falls"):
        figure = page.get_by_role("region", name=title)
        expect(figure).to_have_class("figure")
        assert figure.evaluate("one => one.scrollWidth <= one.clientWidth")
        # Of text of 10 points more than 9 pixels are left.
        assert figure.locator("img").evaluate("one => one.clientWidth / one.naturalWidth") > 0.7


def test_figures_wider_than_a_phone_have_a_cue(opened: Open) -> None:
    page = opened(viewport=PHONE)
    figure = page.locator(".figure").first
    hint = figure.locator("xpath=preceding-sibling::p[@class='scroll-hint']")
    expect(hint).to_be_visible()
    assert "more-right" in (figure.get_attribute("class") or "")
    figure.evaluate("one => one.scrollTo(one.scrollWidth, 0)")
    expect(figure).to_have_class("figure")
    overview = page.locator(".overview")
    assert overview.evaluate("one => one.scrollWidth <= one.clientWidth")
    page = opened()
    expect(page.locator(".figure").first.locator("xpath=preceding-sibling::p")).to_be_hidden()


def test_the_keyboard_suffices(opened: Open) -> None:
    page = opened()
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the findings")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    assert page.url.endswith("#findings")
    button = heads(page).filter(has_text="converged").get_by_role("button")
    for _ in range(60):
        page.keyboard.press("Tab")
        if button.evaluate("one => one === document.activeElement"):
            break
    expect(button).to_be_focused()
    page.keyboard.press("Enter")
    expect(heads(page).filter(has_text="converged")).to_have_attribute("aria-sort", "ascending")
    page.keyboard.press("Space")
    expect(heads(page).filter(has_text="converged")).to_have_attribute("aria-sort", "descending")


def test_without_script_tables_are_plain_and_runs_unfold(opened: Open) -> None:
    page = opened(java_script_enabled=False)
    expect(page.get_by_role("button")).to_have_count(0)
    expect(page.locator("input")).to_have_count(0)
    assert len(column(page, "cells", 0)) == 12
    page.locator("details.cell summary").first.click()
    expect(page.locator("details.cell").first.locator("svg").first).to_be_visible()


def shades(picture: Locator) -> tuple[float, float]:
    """Return how bright the corner of a picture is, its paper, and the darkest or brightest dot."""
    image = Image.open(io.BytesIO(picture.screenshot())).convert("L")
    low, high = image.getextrema()
    paper = image.getpixel((2, 2))
    assert isinstance(paper, int)
    assert isinstance(low, int)
    assert isinstance(high, int)
    return paper, low if paper > 127 else high


@pytest.mark.parametrize(
    ("scheme", "media", "light"),
    [("light", "screen", True), ("dark", "screen", False), ("dark", "print", True)],
)
def test_page_and_pictures_are_light_or_dark_together(
    scheme: str, media: str, light: bool, opened: Open
) -> None:
    page = opened(color_scheme=scheme)
    page.emulate_media(media=media)  # type: ignore[arg-type]
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert paper == ("rgb(255, 255, 255)" if light else "rgb(20, 24, 31)")
    for name in ("How precise these rates are", "Where runs end"):
        paper, ink = shades(page.locator(f"figure:has-text('{name}') img"))
        assert (paper > 250, ink < 60) == (True, True) if light else (paper < 40 and ink > 190)


def test_it_prints_without_controls_and_with_readable_colours(opened: Open) -> None:
    page = opened(color_scheme="dark")
    page.locator("details.cell").first.evaluate("one => { one.open = true }")
    page.emulate_media(media="print")
    expect(page.get_by_role("navigation")).to_be_hidden()
    expect(page.locator("tr.filters").first).to_be_hidden()
    for hint in page.locator(".on-screen").all():
        expect(hint).to_be_hidden()
    expect(page.locator("details.cell:visible")).to_have_count(1)
    assert (
        page.locator(".wide").first.evaluate("one => getComputedStyle(one).overflow") == "visible"
    )
    pages = re.findall(rb"/Type\s*/Page\b(?!s)", page.pdf(format="A4"))
    assert 1 < len(pages) <= 8
