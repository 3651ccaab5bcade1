"""FANN, the Fast Artificial Neural Network library, from C (Debian's libfann-dev)."""

from __future__ import annotations

import ctypes
from pathlib import Path
from time import perf_counter

import numpy as np

from benchmarks.peers import LEARNING_RATE
from benchmarks.peers.compiling import library


def train(parameters: np.ndarray, hidden: int, epochs: int) -> tuple[np.ndarray, float]:
    """Train as many networks, from weights of its own."""
    made = library(Path(__file__).with_name("fann.c"), "-ldoublefann", "-lm")
    made.train.restype = ctypes.c_double
    arguments = (ctypes.c_int(hidden), ctypes.c_long(epochs), ctypes.c_double(4 * LEARNING_RATE))
    started = perf_counter()
    for _ in range(parameters.shape[1]):
        made.train(*arguments)
    return np.full_like(parameters, np.nan), perf_counter() - started
