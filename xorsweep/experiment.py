"""An experiment: what turns the points of a grid into rows.

A sweep takes an experiment and a grid. Planning, parts, resumes, shards, tables and reports are
written once, for any experiment. `network_experiment` and `functions.experiment` implement it.
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
"""How a point ended: with a result, with numbers beyond floats, with an error."""
OK, DIVERGED, FAILED = range(3)

POINT_ID, STATUS, MESSAGE = "point_id", "status", "message"
"""The columns of every part: whose row it is, how the point ended, and why it failed."""

Rows = NDArray[np.int64]


class Batch(Protocol):
    """Points that are run together; it can be pickled."""

    @property
    def point_ids(self) -> NDArray[np.uint64]:
        """Return the identities of the points (n,)."""
        ...

    @property
    def work(self) -> int:
        """Return the amount of work, in the experiment's `work_unit`."""
        ...

    @property
    def cost(self) -> int:
        """Return how long it takes, in any unit; workers get even shares of it."""
        ...

    def split(self) -> Sequence[Self]:
        """Return smaller batches with the same points; none where it can't be divided."""
        ...


BatchT = TypeVar("BatchT", bound=Batch)


@dataclass(frozen=True)
class Plan(Generic[BatchT]):
    """The batches of a sweep, the most expensive first, and what they add up to.

    Attributes:
        batches: They hold each point once.
        points: How many points there are.
        work: The work of all batches.
        counts: What else is said of the plan, such as the number of trajectories.
        is_quick: Whether one process runs them before others could start; None where only running
            them tells.
    """

    batches: tuple[BatchT, ...]
    points: int
    work: int
    counts: Mapping[str, int] = field(default_factory=dict)
    is_quick: bool | None = None


