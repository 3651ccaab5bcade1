"""The command that shows two sweeps side by side."""

import io
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import functions_to_sweep
import pandas as pd
import pytest
from command_line import run_command
from rich.console import Console as RichConsole

import xorsweep as xs
from xorsweep.analysis.sweep_comparison import compare_sweeps
from xorsweep.errors import ConfigError, StoreError
from xorsweep.execution.settings import ExecutionSettings
from xorsweep.grid.grid import Grid
from xorsweep.network_experiment import NetworkExperiment
from xorsweep.networks.engines import Engine
from xorsweep.reporting.comparison_findings import comparison_findings, describe_tests
from xorsweep.reporting.console import Console
from xorsweep.settings import SweepSettings
from xorsweep.storage.results import read_results
from xorsweep.sweeps.compare import compare
from xorsweep.sweeps.requests import SweepRequest
from xorsweep.sweeps.runner import run_sweep

GridOf = Callable[..., Grid]


@pytest.fixture(scope="module")
def pair(grid_of: GridOf, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return two sweeps, of logistic and of tanh units, the second without the largest rate."""
    root = tmp_path_factory.mktemp("pair")
    settings = SweepSettings(ExecutionSettings("serial"), report=False)
    one = grid_of(lr=[0.5, 2.0, 5.0], hidden=[2, 4], epochs=250, seed=range(20))
    other = grid_of(lr=[0.5, 2.0], hidden=[2, 4], epochs=250, seed=range(20), activation="tanh")
    for name, grid in (("one", one), ("other", other)):
        run_sweep(SweepRequest(NetworkExperiment(), grid, settings, root / name))
    return root / "one", root / "other"


@pytest.fixture(scope="module")
def said(pair: tuple[Path, Path]) -> str:
    stream = io.StringIO()
    compare(pair, terminal=Console(RichConsole(file=stream, width=100)))
    return " ".join(stream.getvalue().split())


def test_a_folder_is_not_compared_with_itself(pair: tuple[Path, Path]) -> None:
    done = run_command("compare", pair[0], str(pair[0]), ".")
    said = f"{pair[0]} and . are the same folder; compare two sweeps\n"
    assert (done.returncode, done.stderr) == (1, said)


def test_it_names_the_differences_and_their_test(said: str) -> None:
    assert "a: " in said
    assert ": 120 results" in said
    assert "activation: logistic in a, tanh in b" in said
    assert re.search(r"In \d of 4 settings the sweeps differ beyond chance", said)
    assert "2 settings only in a: not compared." in said
    assert (
        "4 settings with the same seeds in both, compared run by run by McNemar's exact test"
        in said
    )
    assert "Holm's correction for 4 settings" in said


def test_the_rates_are_those_of_the_two_sweeps(pair: tuple[Path, Path], said: str) -> None:
    table = pd.read_csv(pair[0] / "compared/other/compare.csv")
    assert len(table) == 4
    for folder, rate in zip(pair, ("rate_a", "rate_b"), strict=True):
        rates = (
            read_results(folder, NetworkExperiment()).groupby(["lr", "hidden"])["converged"].mean()
        )
        for _, cell in table.iterrows():
            assert cell[rate] == rates[cell["lr"], cell["hidden"]]


def test_the_page_shows_every_cell_and_needs_nothing_else(
    pair: tuple[Path, Path], said: str
) -> None:
    page = (pair[0] / "compared/other/compare.html").read_text()
    assert "Rates of 4 cells, a across and b upwards" in page
    assert "Settings of one sweep only" in page
    assert "default-src &#39;none&#39;" in page or "default-src 'none'" in page
    assert not re.findall(r"(?:src|href)=\"(?!#|data:)", page)


def test_a_link_is_named_by_its_folder(pair: tuple[Path, Path], tmp_path: Path) -> None:
    link = tmp_path / "latest"
    link.symlink_to(pair[1])
    stream = io.StringIO()
    compare((pair[0], link), terminal=Console(RichConsole(file=stream, width=300)))
    assert f"b: {pair[1]}, " in stream.getvalue()
    assert "latest" not in stream.getvalue()
    assert not (pair[0] / "compared/latest").exists()


def test_a_page_with_one_finding_has_no_empty_list(tmp_path: Path) -> None:
    folders = tmp_path / "one", tmp_path / "other"
    for folder, seeds in zip(folders, (range(8), range(8, 16)), strict=True):
        given = {"report": False, "parallel": "serial", "progress": False}
        axes = {"lr": [1.0, 2.0], "seed": seeds}
        xs.sweep_function(functions_to_sweep.train, axes, folder, **given)
    compare(folders, tmp_path, Console.silent())
    page = (tmp_path / "compare.html").read_text()
    assert "do the sweeps differ beyond chance" in page
    assert 'class="findings"' not in page


def test_other_epochs_are_compared_on_request(pair: tuple[Path, Path], tmp_path: Path) -> None:
    found = compare(pair, tmp_path / "into", Console.silent(), epochs=250)
    assert len(found.cells) == 4
    with pytest.raises(ConfigError, match="epochs=100: must be one of the sweep's, 250"):
        compare(pair, terminal=Console.silent(), epochs=100)


def test_a_sweep_beside_itself_is_the_same(pair: tuple[Path, Path], tmp_path: Path) -> None:
    shutil.copytree(pair[0], tmp_path / "copy")
    found = compare((pair[0], tmp_path / "copy"), tmp_path / "into", Console.silent())
    assert found.differing.empty
    assert (found.points, found.same) == (120, 120)
    page = (tmp_path / "into/compare.html").read_text()
    assert "All 120 points in both ended with the same error to the last bit" in page
    assert "engine" not in page


def test_the_precision_of_the_engines_is_named_where_it_differs(
    grid_of: GridOf, pair: tuple[Path, Path], tmp_path: Path
) -> None:
    grid = grid_of(lr=[0.5, 2.0], hidden=[2, 4], epochs=250, seed=range(20))
    single = NetworkExperiment(Engine(dtype="float32"))
    settings = SweepSettings(ExecutionSettings("serial"), report=False)
    run_sweep(SweepRequest(single, grid, settings, tmp_path / "single"))
    stream = io.StringIO()
    compare((pair[0], tmp_path / "single"), terminal=Console(RichConsole(file=stream, width=100)))
    said = " ".join(stream.getvalue().split())
    assert "engine: numpy in float64 in a, numpy in float32 in b" in said
    assert "None of 80 points in both ended with the same error to the last bit" in said


def test_no_cell_in_common_is_reported_in_one_line(
    pair: tuple[Path, Path], grid_of: GridOf, tmp_path: Path
) -> None:
    grid = grid_of(lr=7.0, hidden=[2, 4], epochs=5, seed=range(2))
    run_sweep(
        SweepRequest(
            NetworkExperiment(),
            grid,
            SweepSettings(ExecutionSettings("serial"), report=False),
            tmp_path / "seven",
        )
    )
    with pytest.raises(StoreError, match=r"in common: lr is 0\.5, 2, 5 in the first and 7 in the"):
        compare((pair[0], tmp_path / "seven"), terminal=Console.silent())
    assert not (pair[0] / "compared/seven").exists()


def test_a_folder_without_a_finished_sweep_is_refused(
    pair: tuple[Path, Path], tmp_path: Path
) -> None:
    with pytest.raises(StoreError, match="holds no sweep"):
        compare((pair[0], tmp_path), terminal=Console.silent())
    (tmp_path / "manifest.json").write_text('{"state": "running"}')
    with pytest.raises(StoreError, match="isn't finished"):
        compare((tmp_path, pair[1]), terminal=Console.silent())


def test_into_is_a_folder_of_this_machine(pair: tuple[Path, Path], tmp_path: Path) -> None:
    home = {"HOME": str(tmp_path)}
    done = run_command("compare", tmp_path, *map(str, pair), "--into", "~/both", env=home)
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "both/compare.html").exists()
    done = run_command("compare", tmp_path, *map(str, pair), "--into", "s3://both")
    assert done.returncode == 1
    assert done.stderr.startswith("--into=s3://both: is an address; must be the path")


@pytest.mark.parametrize("times", [{"steps": "solved"}, pytest.param(None, marks=pytest.mark.slow)])
def test_functions_are_compared_in_their_own_words(
    times: dict[str, str] | None, tmp_path: Path
) -> None:
    for name, width in (("one", 8), ("other", 9)):
        axes = {"lr": [1.0, 2.0], "width": width, "seed": range(20)}
        given = {"times": times, "report": False, "parallel": "serial", "progress": False}
        xs.sweep_function(functions_to_sweep.train, axes, folder=tmp_path / name, **given)
    found = compare((tmp_path / "one", tmp_path / "other"), terminal=Console.silent())
    page = (tmp_path / "one/compared/other/compare.html").read_text()
    assert "epochs" not in page
    assert not any("epochs" in name for name in found.cells)
    assert ("median steps in a" in page) == (times is not None)
    if times:
        summary = pd.read_csv(tmp_path / "other/summary.csv")
        assert found.cells["median_steps_b"].tolist() == summary["steps_median"].tolist()


@pytest.mark.parametrize(("other", "verb"), [(0, "don't differ"), (20, "differ")])
def test_one_setting_is_described_without_counts(
    other: int, verb: str, pair: tuple[Path, Path]
) -> None:
    rows = read_results(pair[0], NetworkExperiment())
    cell = rows[(rows["lr"] == 2.0) & (rows["hidden"] == 4)].reset_index(drop=True)
    never = pd.Series([pd.NA] * 20, dtype="Int64")
    a = cell.assign(converged_epoch=never)
    found = compare_sweeps(a, a.assign(converged_epoch=never.where(never.index >= other, 7)))
    said, *_ = comparison_findings(found, "they converge")
    start = (
        f"The sweeps {verb} beyond chance in how often they converge in the one setting compared"
    )
    assert said.startswith(start)
    assert ("b higher, 0 % in a and 100 % in b, -100 points [" in said) == (other == 20)
    assert "Holm" not in describe_tests(found)
