"""A function as an experiment: each point is a call."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pyarrow as pa

from xorsweep.errors import ConfigError, FunctionError, StoreError
from xorsweep.experiment import ExperimentTask, Plan, Rows
from xorsweep.fields import Scalar
from xorsweep.functions.calls import call_with_arrays, call_with_points
from xorsweep.functions.columns import check_part, part_types, tabulate
from xorsweep.functions.points import (
    Levels,
    PointBatch,
    batch_of,
    batches_of,
    levels_in,
    read_axes,
    schema_of,
    widened_schema,
)
from xorsweep.functions.signature import Function, Signature
from xorsweep.functions.source import is_importable, name_of, short_name, source_digest
from xorsweep.grid.grid import Grid
from xorsweep.grid.product import grid_of_levels
from xorsweep.grid.schema import Point, Schema
from xorsweep.storage.manifest import Manifest
from xorsweep.storage.results import ResultTable, StoredColumns
from xorsweep.tabular_experiment import TabularExperiment
from xorsweep.text import format_value, shorten

if TYPE_CHECKING:
    from xorsweep.reporting.console import Console

BATCH = 4096
"""Points of a batch; the first of them are run in smaller pieces, which tell how long they take."""


@dataclass(frozen=True, kw_only=True)
class FunctionExperiment(TabularExperiment[PointBatch]):
    """Calls a function with each point.

    Attributes:
        full_name: The function's name, `module:function`.
        source: A digest of its source, or None.
        vectorized: Whether it takes arrays (n,) instead of scalars.
        keys: The schema of the points.
        function: The function; None if a folder is read without it.
        signature: The function's signature.
    """

    full_name: str
    source: str | None
    vectorized: bool = False
    keys: Schema = field(repr=False, compare=False)
    function: Function | None = field(default=None, compare=False)
    signature: Signature | None = field(default=None, compare=False)

    name = "function"
    batch_type = PointBatch
    python_call = "sweep_function"

    @classmethod
    def of(
        cls,
        function: Function,
        blocks: Sequence[Mapping[str, Levels]],
        zipped: Sequence[Sequence[str]] = (),
        where: str | None = None,
        **options: Any,
    ) -> tuple[Self, Grid]:
        """Return the experiment and the grid of a function.

        Args:
            function: The function.
            blocks: Levels by argument; each is a separate product, the last axis varies fastest.
            zipped: The arguments that vary together.
            where: An expression that is true for the points to keep.
            options: `vectorized`, `times` and `rate`.

        Raises:
            ConfigError: The function can't be called this way, or a level isn't allowed.
        """
        own = _fields_of(function)
        signature, name = own["signature"], short_name(own["full_name"])
        read = [read_axes(axes, signature, name) for axes in blocks]
        first = {axis.key for axis in read[0]}
        # Points of one function have the same keys; a missing one would have no value to call it
        # with.
        for key in (axis.key for axes in read for axis in axes if axis.key not in first):
            raise ConfigError(f"blocks: {key} is given in some of them; give it in each")
        if any(len(axes) < len(first) for axes in read):
            raise ConfigError("blocks: each needs the same keys as the first")
        levels: dict[str, list[Scalar]] = {}
        for axis in (axis for axes in read for axis in axes):
            levels.setdefault(axis.key, []).extend(axis.levels)
        experiment = cls(keys=schema_of(levels), **own, **options)
        products = [{axis.key: axis.levels for axis in axes} for axes in read]
        return experiment, grid_of_levels(experiment.schema, products, zipped, where)

    def with_function(self, function: Function) -> Self:
        """Return the experiment of a folder with the function that its points are run by.

        Raises:
            ConfigError: The function can't be called with the keys of the points.
        """
        own = _fields_of(function)
        own["signature"].check(self.schema.keys, short_name(own["full_name"]))
        return replace(self, **own)

    @classmethod
    def from_manifest(cls, manifest: Manifest) -> Self:
        """Return the experiment of a sweep that was started, without its function."""
        recorded, options = manifest.experiment, manifest.options
        # The fingerprint has the name without its module where there is a source.
        name = str(options.get("function", recorded.get("function")))
        return cls(
            full_name=name,
            source=recorded.get("source"),
            vectorized=bool(recorded.get("vectorized")),
            keys=schema_of(levels_in(manifest.points)),
            times=options.get("times", {}),
            rate=options.get("rate"),
        )

    def __str__(self) -> str:
        """Return the function's name."""
        return f"the function {short_name(self.full_name)}"

    @property
    def schema(self) -> Schema:
        """Return the function's arguments and the types of their levels."""
        return self.keys

    @property
    def can_run(self) -> bool:
        """Tell whether the function is there."""
        return self.function is not None

    def widened(self, levels: Mapping[str, Sequence[Scalar]]) -> Self:
        """Return the experiment with whole numbers as floats where further levels are floats."""
        return replace(self, keys=widened_schema(self.keys, levels))

    def fingerprint(self) -> Mapping[str, Any]:
        """Return the identity of a function: its name, its source, how it is called."""
        # The same file may be a script or be imported, by whatever name.
        name = self.full_name if self.source is None else self.full_name.partition(":")[2]
        return {
            "name": self.name,
            "function": name,
            "source": self.source,
            "vectorized": self.vectorized,
        }

    def mixing_error(self, other: Any, folder: Path) -> str | None:
        """Return why a function's points can't go into a folder, None where they can."""
        mine, its = self.fingerprint(), other.fingerprint()
        if mine == its:
            return None
        name = short_name(self.full_name)
        if mine["name"] == its["name"] and {**mine, "source": None} == {**its, "source": None}:
            return (
                f"{name}: its source has changed since {folder} was started, and a sweep never "
                "mixes two functions; restore the old one, or choose another folder"
            )
        return (
            f"{name}: {folder} was started with {other}, and a sweep never mixes two; use that "
            "one, or choose another folder"
        )

    def record(self, grid: Grid) -> Mapping[str, Mapping[str, Any]]:
        """Return the function's full name, and the options of its tables."""
        return {"options": {"function": self.full_name, **super().record(grid)["options"]}}

    def command_words(self) -> Sequence[str]:
        """Return the subcommand and the function; none where no command can name it."""
        return ("function", self.full_name) if is_importable(self.full_name) else ()

    def check_portable(self) -> None:
        """Raise ConfigError where an object that the function uses can't reach other processes.

        Functions that can be imported travel by their names.
        """
        from joblib.externals.loky.cloudpickle_wrapper import dumps

        try:
            # As joblib and Dask will send it.
            dumps(self.function)
        except Exception as error:
            culprit = next(_unpicklable(self.function), "it")
            raise ConfigError(
                f"{short_name(self.full_name)}: {culprit} can't be sent to other processes "
                f"({error}); use one process, parallel=serial, or make it inside the function"
            ) from None

    def plan(self, grid: Grid, pending: Rows, workers: int) -> Plan[PointBatch]:
        """Return batches of points; how long one takes is known once it has run."""
        batches = batches_of(grid, pending, BATCH)
        return Plan(tuple(batches), len(pending), len(pending))

    def batch_of_one(self, grid: Grid, row: int) -> PointBatch:
        """Return a batch of one point."""
        return batch_of(grid, np.array([row]))

    def run(self, batch: PointBatch) -> pa.Table:
        """Call the function.

        Raises:
            FunctionError: A row can't hold its return value.
        """
        function, signature = self._callable()
        name = short_name(self.full_name)
        if not self.vectorized:
            return call_with_points(function, signature, batch, name)
        try:
            return call_with_arrays(function, signature, batch)
        except FunctionError as error:
            raise type(error)(f"{name} {error}") from None

    def _callable(self) -> tuple[Function, Signature]:
        if self.function is None or self.signature is None:
            raise StoreError(
                f"{short_name(self.full_name)}: a folder is data, and the function that it names "
                f"isn't imported; pass it with --function {self.full_name}"
            )
        return self.function, self.signature

    def part_types(self, names: Sequence[str]) -> Mapping[str, pa.DataType | None]:
        """Return the types of the columns of a part."""
        return part_types(names)

    def check_part(self, part: pa.Table) -> None:
        """Raise DamagedPartError where a part lacks columns that its points have."""
        check_part(part)

    def tabulate(self, grid: Grid, stored: StoredColumns) -> ResultTable:
        """Return one column for each name that the function returned."""
        return tabulate(stored, short_name(self.full_name))

    def preview(
        self, grid: Grid, plan: Plan[PointBatch], workers: int, csv: bool, console: Console
    ) -> None:
        """Print that the duration of calls isn't known in advance."""
        console.print("the time per point isn't known before the function is called")

    def run_point(self, point: Point) -> Any:
        """Call the function with one point and return its values."""
        function, signature = self._callable()
        if not self.vectorized:
            return signature.caller(function, tuple(point))(point)
        arrays = {key: np.array([value]) for key, value in point.items()}
        return signature.caller(function, tuple(point))(arrays)

    def replay(self, grid: Grid, row: int, into: Path, console: Console) -> pa.Table:
        """Call the function with one point, and print the returned values."""
        self._callable()
        point = grid.point(row)
        console.log(", ".join(f"{key}={format_value(value)}" for key, value in point.items()))
        rows = ExperimentTask(self)(self.batch_of_one(grid, row))
        values = rows.to_pylist()[0]
        for column, value in values.items():
            name = column.rpartition(".")[0] if "." in column else column
            if value is not None and column not in ("point_id", "returned", "status"):
                console.log(f"  {name} = {value!r:.200}")
        return rows


