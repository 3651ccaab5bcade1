"""Fixtures that start sweeps and leave none running."""

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from sweep_process import SWEEP, Begin, Running


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Begin]:
    """Return a function that starts `python -m xorsweep -m` with arguments in a folder."""
    if not Path("/proc/self/environ").exists():
        pytest.skip("finds processes in /proc")
    started: list[Running] = []

    def start(*arguments: str) -> Running:
        started.append(Running(tmp_path, list(arguments)))
        return started[-1]

    yield start
    for running in started:
        for number in running.family():
            with suppress(OSError):
                os.kill(number, signal.SIGKILL)
        running.process.communicate()


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Return results.csv of the sweep, trained by one process that nothing happens to."""
    folder = tmp_path_factory.mktemp("undisturbed")
    running = Running(folder, [*SWEEP, "parallel=serial", "hydra.sweep.dir=sweep"])
    code, _, err = running.end()
    assert code == 0, err
    return (folder / "sweep/results.csv").read_bytes()
