"""The report of a sweep of networks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pandas as pd

from xorsweep.analysis.columns import swept_columns
from xorsweep.analysis.learning_curves import LearningCurves
from xorsweep.analysis.representative_runs import RULE, representatives
from xorsweep.analysis.solutions import StoredNetworks
from xorsweep.analysis.studies.spec import read_study
from xorsweep.analysis.studies.verdicts import verdict_findings, verdicts
from xorsweep.analysis.trainings import at_epochs
from xorsweep.analysis.variance_shares import rate_variance
from xorsweep.networks.plugins import extensions_of
from xorsweep.reporting.explore import explore_data
from xorsweep.reporting.figures.catalog import NETWORK_FIGURES, FigureSpec
from xorsweep.reporting.figures.data import Tables
from xorsweep.reporting.findings import findings
from xorsweep.reporting.headline import network_headline, network_title, states_all_rates
from xorsweep.reporting.layout import Layout
from xorsweep.reporting.measures import network_measures
from xorsweep.reporting.outcome_tables import later_table, outcomes_table
from xorsweep.reporting.remarks import dtype_remark, remarks
from xorsweep.reporting.report import PageContent, ReportWriter, training_facts
from xorsweep.reporting.run_drawings import RunDrawings, submit_run_drawings
from xorsweep.reporting.run_gallery import run_gallery
from xorsweep.reporting.selection import best_first, final_epochs_only
from xorsweep.reporting.setting_grid import heat_cells, heat_map, setting_targets
from xorsweep.reporting.solution_findings import solution_findings
from xorsweep.reporting.study_comparison import study_comparison
from xorsweep.reporting.tables import MOST_CELLS, MOST_CELLS_AS_TEXT, cells_table, neighbours_table
from xorsweep.reporting.variance_findings import variance_findings
from xorsweep.reporting.weight_findings import weight_findings
from xorsweep.reporting.wording import within_text
from xorsweep.storage.manifest import FinishedManifest
from xorsweep.storage.results import StoredColumns


class NetworkReport(ReportWriter):
    """Writes the report of a sweep of networks.

    Findings and comparisons are those after `epochs`, each cell's most where None.
    """

    def begin(self, stored: StoredColumns) -> None:
        """Start to draw the typical, best and worst runs of cells."""
        self._rows = representatives(self.grid, stored)
        self._runs = submit_run_drawings(
            self.grid, stored, self._rows, self.store.parts, self.workers
        )

    def catalog(self, results: pd.DataFrame) -> Sequence[FigureSpec]:
        """Return the figures of networks."""
        return NETWORK_FIGURES

    def tables(self, results: pd.DataFrame, summary: pd.DataFrame) -> Tables:
        """Return the tables that the figures are made from."""
        networks = StoredNetworks(self.grid, self.store, extensions_of(self.grid))
        curves = LearningCurves(self.grid, self.store.parts)
        return Tables(results, summary, curves, networks, self.looks)

    def content(
        self,
        manifest: FinishedManifest,
        results: pd.DataFrame,
        summary: pd.DataFrame,
        comparisons: pd.DataFrame,
    ) -> PageContent:
        """Return findings, cells, runs, outcomes and a study's published values."""
        study = read_study(manifest.study)
        judged = verdicts(study, results) if study else []
        asked, cells = (at_epochs(each, self.epochs) for each in (results, summary))
        gallery = run_gallery(results, summary, RunDrawings.of(self._rows, self._runs))
        measures, keys = network_measures(summary), swept_columns(summary)
        layout = Layout.of(summary, keys)
        table = cells_table(summary, MOST_CELLS, gallery.links)
        final = final_epochs_only(cells)
        shown = heat_cells(final, layout)
        targets, within = setting_targets(table, gallery), within_text(shown.cells["epochs"])
        # A study has no headline; elsewhere it may state all rates already.
        has_rates = bool(judged) or not states_all_rates(shown, layout)
        found = network_findings(results, cells, comparisons, has_rates)
        return PageContent(
            title=study.title if study else network_title(summary),
            headline="" if judged else network_headline(shown, layout, len(final)),
            findings=[*verdict_findings(judged), *found],
            overview=heat_map(measures[0], shown, layout, targets, within),
            explore=explore_data(summary, keys, measures, layout, targets, best_first(summary)),
            remarks=[
                *self._restriction(),
                *remarks(asked, cells),
                *dtype_remark(manifest.experiment["engine"]),
            ],
            cells=table,
            cells_as_text=cells_table(summary, MOST_CELLS_AS_TEXT),
            gallery=gallery,
            neighbours=neighbours_table(comparisons),
            outcomes=outcomes_table(asked),
            later=later_table(results),
            comparison=study_comparison(study, judged) if study else None,
            facts=list(training_facts(manifest)),
            rule=RULE,
            neighbours_note="after the most epochs that both have",
        )

    def _restriction(self) -> Iterator[str]:
        if self.epochs is not None:
            yield (
                f"Findings, remarks, neighbours and outcomes are those after {self.epochs:,} "
                "epochs, as requested; figures, settings and runs are the default ones."
            )


def network_findings(
    results: pd.DataFrame,
    summary: pd.DataFrame,
    comparisons: pd.DataFrame,
    has_rates: bool = True,
) -> list[str]:
    """Return the findings: rates, times, outcomes, and the axes that they depend on.

    Without `has_rates` they don't have the rates of the best settings, which a headline states.
    """
    return [
        *findings(results, summary, comparisons, has_rates),
        *variance_findings(rate_variance(results, summary), "the convergence rate"),
        *solution_findings(results, summary),
        *weight_findings(results, summary),
    ]
