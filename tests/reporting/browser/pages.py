"""The screens, the runs and the parts of pages that tests look at."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page

from xorsweep.networks.single_run import SingleRun

CHROMIUM = shutil.which("chromium")
DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}

needs_browser = [
    pytest.mark.slow,
    pytest.mark.skipif(not CHROMIUM, reason="chromium isn't installed: apt-get install chromium"),
]

Open = Callable[..., Page]
RunPages = dict[str, tuple[Path, SingleRun]]

ENGINE_RUNS: dict[str, dict[str, Any]] = {
    "xor": {"seed": 3},
    "three hidden units": {"hidden": 3, "init": "symmetric", "seed": 5},
    "tanh": {"activation": "tanh", "task__encoding": "bipolar", "hidden": 4, "lr": 0.1},
    "linear output": {"output": "linear", "lr": 0.05},
    "parity": {"task": "parity", "hidden": 4},
    "several outputs": {"task": "encoder", "hidden": 3},
}


def column(page: Page, table: str, number: int) -> list[str]:
    """Return the texts of a column, from 0, in the rows that are shown."""
    rows = page.locator(f"[aria-labelledby={table}-caption] tbody tr:visible")
    return rows.locator(f"> :nth-child({number + 1})").all_inner_texts()


def heads(page: Page) -> Locator:
    return page.locator("[aria-labelledby=cells-caption] thead th")


def numbers(texts: list[str]) -> list[float]:
    return [float(text.split()[0].replace(",", "")) for text in texts]


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
