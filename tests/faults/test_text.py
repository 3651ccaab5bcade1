"""Text that came from a user, with a script tag in each place: shown, and never obeyed."""

import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console as RichConsole

from xorsweep.analysis.export import Failure
from xorsweep.execution.settings import ExecutionSettings
from xorsweep.grid.grid import Grid
from xorsweep.network_experiment import NetworkExperiment
from xorsweep.reporting.console import Console
from xorsweep.settings import SweepSettings
from xorsweep.sweeps.report import remake_report
from xorsweep.sweeps.requests import SweepRequest
from xorsweep.sweeps.runner import run_sweep

GridOf = Callable[..., Grid]
SCRIPT = "<script>alert(1)</script>"
NASTY = f"{SCRIPT}|`x`\\| $\\frac$ [a](http://b) ![c](d)"


OURS = "".join(
    (files("xorsweep.reporting") / "templates" / name).read_text()
    for name in ("tables.js", "page.js", "axes.js", "explore.js")
).strip()
"""The one script that a page has."""


class Seen(HTMLParser):
    """The tags of a page, the attributes that do something, and the text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.doing: list[str] = []
        self.script = ""
        self.data = ""
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        is_data = tag == "script" and ("type", "application/json") in attrs
        self.tags.append("data" if is_data else tag)
        self.doing += [name for name, _ in attrs if name.startswith("on")]

    def handle_data(self, data: str) -> None:
        self.text += data
        if self.tags[-1:] == ["script"]:
            self.script += data
        if self.tags[-1:] == ["data"]:
            self.data += data


def write_weights(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    shapes = {"w1": (3, 2, 2), "b1": (3, 2), "w2": (3, 2, 1), "b2": (3, 1)}
    np.savez(path, **{name: np.full(shape, 0.5) for name, shape in shapes.items()})


@pytest.fixture(scope="module")
def sweep(grid_of: GridOf, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a sweep whose levels, folder, command, configuration and failures are nasty."""
    root = tmp_path_factory.mktemp("text") / SCRIPT
    paths = [root / NASTY / "good.npz", root / NASTY / "gone.npz"]
    for path in paths:
        write_weights(path)
    levels = [str(path) for path in paths]
    grid = grid_of(init="file", init__path=levels, lr=[0.5, 2.0], epochs=3, seed=range(3))
    paths[1].unlink()
    command = [
        "python",
        "-m",
        "xorsweep",
        "-m",
        f"init.path={NASTY}",
        "x=1\n# a heading\n" + SCRIPT,
    ]
    config = {SCRIPT: NASTY}
    folder = root / "sweep"
    result = run_sweep(
        SweepRequest(
            NetworkExperiment(),
            grid,
            SweepSettings(ExecutionSettings("serial")),
            folder,
            {"command_line": command, "config": config},
        )
    )
    assert result.counts["failed"] == 6
    write_weights(paths[1])  # so that the grid can be read again
    return folder


@pytest.mark.slow
def test_the_page_shows_every_text_and_obeys_none(sweep: Path) -> None:
    seen = Seen((sweep / "report.html").read_text())
    assert seen.script.strip() == OURS
    assert seen.tags.count("script") == 1
    assert "<" not in seen.data
    assert not seen.doing
    assert seen.text.count(SCRIPT) > 5
    assert "no such file" in seen.text
    for path in (sweep / "figures").glob("*.svg"):
        assert "<script" not in path.read_text()


@pytest.mark.slow
def test_the_markdown_keeps_its_form(sweep: Path) -> None:
    text = (sweep / "report.md").read_text()
    outside = re.sub(r"(?m)^    .*$", "", text)
    assert "<" not in outside
    assert "](http" not in outside
    tables = re.findall(r"(?:^\|.*\n)+", outside, re.MULTILINE)
    assert len(tables) >= 4
    for table in tables:
        assert len({line.count("|") for line in table.splitlines()}) == 1
    headings = [line for line in outside.splitlines() if line.startswith("#")]
    assert not any("a heading" in line for line in headings)
    assert "    # a heading" in text


@pytest.mark.slow
def test_entries_written_into_the_manifest_by_hand_are_shown_and_not_obeyed(sweep: Path) -> None:
    path = sweep / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["grid"]["text"] = manifest["started"] = NASTY
    manifest["machine"] |= {
        key: NASTY for key, value in manifest["machine"].items() if isinstance(value, str)
    }
    manifest["versions"] = {SCRIPT: NASTY}
    manifest["git"] = {"commit": NASTY, "dirty": True}
    path.write_text(json.dumps(manifest))
    remake_report(sweep)
    seen = Seen((sweep / "report.html").read_text())
    assert seen.script.strip() == OURS
    assert seen.tags.count("script") == 1
    assert "<" not in seen.data
    assert seen.text.count(SCRIPT) > 10
    outside = re.sub(r"(?m)^    .*$", "", (sweep / "report.md").read_text())
    assert "<" not in outside


def test_a_terminal_obeys_no_failure(capsys: pytest.CaptureFixture[str]) -> None:
    terminal = Console(RichConsole(soft_wrap=True, highlight=False))
    terminal.failures([Failure("a\x1b[2J\x07\n[bold]b", 2, "python\n-m \x1b[31mx")])
    assert capsys.readouterr().out == (
        "2 points failed: a [2J / [bold]b\n  one of them alone: python -m [31mx\n"
    )


def test_a_single_failure_has_its_command_unless_it_is_the_whole_sweep(
    capsys: pytest.CaptureFixture[str],
) -> None:
    terminal = Console(RichConsole(soft_wrap=True, highlight=False))
    terminal.failures([Failure("no memory", 1, "python -m xorsweep lr=1")], 2)
    assert capsys.readouterr().out == (
        "1 point failed: no memory\n  it alone: python -m xorsweep lr=1\n"
    )
    terminal.failures([Failure("no memory", 1, "python -m xorsweep lr=1")], 1)
    assert capsys.readouterr().out == "1 point failed: no memory\n"
