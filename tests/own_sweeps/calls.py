"""The calls that tests of `xorsweep.sweep_function` share."""

from pathlib import Path
from typing import Any

import functions_to_sweep as some

import xorsweep as xs

AXES: dict[str, Any] = {"lr": [0.1, 1], "width": [8, 16], "seed": range(30)}
TIMES = {"steps": "solved"}


def sweep(folder: Path, function: Any = some.train, axes: Any = AXES, **more: Any) -> xs.Sweep:
    return xs.sweep_function(function, axes, folder, **{"parallel": "serial", **more})


def rows_of(folder: Path) -> bytes:
    return (folder / "results.csv").read_bytes()
