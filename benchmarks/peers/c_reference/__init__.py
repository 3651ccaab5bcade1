"""The C reference: compiled for one hidden size, 32 networks at a time, one thread."""

from __future__ import annotations

import ctypes
from pathlib import Path
from time import perf_counter

import numpy as np

from benchmarks.peers import LEARNING_RATE, TARGETS
from benchmarks.peers.compiling import library, pointer

LANES = 32


def train(parameters: np.ndarray, hidden: int, epochs: int) -> tuple[np.ndarray, float]:
    """Train all networks, whole tiles of them."""
    made = library(Path(__file__).with_name("train.c"), f"-DHIDDEN={hidden}", "-lm")
    size, members = parameters.shape
    tiles = -(-members // LANES)
    columns = parameters[:, np.minimum(np.arange(tiles * LANES), members - 1)]
    tiled = columns.reshape(size, tiles, LANES).transpose(1, 0, 2).copy()
    rates, targets = np.full((tiles, LANES), LEARNING_RATE), TARGETS.ravel().copy()
    arguments = (*map(pointer, (tiled, rates, targets)), *map(ctypes.c_long, (tiles, epochs)))
    started = perf_counter()
    made.train(*arguments)
    seconds = perf_counter() - started
    return tiled.transpose(1, 0, 2).reshape(size, -1)[:, :members], seconds
