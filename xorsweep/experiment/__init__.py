"""An experiment converts the points of a grid to rows.

A sweep has an experiment and a grid. Planning, parts, resume, shards, tables and reports are
shared by all experiments. `network_experiment` and `functions.experiment` implement it.
It may import the grid, and names the types of what is above it.
"""

from __future__ import annotations

from xorsweep.experiment.base import Experiment
from xorsweep.experiment.plan import Batch, BatchT, Plan, Rows
from xorsweep.experiment.statuses import (
    DIVERGED,
    FAILED,
    MESSAGE,
    OK,
    POINT_ID,
    STATUS,
    STATUSES,
    failed_rows,
)
from xorsweep.experiment.task import ExperimentTask

__all__ = [
    "DIVERGED",
    "FAILED",
    "MESSAGE",
    "OK",
    "POINT_ID",
    "STATUS",
    "STATUSES",
    "Batch",
    "BatchT",
    "Experiment",
    "ExperimentTask",
    "Plan",
    "Rows",
    "failed_rows",
]
