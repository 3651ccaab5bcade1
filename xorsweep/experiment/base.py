"""The base class of experiments."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Generic, Self

import numpy as np
from numpy.typing import NDArray

from xorsweep.command_lines import resume_command
from xorsweep.errors import ConfigError
from xorsweep.experiment.plan import BatchT, Plan, Rows

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from xorsweep.fields import Scalar
    from xorsweep.grid.grid import Grid
    from xorsweep.grid.schema import Point, Schema
    from xorsweep.reporting.console import Console
    from xorsweep.reporting.report import ReportWriter
    from xorsweep.storage.manifest import Manifest
    from xorsweep.storage.results import ResultTable, StoredColumns
    from xorsweep.storage.store import Store


class Experiment(ABC, Generic[BatchT]):
    """Converts points to rows; it can be pickled.

    The row of a point depends only on the point, not on its batch.
    """

    name: str
    """The name of this kind of experiment."""
    work_unit: str = "points"
    """The unit of `Batch.work`."""
    statuses: Sequence[str] = ("ok", "failed")
    """The statuses that its points may have, of STATUSES."""
    rarely_read: Sequence[str] = ()
    """Prefixes of columns of results.parquet that no table or figure uses."""
    nullable_integers: Sequence[str] = ()
    """Integer columns that may have missing values."""
    code_names: Mapping[str, Sequence[str]] = MappingProxyType({})
    """The texts of columns that parts store as codes."""
    snapshot_keys: Sequence[str] = ()
    """Numeric keys whose levels are results of the same run, such as epochs."""
    batch_type: type[Any] | None = None
    """The dataclass of its batches, which shards need: of arrays, scalars and arrays by name."""
    partial_lists: Sequence[str] = ()
    """Columns of lists that only one point of a run has."""
    other_lists: Sequence[str] = ()
    """Columns of lists that aren't curves by step, such as weights."""
    times: Mapping[str, str] = MappingProxyType({})
    """Columns of times, each with the boolean column that is true if the event happened then."""
    rate: str | None = None
    """The boolean column that `precision` applies to, if there are several."""
    has_maps: bool = False
    """Whether a sweep with two numeric axes and one run per point is reported as a map."""

    @property
    @abstractmethod
    def schema(self) -> Schema:
        """Return the keys of its points, their types, defaults and checks."""

    @abstractmethod
    def plan(self, grid: Grid, pending: Rows, workers: int) -> Plan[BatchT]:
        """Return batches that contain each pending point once.

        Args:
            grid: All points.
            pending: The rows (n,) of the points to run, ascending.
            workers: The number of processes that share the work.
        """

    @abstractmethod
    def run(self, batch: BatchT) -> pa.Table:
        """Return a row for each point of a batch.

        Columns: `point_id` (uint64), and any others of numbers, booleans, texts and lists of
        numbers. `status` (int8), an index into STATUSES, and `message` are optional if all points
        are ok. If it raises, the batch is split, and a point that raises alone has failed.
        """

    @classmethod
    @abstractmethod
    def from_manifest(cls, manifest: Manifest) -> Self:
        """Return the experiment of a stored sweep, whose fingerprint may differ."""

    @property
    def map_flags(self) -> Sequence[str]:
        """Return the boolean columns whose boundary on a map comes first, if they exist."""
        return ()

    def with_function(self, function: Callable[..., Any]) -> Self:
        """Return the experiment with the function that runs its points."""
        raise ConfigError(f"function: {self.name} have no function")

    def widened(self, levels: Mapping[str, Sequence[Scalar]]) -> Self:
        """Return the experiment with keys that also allow further levels.

        If that changes the type of a key's values, the identifiers of its points change.

        Args:
            levels: Further levels by key.
        """
        return self

    def fingerprint(self) -> Mapping[str, Any]:
        """Return, as JSON types, everything that a row depends on except its point.

        Rows with different fingerprints are never mixed.
        """
        return {"name": self.name}

    def check_version(self, recorded: Mapping[str, Any]) -> None:
        """Raise ManifestError if a recorded fingerprint has another version of this experiment."""

    def mixing_error(self, other: Experiment[Any], folder: Path) -> str | None:
        """Return why this experiment can't resume a folder of another, or None if it can."""
        if self.fingerprint() == other.fingerprint():
            return None
        return (
            f"{self}: {folder} was started with {other}, and a sweep never mixes two; resume it "
            "with the same, or start another sweep"
        )

    def notes(self, grid: Grid) -> list[str]:
        """Return lines to log before the points of a grid are run."""
        return []

    def record(self, grid: Grid) -> Mapping[str, Mapping[str, Any]]:
        """Return further entries of the manifest: `files`, `choices`, `options`."""
        return {}

    def check_unchanged(self, grid: Grid, manifest: Manifest, folder: Path) -> None:
        """Raise StoreError if points would be run differently than when the sweep was started."""

    def for_grid(self, grid: Grid) -> Self:
        """Return the experiment with everything that a worker needs for the points of a grid."""
        return self

    def resume_command(self, folder: Path) -> str:
        """Return the command that resumes the sweep in a folder."""
        return resume_command(folder)

    def point_command(self, point: Mapping[Any, Any]) -> str:
        """Return the command that runs one point alone; empty if there is none."""
        return ""

    def pack(self, batches: Sequence[BatchT]) -> Mapping[str, NDArray[Any]]:
        """Return batches as arrays, without objects, for jobs on other machines."""
        if self.batch_type is None:
            raise ConfigError(
                f"hydra/launcher: {self} can't be run in shards; it has no batch_type"
            )
        # An npz file has no nesting: names say batch, field and key.
        arrays: dict[str, NDArray[Any]] = {}
        for place, batch in enumerate(batches):
            for name in (each.name for each in fields(self.batch_type)):
                value = getattr(batch, name)
                if isinstance(value, Mapping):
                    arrays |= {f"{place}/{name}/{key}": np.asarray(value[key]) for key in value}
                else:
                    arrays[f"{place}/{name}"] = np.asarray(value)
        return arrays

    def unpack(self, arrays: Mapping[str, NDArray[Any]]) -> list[BatchT]:
        """Return the batches of which `pack` made arrays."""
        found: dict[int, dict[str, Any]] = {}
        for path, array in arrays.items():
            # A key may hold a / of its own.
            place, name, *key = path.split("/", 2)
            batch = found.setdefault(int(place), {})
            if key:
                batch.setdefault(name, {})[key[0]] = array
            else:
                # Scalars were packed as arrays without an axis.
                batch[name] = array if array.ndim else array.item()
        return [self.batch_type(**found[place]) for place in sorted(found)]  # type: ignore[misc]

    def check_further_seeds(self, grid: Grid) -> None:
        """Raise ConfigError if further seeds would give the same rows again."""

    def succeeded(self, part: pa.Table) -> NDArray[np.bool_]:
        """Return which rows (n,) of a part count as a success in rates."""
        raise NotImplementedError

    def batch_of_one(self, grid: Grid, row: int) -> BatchT:
        """Return a batch that runs one point of a grid alone."""
        return self.plan(grid, np.array([row]), workers=1).batches[0]

    @property
    def can_run(self) -> bool:
        """Tell whether points can be run; without its function a sweep can only be read."""
        return True

    def check(self) -> None:
        """Raise ConfigError if points can't be run here, for example without a package."""

    def check_portable(self) -> None:
        """Raise ConfigError if the experiment can't be sent to other processes."""

    def warm_up(self, batches: Sequence[BatchT], log: Callable[[str], None]) -> list[str]:
        """Prepare once before workers start; return a line for the report."""
        return []

    def part_types(self, names: Sequence[str]) -> Mapping[str, pa.DataType | None]:
        """Return the types of the columns that a part with these names must have.

        Raises:
            DamagedPartError: A part of this experiment has no such column.
        """
        return {}

    def check_part(self, part: pa.Table) -> None:
        """Raise DamagedPartError if a part has a value that no run can have."""

    def table_types(self) -> Mapping[str, Callable[[pa.DataType], bool]]:
        """Return the required columns of results.parquet, with a test of their types."""
        return {}

    def curve_steps(self, grid: Grid, name: str) -> Callable[[Rows], NDArray[np.int64]] | None:
        """Return a function that returns the steps of a curve's values; None if they count from 0.

        Args:
            grid: All points.
            name: The name of the curve.

        Returns:
            A function that takes rows (n,) and returns the steps of their values, concatenated.
        """
        return None

    @abstractmethod
    def tabulate(self, grid: Grid, stored: StoredColumns) -> ResultTable:
        """Return the columns of results.csv, made from those of the parts."""

    @abstractmethod
    def summarize(self, results: pd.DataFrame) -> pd.DataFrame:
        """Return one row per setting: all points that differ only in the seed."""

    @abstractmethod
    def compare(self, results: pd.DataFrame) -> pd.DataFrame:
        """Return one row per pair of neighbouring settings."""

    def further_tables(
        self, results: pd.DataFrame, summary: pd.DataFrame
    ) -> Mapping[str, pd.DataFrame]:
        """Return further tables, by the names of their .csv files.

        A table without rows isn't written.
        """
        return {}

    @abstractmethod
    def comparable(
        self, results: pd.DataFrame, flag: str | None
    ) -> tuple[pd.DataFrame, str, str | None]:
        """Return results for `compare_sweeps`, the counted event in words, and its time's name.

        The name is None where no column has the time of the event.

        Raises:
            ConfigError: The flag doesn't exist, or isn't chosen from several.
        """

    @abstractmethod
    def findings(
        self, results: pd.DataFrame, summary: pd.DataFrame, comparisons: pd.DataFrame
    ) -> list[str]:
        """Return the findings, a sentence or two each."""

    @abstractmethod
    def report(self, grid: Grid, store: Store, workers: int, epochs: int | None) -> ReportWriter:
        """Return the writer of the report."""

    @abstractmethod
    def log_results(self, results: pd.DataFrame, summary: pd.DataFrame, console: Console) -> None:
        """Print the results of a finished sweep."""

    def preview(
        self, grid: Grid, plan: Plan[BatchT], workers: int, csv: bool, console: Console
    ) -> None:
        """Print the batches of a plan and their cost, with or without results.csv."""

    @abstractmethod
    def run_point(self, point: Point) -> Any:
        """Run one point alone and return its result for use in Python."""

    @abstractmethod
    def replay(self, grid: Grid, row: int, into: Path, console: Console) -> pa.Table:
        """Run one point alone, print and write its result; return its row, as `run` does."""
