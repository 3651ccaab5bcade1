"""How large a batch of the reference engine should be: CPU time by the bytes that it fills.

python -m benchmarks.working_set
"""

from __future__ import annotations

from dataclasses import replace
from time import process_time

import numpy as np

from benchmarks.peers.ours import training_of
from xorsweep.networks.engines.numpy import engine as numpy_engine

WORK = 2_000_000
"""Net-epochs of each measurement."""
SIZES = tuple(2**power for power in range(16, 25))


def main() -> None:
    """Print nanoseconds an epoch of one network, by bytes and hidden size."""
    print("bytes       " + "".join(f"2-{hidden}-1".rjust(10) for hidden in (2, 8)))
    for size in SIZES:
        print(f"{size:<12,}" + "".join(f"{_nanoseconds(h, size):10.1f}" for h in (2, 8)))


def _nanoseconds(hidden: int, size: int) -> float:
    network = training_of(hidden, 1).network
    whole = numpy_engine.capacity(network, 4)
    members = max(8, whole * size // numpy_engine.WORKING_SET)
    epochs = max(1, WORK // members // hidden)
    training = replace(training_of(hidden, members), snapshots=(epochs,), curve_epochs=())
    seconds = []
    for _ in range(3):
        started = process_time()
        numpy_engine.train(training)
        seconds.append(process_time() - started)
    return 1e9 * float(np.min(seconds)) / members / epochs


if __name__ == "__main__":
    main()
