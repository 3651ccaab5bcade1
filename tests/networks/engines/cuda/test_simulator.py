"""The tests of the engine for GPUs, in Numba's simulator of one, in a process of their own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("numba_cuda")
pytestmark = pytest.mark.slow

TESTS = Path(__file__).with_name("test_engine.py")


def test_the_engine_passes_its_tests_without_a_gpu() -> None:
    ended = subprocess.run(
        # Hashes overflow, of which NumPy warns where a thread of the simulator makes them.
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider",
         "-W", "ignore:overflow encountered:RuntimeWarning", str(TESTS)],
        env={**os.environ, "NUMBA_ENABLE_CUDASIM": "1"},
        capture_output=True,
        text=True,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stdout[-5000:]
    assert "no GPU" not in ended.stdout
