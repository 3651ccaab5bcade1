"""The report of a sweep whose rows are columns of any meaning."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from xorsweep.analysis.column_summary import SEED, ColumnCells, ColumnRoles
from xorsweep.analysis.curves import step_curves
from xorsweep.reporting.column_tables import column_cells_table
from xorsweep.reporting.explore import explore_data
from xorsweep.reporting.figures.catalog import VARIANCE_CAPTION, FigureSpec
from xorsweep.reporting.figures.column_data import ColumnTables
from xorsweep.reporting.layout import Layout
from xorsweep.reporting.measures import MOST_COLUMNS, Measure, column_measures
from xorsweep.reporting.report import PageContent, ReportWriter
from xorsweep.reporting.setting_grid import heat_cells, heat_map, setting_targets
from xorsweep.reporting.tables import MOST_CELLS, MOST_CELLS_AS_TEXT, neighbours_table
from xorsweep.storage.manifest import FinishedManifest
from xorsweep.text import count_text, join_words

if TYPE_CHECKING:
    from xorsweep.experiment import Experiment


class ColumnReport(ReportWriter):
    """Writes the report of a sweep whose tables are made of the kinds of its columns."""

    @property
    def _experiment(self) -> Experiment[Any]:
        return self.store.experiment

    @property
    def _keys(self) -> list[str]:
        return list(self.grid.columns)

    def _cells(self, results: pd.DataFrame, summary: pd.DataFrame) -> ColumnCells:
        return ColumnCells.of(results, summary, self._keys, self._experiment.times)

    def catalog(self, results: pd.DataFrame) -> Sequence[FigureSpec]:
        """Return figures of rates, times, numbers and arrays, as the first columns have them."""
        return self.figures(results, MOST_COLUMNS)

    def figures(self, results: pd.DataFrame, most: int | None = None) -> list[FigureSpec]:
        """Return figures of at most `most` columns of each kind, of all where None."""
        roles = ColumnRoles.of(results, self._keys, self._experiment.times)
        swept = [key for key, column in self.grid.columns.items() if len(column.levels) > 1]
        has_seeds, keys = SEED in swept, len([key for key in swept if key != SEED])
        specs: list[FigureSpec] = []
        for flag in roles.flags[:most]:
            specs += _rate_figures(flag, keys, has_seeds)
        specs += [_time_figure(*each) for each in islice(roles.times.items(), most)]
        specs += [_curve_figure(name) for name in islice(step_curves(self.store), most)]
        specs += [_number_figure(name, keys, has_seeds) for name in roles.numbers[:most]]
        return specs

    def tables(self, results: pd.DataFrame, summary: pd.DataFrame) -> ColumnTables:
        """Return the tables that the figures are made from."""
        tables = ColumnTables.of(results, self._cells(results, summary), self.looks)
        return tables.with_curves(self.grid, self.store)

    def content(
        self,
        manifest: FinishedManifest,
        results: pd.DataFrame,
        summary: pd.DataFrame,
        comparisons: pd.DataFrame,
    ) -> PageContent:
        """Return findings, cells and neighbours."""
        cells = self._cells(results, summary)
        table = column_cells_table(cells, MOST_CELLS)
        measures, targets = self._measures(cells), setting_targets(table)
        layout = Layout.by_levels(cells.summary, cells.swept)
        # No setting is better than another here: the order is that of the summary.
        rank = np.arange(len(cells.summary))
        shown = heat_cells(cells.summary, layout, rank)
        return PageContent(
            title=f"Sweep of {self._experiment}",
            findings=self._experiment.findings(results, summary, comparisons),
            overview=heat_map(measures[0], shown, layout, targets) if measures else None,
            explore=explore_data(cells.summary, cells.swept, measures, layout, targets, rank),
            remarks=list(self._remarks(cells.roles)),
            cells=table,
            cells_as_text=column_cells_table(cells, MOST_CELLS_AS_TEXT),
            neighbours=neighbours_table(comparisons, flag="flag"),
            facts=list(_facts(manifest)),
        )

    def _measures(self, cells: ColumnCells) -> list[Measure]:
        """Return the measures, the chosen rate first."""
        found = column_measures(cells)
        flags = cells.roles.flags[:MOST_COLUMNS]
        chosen = flags.index(self._experiment.rate) if self._experiment.rate in flags else 0
        return found[chosen : chosen + 1] + found[:chosen] + found[chosen + 1 :]

    def _remarks(self, roles: ColumnRoles) -> Iterator[str]:
        for kind, names in (
            ("flag", roles.flags),
            ("time", list(roles.times)),
            ("number", roles.numbers),
            ("array", list(step_curves(self.store))),
        ):
            left = names[MOST_COLUMNS:]
            if left:
                yield (
                    f"Figures and tables here are those of the first {MOST_COLUMNS} of "
                    f"{count_text(len(names), kind)}; "
                    f"{join_words(left)} aren't among them."
                )


def _facts(manifest: FinishedManifest) -> Iterator[tuple[str, str]]:
    for name, value in manifest.experiment.items():
        if name != "name" and isinstance(value, str | int) and not isinstance(value, bool):
            yield "digest of its source" if name == "source" else name, str(value)


def _rate_figures(flag: str, keys: int, has_seeds: bool) -> Iterator[FigureSpec]:
    """Yield a heat map for several keys, rates for several runs, and shares of variance."""
    # Of a single key the rates below show the same, and their intervals.
    if keys > 1 or not has_seeds:
        yield FigureSpec(
            f"{flag}_heatmap",
            f"How often {flag} is true" if has_seeds else f"Where {flag} is true",
            "Each square is a setting, all runs that differ only in the seed; the brighter it is, "
            f"the more often {flag} is true. If they fit, its numbers are the counts."
            if has_seeds
            else f"Each square is a point; it is bright where {flag} is true.",
            "rate_heatmap",
            (flag,),
        )
    if has_seeds and keys:
        yield FigureSpec(
            f"{flag}_rate",
            f"How precise the rates of {flag} are",
            "Marks are rates with 95 % confidence intervals: Wilson's, or Clopper and Pearson's "
            "for none or all of the runs. The intervals aren't corrected for the number of "
            "settings: of many, two may fail to overlap by chance alone. The tests in "
            "comparisons.csv show which settings differ. Marks are shifted a little so that "
            "intervals don't cover each other.",
            "rate_lines",
            (flag,),
        )
    if keys > 1:
        yield FigureSpec(
            f"{flag}_variance",
            f"How much each axis matters for {flag}",
            VARIANCE_CAPTION,
            "variance_shares",
            (flag,),
        )


def _time_figure(time: str, flag: str) -> FigureSpec:
    return FigureSpec(
        f"{time}_survival",
        f"{time} until {flag}",
        f"Read a curve from the left: the share of runs that aren't {flag} yet, by {time} (Kaplan "
        f"and Meier), with pointwise 95 % bands. It falls where runs become {flag}; the others "
        "count until their last time.",
        "survival_curves",
        (time, flag),
    )


def _curve_figure(column: str) -> FigureSpec:
    return FigureSpec(
        f"{column}_by_step",
        f"{column} by step",
        "Lines are medians of the runs of a setting that reach a step, and bands are the middle "
        "half of them.",
        "curve_lines",
        (column,),
    )


def _number_figure(column: str, keys: int, has_seeds: bool) -> FigureSpec:
    caption = (
        "Marks are medians of the runs of a setting; bands or bars are the middle half of them."
        if has_seeds
        else "A mark is a point."
    )
    if not keys:
        caption = "The runs by their values."
    return FigureSpec(f"{column}_median", column, caption, "number_lines", (column,))
