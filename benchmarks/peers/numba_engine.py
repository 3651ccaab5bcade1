"""xorsweep itself with engine=numba, one thread, the criterion looked at after every epoch."""

from __future__ import annotations

from functools import partial

from benchmarks.peers.ours import train_with
from xorsweep.networks.engines.numba import engine as numba_engine

train = partial(train_with, numba_engine.train)
