"""Choices of others that raise whatever they like: their points fail, and nothing else does."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from xorsweep.errors import ConfigError
from xorsweep.execution.settings import ExecutionSettings
from xorsweep.fields import Batched, Integer, Real, field
from xorsweep.grid.grid import Grid
from xorsweep.network_experiment import NetworkExperiment
from xorsweep.networks.initializers import INITIALIZERS
from xorsweep.networks.optimizers import OPTIMIZERS
from xorsweep.networks.plugins import register
from xorsweep.networks.schema import COMPONENTS
from xorsweep.networks.single_run import train_single
from xorsweep.networks.tasks import TASKS
from xorsweep.settings import SweepSettings
from xorsweep.sweeps.requests import ResumeRequest, SweepRequest
from xorsweep.sweeps.runner import resume_sweep, run_sweep

GridOf = Callable[..., Grid]
QUIET = SweepSettings(ExecutionSettings("serial"), report=False)
BAD_SEED = 3


class Unspeakable(Exception):
    def __str__(self) -> str:
        raise RuntimeError


@dataclass(frozen=True)
class Refusing(INITIALIZERS["uniform"]):  # type: ignore[misc]
    """Weights of every seed but one."""

    error: int = field(0, Integer(0, 4))

    def draw(self, network: Any, seeds: Any) -> Any:
        if (seeds == BAD_SEED).any():
            raise ERRORS[self.error]
        return super().draw(network, seeds)


@dataclass(frozen=True)
class Leaving(OPTIMIZERS["sgd"]):  # type: ignore[misc]
    """Leaves Python at the first step of whoever has the share 0.25."""

    share: Batched = field(0.5, Real(above=0))

    def step(self, *arguments: Any) -> None:
        if (
            (abs(self.share - 0.25) < 0.01).any()
            if hasattr(self.share, "shape")
            else self.share < 0.3
        ):
            raise SystemExit(0)
        super().step(*arguments)


@dataclass(frozen=True)
class NoTask(TASKS["xor"]):  # type: ignore[misc]
    """Leaves Python where its rows are asked for."""

    def inputs(self) -> Any:
        raise SystemExit(0)


ERRORS = (
    SystemExit(0),
    ValueError("half a \ud83d pair"),
    Unspeakable(),
    GeneratorExit(),
    UnicodeDecodeError("utf-8", b"\xff", 0, 1, "no \udcff"),
)
MESSAGES = (
    "SystemExit: 0",
    "ValueError: half a \\ud83d pair",
    "Unspeakable, whose text can't be made (RuntimeError)",
    "GeneratorExit: ",
    "UnicodeDecodeError: 'utf-8' codec can't decode byte 0xff in position 0: no \\udcff",
)
CHOICES = {"init": Refusing, "optimizer": Leaving, "task": NoTask}


@pytest.fixture(autouse=True)
def registered() -> Iterator[None]:
    for group, choice in CHOICES.items():
        register(group, "failing", choice)
    yield
    for group in CHOICES:
        COMPONENTS[group].forget("failing")


def test_whatever_a_choice_raises_is_the_message_of_its_points(
    grid_of: GridOf, tmp_path: Path
) -> None:
    errors = list(range(len(ERRORS)))
    grid = grid_of(init="failing", init__error=errors, lr=0.5, epochs=[5, 9], seed=range(6))
    result = run_sweep(SweepRequest(NetworkExperiment(), grid, QUIET, tmp_path))
    frame = pd.read_csv(result.results)
    failed = frame[frame["status"] == "failed"]
    assert failed["seed"].tolist() == [BAD_SEED] * 2 * len(ERRORS)
    for number, message in enumerate(MESSAGES):
        assert failed.loc[failed["init.error"] == number, "message"].tolist() == [message] * 2
    assert resume_sweep(ResumeRequest(tmp_path, QUIET)).counts == result.counts


def test_a_rule_that_leaves_python_costs_its_points(grid_of: GridOf, tmp_path: Path) -> None:
    grid = grid_of(optimizer="failing", optimizer__share=[0.25, 0.5], epochs=3, seed=range(4))
    result = run_sweep(SweepRequest(NetworkExperiment(), grid, QUIET, tmp_path))
    frame = pd.read_csv(result.results)
    bad = frame["optimizer.share"] == 0.25
    assert frame.loc[bad, "message"].tolist() == ["SystemExit: 0"] * 4
    assert set(frame.loc[~bad, "status"]) == {"ok"}


def test_a_choice_that_leaves_python_before_there_is_a_sweep_is_one_line(grid_of: GridOf) -> None:
    with pytest.raises(ConfigError, match=r"^task=failing: can't be used \(SystemExit: 0\)$"):
        grid_of(task="failing", seed=range(2))


def test_a_single_run_of_it_ends_with_an_error(grid_of: GridOf) -> None:
    point = grid_of(init="failing", lr=0.5, epochs=5, seed=[BAD_SEED]).point(0)
    with pytest.raises(RuntimeError, match=r"^training ended with SystemExit: 0$"):
        train_single(point)
