"""Sweeps without results.csv: the setting goes with them wherever their rows are written."""

from collections.abc import Callable
from pathlib import Path

import pytest
from column_sweeps import deterministic

import xorsweep as xs
from xorsweep.errors import ConfigError
from xorsweep.execution.settings import ExecutionSettings
from xorsweep.grid.axes import Axis
from xorsweep.grid.grid import Grid
from xorsweep.network_experiment import NetworkExperiment
from xorsweep.settings import SweepSettings
from xorsweep.sweeps.merge import merge
from xorsweep.sweeps.report import remake_report
from xorsweep.sweeps.requests import ResumeRequest, SweepRequest
from xorsweep.sweeps.runner import resume_sweep, run_sweep
from xorsweep.sweeps.verify import verify

GridOf = Callable[..., Grid]
SERIAL = ExecutionSettings("serial")
WITHOUT = SweepSettings(SERIAL, report=False, csv=False)
WITH = SweepSettings(SERIAL, report=False)


def swept(grid_of: GridOf, folder: Path, settings: SweepSettings, **axes: object) -> Path:
    grid = grid_of(**{"lr": [0.5, 2.0], "epochs": 20, "seed": range(3), **axes})
    result = run_sweep(SweepRequest(NetworkExperiment(), grid, settings, folder))
    assert result.results.exists()
    return folder


def has_csv(folder: Path) -> bool:
    assert (folder / "results.parquet").exists()
    return (folder / "results.csv").exists()


def test_the_rows_are_the_same_and_verify_misses_nothing(grid_of: GridOf, tmp_path: Path) -> None:
    plain = swept(grid_of, tmp_path / "plain", WITH)
    without = swept(grid_of, tmp_path / "without", WITHOUT)
    assert has_csv(plain)
    assert not has_csv(without)
    parquet = [(folder / "results.parquet").read_bytes() for folder in (plain, without)]
    assert parquet[0] == parquet[1]
    found = verify(str(without))
    assert not found.wrong
    assert "; results.parquet matches the parts" in found.text
    assert "results.csv and results.parquet match" in verify(str(plain)).text
    (without / "results.parquet").write_bytes(b"")
    assert [line.partition(":")[0] for line in verify(str(without)).wrong] == ["results.parquet"]


def test_a_resume_keeps_it_unless_another_is_given(grid_of: GridOf, tmp_path: Path) -> None:
    folder = swept(grid_of, tmp_path / "sweep", WITHOUT)
    resume_sweep(ResumeRequest(folder, WITH, [Axis("seed", (7,))]))
    assert not has_csv(folder)
    resume_sweep(ResumeRequest(folder, WITH, csv=True))
    assert has_csv(folder)
    resume_sweep(ResumeRequest(folder, WITH, csv=False))
    assert not has_csv(folder)


@pytest.mark.slow
def test_merged_sweeps_have_one_unless_none_has(grid_of: GridOf, tmp_path: Path) -> None:
    one = swept(grid_of, tmp_path / "one", WITHOUT)
    other = swept(grid_of, tmp_path / "other", WITHOUT, seed=range(3, 6))
    plain = swept(grid_of, tmp_path / "plain", WITH, seed=range(6, 9))
    merge(tmp_path / "both", [one, other], report=False)
    merge(tmp_path / "all", [one, plain], report=False)
    assert not has_csv(tmp_path / "both")
    assert has_csv(tmp_path / "all")


@pytest.mark.slow
def test_a_report_made_again_writes_none(
    grid_of: GridOf, tmp_path: Path, without_figures: None
) -> None:
    folder = swept(grid_of, tmp_path / "sweep", WITHOUT)
    (folder / "results.parquet").unlink()
    page = remake_report(folder).read_text()
    assert not has_csv(folder)
    assert "results.csv" not in page


def test_from_python_and_for_functions(tmp_path: Path) -> None:
    axes = {"x": [0.5, 1.5], "y": [1, 2]}
    folder = tmp_path / "function"
    xs.sweep_function(deterministic, axes, folder, csv=False, n_jobs=1, progress=False)
    assert not has_csv(folder)
    xs.sweep_function(deterministic, axes, folder, csv=False, n_jobs=1, progress=False)
    assert not has_csv(folder)
    xs.sweep_function(deterministic, axes, folder, n_jobs=1, progress=False)
    assert has_csv(folder)
    networks = tmp_path / "networks"
    given = {"lr": [0.5, 2.0], "hidden": 2, "epochs": 20, "seed": range(3), "parallel": "serial"}
    xs.sweep(folder=networks, csv=False, progress=False, **given)  # type: ignore[arg-type]
    assert not has_csv(networks)
    with pytest.raises(ConfigError, match="csv"):
        xs.sweep(folder=tmp_path / "none", csv="no", progress=False, **given)  # type: ignore[arg-type]
