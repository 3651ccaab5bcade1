"""A user's script is checked by mypy as strictly as the package: the wheel is typed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

GOOD = """
from typing import assert_type

import numpy as np
import pandas as pd
import xorsweep as xs
from matplotlib.figure import Figure

run = xs.train(hidden=2, lr=0.1, seed=0, init={"name": "symmetric", "range": 2})
assert_type(run.converged_epoch, int | None)
assert_type(run.errors, pd.DataFrame)
weight: float = run.weights.w1[0, 0]
sweep: xs.Sweep = xs.sweep(
    lr=np.linspace(0.1, 1, 4),
    hidden=[2, 4],
    seed=range(100),
    epochs=10_000,
    optimizer={"name": "momentum", "momentum": [0.5, 0.9]},
    precision=0.02,
    n_jobs=2,
)
assert_type(sweep.plot.rate(), Figure)
assert_type(xs.load("outputs/mine").summary, pd.DataFrame)
value: xs.ObjectiveValue = xs.evaluate(lr=1, seeds=np.arange(9), objective="failure_rate")
assert_type(value.low, float | None)
assert_type(float(value), float)
try:
    page = sweep.report("outputs/mine")
except (xs.StoreError, xs.ConfigError) as error:
    print(error)
"""

BAD = """
import xorsweep as xs

xs.train(lr="fast")
xs.sweep(hiden=[2, 4])
xs.sweep(hidden=["two"])
xs.load("outputs/mine").sumary
xs.trian()
"""


def check(text: str, folder: Path) -> subprocess.CompletedProcess[str]:
    (folder / "script.py").write_text(text)
    return subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--config-file=", "script.py"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"MYPYPATH": str(ROOT)},
    )


@pytest.mark.slow
def test_a_users_script_is_typed(tmp_path: Path) -> None:
    pytest.importorskip("mypy")
    done = check(GOOD, tmp_path)
    assert done.returncode == 0, done.stdout


@pytest.mark.slow
def test_errors_in_a_users_script_are_found(tmp_path: Path) -> None:
    pytest.importorskip("mypy")
    lines = check(BAD, tmp_path).stdout.splitlines()
    assert [line.split(":")[1] for line in lines if ": error:" in line] == ["4", "5", "6", "7", "8"]
