"""Choices that a script registers: in workers, in manifests, and where they are lacking."""

import json
import pickle
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from planned_batches import plan_of

from xorsweep.errors import ConfigError, StoreError
from xorsweep.execution.loky import run_loky
from xorsweep.execution.serial import run_serial
from xorsweep.execution.settings import ExecutionSettings
from xorsweep.experiment import FAILED, ExperimentTask
from xorsweep.fields import Batched, Real, field
from xorsweep.grid.grid import Grid
from xorsweep.network_experiment import NetworkExperiment
from xorsweep.networks.engines import Engine
from xorsweep.networks.optimizers import Optimizer
from xorsweep.networks.plugins import PluginSet, extensions_of, missing_plugins, register
from xorsweep.networks.schema import COMPONENTS
from xorsweep.settings import SweepSettings
from xorsweep.storage.parts import encode
from xorsweep.sweeps.merge import merge
from xorsweep.sweeps.requests import ResumeRequest, SweepRequest
from xorsweep.sweeps.runner import resume_sweep, run_sweep
from xorsweep.sweeps.verify import verify

GridOf = Callable[..., Grid]
QUIET = SweepSettings(ExecutionSettings("serial"), report=False)


@dataclass(frozen=True)
class Signed(Optimizer):
    """w += lr * share * sign(negative_gradient)."""

    share: Batched = field(0.5, Real(above=0))

    def step(
        self, state: Any, parameters: Any, negative_gradient: Any, learning_rate: Any, scratch: Any
    ) -> None:
        np.sign(negative_gradient, out=scratch)
        np.multiply(scratch, self.share, out=scratch)
        np.multiply(scratch, learning_rate, out=scratch)
        np.add(parameters, scratch, out=parameters)


@pytest.fixture
def signed() -> Iterator[None]:
    register("optimizer", "signed", Signed)
    yield
    COMPONENTS["optimizer"].forget("signed")


@pytest.fixture
def grid(signed: None, grid_of: GridOf) -> Grid:
    return grid_of(
        optimizer="signed",
        optimizer__share=[0.25, 0.5],
        lr=[0.1, 0.3],
        epochs=[5, 30],
        hidden=[2, 3],
        seed=range(4),
    )


def test_its_parameter_is_swept_within_a_batch(grid: Grid) -> None:
    batches = plan_of(grid).batches
    assert [sorted(batch.varying) for batch in batches] == [["lr", "optimizer.share", "seed"]] * 2


def test_it_takes_the_steps_of_its_formula(grid_of: GridOf, signed: None, tmp_path: Path) -> None:
    grid = grid_of(optimizer="signed", lr=0.125, epochs=[1], seed=[3])
    (batch,) = plan_of(grid).batches
    from xorsweep.networks.engines import load_train
    from xorsweep.networks.trainer import build_training

    training = build_training(batch)
    moved = load_train(Engine())(training).parameters[0] - training.parameters
    assert set(np.abs(moved).round(12).ravel().tolist()) == {0.0625}


def test_a_manifest_names_its_origin(grid: Grid, tmp_path: Path) -> None:
    run_sweep(SweepRequest(NetworkExperiment(), grid, QUIET, tmp_path / "sweep"))
    manifest = json.loads((tmp_path / "sweep/manifest.json").read_text())
    assert manifest["choices"] == {"optimizer=signed": "class tests.networks.test_plugins.Signed"}


def test_built_in_components_need_no_package(grid_of: GridOf) -> None:
    assert extensions_of(grid_of(seed=range(2))) == PluginSet({}, {})


def test_a_worker_installs_the_components_of_its_task(grid: Grid) -> None:
    task = ExperimentTask(NetworkExperiment(Engine(), extensions_of(grid)))
    batches = plan_of(grid).batches
    here = [encode([rows], NetworkExperiment()) for _, rows in run_serial(batches, task)]
    handed = pickle.dumps(task)
    origins = dict(extensions_of(grid).origins)
    COMPONENTS["optimizer"].forget("signed")
    lacking = ExperimentTask(NetworkExperiment(Engine(), PluginSet(origins)))(batches[0])
    assert set(lacking["status"].to_pylist()) == {FAILED}
    assert set(lacking["message"].to_pylist()) == {
        "optimizer=signed: is tests.networks.test_plugins.Signed, which a script registered; "
        "register it here, too"
    }
    there = pickle.loads(handed)
    assert [encode([there(batch)], NetworkExperiment()) for batch in batches] == here


