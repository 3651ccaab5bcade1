"""The pages in a real browser: Debian's Chromium without a window, driven by Playwright."""

import io
import os
import re
import shutil
from collections.abc import Callable, Iterator
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from column_sweeps import sweep_columns
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

import xorsweep as xs
from xorsweep.analysis.intervals import rate_interval
from xorsweep.grid.schema import Point
from xorsweep.networks.single_run import SingleRun, train_single
from xorsweep.reporting.console import Console
from xorsweep.reporting.run_page import write_page
from xorsweep.reporting.wording import share_text
from xorsweep.sweeps.compare import compare
from xorsweep.text import typeset

CHROMIUM = shutil.which("chromium")
DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not CHROMIUM, reason="chromium isn't installed: apt-get install chromium"),
]

Open = Callable[..., Page]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    # Chromium's own sandbox needs rights that root in a container doesn't have.
    alone = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=alone)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def compared(small_sweep: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("compared")
    compare((small_sweep, small_sweep), folder, Console.silent())
    return folder / "compare.html"


@pytest.fixture
def opened(browser: Browser, small_sweep: Path) -> Iterator[Open]:
    """Return a function that opens a page; in the end no error or request may have occurred."""
    wrong: list[str] = []
    contexts = []

    def open_page(path: Path | None = None, place: str = "", **settings: object) -> Page:
        address = (path or small_sweep / "report.html").absolute().as_uri()
        context = browser.new_context(**{"viewport": DESKTOP, **settings})  # type: ignore[arg-type]
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: wrong.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on(
            "request",
            lambda request: (
                None
                if request.url.startswith("data:") or request.url.split("#")[0] == address
                else wrong.append(f"asks for {request.url}")
            ),
        )
        page.goto(address + place)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not wrong


def column(page: Page, table: str, number: int) -> list[str]:
    """Return the texts of a column, from 0, in the rows that are shown."""
    rows = page.locator(f"[aria-labelledby={table}-caption] tbody tr:visible")
    return rows.locator(f"> :nth-child({number + 1})").all_inner_texts()


def heads(page: Page) -> Locator:
    return page.locator("[aria-labelledby=cells-caption] thead th")


def numbers(texts: list[str]) -> list[float]:
    return [float(text.split()[0].replace(",", "")) for text in texts]


def test_the_page_loads_asks_for_nothing_and_reports_no_error(opened: Open, compared: Path) -> None:
    for path in (None, compared):
        page = opened(path)
        expect(page.locator("h1")).to_have_count(1)
        assert page.locator("img").evaluate_all("all => all.every(one => one.naturalWidth > 0)")


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


def explore(page: Page, **chosen: str) -> Locator:
    """Make the choices of the figure of the settings, and return the figure."""
    for label, level in chosen.items():
        page.locator(f"#explore-figure select[data-label='{label}']").select_option(label=level)
    return page.locator("#explore-figure")


def boxes(texts: Locator) -> list[dict[str, float]]:
    found: list[dict[str, float]] = texts.evaluate_all(
        "all => all.map(one => { const { left, right, top, bottom } = one.getBoundingClientRect();"
        "return { left, right, top, bottom }; })"
    )
    return found


def are_apart(one: dict[str, float], other: dict[str, float]) -> bool:
    return (
        one["right"] <= other["left"]
        or other["right"] <= one["left"]
        or one["bottom"] <= other["top"] + 2
        or other["bottom"] <= one["top"] + 2
    )


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


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_no_table_is_cut_within_a_row(size: dict[str, int], opened: Open, compared: Path) -> None:
    for path in (None, compared):
        for region in opened(path, viewport=size).locator(".wide").all():
            assert region.evaluate("one => one.scrollHeight <= one.clientHeight + 1")


def test_captions_of_wide_tables_are_read_without_scrolling(opened: Open) -> None:
    page = opened(viewport=PHONE)
    for caption in page.locator(".wide caption").all():
        box = caption.bounding_box()
        assert box
        assert box["x"] + box["width"] <= PHONE["width"]


def test_squares_of_a_heat_map_are_equally_wide(opened: Open) -> None:
    squares = opened(viewport=PHONE).locator(".overview td > a").all()
    widths = {round(box["width"]) for square in squares if (box := square.bounding_box())}
    assert len(squares) == 6
    assert len(widths) == 1


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


def test_without_script_tables_are_plain_and_runs_unfold(opened: Open) -> None:
    page = opened(java_script_enabled=False)
    expect(page.get_by_role("button")).to_have_count(0)
    expect(page.locator("input")).to_have_count(0)
    assert len(column(page, "cells", 0)) == 12
    page.locator("details.cell summary").first.click()
    expect(page.locator("details.cell").first.locator("svg").first).to_be_visible()


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_a_page_is_as_wide_as_its_screen(
    size: dict[str, int], opened: Open, compared: Path, tmp_path: Path
) -> None:
    for path in (None, compared):
        page = opened(path, viewport=size)
        page.locator("details.cell").evaluate_all("all => all.forEach(one => one.open = true)")
        page.screenshot(path=tmp_path / f"{page.title()[:8]}.png", full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth") == size["width"]


def test_a_comparison_fits_a_phone_with_letters_of_nearly_full_size(
    opened: Open, compared: Path
) -> None:
    figure = opened(compared, viewport=PHONE).locator(".figure img")
    shown, drawn = figure.evaluate("one => [one.clientWidth, one.naturalWidth]")
    assert shown > 0.85 * drawn


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


# The page of a single run


ENGINE_RUNS: dict[str, dict[str, Any]] = {
    "xor": {"seed": 3},
    "three hidden units": {"hidden": 3, "init": "symmetric", "seed": 5},
    "tanh": {"activation": "tanh", "task__encoding": "bipolar", "hidden": 4, "lr": 0.1},
    "linear output": {"output": "linear", "lr": 0.05},
    "parity": {"task": "parity", "hidden": 4},
    "several outputs": {"task": "encoder", "hidden": 3},
}


@pytest.fixture(scope="module")
def run_pages(
    point_of: Callable[..., Point], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, tuple[Path, SingleRun]]:
    """Return the pages of some runs of 1,000 epochs, and the runs."""
    found = {}
    for name, keys in ENGINE_RUNS.items():
        run = train_single(point_of(**{"lr": 0.5, "epochs": 1000, **keys}))
        folder = tmp_path_factory.mktemp("run")
        write_page(run, folder)
        found[name] = (folder / "run.html", run)
    return found


RunPages = dict[str, tuple[Path, SingleRun]]

TRAIN = """([initial, lr, epochs]) => {
  const data = JSON.parse(document.getElementById("run-data").textContent);
  const { inputs, targets, shape } = data.scrubber;
  const training = network.training(shape, { inputs, targets }, initial, lr);
  for (let n = 0; n < epochs; n++) training.epoch();
  return inputs.map((row) => Array.from(network.forward(shape, training.weights, row).outputs));
}"""


@pytest.mark.parametrize("name", ENGINE_RUNS)
def test_the_page_trains_as_python_does(name: str, opened: Open, run_pages: RunPages) -> None:
    path, run = run_pages[name]
    initial, lr = run.parameters[:, 0].tolist(), run.point["lr"]
    outputs = opened(path).evaluate(TRAIN, [initial, lr, 1000])
    np.testing.assert_allclose(outputs, run.final_outputs, rtol=0, atol=1e-9)


def test_a_seed_of_the_page_draws_the_weights_of_numpy(opened: Open, run_pages: RunPages) -> None:
    page = opened(run_pages["xor"][0])
    for seed in (0, 3, 12_345, 2**32 - 1):
        drawn = page.evaluate(
            "seed => network.initialWeights({ inputs: 2, hidden: 200, outputs: 1 }, seed, -1, 2)",
            seed,
        )
        wanted = -1 + 3 * np.random.RandomState(seed).random_sample(801)
        np.testing.assert_array_equal(drawn, wanted)


def test_the_interval_of_the_page_is_that_of_the_report(opened: Open, run_pages: RunPages) -> None:
    page = opened(run_pages["xor"][0])
    for count, total in ((0, 1), (0, 200), (1, 7), (154, 200), (200, 200)):
        found = page.evaluate("([n, all]) => network.rateInterval(n, all)", [count, total])
        assert found == pytest.approx(rate_interval(count, total), abs=1e-12)


def test_percentages_are_rounded_as_in_the_report(opened: Open, run_pages: RunPages) -> None:
    shares = [count / total for total in (8, 16, 40, 160, 200, 7) for count in range(total + 1)]
    numbers = [100 * share for share in shares]  # some of them exactly between two others
    for digits in (0, 1, 2):
        found = opened(run_pages["xor"][0]).evaluate(
            "([numbers, digits]) => numbers.map((each) => network.fixed(each, digits))",
            [numbers, digits],
        )
        assert found == [f"{number:.{digits}f}" for number in numbers]


def test_the_share_of_seeds_is_that_of_a_sweep(
    opened: Open, run_pages: RunPages, point_of: Callable[..., Point]
) -> None:
    page = opened(run_pages["xor"][0])
    page.locator("[name=epochs]").fill("1500")
    converges = page.evaluate(
        """seeds => {
          const { inputs, targets, shape, limit } = JSON.parse(
            document.getElementById("run-data").textContent).playground;
          const made = { ...shape, hidden: 2 };
          return seeds.map((seed) => network.converges(made, { inputs, targets },
            network.initialWeights(made, seed, 0, 1), 0.5, 1500, limit));
        }""",
        list(range(12)),
    )
    runs = [train_single(point_of(lr=0.5, epochs=1500, seed=seed)) for seed in range(12)]
    assert converges == [run.converged_epoch is not None for run in runs]
    page.locator("[name=seed]").fill("0")
    page.get_by_role("button", name="Train 200 seeds").click()
    share = page.locator(".share")
    expect(share).to_contain_text(
        "of the 200 seeds 0 to 199 converge within 1,500", timeout=120_000
    )
    solved = int(share.inner_text().split()[0])
    expect(share).to_contain_text(f"epochs: {typeset(share_text(solved, 200))}, a")


def test_the_scrubber_moves_all_figures(opened: Open, run_pages: RunPages) -> None:
    path, run = run_pages["xor"]
    page = opened(path)
    scrubber = page.locator("#scrubber")
    state, slider = scrubber.locator("output"), scrubber.get_by_role("slider")
    expect(state).to_contain_text("after 1,000 epochs")
    outputs = scrubber.locator("[data-part=outputs] td.number")
    shown = [float(text) for text in outputs.all_inner_texts()]
    assert shown == pytest.approx(run.final_outputs[:, 0].tolist(), abs=1e-4)
    before = {
        part: scrubber.locator(f"[data-part={part}]").screenshot()
        for part in ("surface", "error", "outputs", "network", "hidden")
    }
    slider.focus()
    page.keyboard.press("Home")
    expect(state).to_contain_text("before training")
    shown = [float(text) for text in outputs.all_inner_texts()]
    assert shown == pytest.approx(run.outputs[:, 0, 0].tolist(), abs=1e-4)
    for part, picture in before.items():
        assert scrubber.locator(f"[data-part={part}]").screenshot() != picture
    page.keyboard.press("ArrowRight")
    expect(state).to_contain_text("after 1 epoch:")
    page.keyboard.press("Space")
    expect(scrubber.get_by_role("button", name="Pause")).to_be_visible()
    expect(state).to_contain_text("after 1,000 epochs", timeout=60_000)
    expect(scrubber.get_by_role("button", name="Play")).to_be_visible()


def test_own_weights_are_taken_as_numpy_prints_them(opened: Open, run_pages: RunPages) -> None:
    page = opened(run_pages["xor"][0])
    play = page.locator("#playground")
    play.get_by_text("your own initial weights").click()
    weights = play.get_by_role("textbox", name="Initial weights", exact=True)
    values = np.random.RandomState(7).random_sample(13)
    w1, b1, w2, b2 = np.split(values, [6, 9, 12])
    weights.fill(f"Initial hidden weights: {w1.reshape(2, 3)}\n{b1}\n{w2.reshape(3, 1)} {b2}")
    play.get_by_role("button", name="Use these weights").click()
    expect(play.locator("[name=hidden]")).to_have_value("3")
    w1, b1, w2, b2 = (np.array([float(f"{x:.8f}") for x in part]) for part in (w1, b1, w2, b2))
    hidden = 1 / (1 + np.exp(-(np.array([[0, 0], [0, 1], [1, 0], [1, 1]]) @ w1.reshape(2, 3) + b1)))
    outputs = 1 / (1 + np.exp(-(hidden @ w2 + b2)))
    texts = play.locator("[data-part=outputs] td.number").all_inner_texts()
    assert [float(text) for text in texts] == pytest.approx(outputs.tolist(), abs=1e-4)
    weights.fill("1 2 3")
    play.get_by_role("button", name="Use these weights").click()
    expect(play.get_by_role("alert")).to_contain_text("3 numbers: a network of 2 inputs")
    expect(play.get_by_role("alert")).to_contain_text("29 or 33 numbers with 1 to 8 hidden units")
    weights.fill("no weights")
    play.get_by_role("button", name="Use these weights").click()
    expect(play.get_by_role("alert")).to_contain_text("0 numbers: a network of 2 inputs")


def test_no_label_of_the_hidden_plane_covers_a_mark(opened: Open, run_pages: RunPages) -> None:
    page = opened(run_pages["xor"][0])
    plane = page.locator("#playground [data-part=hidden] svg")
    seed = page.locator("#playground [name=seed]")
    for number in range(8):
        seed.fill(str(number))
        marks, labels = (
            boxes(plane.locator(".hidden-mark")),
            boxes(plane.locator("text:not(.name)")),
        )
        assert len(marks) == 4
        assert labels
        assert all(are_apart(mark, label) for mark in marks for label in labels), number


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("name", ["xor", "linear output"])
def test_the_axes_of_a_run_are_written_in_one_way_and_can_be_read(
    name: str, size: dict[str, int], opened: Open, run_pages: RunPages
) -> None:
    page = opened(run_pages[name][0], viewport=size)
    for figure in ("#scrubber [data-part=error]", "figure.curve"):
        texts = page.locator(f"{figure} svg text")
        for one, other in combinations(boxes(texts), 2):
            assert are_apart(one, other)
        (whole,) = boxes(page.locator(f"{figure} svg"))
        assert all(box["right"] <= whole["right"] + 1 for box in boxes(texts))
        labels = texts.all_text_contents()
        assert "1,000" in labels
        assert not [label for label in labels if re.search(r"\dk|(?<!\w)-\d|e-\d", label)]
        assert not [label for label in labels if re.search("10⁻(9|[1-9].)|e−(9|[1-9].)", label)]


def test_the_playground_trains_and_starts_again(opened: Open, run_pages: RunPages) -> None:
    page = opened(run_pages["xor"][0])
    play = page.locator("#playground")
    state = play.locator(".state")
    expect(state).to_contain_text("0 epochs")
    play.get_by_role("button", name="Train", exact=True).click()
    expect(state).to_contain_text("1,000 epochs", timeout=60_000)
    play.get_by_role("button", name="New weights").click()
    expect(play.locator("[name=seed]")).to_have_value("4")
    expect(state).to_contain_text(re.compile(r"^0 epochs"))
    play.locator("[name=hidden]").fill("5")
    expect(play.locator("[data-part=network] circle")).to_have_count(8)


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("name", ENGINE_RUNS)
def test_the_page_of_a_run_fits_its_screen(
    name: str, size: dict[str, int], opened: Open, run_pages: RunPages
) -> None:
    page = opened(run_pages[name][0], viewport=size)
    assert page.evaluate("document.documentElement.scrollWidth") == size["width"]


def test_targets_of_a_run_are_printed(opened: Open, run_pages: RunPages) -> None:
    page = opened(run_pages["xor"][0])
    page.emulate_media(media="print")
    target = page.locator(".track i.target").first
    assert target.evaluate("one => getComputedStyle(one).printColorAdjust") == "exact"
    expect(page.locator("#scrubber [data-part=error]")).to_be_visible()
    expect(page.locator("#playground")).to_be_hidden()
    expect(page.locator("#scrubber output")).to_have_text(re.compile(r"^after 1,000 epochs"))
    expect(page.locator("#scrubber output")).to_be_visible()
    expect(page.locator("dt", has_text="task.encoding")).to_be_visible()


def test_rows_on_one_position_share_a_label(opened: Open, run_pages: RunPages) -> None:
    page = opened(run_pages["xor"][0])
    for key in ("Home", "End"):
        page.locator("#scrubber").get_by_role("slider").press(key)
        texts = page.locator("#scrubber [data-part=hidden] svg text:not(.name)")
        named = ", ".join(texts.all_text_contents()).split(", ")
        assert sorted(named) == ["00", "01", "10", "11"]
        for one, other in combinations(boxes(texts), 2):
            assert are_apart(one, other)


def test_hidden_units_have_their_names_in_texts_of_one_size(
    opened: Open, run_pages: RunPages
) -> None:
    page = opened(run_pages["three hidden units"][0])
    heights = []
    for part in ("network", "hidden"):
        name = page.locator(f"#scrubber [data-part={part}] svg text", has_text="h₃")
        expect(name).to_have_count(1)
        heights.append(boxes(name)[0]["bottom"] - boxes(name)[0]["top"])
    assert max(heights) < 1.5 * min(heights)


def test_without_script_a_run_has_its_animation(opened: Open, run_pages: RunPages) -> None:
    page = opened(run_pages["xor"][0], java_script_enabled=False)
    expect(page.locator(".learning img").first).to_be_visible()
    expect(page.locator("#scrubber")).to_be_hidden()
    expect(page.get_by_text("The playground needs JavaScript.")).to_be_visible()
