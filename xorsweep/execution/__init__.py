"""Where batches run: this process, processes of this machine, a Dask cluster; signals.

It knows no experiment. It may import errors, fields, text and the grid.
"""

from __future__ import annotations

from xorsweep.execution.interface import Advance, Batch, Executor, FinishedBatches, Rows, Task
from xorsweep.execution.settings import ExecutionSettings

__all__ = ["Advance", "Batch", "ExecutionSettings", "Executor", "FinishedBatches", "Rows", "Task"]
