"""Experiments whose rows are columns of numbers, booleans and texts.

The tables and the report depend on the types of the columns: booleans have rates, numbers have
quantiles, and times of events have survival curves.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from xorsweep.command_lines import override_value
from xorsweep.errors import ConfigError
from xorsweep.experiment import FAILED, BatchT, Experiment
from xorsweep.experiment.lookup import offered_experiments
from xorsweep.grid.grid import Grid
from xorsweep.storage.results import ArrayOf, ResultTable, StoredColumns

if TYPE_CHECKING:
    import pandas as pd

    from xorsweep.analysis.column_summary import ColumnCells
    from xorsweep.reporting.console import Console
    from xorsweep.reporting.report import ReportWriter
    from xorsweep.storage.store import Store


@dataclass(frozen=True, kw_only=True)
class TabularExperiment(Experiment[BatchT]):
    """The base class of experiments whose tables and figures depend on the types of columns.

    Derived classes define `schema`, `plan`, `run`, `run_point`, `replay` and `from_manifest`.

    Attributes:
        times: Columns of times, each with the boolean column that is true if the event happened
            at that time; otherwise the time is censored.
        rate: The boolean column that `precision` applies to; None: the only one.
    """

    times: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    rate: str | None = None

    has_maps = True
    python_call = "sweep_experiment"
    """The function of the Python interface that sweeps it."""

    @property
    def map_flags(self) -> Sequence[str]:
        """Return the column whose rate was chosen, if one was."""
        return () if self.rate is None else (self.rate,)

    def record(self, grid: Grid) -> Mapping[str, Mapping[str, Any]]:
        """Return the options of the tables."""
        options = {"times": dict(self.times), "rate": self.rate}
        return {"options": {key: value for key, value in options.items() if value}}

    def resume_command(self, folder: Path) -> str:
        """Return the command, or else the call, that resumes the sweep in a folder."""
        return self._command({"resume": str(folder)}) or f"the same call of {self.python_call}"

    def point_command(self, point: Mapping[Any, Any]) -> str:
        """Return the command that runs one point alone; empty where none can name it."""
        # Without NaN, which is how a table has a null among numbers.
        return self._command({key: value for key, value in point.items() if value == value})

    def _command(self, given: Mapping[Any, Any]) -> str:
        if not (words := self.command_words()):
            return ""
        overrides = [f"{key}={override_value(value)}" for key, value in given.items()]
        return shlex.join(["python", "-m", "xorsweep", *words, *overrides])

    def command_words(self) -> Sequence[str]:
        """Return the subcommand and the name that it takes; none where no command can name it."""
        cls = type(self)
        if self.name in offered_experiments():
            return "experiment", self.name
        # A class of a script, or one made inside a function (<locals>), can't be imported by name.
        if cls.__module__ == "__main__" or "<" in cls.__qualname__:
            return ()
        return "experiment", f"{cls.__module__}:{cls.__qualname__}"

    def check_further_seeds(self, grid: Grid) -> None:
        """Raise ConfigError where no axis of seeds can get further ones."""
        if "seed" not in grid.columns or "seed" not in grid.swept:
            raise ConfigError("precision: adds seeds, so it needs an axis `seed`")

    def succeeded(self, part: pa.Table) -> NDArray[np.bool_]:
        """Return which rows of a part have a true flag, of the rate that was chosen."""
        flags = [name for name in part.column_names if pa.types.is_boolean(part[name].type)]
        # Parts of functions have the type of a column at the end of its name.
        names = {name.rpartition(".")[0] or name: name for name in flags}
        chosen = self.rate or (next(iter(names)) if len(names) == 1 else None)
        # Such a part has no columns of values, and so no flags to choose from.
        if (part["status"].to_numpy() == FAILED).all():
            return np.zeros(len(part), bool)
        there = ", ".join(names) or "columns of true and false, of which there is none"
        if chosen is None:
            raise ConfigError(
                f"precision: needs rate, the column whose rate it is about; choose one of {there}"
            )
        if chosen not in names:
            raise ConfigError(f"rate={chosen}: must be a column of true and false; choose {there}")
        values: NDArray[np.bool_] = part[names[chosen]].fill_null(False).to_numpy()
        return values

    def tabulate(self, grid: Grid, stored: StoredColumns) -> ResultTable:
        """Return the columns of the parts, in order of their first appearance."""
        failed = (stored.status == FAILED) | ~stored.present
        columns = {
            name: array_of(values, stored.texts.get(name, ()), failed)
            for name, values in stored.columns.items()
        }
        texts = [text for found in stored.texts.values() for text in found]
        return ResultTable(
            stored.present,
            stored.status,
            stored.message,
            columns,
            few_values=tuple(stored.texts),
            texts=texts,
        )

    def summarize(self, results: pd.DataFrame) -> pd.DataFrame:
        """Return rates, quantiles and medians of times of each setting."""
        from xorsweep.analysis.column_summary import summarize_columns

        return summarize_columns(results, list(self.schema.keys), self.times)

    def compare(self, results: pd.DataFrame) -> pd.DataFrame:
        """Return the rates of neighbouring settings, compared run by run, for each flag."""
        from xorsweep.analysis.column_summary import compare_flags

        return compare_flags(results, list(self.schema.keys))

    def further_tables(
        self, results: pd.DataFrame, summary: pd.DataFrame
    ) -> Mapping[str, pd.DataFrame]:
        """Return the shares of the variance of each flag's rate that axes explain."""
        from xorsweep.analysis.flag_variance import tables_by_flag
        from xorsweep.analysis.variance_shares import TABLE

        return {TABLE: tables_by_flag(results, self._cells(results, summary))}

    def comparable(
        self, results: pd.DataFrame, flag: str | None
    ) -> tuple[pd.DataFrame, str, str | None]:
        """Return results in which a flag takes the place of convergence."""
        from xorsweep.analysis.column_summary import (
            COMPARISON_COLUMNS,
            ColumnRoles,
            flag_view,
            free_name,
        )

        keys = list(self.schema.keys)
        roles = ColumnRoles.of(results, keys, self.times)
        flags = roles.flags
        chosen = flag or self.rate or (flags[0] if len(flags) == 1 else None)
        names = {key: free_name(key, COMPARISON_COLUMNS) for key in keys}
        if chosen is None or chosen not in flags:
            raise ConfigError(
                f"--flag {chosen or '...'}: must be a column of true and false; there "
                f"{'are ' + ', '.join(flags) if flags else 'is none'}"
            )
        time = next((time for time, flag in roles.times.items() if flag == chosen), None)
        return flag_view(results, names, chosen, time), f"{chosen} is true", time

    def findings(
        self, results: pd.DataFrame, summary: pd.DataFrame, comparisons: pd.DataFrame
    ) -> list[str]:
        """Return findings: the highest and lowest rates and medians, and the shares of variance."""
        from xorsweep.analysis.flag_variance import flag_variance
        from xorsweep.reporting.column_findings import column_findings
        from xorsweep.reporting.variance_findings import variance_findings

        cells = self._cells(results, summary)
        found = column_findings(cells, comparisons, self.rate)
        flags = sorted(cells.roles.flags, key=lambda flag: flag != self.rate)
        for flag in flags[:1]:
            shares = flag_variance(results, cells, flag)
            found += variance_findings(shares, f"the rate of {flag}")
        return found

    def report(self, grid: Grid, store: Store, workers: int, epochs: int | None) -> ReportWriter:
        """Return the writer of the report."""
        from xorsweep.reporting.column_report import ColumnReport

        return ColumnReport(grid, store, workers, epochs)

    def log_results(self, results: pd.DataFrame, summary: pd.DataFrame, console: Console) -> None:
        """Print the rates of each flag."""
        from xorsweep.reporting.column_console import log_columns

        cells = self._cells(results, summary)
        for time, flag in self.times.items() - cells.roles.times.items():
            console.warn(
                f"times.{time}={flag}: {time} must be a numeric column and {flag} a boolean "
                "column; they aren't, so no time is shown"
            )
        if (
            self.rate is not None
            and self.rate not in cells.roles.flags
            and (results["status"] != "failed").any()
        ):
            there = ", ".join(cells.roles.flags) or "none"
            console.warn(f"rate={self.rate}: must be a boolean column; there is {there}")
        log_columns(cells, console)

    def _cells(self, results: pd.DataFrame, summary: pd.DataFrame) -> ColumnCells:
        from xorsweep.analysis.column_summary import ColumnCells

        return ColumnCells.of(results, summary, list(self.schema.keys), self.times)


def array_of(
    values: NDArray[Any], texts: Sequence[str] | Mapping[str, int], failed: NDArray[np.bool_]
) -> ArrayOf:
    """Return a column of results.

    Args:
        values: Of all points (N,); codes where there are texts.
        texts: The texts, in the order of their codes.
        failed: The points (N,) without a value.
    """
    names = pa.array(list(texts)) if texts else None

    def some(rows: slice) -> pa.Array:
        array = pa.array(values[rows], mask=failed[rows])
        return array if names is None else pa.DictionaryArray.from_arrays(array, names)

    return some
