"""Boolean functions with curvature and trainable: merged, verified, run again, compared."""

import io
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from rich.console import Console as RichConsole

import xorsweep as xs
from xorsweep.errors import ConfigError, StoreError
from xorsweep.execution.settings import ExecutionSettings
from xorsweep.grid.grid import Grid
from xorsweep.network_experiment import NetworkExperiment
from xorsweep.networks.criteria import RightSide
from xorsweep.networks.plugins import register
from xorsweep.networks.schema import COMPONENTS
from xorsweep.reporting.console import Console
from xorsweep.settings import SweepSettings
from xorsweep.sweeps.compare import compare
from xorsweep.sweeps.merge import merge
from xorsweep.sweeps.replay import replay
from xorsweep.sweeps.requests import SweepRequest
from xorsweep.sweeps.runner import run_sweep
from xorsweep.sweeps.verify import verify

GridOf = Callable[..., Grid]
SETTINGS = SweepSettings(ExecutionSettings("serial"), report=False)
SEEDS = {"whole": range(6), "first": range(3), "second": range(2, 6)}
KEYS = ["task.table", "skip", "lr", "epochs", "seed"]
MEASURED = ["gradient_norm", "curvature_min", "curvature_max", "trainable", "solution"]


def swept(folder: Path, grid: Grid, curvature: bool | str = True) -> Path:
    experiment = NetworkExperiment(curvature=curvature, trainable=True)
    run_sweep(SweepRequest(experiment, grid, SETTINGS, folder))
    return folder


@pytest.fixture(
    scope="module", params=[True, pytest.param("learning_curve", marks=pytest.mark.slow)]
)
def folders(
    grid_of: GridOf, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> dict[str, Path]:
    """Return a sweep of XOR, AND and AND by its number, and two that share it between them."""
    root = tmp_path_factory.mktemp("measured")
    found = {}
    for name, seeds in SEEDS.items():
        grid = grid_of(
            task="boolean", task__table=[6, 8], skip=[False, True], lr=[2.0, 30.0],
            epochs=[40, 400], seed=seeds,
        )  # fmt: skip
        found[name] = swept(root / name, grid, request.param)
    return found


def test_the_columns_are_filled(folders: dict[str, Path]) -> None:
    rows = xs.load(folders["whole"]).results
    assert rows[MEASURED[:3]].notna().all(axis=None)
    assert rows["trainable"].any()
    assert not rows["trainable"].all()
    assert {"AND", "XOR"} & set("+".join(rows["solution"].dropna()).split("+"))


@pytest.mark.slow
def test_two_halves_merge_into_the_whole(folders: dict[str, Path], tmp_path: Path) -> None:
    merged = tmp_path / "merged"
    merge(merged, [folders["first"], folders["second"]], report=False)
    frames = [
        pd.read_csv(folder / "results.csv").sort_values(KEYS, ignore_index=True)
        for folder in (merged, folders["whole"])
    ]
    pd.testing.assert_frame_equal(*frames, check_exact=True)
    found = verify(str(merged), sample=8)
    assert (found.compared, found.wrong) == (8, [])


@pytest.mark.slow
def test_a_row_run_again_has_the_same_bits(folders: dict[str, Path], tmp_path: Path) -> None:
    rows = xs.load(folders["whole"]).results
    for row in {int(rows["trainable"].idxmin()), int(rows["trainable"].idxmax())}:
        stream = io.StringIO()
        terminal = Console(RichConsole(file=stream, width=100))
        assert replay(str(folders["whole"]), row, tmp_path / str(row), terminal) == []
        assert "the same bits as the stored row" in stream.getvalue()


def test_the_same_seeds_do_not_differ(folders: dict[str, Path], tmp_path: Path) -> None:
    found = compare((folders["whole"], folders["first"]), tmp_path / "compared")
    assert len(found.cells) == 8
    assert set(found.cells["task.table"]) == {6, 8}
    assert (found.cells["rate_a"] == found.cells["rate_b"]).all()


def test_sweeps_that_measure_otherwise_are_not_merged(
    folders: dict[str, Path], grid_of: GridOf, tmp_path: Path
) -> None:
    grid = grid_of(task="boolean", task__table=[6, 8], lr=2.0, epochs=40, seed=range(9, 11))
    swept(tmp_path / "other", grid, curvature=False)
    with pytest.raises(StoreError, match="curvature"):
        merge(tmp_path / "merged", [folders["first"], tmp_path / "other"], report=False)
    assert not (tmp_path / "merged").exists()


class ReducedLoss(RightSide):
    """Right side, of sweeps that tell whether the loss came down."""

    asks_for_trainable = True


@pytest.fixture
def reduced_loss() -> Iterator[str]:
    register("criterion", "reduced_loss", ReducedLoss)
    yield "reduced_loss"
    COMPONENTS["criterion"].forget("reduced_loss")


@pytest.mark.slow
def test_a_criterion_asks_for_trainable(reduced_loss: str, tmp_path: Path) -> None:
    folder, rates = tmp_path / "asked", [2.0, 30.0]
    first = sweep_with(folder, [reduced_loss, "fahlman"], lr=rates[:1])
    assert first.results["trainable"].notna().all()
    again = sweep_with(folder, [reduced_loss, "fahlman"], lr=rates)
    whole = sweep_with(tmp_path / "given", [reduced_loss, "fahlman"], lr=rates, trainable=True)
    assert not again.results["trainable"].all()
    assert (folder / "results.csv").read_bytes() == (whole.folder / "results.csv").read_bytes()
    assert xs.load(folder).results["trainable"].equals(again.results["trainable"])
    found = verify(str(folder), sample=8)
    assert (found.compared, found.wrong) == (8, [])


def test_a_criterion_that_asks_for_trainable_joins_no_sweep_without_it(
    reduced_loss: str, tmp_path: Path
) -> None:
    folder = tmp_path / "sweep"
    sweep_with(folder, ["fahlman"])
    before = (folder / "results.csv").read_bytes()
    with pytest.raises(StoreError, match=r"trainable=true: .* was started with engine=numpy"):
        sweep_with(folder, ["fahlman", reduced_loss])
    with pytest.raises(ConfigError, match=r"^criterion: a sweep can be extended along keys with"):
        xs.sweep(resume=folder, criterion=reduced_loss, report=False, progress=False)
    assert (folder / "results.csv").read_bytes() == before
    assert verify(str(folder), sample=2).wrong == []


def sweep_with(folder: Path, criteria: Sequence[str], **keys: Any) -> xs.Sweep:
    keys = {"lr": 2.0, "epochs": [40, 400], "seed": range(3), "hidden": 2, **keys}
    return xs.sweep(
        criterion=criteria, **keys, folder=folder, parallel="serial", report=False, progress=False
    )


@pytest.mark.slow
def test_logistic_networks_pass_by_the_edge_of_stability(tmp_path: Path) -> None:
    sweep = xs.sweep(
        lr=5,
        hidden=4,
        init="symmetric",
        epochs=6_000,
        seed=range(60),
        curvature="learning_curve",
        folder=tmp_path / "sweep",
        parallel="serial",
        progress=False,
    )
    curves = sweep.to_xarray(curves=["curvature_max"])["curvature_max_curve"]
    median = curves.squeeze().median("seed")
    assert 0.8 * 2 / 5 < median.max() < 1.2 * 2 / 5
    assert median[-1] < 0.01 * 2 / 5