@pytest.mark.slow
def test_worker_processes_give_the_same_bits(grid: Grid) -> None:
    task = ExperimentTask(NetworkExperiment(Engine(), extensions_of(grid)))
    batches = plan_of(grid, 2, lambda network, rows: 5).batches
    here = sorted(encode([rows], NetworkExperiment()) for _, rows in run_serial(batches, task))
    there = sorted(
        encode([rows], NetworkExperiment()) for _, rows in run_loky(batches, task, workers=2)
    )
    assert here == there


def test_without_it_a_sweep_cannot_be_resumed_and_the_missing_package_is_named(
    grid: Grid, tmp_path: Path
) -> None:
    folder = tmp_path / "sweep"
    run_sweep(SweepRequest(NetworkExperiment(), grid, QUIET, folder))
    COMPONENTS["optimizer"].forget("signed")
    wanted = (
        r"manifest.json can't be used: optimizer=signed: is tests.networks.test_plugins.Signed, "
        "which a script registered; register it here, too$"
    )
    with pytest.raises(StoreError, match=wanted):
        resume_sweep(ResumeRequest(folder, QUIET))
    with pytest.raises(StoreError, match=wanted):
        verify(str(folder))


def test_another_class_of_that_name_cannot_resume_a_sweep(grid: Grid, tmp_path: Path) -> None:
    folder = tmp_path / "sweep"
    run_sweep(SweepRequest(NetworkExperiment(), grid, QUIET, folder))
    register("optimizer", "signed", type("Changed", (Signed,), {"__module__": "elsewhere"}))
    with pytest.raises(
        StoreError,
        match=r"^optimizer=signed: is of tests.networks.test_plugins.Signed there, and of "
        "elsewhere.Changed here; a sweep never mixes them",
    ):
        resume_sweep(ResumeRequest(folder, QUIET))


def test_the_compiled_engine_uses_the_reference_with_a_note(grid: Grid, tmp_path: Path) -> None:
    pytest.importorskip("numba")
    experiment = NetworkExperiment(Engine("numba"))
    run_sweep(SweepRequest(experiment, grid, QUIET, tmp_path / "sweep"))
    manifest = json.loads((tmp_path / "sweep/manifest.json").read_text())
    assert manifest["warm_up"] == [
        "optimizer=signed isn't compiled: engine=numpy trains 2 of 2 batches"
    ]


def test_a_missing_package_is_named() -> None:
    assert missing_plugins(
        {"optimizer=lion": "package zoo 2.0", "optimizer=sgd": "package zoo 2.0"}
    ) == [
        "optimizer=lion: is of zoo 2.0, and that package isn't installed here",
        "optimizer=sgd: is of zoo 2.0, and that package isn't installed here",
    ]


def test_a_group_that_isnt_one_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"^optimiser: no such group; choose one of task, "):
        register("optimiser", "mine", Signed)


def test_sweeps_of_two_versions_arent_merged(grid: Grid, tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    for folder in (one, other):
        run_sweep(SweepRequest(NetworkExperiment(), grid, QUIET, folder))
    merge(tmp_path / "same", [one, other], report=False)
    merged = json.loads((tmp_path / "same/manifest.json").read_text())
    assert merged["choices"] == {"optimizer=signed": "class tests.networks.test_plugins.Signed"}
    manifest = (other / "manifest.json").read_text()
    (other / "manifest.json").write_text(manifest.replace("plugins.Signed", "plugins.Former"))
    with pytest.raises(
        StoreError, match=r"^optimizer=signed: is of class tests.networks.test_plugins.Signed "
    ):
        merge(tmp_path / "both", [one, other], report=False)
    assert not (tmp_path / "both").exists()
