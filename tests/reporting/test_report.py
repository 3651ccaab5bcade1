"""The report: one page that needs nothing else, and the same in Markdown."""

import json
import os
import re
import shlex
import shutil
import signal
from collections.abc import Callable
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from command_line import run_command
from small_sweep_figures import SMALL_SWEEP_FIGURES

from xorsweep.command_lines import single_run_command
from xorsweep.errors import ConfigError, StoreError
from xorsweep.execution.settings import ExecutionSettings
from xorsweep.grid.grid import Grid
from xorsweep.network_experiment import NetworkExperiment
from xorsweep.reporting.figures.data import Tables
from xorsweep.reporting.network_report import NetworkReport
from xorsweep.reporting.report import READERS, commands_of
from xorsweep.settings import SweepSettings
from xorsweep.storage.manifest import RunRecord, read_finished
from xorsweep.storage.results import assemble, read_results
from xorsweep.sweeps.folders import open_sweep
from xorsweep.sweeps.outputs import write_comparisons, write_summary
from xorsweep.sweeps.report import remake_report
from xorsweep.sweeps.requests import SweepRequest
from xorsweep.sweeps.runner import run_sweep

GridOf = Callable[..., Grid]


class Elements(HTMLParser):
    """Collects tags with their attributes, the text, and whether every tag is closed."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "img", "link"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture(scope="module")
def page(small_sweep: Path) -> Elements:
    return Elements((small_sweep / "report.html").read_text())


def test_the_page_needs_no_network(small_sweep: Path, page: Elements) -> None:
    text = (small_sweep / "report.html").read_text()
    text = re.sub(r"base64,[A-Za-z0-9+/=]+", "", text)
    assert "://" not in text.replace('"http://www.w3.org/2000/svg"', "")
    links = [attrs.get("href") or attrs.get("src") or "" for _, attrs in page.tags]
    assert all(link.startswith(("#", "data:")) for link in links if link)


class DyingReport(NetworkReport):
    """A report that kills any other process that draws."""

    def tables(self, results: pd.DataFrame, summary: pd.DataFrame) -> Tables:
        here, tables = os.getpid(), super().tables(results, summary)

        def curves_or_death(cells: pd.DataFrame) -> Any:
            if os.getpid() != here:
                os.kill(os.getpid(), signal.SIGKILL)
            return tables.learning_curves(cells)

        return replace(tables, learning_curves=curves_or_death)


@pytest.mark.slow
@pytest.mark.parametrize("kind", [NetworkReport, DyingReport])
def test_the_page_and_figures_are_the_same_whoever_draws_and_whoever_dies(
    small_sweep: Path, tmp_path: Path, kind: type[NetworkReport]
) -> None:
    folder = tmp_path / "sweep"
    shutil.copytree(small_sweep, folder, ignore=shutil.ignore_patterns("figures", "report.*"))
    opened = open_sweep(folder)
    store, grid = opened.store, opened.grid
    results = read_results(folder, store.experiment)
    report = kind(grid, store, workers=2)
    report.begin(assemble(grid, store.measurements()))
    summary = write_summary(store, grid, results, None)
    report.draw(results, summary)
    comparisons = write_comparisons(store, results, summary, None)
    manifest = read_finished(json.loads((small_sweep / "manifest.json").read_text()))
    assert report.write(manifest, comparisons).read_bytes() == (
        (small_sweep / "report.html").read_bytes()
    )
    here = {path.name: path.read_bytes() for path in (folder / "figures").iterdir()}
    assert here == {path.name: path.read_bytes() for path in (small_sweep / "figures").iterdir()}


def test_a_resumed_sweep_is_reproduced_by_all_of_its_commands(small_sweep: Path) -> None:
    manifest = read_finished(json.loads((small_sweep / "manifest.json").read_text()))
    last = shlex.join(manifest.command_line)
    assert commands_of(manifest) == last
    first, resumed = ("python", "-m", "xorsweep", "-m", "seed=range(0,9)"), manifest.command_line
    earlier = [RunRecord(command_line=line) for line in (first, resumed, ())]
    lines = ["python -m xorsweep -m 'seed=range(0,9)'", last]
    assert commands_of(replace(manifest, earlier=earlier)).splitlines() == lines
    call = replace(manifest, command_line=("xorsweep.sweep(lr=[0.5, 2])",))
    assert commands_of(call) == "xorsweep.sweep(lr=[0.5, 2])"


def test_both_name_the_lines_that_read_the_results_in_r_with_arrow_and_without(
    small_sweep: Path,
) -> None:
    for name in ("report.md", "report.html"):
        text = unescape((small_sweep / name).read_text())
        for lines in READERS.values():
            assert all(line in text for line in lines.splitlines())


def test_the_page_is_whole(page: Elements) -> None:
    assert not page.open
    ids = {attrs.get("id") for _, attrs in page.tags}
    links = [str(attrs["href"])[1:] for tag, attrs in page.tags if tag == "a"]
    assert links
    assert set(links) <= ids


def test_each_picture_has_words_made_from_its_numbers(small_sweep: Path, page: Elements) -> None:
    images = [attrs for tag, attrs in page.tags if tag == "img"]
    assert all(image["alt"] for image in images)
    alts = [str(image["alt"]) for image in images if image.get("class") != "surface"]
    assert len(alts) == len(SMALL_SWEEP_FIGURES)
    summary = pd.read_csv(small_sweep / "summary.csv")
    best = summary.loc[summary["rate"].idxmax()]
    assert f"Most often with hidden {best['hidden']}, lr {best['lr']:g}" in alts[0]
    assert f"{100 * best['rate']:.0f}\u00a0%, {best['converged']} of 12." in alts[0]
    at_the_end = summary[(summary["epochs"] == 1500) & (summary["hidden"] == 2)]
    unsolved = int(at_the_end["outcome_constant_output"].sum())
    assert re.search(rf"hidden 2, [^;]*{unsolved} constant output", alts[3])


def test_both_report_the_grid_and_the_result(small_sweep: Path, page: Elements) -> None:
    markdown = (small_sweep / "report.md").read_text()
    for text in (page.text, markdown):
        assert "3 learning rates x 2 hidden sizes x 2 epoch budgets x 12 seeds: 144 results" in text
        assert "144 results, none diverged or failed" in text
        assert "Of 72 runs trained" in text
        assert text.count("Runs that solve XOR within 1,500 epochs") == 1
        assert "on the seeds that both have after the most epochs that both have, by" in text
        assert "xorsweep -m" in text
        assert "0 to 11, 12 of them" in text


def test_the_pictures_of_the_markdown_exist(small_sweep: Path) -> None:
    markdown = (small_sweep / "report.md").read_text()
    pictures = re.findall(r"!\[[^]]*]\(([^)]+)\)", markdown)
    assert len(pictures) == len(SMALL_SWEEP_FIGURES)
    assert all((small_sweep / picture).is_file() for picture in pictures)


def test_tables_of_the_markdown_have_as_many_fields_as_heads(small_sweep: Path) -> None:
    blocks = re.findall(r"(?:^\|.*\n)+", (small_sweep / "report.md").read_text(), re.MULTILINE)
    assert len(blocks) == 4
    for block in blocks:
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()}) == 1


@pytest.fixture
def copy(small_sweep: Path, tmp_path: Path) -> Path:
    """Return a copy of the sweep, to be changed."""
    return Path(shutil.copytree(small_sweep, tmp_path / "sweep"))


def expect_same_again(sweep: Path) -> None:
    """Expect the command `report` to write the files that it finds removed with the same bytes."""
    before = {
        name: (sweep / name).read_bytes()
        for name in ("report.html", "report.md", "summary.csv", "figures/unsolved.png")
    }
    for name in before:
        (sweep / name).unlink()
    # Other processes would draw the same, but import the libraries of figures first.
    done = run_command("report", sweep.parent, sweep.name, env={"LOKY_MAX_CPU_COUNT": "1"})
    assert done.stdout == f"Open {sweep.name}/report.html\n"
    assert before == {name: (sweep / name).read_bytes() for name in before}


def test_the_report_can_be_made_again(grid_of: GridOf, tmp_path: Path) -> None:
    grid = grid_of(lr=5.0, epochs=200, seed=range(3))
    settings = SweepSettings(ExecutionSettings("serial"))
    provenance = {"command_line": ["xorsweep", "-m"]}
    sweep = tmp_path / "small"
    run_sweep(SweepRequest(NetworkExperiment(), grid, settings, sweep, provenance))
    expect_same_again(sweep)


@pytest.mark.slow
def test_a_report_of_many_settings_can_be_made_again(copy: Path) -> None:
    expect_same_again(copy)


@pytest.mark.usefixtures("without_figures")
def test_other_epochs_are_reported_on_request_and_that_is_in_the_report(
    copy: Path, small_sweep: Path
) -> None:
    with pytest.raises(ConfigError, match="epochs=7: must be one of the sweep's, 200, 1,500"):
        remake_report(copy, epochs=7)
    remake_report(copy, epochs=200)
    text = (copy / "report.md").read_text()
    assert "Runs that solve XOR within 200 epochs" in text
    assert "outcomes are those after 200 epochs, as requested" in text
    assert "epochs" not in pd.read_csv(copy / "comparisons.csv")
    remake_report(copy)
    lines = set((copy / "report.md").read_text().splitlines())
    assert lines <= set((small_sweep / "report.md").read_text().splitlines())


def test_outcomes_are_counted_once_a_training(small_sweep: Path) -> None:
    text = (small_sweep / "report.md").read_text()
    section = text.split("\n## Outcomes")[1].split("\n## ")[0]
    rows = re.findall(r"^\| [\w\\]+ \| (\d+) \|", section, re.MULTILINE)
    assert sum(map(int, rows)) == 72


def test_an_unfinished_sweep_has_no_report(small_sweep: Path, tmp_path: Path) -> None:
    manifest = json.loads((small_sweep / "manifest.json").read_text())
    (tmp_path / "manifest.json").write_text(json.dumps(manifest | {"state": "running"}))
    with pytest.raises(StoreError, match="isn't finished"):
        remake_report(tmp_path)


def test_without_a_folder_it_prints_its_usage(tmp_path: Path) -> None:
    done = run_command("report", tmp_path)
    assert done.returncode == 2
    assert "arguments are required: FOLDER; see --help" in done.stderr


def test_the_command_for_one_point_holds_every_key_that_it_has() -> None:
    point = {"task": "xor", "skip": True, "init.low": float("nan"), "lr": 0.1, "init.path": "a b"}
    command = single_run_command(point)
    assert command == "python -m xorsweep task=xor skip=true lr=0.1 'init.path=a b'"


def test_the_summary_opens_in_pandas(small_sweep: Path) -> None:
    summary = pd.read_csv(small_sweep / "summary.csv")
    assert len(summary) == 12
    assert summary["runs"].eq(12).all()
    outcomes = [column for column in summary.columns if str(column).startswith("outcome_")]
    assert summary[outcomes].sum(axis=1).eq(12).all()


@pytest.mark.slow
def test_a_page_stays_small_however_many_cells_there_are(grid_of: GridOf, tmp_path: Path) -> None:
    grid = grid_of(lr=[float(lr) for lr in range(1, 1501)], epochs=1, seed=range(2))
    run_sweep(
        SweepRequest(
            NetworkExperiment(),
            grid,
            SweepSettings(ExecutionSettings("serial")),
            tmp_path / "sweep",
            {"command_line": ["xorsweep"]},
        )
    )
    text = (tmp_path / "sweep/report.html").read_text()
    assert len(text) < 5_000_000
    page = Elements(text)
    assert page.text.count("runs in detail") == 1
    assert "1,000 of 1,500 settings: 1,000 of 1,500 levels of lr" in page.text
    assert "room for the runs of 60 of 1,500 settings" in page.text
    assert sum(attrs.get("class") == "run" for _, attrs in page.tags) == 60 * 2
