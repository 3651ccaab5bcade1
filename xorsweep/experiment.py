"""An experiment converts the points of a grid to rows.

A sweep has an experiment and a grid. Planning, parts, resume, shards, tables and reports are
shared by all experiments. `network_experiment` and `functions.experiment` implement it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from importlib.metadata import entry_points
from pathlib import Path
from pkgutil import resolve_name
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Generic, Protocol, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from xorsweep.command_lines import resume_command
from xorsweep.errors import BatchError, ConfigError, FunctionError, ManifestError
from xorsweep.text import escape_non_utf8, exception_text

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

STATUSES = ("ok", "diverged", "failed")
"""How a point ended: with a result, with numbers that aren't finite, with an error."""
OK, DIVERGED, FAILED = range(3)

POINT_ID, STATUS, MESSAGE = "point_id", "status", "message"
"""The columns of every part: the point, its status, and why it failed."""

Rows = NDArray[np.int64]


class Batch(Protocol):
    """Points that are run together; it can be pickled."""

    @property
    def point_ids(self) -> NDArray[np.uint64]:
        """Return the identifiers of the points (n,)."""
        ...

    @property
    def work(self) -> int:
        """Return the amount of work, in the experiment's `work_unit`."""
        ...

    @property
    def cost(self) -> float:
        """Return the duration, in any unit; workers get equal shares of it."""
        ...

    def split(self) -> Sequence[Self]:
        """Return smaller batches with the same points; none if it can't be split."""
        ...


BatchT = TypeVar("BatchT", bound=Batch)


@dataclass(frozen=True)
class Plan(Generic[BatchT]):
    """The batches of a sweep, the most expensive first, and their totals.

    Attributes:
        batches: The batches, with each point once; they may be made when they are asked for.
        points: The number of points.
        work: The total work of the batches.
        counts: Further counts of the plan, such as the number of trajectories.
        is_quick: Whether one process runs them, before others could start or because they share
            a device; None if that isn't known before they run.
    """

    batches: Sequence[BatchT]
    points: int
    work: int
    counts: Mapping[str, int] = field(default_factory=dict)
    is_quick: bool | None = None


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


@dataclass(frozen=True)
class ExperimentTask(Generic[BatchT]):
    """Runs batches of an experiment; if one raises, it is split to find the points that fail."""

    experiment: Experiment[BatchT]

    def __call__(self, batch: BatchT) -> pa.Table:
        """Return the rows of a batch; a point that raises alone has failed, with the message.

        This includes any exception, also `sys.exit`, except an interrupt.
        """
        import pyarrow as pa

        try:
            return self.experiment.run(batch)
        except KeyboardInterrupt:
            raise
        except BatchError as error:
            # Without dividing the batch: no point of it can be run here.
            return self.failed(batch, str(error))
        except BaseException as error:  # the message is the row's
            halves = batch.split()
            if not halves:
                own = isinstance(error, FunctionError)
                return self.failed(batch, str(error) if own else exception_text(error))
        return pa.concat_tables(map(self, halves), promote_options="default")

    def failed(self, batch: BatchT, message: str) -> pa.Table:
        """Return the rows of a batch whose points have all failed, for the same reason."""
        return failed_rows(batch.point_ids, message)


def failed_rows(point_ids: NDArray[np.uint64], *messages: str) -> pa.Table:
    """Return the rows of points (n,) that failed, with a message each or one for all of them."""
    import pyarrow as pa

    count = len(point_ids)
    texts = [escape_non_utf8(message) for message in messages]
    return pa.table(
        {
            POINT_ID: point_ids,
            STATUS: np.full(count, FAILED, np.int8),
            MESSAGE: pa.array(texts if len(texts) == count else texts * count, pa.string()),
        }
    )


EXPERIMENTS = {
    "networks": "xorsweep.network_experiment:NetworkExperiment",
    "function": "xorsweep.functions.experiment:FunctionExperiment",
}
"""The classes of experiments by name; packages add others by the entry points below."""
ENTRY_POINTS = "xorsweep.experiments"


_GIVEN: dict[str, type[Experiment[Any]]] = {}
"""The classes by name that this process has swept; they need no entry point."""


def experiment_of(manifest: Manifest) -> Experiment[Any]:
    """Return the experiment that a manifest names; raises ManifestError if it isn't available."""
    name = str(manifest.experiment.get("name"))
    cls = experiment_class(name)
    if cls is None:
        raise ManifestError(
            f"its experiment is {name!r:.40}, and no package here offers it; name its class: "
            "--experiment module:Class, experiment=Class of xs.load, or to resume it "
            "python -m xorsweep experiment module:Class resume=..."
        )
    return cls.from_manifest(manifest)


def experiment_class(name: str) -> type[Experiment[Any]] | None:
    """Return the class of an experiment by its name; None if no installed package has it."""
    found: Any = _GIVEN.get(name)
    # Own names first, which no class of a user can take.
    if name in EXPERIMENTS:
        found = resolve_name(EXPERIMENTS[name])
    elif found is None:
        offers = [each for each in entry_points(group=ENTRY_POINTS) if each.name == name]
        found = offers[0].load() if offers else None
    return found  # type: ignore[no-any-return]


def offered_experiments() -> list[str]:
    """Return the names of the experiments of installed packages."""
    return sorted(each.name for each in entry_points(group=ENTRY_POINTS))


def remember_class(cls: type[Experiment[Any]]) -> None:
    """Let this process open folders of an experiment class without an entry point."""
    _GIVEN[cls.name] = cls
