"""The engine for GPUs against the others: on a GPU, or in Numba's simulator of one.

`test_simulator` starts these tests where NUMBA_ENABLE_CUDASIM=1: kernels then run thread by thread
in Python, so batches are small.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import naive_loop
import numpy as np
import pytest
from engine_cases import KINDS_OF_TASK, RULES, population, rule
from training_batches import bits_of, training_of

from xorsweep.execution.settings import ExecutionSettings
from xorsweep.grid.grid import Grid
from xorsweep.grid.schema import Point
from xorsweep.network_experiment import NetworkExperiment
from xorsweep.networks.activations import Tanh
from xorsweep.networks.engines import Engine, load_capacity, load_train
from xorsweep.networks.engines.batch_ops import take
from xorsweep.networks.engines.interface import TrainingBatch, TrainingResult
from xorsweep.settings import SweepSettings
from xorsweep.sweeps.requests import SweepRequest
from xorsweep.sweeps.runner import run_sweep

pytest.importorskip("numba_cuda")
pytestmark = pytest.mark.slow

PointOf = Callable[..., Point]
GridOf = Callable[..., Grid]

SIMULATED = os.environ.get("NUMBA_ENABLE_CUDASIM") == "1"
MEMBERS, EPOCHS = (3, 9) if SIMULATED else (300, 300)

CASES: dict[str, dict[str, Any]] = {
    "2-3-1": {},
    "2-8-1": {"hidden": 8, "lr": 2.0},
    "2-65-1": {"hidden": 65, "activation": "tanh"},
    "nand": {"task": "nand", "loss": "half_mse"},
    "own output rate": {"lr_output": 0.7},
    "until": {"lr": 4.0, "until_converged": True},
    "held": {"lr": 4.0, "criterion__held_for": 4, "until_converged": True},
    "sse": {"criterion": "sse"},
    "rms": {"criterion": "rms", "activation": "tanh"},
    "cross-entropy": {"loss": "cross_entropy"},
    "linear": {"output": "linear", "lr": 0.05},
    "relu": {"activation": "relu", "skip": True},
    "leaky relu": {"activation": "leaky_relu", "until_converged": True},
    **{name: {"optimizer": "nesterov", **given} for name, given in KINDS_OF_TASK.items()},
    **{f"{optimizer} {schedule}": rule(optimizer, schedule) for optimizer, schedule in RULES},
}
COMPANY = ("2-3-1", "until", "held", "adam batch", "sgd shuffled")


@pytest.fixture(autouse=True)
def _gpu() -> None:
    from numba import cuda

    if not cuda.is_available():
        pytest.skip("no GPU; test_simulator runs these tests without one")


def trained(training: TrainingBatch, engine: str = "cuda", dtype: str = "float64") -> Any:
    return load_train(Engine(engine, dtype))(training)


def batch(point_of: PointOf, name: str, **given: Any) -> TrainingBatch:
    return population(point_of, MEMBERS, EPOCHS, **{**CASES[name], **given})(slice(None))


def skip_unless_numba_fuses_the_same(optimizer: str = "sgd") -> None:
    from llvmlite.binding import get_host_cpu_features

    features = get_host_cpu_features()
    if not features.get("fma") or (optimizer == "quickprop" and features.get("avx512f")):
        pytest.skip("engine=numba fuses other products with sums on this processor")


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", CASES)
def test_a_network_has_the_bits_of_the_compiled_engine(
    point_of: PointOf, name: str, dtype: str
) -> None:
    skip_unless_numba_fuses_the_same(CASES[name].get("optimizer", "sgd"))
    training = batch(point_of, name)
    found, wanted = trained(training, dtype=dtype), trained(training, "numba", dtype)
    assert np.isfinite(wanted.parameters).all()
    assert_same(found, wanted)


def assert_same(found: TrainingResult, wanted: TrainingResult) -> None:
    for name, one, other in zip(vars(found), bits_of(found), bits_of(wanted), strict=True):
        np.testing.assert_array_equal(one, other, err_msg=name)


@pytest.mark.parametrize("name", CASES)
def test_a_network_takes_the_steps_of_a_plain_loop(point_of: PointOf, name: str) -> None:
    given = {"criterion": "margin", "init": "symmetric", "hidden": 3, "lr": 0.5, **CASES[name]}
    point = point_of(**given)
    training = training_of(point, np.arange(2), (0, 1, 9))
    found = trained(training)
    for member in range(2):
        own = {**point, "seed": member}
        course = naive_loop.train(own, training.parameters[:, member].tolist(), 9)
        assert found.converged_epoch[member] == course.converged_epoch
        for place, epoch in enumerate(training.snapshots):
            np.testing.assert_allclose(
                found.parameters[place, :, member], course.parameters[epoch], rtol=1e-9, atol=1e-10
            )
            np.testing.assert_allclose(
                found.outputs[place, ..., member], course.outputs[epoch], rtol=1e-9, atol=1e-10
            )
        half_sse = [
            0.5 * sum(error**2 for error in course.errors[epoch]) for epoch in training.curve_epochs
        ]
        np.testing.assert_allclose(found.half_sse[:, member], half_sse, rtol=1e-9, atol=1e-10)


@pytest.mark.parametrize("name", COMPANY)
def test_a_network_has_the_same_bits_in_any_company(point_of: PointOf, name: str) -> None:
    training = batch(point_of, name)
    together = trained(training)
    for members in ([0], [1, 2], [2, 0]):
        alone = trained(take(training, np.array(members)))
        for one, both in zip(bits_of(alone), bits_of(together), strict=True):
            np.testing.assert_array_equal(one, both[..., members])


@pytest.mark.parametrize("name", COMPANY)
def test_a_launch_that_ends_early_changes_no_bit(point_of: PointOf, name: str) -> None:
    from xorsweep.networks.engines.cuda.engine import train

    training = batch(point_of, name)
    epoch_by_epoch = train(training, launch_work=1, drop_steps=1)
    assert_same(epoch_by_epoch, trained(training))


@pytest.mark.parametrize("name", COMPANY)
def test_a_snapshot_equals_the_end_of_a_shorter_training(point_of: PointOf, name: str) -> None:
    training = batch(point_of, name)
    long, end = trained(training), training.snapshots[1]
    curve_epochs = tuple(epoch for epoch in training.curve_epochs if epoch <= end)
    short = trained(replace(training, snapshots=(end,), curve_epochs=curve_epochs))
    assert short.parameters[0].tobytes() == long.parameters[1].tobytes()
    assert short.outputs[0].tobytes() == long.outputs[1].tobytes()
    assert short.meets[0].tolist() == long.meets[1].tolist()
    assert short.half_sse.tobytes() == long.half_sse[: len(curve_epochs)].tobytes()


def test_losses_are_kept_at_the_epochs_that_ask_for_them(point_of: PointOf) -> None:
    training = replace(batch(point_of, "cross-entropy"), loss_epochs=(0, 2, 3, 7))
    found, wanted = trained(training), trained(training, "numpy")
    np.testing.assert_allclose(found.losses, wanted.losses, rtol=1e-9)


def test_networks_without_a_learning_curve_are_trained(point_of: PointOf) -> None:
    training = batch(point_of, "2-3-1")
    found = trained(replace(training, curve_epochs=()))
    assert found.half_sse.shape == (0, MEMBERS)
    assert found.parameters.tobytes() == trained(training).parameters.tobytes()


@dataclass(frozen=True)
class Bent(Tanh):
    """A choice that the engine doesn't have."""


