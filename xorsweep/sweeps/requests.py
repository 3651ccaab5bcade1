"""Requests as values: start a new sweep, or resume one in a folder."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xorsweep.experiment import Experiment
from xorsweep.grid.axes import Axis
from xorsweep.grid.grid import Grid
from xorsweep.settings import SweepSettings

if TYPE_CHECKING:
    from xorsweep.sweeps.shards import ShardPlan

Provenance = Mapping[str, Any]
"""The entries of a request in the manifest: `command_line`, `config` and `study`."""


@dataclass(frozen=True)
class SweepRequest:
    """A new sweep.

    Attributes:
        experiment: The experiment that runs the points.
        grid: The points of the first round; rounds of further seeds follow as the settings ask.
        settings: Where the points are run, and which files are written.
        folder: Where its files go.
        provenance: Entries that the manifest records unchanged; the report compares the results
            with its `study`, if it has one.
        notes: Lines to log before the sweep starts.
        documents: Texts by file name that go into the folder.
        shards: Where batches are run, in place of the settings' `parallel`.
    """

    experiment: Experiment[Any]
    grid: Grid
    settings: SweepSettings
    folder: Path
    provenance: Provenance = field(default_factory=dict)
    notes: Sequence[str] = ()
    documents: Mapping[str, str] = field(default_factory=dict)
    shards: ShardPlan | None = None


@dataclass(frozen=True)
class ResumeRequest:
    """A sweep in a folder that is to be resumed, perhaps with further levels.

    Attributes:
        folder: The folder of the sweep.
        settings: How the points are run from now on.
        more: Further levels of the sweep's axes.
        rounds: New values for the sweep's `precision` and `max_seeds`.
        csv: Whether results.csv is written; as the sweep has it where None.
        experiment: The experiment that runs the points; that of the manifest where None.
        grid: A grid with all points of the sweep, which takes the place of its own.
        provenance: Entries that the manifest records unchanged.
        shards: Where batches are run, in place of the settings' `parallel`.
        is_latest: Whether `outputs/latest` leads to the sweep once nothing can refuse the request.
    """

    folder: Path
    settings: SweepSettings
    more: Sequence[Axis] = ()
    rounds: Mapping[str, Any] = field(default_factory=dict)
    experiment: Experiment[Any] | None = None
    grid: Grid | None = None
    provenance: Provenance = field(default_factory=dict)
    shards: ShardPlan | None = None
    csv: bool | None = None
    is_latest: bool = False

    @classmethod
    def of(cls, asked: SweepRequest) -> ResumeRequest:
        """Return how to resume the sweep in the folder of a new one, which has all its points."""
        # None is no new value: the sweep keeps its own.
        rounds = {key: value for key, value in vars(asked.settings.rounds).items() if value}
        return cls(
            asked.folder,
            asked.settings,
            rounds=rounds,
            experiment=asked.experiment,
            grid=asked.grid,
            provenance=asked.provenance,
            shards=asked.shards,
            csv=asked.settings.csv,
        )


def resume_with(
    folder: Path,
    settings: SweepSettings,
    given: Collection[str],
    more: Sequence[Axis],
    experiment: Experiment[Any] | None,
    provenance: Provenance,
) -> ResumeRequest:
    """Return how to resume a sweep as a command asks, which gives the keys `given`.

    Of other keys the sweep keeps its own values.
    """
    return ResumeRequest(
        folder,
        settings,
        more,
        {key: value for key, value in vars(settings.rounds).items() if key in given},
        experiment=experiment,
        provenance=provenance,
        csv=settings.csv if "csv" in given else None,
    )


def provenance_of(command_line: Sequence[str], values: Mapping[str, Any]) -> Provenance:
    """Return the entries for a command with a composed configuration."""
    study = {"study": values["study"]} if "study" in values else {}
    config = {key: value for key, value in values.items() if key not in study}
    return {"command_line": list(command_line), "config": config, **study}
