"""A sweep with enough seeds for the initial weights to be looked at, and its weights by loops."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from xorsweep.execution.settings import ExecutionSettings
from xorsweep.grid.grid import Grid
from xorsweep.network_experiment import NetworkExperiment
from xorsweep.settings import SweepSettings
from xorsweep.sweeps.requests import SweepRequest
from xorsweep.sweeps.runner import run_sweep

SEEDS = 520
RATES = (5.0, 20.0)
FEW, MANY = 100, 300


def run_weight_sweep(grid_of: Callable[..., Grid], folder: Path, **given: Any) -> Path:
    """Train enough networks with two hidden units, and as many with three; return the folder."""
    values = {"lr": list(RATES), "hidden": [2, 3], "epochs": [FEW, MANY], "seed": range(SEEDS)}
    settings = SweepSettings(ExecutionSettings("serial"), report=False)
    grid = grid_of(**values | given)
    run_sweep(SweepRequest(NetworkExperiment(), grid, settings, folder))
    return folder


def cell_of(results: pd.DataFrame, lr: float, epochs: int) -> pd.DataFrame:
    """Return the rows of networks with two hidden units, by their seed."""
    chosen = (results["hidden"] == 2) & (results["lr"] == lr) & (results["epochs"] == epochs)
    return results[chosen].set_index("seed")


@cache
def differences_of(seed: int) -> list[float]:
    """Return |w1[0, j] - w1[1, j]| of a 2-2-1 network of init=uniform, the smaller one first."""
    w00, w01, w10, w11 = np.random.RandomState(seed).random_sample(9)[:4]
    return sorted([abs(w00 - w10), abs(w01 - w11)])
