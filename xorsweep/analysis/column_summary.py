"""Summaries of columns by their type: rates of flags, quantiles of numbers, times of events."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from xorsweep.analysis.cells import CellIndex
from xorsweep.analysis.columns import distinguishing_keys, has_levels
from xorsweep.analysis.intervals import CONFIDENCE, rate_columns
from xorsweep.analysis.survival import survival
from xorsweep.experiment import MESSAGE, OK, STATUS, STATUSES
from xorsweep.storage.compact_columns import select_rows

SEED = "seed"
COMPARISON_COLUMNS = frozenset(
    [
        "both",
        "cell",
        "converged_epoch",
        "difference",
        "difference_high",
        "difference_low",
        "epochs",
        "event_time",
        "final_error",
        "flag",
        "key",
        "level_a",
        "level_b",
        "n_pairs",
        "neither",
        "only_a",
        "only_b",
        "outcome",
        "p",
        "p_holm",
        "place",
        "rate_a",
        "rate_b",
        "size",
        "test",
        "verdict",
    ]
)
"""Columns that comparisons have beside the keys."""
EVENT_TIME = "event_time"
QUANTILES = {"q05": 0.05, "q25": 0.25, "median": 0.5, "q75": 0.75, "q95": 0.95}


@dataclass(frozen=True)
class ColumnRoles:
    """The columns of results that aren't keys, by the kind of their values.

    Attributes:
        flags: Truth values.
        numbers: Numbers that aren't times.
        times: Times by the flag that says whether the event happened then.
        texts: Texts.
    """

    flags: Sequence[str]
    numbers: Sequence[str]
    times: Mapping[str, str]
    texts: Sequence[str]

    @classmethod
    def of(
        cls, results: pd.DataFrame, keys: Collection[str], times: Mapping[str, str]
    ) -> ColumnRoles:
        """Return the roles of the columns of results, given their keys and their times."""
        columns = [name for name in results.columns if name not in {*keys, STATUS, MESSAGE}]
        flags = [name for name in columns if pd.api.types.is_bool_dtype(results[name])]
        known = {time: flag for time, flag in times.items() if time in columns and flag in flags}
        numbers = [
            name
            for name in columns
            if pd.api.types.is_numeric_dtype(results[name]) and name not in {*flags, *known}
        ]
        texts = [name for name in columns if name not in {*flags, *known, *numbers}]
        return cls(flags, numbers, known, texts)


@dataclass(frozen=True)
class ColumnCells:
    """The cells of a sweep, as `summarize_columns` returns them, and the kinds of their columns.

    Attributes:
        summary: One row per cell.
        keys: The keys of a cell, without the seed.
        roles: The columns of the results by kind.
        results: The rows of the sweep.
    """

    summary: pd.DataFrame
    keys: Sequence[str]
    roles: ColumnRoles
    results: pd.DataFrame

    @classmethod
    def of(
        cls,
        results: pd.DataFrame,
        summary: pd.DataFrame,
        keys: Sequence[str],
        times: Mapping[str, str],
    ) -> ColumnCells:
        """Return the cells of results whose points have these keys."""
        roles = ColumnRoles.of(results, keys, times)
        return cls(summary, [key for key in keys if key != SEED], roles, results)

    @cached_property
    def swept(self) -> list[str]:
        """Return the keys that tell cells apart."""
        return distinguishing_keys(self.summary, self.keys)

    @cached_property
    def cell_of(self) -> NDArray[np.int64]:
        """Return the place in the summary (N,) of each row's cell."""
        return CellIndex.of_frame(self.results, self.keys).number

    def runs_of(self, places: ArrayLike) -> pd.DataFrame:
        """Return the runs that are ok of one or several cells, by their places in the summary."""
        is_ok = (self.results[STATUS] == STATUSES[OK]).to_numpy()
        return select_rows(self.results, is_ok & np.isin(self.cell_of, places))

    @property
    def has_seeds(self) -> bool:
        """Tell whether a cell has several runs."""
        return bool(self.statistic("runs").max() > 1)

    def statistic(self, name: str) -> pd.Series[Any]:
        """Return a column of the summary, such as `loss_median`."""
        column: pd.Series[Any] = self.summary[free_name(name, self.keys)]
        return column

    def rates(self, flag: str) -> pd.DataFrame:
        """Return `rate`, `low`, `high`, `count` and `total` of a flag in the cells with a rate."""
        names = {"rate": f"{flag}_rate", "low": f"{flag}_rate_low", "high": f"{flag}_rate_high"}
        frame = pd.DataFrame({name: self.statistic(each) for name, each in names.items()})
        frame["total"] = self.statistic("ok")
        known = frame.dropna()
        counted: pd.DataFrame = known.assign(
            count=(known["rate"] * known["total"]).round().astype(int)
        )
        return counted


