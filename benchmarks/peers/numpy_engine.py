"""xorsweep itself with engine=numpy, one thread, the criterion looked at after every epoch."""

from __future__ import annotations

from functools import partial

from benchmarks.peers.ours import train_with
from xorsweep.networks.engines.numpy import engine as numpy_engine

train = partial(train_with, numpy_engine.train)
