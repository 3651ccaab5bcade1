"""The compiled engine against the reference, and its bits against its own in other company."""

import io
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from planned_batches import SmallBatches
from rich.console import Console as RichConsole

from xorsweep.errors import ConfigError
from xorsweep.execution.settings import ExecutionSettings
from xorsweep.grid.axes import Axis
from xorsweep.grid.grid import Grid
from xorsweep.grid.schema import Point
from xorsweep.network_experiment import NetworkExperiment
from xorsweep.networks.activations import Tanh
from xorsweep.networks.engines import Engine, load_train, load_unsupported
from xorsweep.networks.engines.interface import TrainingBatch, TrainingResult
from xorsweep.networks.planning import Batch
from xorsweep.networks.trainer import build_training
from xorsweep.reporting.console import Console
from xorsweep.settings import SweepSettings
from xorsweep.storage.store import read_manifest
from xorsweep.sweeps.requests import ResumeRequest, SweepRequest
from xorsweep.sweeps.runner import resume_sweep, run_sweep

pytest.importorskip("numba")

from xorsweep.networks.engines.numba import engine as numba_engine
from xorsweep.networks.engines.numba import kernel_xor
from xorsweep.networks.engines.numba.batch import COMPILED
from xorsweep.networks.engines.numba.compile import LANES, announce_compilation

pytestmark = pytest.mark.slow  # on a fresh machine the kernels are compiled first

PointOf = Callable[..., Point]
GridOf = Callable[..., Grid]
TrainingOf = Callable[..., TrainingBatch]

NUMBA, NUMPY = Engine("numba"), Engine()

SMOOTH: dict[str, dict[str, Any]] = {
    "the notebook": {"lr": 1.0},
    "eight hidden": {"lr": 1.0, "hidden": 8},
    "mean loss": {"lr": 1.0, "loss": "half_mse"},
    "other truth table": {"lr": 1.0, "task": "nand"},
    "held for long": {"lr": 1.0, "hidden": 4, "criterion": "margin", "criterion__held_for": 9},
    "sse": {"lr": 1.0, "hidden": 4, "criterion": "sse", "criterion__threshold": 0.5},
    "cross-entropy": {"lr": 0.5, "loss": "cross_entropy"},
    "tanh": {"lr": 0.1, "activation": "tanh", "criterion": "rms", "criterion__threshold": 0.3},
    "relu": {"lr": 0.05, "activation": "relu", "hidden": 4},
    "leaky relu, linear": {"lr": 0.05, "activation": "leaky_relu", "output": "linear"},
    "direct connections": {"lr": 0.5, "skip": True},
    "encoder": {"lr": 0.5, "task": "encoder", "hidden": 3},
    "parity": {"lr": 0.2, "task": "parity", "task__bits": 4, "hidden": 3, "skip": True},
    "momentum": {"lr": 0.1, "optimizer": "momentum"},
    "nesterov": {"lr": 0.1, "optimizer": "nesterov"},
    "adam": {"lr": 0.01, "optimizer": "adam"},
    "online": {"lr": 0.5, "schedule": "online"},
    "shuffled": {"lr": 0.5, "schedule": "online", "schedule__order": "shuffled"},
}
BY_SIGN: dict[str, dict[str, Any]] = {
    "rprop": {"lr": 0.1, "optimizer": "rprop"},
    "quickprop": {"lr": 0.5, "optimizer": "quickprop"},
    "delta-bar-delta": {"lr": 0.1, "optimizer": "delta_bar_delta"},
}
"""Rules that look at signs: where a slope passes zero, the last bit decides the next step."""


@pytest.fixture(scope="module")
def training_of(point_of: PointOf) -> TrainingOf:
    """Return a function that makes the training of networks with the seeds 0, 1, 2, ..."""

    def make(
        members: int = 40, snapshots: tuple[int, ...] = (1000,), **given: Any
    ) -> TrainingBatch:
        fixed = {k: v for k, v in point_of(**given).items() if k not in ("epochs", "seed")}
        rows = np.tile(np.arange(members), (len(snapshots), 1))
        seeds = {"seed": np.arange(members)}
        return build_training(Batch(fixed, seeds, snapshots, rows, rows.astype(np.uint64)))

    return make


def compiled(training: TrainingBatch, dtype: str = "float64") -> TrainingResult:
    return load_train(Engine("numba", dtype))(training)


def some(training: TrainingBatch, members: slice) -> TrainingBatch:
    return replace(
        training,
        learning_rate=training.learning_rate[members],
        output_rate=training.output_rate[members],
        parameters=training.parameters[:, members],
        seeds=training.seeds[members],
    )


