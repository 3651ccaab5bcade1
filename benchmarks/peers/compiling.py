"""Compiles a small C file with the system's compiler."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

import numpy as np

from benchmarks.peers import NotInstalledError


@cache
def library(source: Path, *flags: str) -> ctypes.CDLL:
    """Return the library made of a source; raises NotInstalledError."""
    compiler = os.environ.get("CC") or shutil.which("cc")
    if not compiler:
        raise NotInstalledError("no C compiler")
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "made.so"
        command = [compiler, "-O3", "-march=native", "-ffast-math", "-shared", "-fPIC", str(source)]
        done = subprocess.run([*command, "-o", str(made), *flags], capture_output=True, text=True)
        if done.returncode:
            raise NotInstalledError(done.stderr.strip().splitlines()[0])
        return ctypes.CDLL(str(made))


def pointer(array: np.ndarray) -> ctypes.c_void_p:
    """Return the address of an array's numbers."""
    return array.ctypes.data_as(ctypes.c_void_p)