class Experiment(ABC, Generic[BatchT]):
    """Turns points into rows; it can be pickled.

    A point's row depends on the point alone, and not on the batch in which it is run.
    """

    name: str
    """Tells this kind of experiment from others."""
    work_unit: str = "points"
    """The unit of `Batch.work`."""
    statuses: Sequence[str] = ("ok", "failed")
    """The statuses that its points may have, of STATUSES."""
    rarely_read: Sequence[str] = ()
    """How columns of results.parquet begin that no table or figure is made from."""
    nullable_integers: Sequence[str] = ()
    """Columns of whole numbers of which some may be missing."""
    code_names: Mapping[str, Sequence[str]] = MappingProxyType({})
    """The texts for which columns of parts hold codes."""
    snapshot_keys: Sequence[str] = ()
    """Keys of numbers for whose levels one run gives the rows, such as epochs."""
    batch_type: type[Any] | None = None
    """The dataclass of its batches, of arrays and scalars, so that shards can be handed them."""
    partial_lists: Sequence[str] = ()
    """Columns of lists that some points lack, as another point of the same run has them."""
    other_lists: Sequence[str] = ()
    """Columns of lists that aren't curves by step, such as weights."""
    times: Mapping[str, str] = MappingProxyType({})
    """Columns of times by the column of truth values that says whether the event happened then."""
    rate: str | None = None
    """The column of truth values whose rate `precision` is about, where there are several."""
    has_maps: bool = False
    """Whether a sweep of two axes of numbers, with a run a point, is reported as a map."""

    @property
    @abstractmethod
    def schema(self) -> Schema:
        """Return the keys of its points, their types, defaults and checks."""

    @abstractmethod
    def plan(self, grid: Grid, pending: Rows, workers: int) -> Plan[BatchT]:
        """Return batches that hold each pending point once.

        Args:
            grid: All points.
            pending: The rows (n,) of the points to be run, ascending.
            workers: How many processes share the work.
        """

    @abstractmethod
    def run(self, batch: BatchT) -> pa.Table:
        """Return a row for each point of a batch.

        Columns: `point_id` (uint64), and any others of numbers, truth values, texts and lists of
        numbers. `status` (int8), a code into STATUSES, and `message` may be left out where all
        points are ok. It may raise: then the batch is split, and a point that raises alone has
        failed.
        """

    @classmethod
    @abstractmethod
    def from_manifest(cls, manifest: Manifest) -> Self:
        """Return the experiment of a sweep that was started, whose fingerprint may be another."""

    @property
    def map_flags(self) -> Sequence[str]:
        """Return the columns of truth values whose boundary on a map comes first, if there."""
        return ()

    def with_function(self, function: Callable[..., Any]) -> Self:
        """Return the experiment with the function that runs its points."""
        raise ConfigError(f"function: {self.name} have no function")

    def widened(self, levels: Mapping[str, Sequence[Scalar]]) -> Self:
        """Return the experiment with keys that may have further levels, too.

        Where that makes another type of a key's values, its points are others from then on.

        Args:
            levels: Further levels by key.
        """
        return self

    def fingerprint(self) -> Mapping[str, Any]:
        """Return, as JSON has it, all that a row depends on beside its point.

        Rows with different fingerprints are never mixed.
        """
        return {"name": self.name}

    def check_version(self, recorded: Mapping[str, Any]) -> None:
        """Raise ManifestError where a recorded fingerprint is of another version of this kind."""

    def mixing_error(self, other: Experiment[Any], folder: Path) -> str | None:
        """Return why this experiment can't go into a folder of another, None where it can."""
        if self.fingerprint() == other.fingerprint():
            return None
        return (
            f"{self}: {folder} was started with {other}, and a sweep never mixes two; resume it "
            "with the same, or start another sweep"
        )

    def notes(self, grid: Grid) -> list[str]:
        """Return lines to be logged before the points of a grid are run."""
        return []

    def record(self, grid: Grid) -> Mapping[str, Mapping[str, Any]]:
        """Return what a manifest records beside the fingerprint: `files`, `choices`, `options`."""
        return {}

    def check_unchanged(self, grid: Grid, manifest: Manifest, folder: Path) -> None:
        """Raise StoreError where points wouldn't be run as when a folder's sweep was started."""

    def for_grid(self, grid: Grid) -> Self:
        """Return the experiment with all that a worker needs to run the points of a grid."""
        return self

    def resume_command(self, folder: Path) -> str:
        """Return the command that resumes the sweep in a folder."""
        return resume_command(folder)

    def point_command(self, point: Mapping[Any, Any]) -> str:
        """Return the command that runs one point alone; empty where there is none."""
        return ""

    def pack(self, batches: Sequence[BatchT]) -> Mapping[str, NDArray[Any]]:
        """Return batches as arrays, without objects, for jobs elsewhere."""
        if self.batch_type is None:
            raise ConfigError(
                f"hydra/launcher: {self} can't be run in shards; it has no batch_type"
            )
        names = [each.name for each in fields(self.batch_type)]
        return {
            f"{place}/{name}": np.asarray(getattr(batch, name))
            for place, batch in enumerate(batches)
            for name in names
        }

    def unpack(self, arrays: Mapping[str, NDArray[Any]]) -> list[BatchT]:
        """Return the batches of which `pack` made arrays."""
        found: dict[int, dict[str, Any]] = {}
        for path, array in arrays.items():
            place, _, name = path.partition("/")
            found.setdefault(int(place), {})[name] = array if array.ndim else array.item()
        return [self.batch_type(**found[place]) for place in sorted(found)]  # type: ignore[misc]

    def check_further_seeds(self, grid: Grid) -> None:
        """Raise ConfigError where further seeds would give the same rows again."""

    def succeeded(self, part: pa.Table) -> NDArray[np.bool_]:
        """Return which rows (n,) of a part count as a success, where rates are asked for."""
        raise NotImplementedError

    def batch_of_one(self, grid: Grid, row: int) -> BatchT:
        """Return a batch that runs one point of a grid alone."""
        return self.plan(grid, np.array([row]), workers=1).batches[0]

    @property
    def can_run(self) -> bool:
        """Tell whether points can be run; without its function a sweep can only be read."""
        return True

    def check(self) -> None:
        """Raise ConfigError where points can't be run here, such as without a package."""

    def check_portable(self) -> None:
        """Raise ConfigError where the experiment can't be sent to other processes."""

    def warm_up(self, batches: Sequence[BatchT], log: Callable[[str], None]) -> list[str]:
        """Do what is done once before workers start; return what a report should say of it."""
        return []

    def part_types(self, names: Sequence[str]) -> Mapping[str, pa.DataType | None]:
        """Return the types of the columns that a part with these names must have.

        Raises:
            DamagedPartError: A part of this experiment has no such column.
        """
        return {}

    def check_part(self, part: pa.Table) -> None:
        """Raise DamagedPartError where a part holds a value that no run gives."""

    def table_types(self) -> Mapping[str, Callable[[pa.DataType], bool]]:
        """Return the columns that results.parquet has at least, with a test of their types."""
        return {}

    def curve_steps(self, grid: Grid, name: str) -> Callable[[Rows], NDArray[np.int64]] | None:
        """Return what gives the steps of the values of a curve, None where they count from 0.

        Args:
            grid: All points.
            name: The name of the curve.

        Returns:
            A function that takes rows (n,) and returns the steps of the values of each, one row's
            behind the other's.
        """
        return None

    @abstractmethod
    def tabulate(self, grid: Grid, stored: StoredColumns) -> ResultTable:
        """Return the columns of results.csv, made of those of the parts."""

    @abstractmethod
    def summarize(self, results: pd.DataFrame) -> pd.DataFrame:
        """Return one row per setting: all points that differ only in the seed."""

    @abstractmethod
    def compare(self, results: pd.DataFrame) -> pd.DataFrame:
        """Return one row per pair of neighbouring cells."""

    def further_tables(
        self, results: pd.DataFrame, summary: pd.DataFrame
    ) -> Mapping[str, pd.DataFrame]:
        """Return what else is written beside the summary, by the names of files ending in .csv.

        A table without rows isn't written.
        """
        return {}

    @abstractmethod
    def comparable(self, results: pd.DataFrame, flag: str | None) -> tuple[pd.DataFrame, str]:
        """Return results as `compare_sweeps` takes them, and the event that is counted, in words.

        Raises:
            ConfigError: There is no such flag, or there are several to choose from.
        """

    @abstractmethod
    def findings(
        self, results: pd.DataFrame, summary: pd.DataFrame, comparisons: pd.DataFrame
    ) -> list[str]:
        """Return what the numbers say, each a sentence or two."""

    @abstractmethod
    def report(self, grid: Grid, store: Store, workers: int, epochs: int | None) -> ReportWriter:
        """Return what writes the report of a sweep that is being finished."""

    @abstractmethod
    def log_results(self, results: pd.DataFrame, summary: pd.DataFrame, console: Console) -> None:
        """Print what a finished sweep found."""

    def preview(
        self, grid: Grid, plan: Plan[BatchT], workers: int, csv: bool, console: Console
    ) -> None:
        """Print the batches of a plan and what they would take, with results.csv or without."""

    @abstractmethod
    def run_point(self, point: Point) -> Any:
        """Run one point alone and return what came out, to be looked at from Python."""

    @abstractmethod
    def replay(self, grid: Grid, row: int, into: Path, console: Console) -> pa.Table:
        """Run one point alone, show and write what it did; return its row, as `run` does."""


