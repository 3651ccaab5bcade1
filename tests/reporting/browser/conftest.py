"""The pages, and one browser for all of their tests: Debian's Chromium without a window."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from xorsweep.grid.schema import Point
from xorsweep.networks.single_run import train_single
from xorsweep.reporting.console import Console
from xorsweep.reporting.run_page import write_page
from xorsweep.sweeps.compare import compare

from .pages import CHROMIUM, DESKTOP, ENGINE_RUNS, Open, RunPages


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    # Chromium's own sandbox needs rights that root in a container doesn't have.
    alone = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=alone)
        yield browser
        browser.close()


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


@pytest.fixture(scope="package")
def compared(small_sweep: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("compared")
    compare((small_sweep, small_sweep), folder, Console.silent())
    return folder / "compare.html"


@pytest.fixture(scope="package")
def run_pages(point_of: Callable[..., Point], tmp_path_factory: pytest.TempPathFactory) -> RunPages:
    """Return the pages of some runs of 1,000 epochs, and the runs."""
    found = {}
    for name, keys in ENGINE_RUNS.items():
        run = train_single(point_of(**{"lr": 0.5, "epochs": 1000, **keys}))
        folder = tmp_path_factory.mktemp("run")
        write_page(run, folder)
        found[name] = (folder / "run.html", run)
    return found