def summarize_columns(
    results: pd.DataFrame, keys: Sequence[str], times: Mapping[str, str]
) -> pd.DataFrame:
    """Return one row per setting: all points that differ only in the seed, in order of appearance.

    Columns: the keys but seed; `runs`, `ok`, `failed`; for each flag its rate among the runs that
    are ok, with its 95 % interval; for each number its mean and quantiles (interpolated linearly)
    over the runs that are ok; for each time the Kaplan-Meier median with its 95 % interval, empty
    where it isn't reached. A column with the name of a key gets an underscore behind its own.
    """
    roles = ColumnRoles.of(results, keys, times)
    cell_keys = [key for key in keys if key != SEED]
    index = CellIndex.of_frame(results, cell_keys)
    described = results[cell_keys].iloc[index.first].reset_index(drop=True)
    columns: dict[str, Any] = {key: described[key].array for key in cell_keys}
    for name, values in _summary_columns(results, index, roles).items():
        columns[free_name(name, cell_keys)] = values
    return pd.DataFrame(columns)


def _summary_columns(
    results: pd.DataFrame, index: CellIndex, roles: ColumnRoles
) -> dict[str, NDArray[Any]]:
    count, cell = len(index), index.number
    is_ok = (results[STATUS] == STATUSES[OK]).to_numpy()
    ok = np.bincount(cell[is_ok], minlength=count)
    runs = np.bincount(cell, minlength=count)
    found: dict[str, NDArray[Any]] = {"runs": runs, "ok": ok, "failed": runs - ok}
    for name in roles.flags:
        # Among the runs that are ok a flag isn't missing; elsewhere it doesn't count.
        true = is_ok & results[name].fillna(False).to_numpy(bool)
        found |= rate_columns(f"{name}_rate", np.bincount(cell[true], minlength=count), ok)
    for name in roles.numbers:
        by_cell = results[name].astype(float).groupby(cell)
        found[f"{name}_mean"] = by_cell.mean().to_numpy()
        for quantile, share in QUANTILES.items():
            found[f"{name}_{quantile}"] = by_cell.quantile(share).to_numpy()
    for time, flag in roles.times.items():
        medians = [
            median_time(results.iloc[rows[is_ok[rows]]], time, flag) for rows in index.rows()
        ]
        names = (f"{time}_median", f"{time}_median_low", f"{time}_median_high")
        found |= dict(zip(names, np.array(medians, float).reshape(-1, 3).T, strict=True))
    return found


def median_time(
    rows: pd.DataFrame, time: str, flag: str, confidence: float = CONFIDENCE
) -> tuple[float, float, float]:
    """Return the Kaplan-Meier median of a time, and its interval; NaN where not reached."""
    if rows.empty:
        return (np.nan, np.nan, np.nan)
    values = rows[time].to_numpy(float)
    happened = rows[flag].to_numpy(bool)
    # Where the event didn't happen, its time is that at which the run was censored.
    return survival(np.where(happened, values, -1), values, confidence).median()


def compare_flags(results: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    """Return the rates of neighbouring cells for each flag, compared run by run on their seeds.

    The first column is the flag, the others are those of `compare_neighbours`; empty without seeds.
    """
    from xorsweep.analysis.paired_tests import compare_neighbours

    roles = ColumnRoles.of(results, keys, {})
    if SEED not in keys or not has_levels(results[SEED], 2) or not roles.flags:
        return pd.DataFrame()
    # A key may have the name of a column.
    inner = {key: key if key == SEED else f" {key}" for key in keys}
    tables = []
    for flag in roles.flags:
        view = flag_view(results, inner, flag)
        compared = compare_neighbours(view, snapshot_key=None)
        compared["key"] = compared["key"].str.removeprefix(" ")
        compared.insert(0, "flag", flag)
        tables.append(compared)
    table = pd.concat(tables, ignore_index=True)
    own = [name for name in table.columns if name not in inner.values()]
    return table.rename(columns={inner[key]: free_name(key, own) for key in keys if key != SEED})


def flag_view(
    results: pd.DataFrame, names: Mapping[str, str], flag: str, time: str | None = None
) -> pd.DataFrame:
    """Return results in which a flag takes the place of convergence, and keys have other names.

    The column `EVENT_TIME` has the time of the flag's event, if there is one.
    """
    view = results[[*names]].rename(columns=names)
    view["final_error"] = np.nan  # where the keys end
    if SEED not in names:
        view[SEED] = CellIndex.of_frame(results, list(names)).number
    # The columns of networks that the comparison reads: one budget, and no known outcome.
    view["epochs"] = 1
    view["outcome"] = "unclassified"
    view["converged_epoch"] = np.where(results[flag].fillna(False).to_numpy(bool), 0.0, np.nan)
    view["status"] = results[STATUS].astype(str)
    if time is not None:
        view[EVENT_TIME] = results[time]
    return view


def free_name(name: str, taken: Collection[str]) -> str:
    """Return a name with as many underscores behind it as it takes to be none of those taken."""
    while name in taken:
        name += "_"
    return name