@dataclass(frozen=True)
class ExperimentTask(Generic[BatchT]):
    """Runs batches of an experiment; where one raises, its points are told apart."""

    experiment: Experiment[BatchT]

    def __call__(self, batch: BatchT) -> pa.Table:
        """Return the rows of a batch; a point that raises alone has failed, with the message.

        That holds for whatever is raised, `sys.exit` too, but for an interrupt.
        """
        import pyarrow as pa

        try:
            return self.experiment.run(batch)
        except KeyboardInterrupt:
            raise
        except BatchError as error:
            return self.failed(batch, str(error))
        except BaseException as error:  # the message is the row's
            halves = batch.split()
            if not halves:
                own = isinstance(error, FunctionError)
                return self.failed(batch, str(error) if own else exception_text(error))
        return pa.concat_tables(map(self, halves), promote_options="default")

    def failed(self, batch: BatchT, message: str) -> pa.Table:
        """Return the rows of points that failed."""
        import pyarrow as pa

        ids = batch.point_ids
        return pa.table(
            {
                POINT_ID: ids,
                STATUS: np.full(len(ids), FAILED, np.int8),
                MESSAGE: pa.array([escape_non_utf8(message)] * len(ids), pa.string()),
            }
        )


EXPERIMENTS = {
    "networks": "xorsweep.network_experiment:NetworkExperiment",
    "function": "xorsweep.functions.experiment:FunctionExperiment",
}
"""The classes of experiments by name; packages offer others by the entry points below."""
ENTRY_POINTS = "xorsweep.experiments"


_GIVEN: dict[str, type[Experiment[Any]]] = {}
"""The classes by name that this process has swept, which no package needs to offer."""


def experiment_of(manifest: Manifest) -> Experiment[Any]:
    """Return the experiment that a manifest names; raises ManifestError where it isn't here."""
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
    """Return the class of an experiment by its name; None where no package here offers it."""
    found: Any = _GIVEN.get(name)
    if name in EXPERIMENTS:
        found = resolve_name(EXPERIMENTS[name])
    elif found is None:
        offers = [each for each in entry_points(group=ENTRY_POINTS) if each.name == name]
        found = offers[0].load() if offers else None
    return found  # type: ignore[no-any-return]


def offered_experiments() -> list[str]:
    """Return the names of the experiments that packages here offer."""
    return sorted(each.name for each in entry_points(group=ENTRY_POINTS))


def remember_class(cls: type[Experiment[Any]]) -> None:
    """Let this process open folders of a class of experiments, which no package needs to offer."""
    _GIVEN[cls.name] = cls
