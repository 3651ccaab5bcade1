"""Functions and experiments in other processes, and kills of these."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import functions_to_sweep as some
import numpy as np
import pytest
from sweep_process import PATIENCE

from .calls import rows_of, sweep


@pytest.mark.slow
def test_workers_move_no_byte(tmp_path: Path) -> None:
    offset = 0.5

    def local(x: float) -> dict[str, float]:  # no module has it: it travels itself
        total = sum(np.exp(x / 20) for _ in range(20_000))
        return {"y": float(np.exp(x / 20) + offset + 0 * total)}

    axes = {"x": np.linspace(0, 20, 201)}
    sweep(tmp_path / "alone", local, axes)
    sweep(tmp_path / "two", local, axes, parallel="loky", n_jobs=2)
    assert rows_of(tmp_path / "alone") == rows_of(tmp_path / "two")


@pytest.mark.slow
def test_a_function_that_leaves_python_ends_no_process_of_ours(tmp_path: Path) -> None:
    result = sweep(tmp_path, some.leaving, {"x": range(20)}, parallel="loky", n_jobs=2)
    assert result.counts == {"planned": 20, "ok": 19, "failed": 1}


FUNCTION = """
import sys
import functions_to_sweep as some
import xorsweep as xs

if __name__ == "__main__":
    axes = {"x": range(60), "seed": range(40)}
    xs.sweep_function(some.slow, axes, sys.argv[1], n_jobs=2, progress=False)
"""


EXPERIMENT = """
import sys
from experiments_to_sweep import SlowTosses
import xorsweep as xs

if __name__ == "__main__":
    axes = {"p": [i / 60 for i in range(60)], "seed": range(40)}
    xs.sweep_experiment(SlowTosses(), axes, sys.argv[1], n_jobs=2, progress=False)
"""


@pytest.mark.slow
@pytest.mark.parametrize("text", [FUNCTION, EXPERIMENT], ids=["function", "experiment"])
def test_twenty_kills_in_the_middle_move_no_byte_and_lose_no_part(
    text: str, tmp_path: Path
) -> None:
    (tmp_path / "script.py").write_text(text)
    command = [sys.executable, str(tmp_path / "script.py")]
    env = os.environ | {"PYTHONPATH": str(Path(some.__file__).parent)}

    def parts() -> set[str]:
        return {path.name for path in (tmp_path / "killed/parts").glob("*.parquet")}

    for _ in range(20):
        before = parts()
        process = subprocess.Popen(
            [*command, "killed"], cwd=tmp_path, env=env, start_new_session=True
        )
        end = time.monotonic() + PATIENCE
        while parts() <= before:  # until something new is on disk
            assert process.poll() is None
            assert time.monotonic() < end
            time.sleep(0.002)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        assert before < parts()
        state = json.loads((tmp_path / "killed/manifest.json").read_text())["state"]
        assert state == "running"
    for name in ("killed", "whole"):
        subprocess.run([*command, name], cwd=tmp_path, env=env, check=True)
    assert rows_of(tmp_path / "killed") == rows_of(tmp_path / "whole")