def test_uncompiled_components_are_left_to_the_reference(point_of: PointOf) -> None:
    training = replace(batch(point_of, "rms"), activation=Bent())
    assert_same(trained(training), trained(training, "numpy"))


def test_one_process_trains_one_batch(grid_of: GridOf) -> None:
    grid = grid_of(seed=range(5000), epochs=10_000)
    plan = NetworkExperiment(Engine("cuda")).plan(grid, np.arange(5000), workers=8)
    assert plan.is_quick
    assert [batch.members for batch in plan.batches] == [5000]


def test_a_batch_fits_here_and_on_the_gpu(point_of: PointOf) -> None:
    capacity = load_capacity(Engine("cuda"))
    sizes = [capacity(training_of(point_of(hidden=h), [0], (1,)).network, 4) for h in (2, 4096)]
    assert sizes[0] > sizes[1] >= 1
    assert sizes[1] * 4097 * 8 < 2**28


def test_a_sweep_has_the_rows_of_the_compiled_engine(grid_of: GridOf, tmp_path: Path) -> None:
    skip_unless_numba_fuses_the_same()
    grid = grid_of(lr=[0.5, 3.0], hidden=[2, 3], epochs=[2, EPOCHS], seed=range(2))
    settings = SweepSettings(ExecutionSettings("loky", 2), report=False)
    for engine in ("cuda", "numba"):
        experiment = NetworkExperiment(Engine(engine))
        run_sweep(SweepRequest(experiment, grid, settings, tmp_path / engine))
    rows = [(tmp_path / engine / "results.csv").read_bytes() for engine in ("cuda", "numba")]
    assert rows[0] == rows[1]