def _fields_of(function: Function) -> dict[str, Any]:
    name = name_of(function)
    return {
        # First, as it refuses what is no function.
        "signature": Signature.of(function, short_name(name)),
        "full_name": name,
        "source": source_digest(function),
        "function": function,
    }


def read_times(times: object) -> dict[str, str]:
    """Return columns of times by the flags of their events; raises ConfigError."""
    if times is None:
        return {}
    if not isinstance(times, Mapping) or not all(
        isinstance(name, str) for pair in times.items() for name in pair
    ):
        raise ConfigError(
            f'times={shorten(times)}: must be a dictionary such as {{"steps": "solved"}}'
        )
    return dict(times)


def read_rate(rate: object) -> str | None:
    """Return the name of a column of true and false, or None; raises ConfigError."""
    if rate is None or (isinstance(rate, str) and rate.isidentifier()):
        return rate
    raise ConfigError(f"rate={shorten(rate)}: must be the name of a column of true and false")


def _unpicklable(function: Any) -> Iterator[str]:
    """Yield the names of the objects of a function that can't be pickled."""
    import inspect

    from joblib.externals.loky.cloudpickle_wrapper import dumps

    if not inspect.isfunction(function):
        return
    captured = inspect.getclosurevars(function)
    for key, value in {**captured.nonlocals, **captured.globals}.items():
        try:
            dumps(value)
        except Exception:
            yield key