@pytest.mark.parametrize("given", SMOOTH.values(), ids=SMOOTH)
def test_outputs_agree_with_the_reference_after_a_thousand_epochs(
    training_of: TrainingOf, given: dict[str, Any]
) -> None:
    training = training_of(**given)
    found, wanted = compiled(training), load_train(NUMPY)(training)
    np.testing.assert_allclose(found.outputs, wanted.outputs, rtol=0, atol=1e-9)
    np.testing.assert_allclose(found.half_sse, wanted.half_sse, rtol=0, atol=1e-9)
    np.testing.assert_allclose(found.parameters, wanted.parameters, rtol=1e-8, atol=1e-8)
    np.testing.assert_array_equal(found.converged_epoch, wanted.converged_epoch)
    np.testing.assert_array_equal(found.meets, wanted.meets)


@pytest.mark.parametrize("given", BY_SIGN.values(), ids=BY_SIGN)
def test_rules_that_look_at_signs_take_the_steps_of_the_reference(
    training_of: TrainingOf, given: dict[str, Any]
) -> None:
    training = training_of(snapshots=(12,), **given)
    found, wanted = compiled(training), load_train(NUMPY)(training)
    np.testing.assert_allclose(found.parameters, wanted.parameters, rtol=0, atol=1e-11)


@pytest.mark.parametrize("name", ["the notebook", "sse", "tanh", "adam", "shuffled", "encoder"])
@pytest.mark.parametrize("until", [False, True])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_network_has_the_same_bits_in_any_company(
    training_of: TrainingOf, name: str, until: bool, dtype: str
) -> None:
    members = LANES + 9
    training = training_of(members, (40, 150), until_converged=until, **SMOOTH[name])
    together = compiled(training, dtype)
    for part in (slice(0, 1), slice(3, 5), slice(60, 67), slice(LANES, None)):
        alone = compiled(some(training, part), dtype)
        assert alone.outputs.tobytes() == together.outputs[..., part].tobytes()
        assert alone.parameters.tobytes() == together.parameters[..., part].tobytes()
        assert alone.half_sse.tobytes() == together.half_sse[..., part].tobytes()
        assert alone.meets.tolist() == together.meets[:, part].tolist()
        assert alone.converged_epoch.tolist() == together.converged_epoch[part].tolist()


@pytest.mark.parametrize("name", ["held for long", "adam", "shuffled"])
def test_a_snapshot_equals_the_end_of_a_shorter_training(
    training_of: TrainingOf, name: str
) -> None:
    long = compiled(training_of(5, (3, 50, 170), **SMOOTH[name]))
    for number, epochs in enumerate((3, 50, 170)):
        short = compiled(training_of(5, (epochs,), **SMOOTH[name]))
        assert short.parameters[0].tobytes() == long.parameters[number].tobytes()
        assert short.outputs[0].tobytes() == long.outputs[number].tobytes()
        assert short.meets[0].tolist() == long.meets[number].tolist()
    assert short.converged_epoch.tolist() == long.converged_epoch.tolist()


@pytest.mark.parametrize("name", ["the notebook", "tanh"])
def test_a_network_that_has_converged_stands_still(training_of: TrainingOf, name: str) -> None:
    given = SMOOTH[name] | {"lr": 1.5}
    free = compiled(training_of(80, (1500,), **given))
    still = compiled(training_of(80, (100, 1500), until_converged=True, **given))
    assert still.converged_epoch.tolist() == free.converged_epoch.tolist()
    never = free.converged_epoch < 0
    assert 0 < never.sum() < 80
    assert still.parameters[1][:, never].tobytes() == free.parameters[0][:, never].tobytes()
    first = int(np.argmax(~never))
    there = (int(free.converged_epoch[first]),)
    at = compiled(some(training_of(80, there, **given), slice(first, first + 1)))
    assert still.parameters[1][:, first].tobytes() == at.parameters[0][:, 0].tobytes()
    assert still.half_sse[-1, first] == at.half_sse[-1, 0]
    assert still.meets[1, ~never].all()


@pytest.mark.parametrize("given", [{"hidden": 3}, {"activation": "relu", "output": "linear"}])
def test_a_network_that_diverges_does_so_on_either_engine(
    training_of: TrainingOf, given: dict[str, Any]
) -> None:
    training = training_of(lr=1e308, snapshots=(50,), **given)
    finite = [
        np.isfinite(load_train(engine)(training).parameters).all(axis=(0, 1)).tolist()
        for engine in (NUMBA, NUMPY)
    ]
    assert finite[0] == finite[1]


