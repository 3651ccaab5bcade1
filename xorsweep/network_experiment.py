"""The built-in experiment: each point is a network that is trained."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from xorsweep.command_lines import single_run_command
from xorsweep.errors import BatchError, ConfigError, ManifestError, StoreError
from xorsweep.experiment import STATUSES, Experiment, Plan, Rows
from xorsweep.fields import fields_of
from xorsweep.fields.sections import read_fields, read_group
from xorsweep.grid.grid import Grid
from xorsweep.grid.schema import Point, Schema
from xorsweep.networks.curvature import curve_capacity
from xorsweep.networks.engines import Engine, load_capacity, load_epoch_costs
from xorsweep.networks.input_files import changed_files, input_files, input_notes
from xorsweep.networks.metrics import OUTCOMES, Curvature, learning_curve_epochs
from xorsweep.networks.missing_curvature import missing_curvature
from xorsweep.networks.planning import Batch, batch_of_one, make_plan, pack, unpack
from xorsweep.networks.plugins import PluginSet, extensions_of, missing_plugins, shadowed
from xorsweep.networks.point_results import (
    CURVATURE_CURVES,
    CURVATURE_LISTS,
    LEARNING_CURVE,
    PARAMETERS,
)
from xorsweep.networks.results import (
    TABLE_TYPES,
    check_part,
    part_of,
    part_of_run,
    part_types,
    tabulate,
)
from xorsweep.networks.schema import COMPONENTS, NETWORK_SCHEMA, component_of, epochs_of
from xorsweep.networks.trainability import TRAINABLE
from xorsweep.networks.trainer import train_batch
from xorsweep.settings import NetworkSettings
from xorsweep.storage.manifest import Manifest, check_version
from xorsweep.storage.mapped_arrays import release_pages
from xorsweep.storage.results import ResultTable, StoredColumns
from xorsweep.text import exception_text, format_value
from xorsweep.versions import NUMERICS

if TYPE_CHECKING:
    import pandas as pd

    from xorsweep.reporting.console import Console
    from xorsweep.reporting.report import ReportWriter
    from xorsweep.reporting.run import Run
    from xorsweep.storage.store import Store


@dataclass(frozen=True)
class NetworkExperiment(Experiment[Batch]):
    """Trains networks.

    Attributes:
        engine: The engine that trains them, and its precision.
        plugins: The packages that a worker needs beyond xorsweep.
        curvature: Whether the curvature of the loss is measured after the last epoch or, with
            `learning_curve`, at the epochs of the learning curve, too.
        trainable: Whether rows say if the loss came down; a criterion of the grid may ask for it,
            too.
    """

    engine: Engine = Engine()
    plugins: PluginSet = PluginSet()
    curvature: bool | str = False
    trainable: bool = False

    name = "networks"
    work_unit = "net-epochs"
    statuses = STATUSES
    rarely_read = ("output_", "mse", "max_abs_error")
    nullable_integers = ("converged_epoch",)
    code_names = MappingProxyType({"outcome": OUTCOMES})
    snapshot_keys = ("epochs",)
    partial_lists = (LEARNING_CURVE, *CURVATURE_LISTS)
    other_lists = (PARAMETERS,)
    has_maps = True
    map_flags = ("trainable", "converged")

    @property
    def schema(self) -> Schema:
        """Return the keys of a network's points."""
        return NETWORK_SCHEMA

    @classmethod
    def from_manifest(cls, manifest: Manifest) -> Self:
        """Return the experiment of a sweep that was started.

        Raises:
            ManifestError: It names a component that isn't here.
            ConfigError: Its engine or its study isn't allowed.
        """
        for choice, origin in manifest.choices.items():
            group, _, name = choice.partition("=")
            if name not in COMPONENTS.get(group, ()):
                raise ManifestError(*missing_plugins({choice: origin}))
        if manifest.study is not None:
            from xorsweep.analysis.studies.spec import read_study

            read_study(manifest.study)
        # A fingerprint has only settings that differ from the defaults, so that a new setting
        # changes no old one.
        recorded = {**asdict(NetworkSettings()), **manifest.experiment}
        settings = read_fields("", recorded, NetworkSettings)
        return cls(read_group("engine", manifest.experiment, Engine), **settings)

    def fingerprint(self) -> Mapping[str, Any]:
        """Return the versions and options that a row depends on beside its point."""
        of_all = {"name": self.name, "numerics": NUMERICS, "engine": asdict(self.engine)}
        return {**of_all, **self._settings}

    def __str__(self) -> str:
        """Return the settings as they are typed, without those that are false."""
        settings = (f"{key}={format_value(value)}" for key, value in self._settings.items())
        return " ".join([str(self.engine), *settings])

    @property
    def _settings(self) -> Mapping[str, Any]:
        """Return the optional columns that are kept."""
        return {key: value for key in fields_of(NetworkSettings) if (value := getattr(self, key))}

    def check_version(self, recorded: Mapping[str, Any]) -> None:
        """Raise ManifestError for other numerics than this version's."""
        check_version("numerics", recorded.get("numerics"), NUMERICS, {})

    def notes(self, grid: Grid) -> list[str]:
        """Return a line for each component that xorsweep has, too, and for each input file."""
        return [*shadowed(grid), *input_notes(grid), *self._curvature_note(grid)]

    def check_grid(self, grid: Grid) -> None:
        """Raise ConfigError where a curvature is asked for that no point of a grid has."""
        reasons = missing_curvature(grid) if self.curvature else {}
        if sum(reasons.values()) == len(grid):
            reason = next(iter(reasons))
            raise ConfigError(f"curvature={format_value(self.curvature)}: {reason}")

    def _curvature_note(self, grid: Grid) -> Iterator[str]:
        """Yield a line for each reason for which points of a grid have no curvature."""
        for reason, count in (missing_curvature(grid) if self.curvature else {}).items():
            yield f"curvature is empty at {count:,} of {len(grid):,} points: {reason}"

    def record(self, grid: Grid) -> Mapping[str, Mapping[str, Any]]:
        """Return digests of input files, and where components of others come from."""
        return {"files": input_files(grid), "choices": dict(extensions_of(grid).origins)}

    def check_unchanged(self, grid: Grid, manifest: Manifest, folder: Path) -> None:
        """Raise StoreError where a component or an input file isn't the recorded one."""
        for line in missing_plugins(manifest.choices):
            raise StoreError(
                f"{line}; a sweep never mixes them: install the one that started {folder}, or "
                "start another sweep"
            )
        for path in changed_files(manifest.files, grid):
            raise StoreError(
                f"init.path={path}: the file has changed since {folder} was started; "
                "restore the old one, or start another sweep"
            )

    def for_grid(self, grid: Grid) -> Self:
        """Return the experiment with the components and columns that a grid asks for."""
        criteria = (COMPONENTS["criterion"][str(name)] for name in grid.columns["criterion"].levels)
        asked = any(criterion.asks_for_trainable for criterion in criteria)
        return replace(self, plugins=extensions_of(grid), trainable=self.trainable or asked)

    def point_command(self, point: Mapping[Any, Any]) -> str:
        """Return the command that trains one network and writes its page."""
        return single_run_command(point)

    def pack(self, batches: Sequence[Batch]) -> Mapping[str, NDArray[Any]]:
        """Return batches as arrays, and the values that their members share as JSON."""
        return pack(batches)

    def unpack(self, arrays: Mapping[str, NDArray[Any]]) -> list[Batch]:
        """Return the batches of which `pack` made arrays."""
        return unpack(arrays)

    def check_further_seeds(self, grid: Grid) -> None:
        """Raise ConfigError where initial weights don't depend on the seed."""
        # One point for each initializer: its answer is the same at all of its points.
        for row in grid.columns["init"].first_rows:
            component_of("init", grid.point(int(row))).check_further_seeds()

    def check(self) -> None:
        """Raise ConfigError where the engine can't train here."""
        self.engine.check()

    def plan(self, grid: Grid, pending: Rows, workers: int) -> Plan[Batch]:
        """Return batches of networks that an engine can train together."""
        capacity = load_capacity(self.engine)
        if self.curvature == LEARNING_CURVE:
            capacity = curve_capacity(capacity)
        on_gpu = self.engine.uses_gpu  # by one process at a time
        costs = load_epoch_costs(self.engine)
        plan = make_plan(grid, capacity, 1 if on_gpu else workers, pending, costs)
        # One process uses the GPU: others would wait for it, and each hold memory there.
        return replace(plan, is_quick=True) if on_gpu else plan

    def batch_of_one(self, grid: Grid, row: int) -> Batch:
        """Return a batch of one network, kept after its last epoch."""
        point = grid.point(row)
        return batch_of_one(point, (epochs_of(point),), int(grid.identities_of(row)))

    def warm_up(self, batches: Sequence[Batch], log: Callable[[str], None]) -> list[str]:
        """Compile the engine; return a line for each component that isn't compiled."""
        from xorsweep.networks.warmup import warm_up

        return warm_up(batches, self.engine, log)

    def run(self, batch: Batch) -> pa.Table:
        """Train a batch.

        Raises:
            BatchError: A package that the points need isn't in this process.
        """
        try:
            # In a worker, classes that a script has registered aren't registered yet.
            self.plugins.install()
        except ConfigError as error:
            # All points of a batch need the same packages, so none of them can be trained here.
            raise BatchError(str(error)) from error
        return part_of(train_batch(batch, self.engine, self.curvature, self.trainable))

    def succeeded(self, part: pa.Table) -> NDArray[np.bool_]:
        """Return which networks converged."""
        if "converged_epoch" not in part.column_names:  # all of them failed
            return np.zeros(len(part), bool)
        converged: NDArray[np.bool_] = part["converged_epoch"].fill_null(-1).to_numpy() >= 0
        return converged

    def part_types(self, names: Sequence[str]) -> Mapping[str, pa.DataType]:
        """Return the types of the columns of a part."""
        return part_types(names, self.curvature, self.trainable)

    def check_part(self, part: pa.Table) -> None:
        """Raise DamagedPartError where a network has no value or no known outcome."""
        check_part(part)

    def table_types(self) -> Mapping[str, Callable[[pa.DataType], bool]]:
        """Return the columns that every results.parquet of networks has."""
        measured = Curvature._fields if self.curvature else ()
        own = {TRAINABLE: pa.types.is_boolean} if self.trainable else {}
        return {**TABLE_TYPES, **dict.fromkeys(measured, pa.types.is_float64), **own}

    def curve_steps(self, grid: Grid, name: str) -> Callable[[Rows], NDArray[np.int64]] | None:
        """Return the epochs of learning curves and of those of the curvature."""
        if name not in (LEARNING_CURVE, *CURVATURE_CURVES):
            return None
        epochs = grid.columns["epochs"]
        return lambda rows: np.concatenate(
            [learning_curve_epochs(int(last)) for last in epochs.array(rows)]
        )

    def tabulate(self, grid: Grid, stored: StoredColumns) -> ResultTable:
        """Return errors, outputs, convergence and outcome of each network."""
        return tabulate(grid, stored, self.curvature, self.trainable)

    def summarize(self, results: pd.DataFrame) -> pd.DataFrame:
        """Return rates, times, costs, errors and outcomes of each cell."""
        from xorsweep.analysis.summary import summarize

        return summarize(results)

    def compare(self, results: pd.DataFrame) -> pd.DataFrame:
        """Return the rates of neighbouring cells, compared run by run."""
        from xorsweep.analysis.paired_tests import compare_neighbours

        return compare_neighbours(results)

    def further_tables(
        self, results: pd.DataFrame, summary: pd.DataFrame
    ) -> Mapping[str, pd.DataFrame]:
        """Return the failure rates by initial weights, and the shares of the rate's variance."""
        from xorsweep.analysis import initial_weights, variance_shares

        shares = variance_shares.rate_variance(results, summary)
        release_pages()
        return {
            variance_shares.TABLE: shares.table if shares else summary.iloc[:0],
            initial_weights.TABLE: initial_weights.failures_by_weights(results),
        }

    def comparable(
        self, results: pd.DataFrame, flag: str | None
    ) -> tuple[pd.DataFrame, str, str | None]:
        """Return results, whose convergence is compared."""
        if flag not in (None, "converged"):
            raise ConfigError(f"--flag {flag}: sweeps of networks are compared by converged")
        return results, "they converge", "epochs"

    def findings(
        self, results: pd.DataFrame, summary: pd.DataFrame, comparisons: pd.DataFrame
    ) -> list[str]:
        """Return how often, how fast and where training ends, in sentences."""
        from xorsweep.reporting.network_report import network_findings

        return network_findings(results, summary, comparisons)

    def report(self, grid: Grid, store: Store, workers: int, epochs: int | None) -> ReportWriter:
        """Return the writer of the report, with typical, best and worst runs."""
        from xorsweep.reporting.network_report import NetworkReport

        return NetworkReport(grid, store, workers, epochs)

    def log_results(self, results: pd.DataFrame, summary: pd.DataFrame, console: Console) -> None:
        """Print how often training converged."""
        from xorsweep.analysis.columns import swept_columns

        console.rates(summary, swept_columns(summary))

    def preview(
        self, grid: Grid, plan: Plan[Batch], workers: int, csv: bool, console: Console
    ) -> None:
        """Print the batches, the training time and the size of the files."""
        from xorsweep.reporting.network_preview import show_preview

        show_preview(grid, plan, self.engine, workers, csv, console)

    def run_point(self, point: Point) -> Run:
        """Return one trained network."""
        from xorsweep.networks.single_run import train_single
        from xorsweep.reporting.run import Run

        return Run(train_single(point, self.engine, self.curvature))

    def replay(self, grid: Grid, row: int, into: Path, console: Console) -> pa.Table:
        """Train a network alone, and leave the page and the numbers of a single run."""
        from xorsweep.networks.single_run import headline, train_single
        from xorsweep.reporting.run_console import describe_single
        from xorsweep.reporting.run_files import write_single

        console.log_wrapped(headline(grid.point(row)))
        try:
            run = train_single(grid.point(row), self.engine, self.curvature)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # whatever made the row fail in its sweep
            raise StoreError(f"row {row} can't be trained: {exception_text(error)}") from error
        into.mkdir(parents=True, exist_ok=True)
        write_single(run, into)
        describe_single(run, console.console)
        part = part_of_run(run, grid.identities_of([row]))
        if not self.trainable:
            return part
        # A single run keeps no losses by epoch, so the row is trained once more.
        return part.append_column(TRAINABLE, self.run(self.batch_of_one(grid, row))[TRAINABLE])
