"""The page of a run: its slider over epochs and its figures."""

import re
from itertools import combinations

import pytest
from playwright.sync_api import expect

from .pages import DESKTOP, ENGINE_RUNS, PHONE, Open, RunPages, are_apart, boxes, needs_browser

pytestmark = needs_browser


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