def test_float32_is_trained_in_float32(training_of: TrainingOf) -> None:
    training = training_of(lr=0.5, snapshots=(200,))
    found, wanted = compiled(training, "float32"), compiled(training)
    assert (found.parameters == found.parameters.astype(np.float32)).all()
    np.testing.assert_allclose(found.outputs, wanted.outputs, atol=1e-4)
    assert (found.outputs != wanted.outputs).any()


@dataclass(frozen=True)
class Bent(Tanh):
    """A choice that the compiled engine doesn't have."""


def test_uncompiled_components_are_left_to_the_reference(training_of: TrainingOf) -> None:
    training = replace(training_of(snapshots=(20,), lr=0.5), activation=Bent())
    found, wanted = compiled(training), load_train(NUMPY)(training)
    assert found.parameters.tobytes() == wanted.parameters.tobytes()


def test_every_choice_of_every_group_is_compiled() -> None:
    for registry in numba_engine.REGISTRIES.values():
        assert set(registry.values()) <= set(COMPILED)


def test_a_component_left_to_the_reference_is_reported_and_recorded(
    grid_of: GridOf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(COMPILED, Tanh)
    grid = grid_of(activation="tanh", epochs=20, seed=range(3))
    text = io.StringIO()
    terminal = Console(RichConsole(file=text, soft_wrap=True, highlight=False))
    settings = SweepSettings(ExecutionSettings("serial"), report=False)
    run_sweep(SweepRequest(NetworkExperiment(NUMBA), grid, settings, tmp_path), terminal)
    line = "activation=tanh isn't compiled: engine=numpy trains 1 of 1 batches"
    assert line in text.getvalue()
    assert read_manifest(tmp_path)["warm_up"] == [line]
    assert load_unsupported(NUMPY)({"activation": "tanh"}) is None


def test_a_sweep_has_the_same_bytes_however_it_is_trained(grid_of: GridOf, tmp_path: Path) -> None:
    grid = grid_of(lr=[0.5, 3.0], hidden=[2, 3], epochs=[30, 200], seed=range(9))
    few = grid_of(lr=[0.5, 3.0], hidden=[2, 3], epochs=[30, 200], seed=range(4))
    serial = SweepSettings(ExecutionSettings("serial"), report=False)
    run_sweep(SweepRequest(NetworkExperiment(NUMBA), grid, serial, tmp_path / "serial"))
    run_sweep(SweepRequest(NetworkExperiment(NUMBA), few, serial, tmp_path / "resumed"))
    resume_sweep(ResumeRequest(tmp_path / "resumed", serial, [Axis("seed", tuple(range(9)))]))
    loky = replace(serial, parallel=ExecutionSettings("loky", 2))
    run_sweep(SweepRequest(SmallBatches(NUMBA, members=5), grid, loky, tmp_path / "loky"))
    wanted = (tmp_path / "serial/results.csv").read_bytes()
    assert (tmp_path / "loky/results.csv").read_bytes() == wanted
    assert (tmp_path / "resumed/results.csv").read_bytes() == wanted


@pytest.mark.parametrize("part", ["forward", "update"])
def test_the_kernel_is_made_of_vector_instructions(part: str) -> None:
    """A loop that LLVM gives up on would have scalar instructions alone, and call exp."""
    function = getattr(kernel_xor, part)
    hidden, units, output = 2, np.ones(2 * kernel_xor.UNIT), np.ones(11 * LANES)
    given = (hidden, units, output) if part == "forward" else (hidden, np.ones(4), units, output)
    function(*given)
    in_doubles = next(each for each in function.signatures if "float64" in str(each))
    assembly = function.inspect_asm(in_doubles)
    if "vmulpd" not in assembly:
        pytest.skip("not an x86 machine with AVX")
    assert assembly.count("divpd") == (8 if part == "forward" else 0)
    assert assembly.count("mulpd") + assembly.count("vfmadd") + assembly.count("vfnmadd") >= 20
    calls = [line for line in assembly.splitlines() if re.search(r"call.*exp", line)]
    assert not calls


def test_a_cached_kernel_is_not_reported_as_compiled(training_of: TrainingOf) -> None:
    training = training_of(1, (1,))
    compiled(training)
    said: list[str] = []
    numba_engine.compile_kernels([training], said.append)
    assert not said
    with announce_compilation(lambda: said.append("compiling")):
        pass
    assert not said


def test_a_missing_engine_is_reported_with_the_command_that_installs_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "numba", None)
    Engine().check()
    with pytest.raises(ConfigError, match=r"^engine=numba: .*pip install 'xorsweep\[fast\]'"):
        Engine("numba").check()
