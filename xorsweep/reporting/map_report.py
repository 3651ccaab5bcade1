"""The report of a map, a sweep with a run per pixel: no rates, no intervals, no table of cells."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from xorsweep.analysis.maps import MapAxes, PixelMap
from xorsweep.analysis.studies.spec import read_study
from xorsweep.analysis.studies.verdicts import verdict_findings, verdicts
from xorsweep.grid.grid import Grid
from xorsweep.networks.metrics import DESCRIPTIONS
from xorsweep.reporting.figures.catalog import FigureSpec
from xorsweep.reporting.map_findings import REMARK, map_findings
from xorsweep.reporting.remarks import dtype_remark
from xorsweep.reporting.report import PageContent, ReportWriter, training_facts
from xorsweep.reporting.study_comparison import study_comparison
from xorsweep.reporting.tables import Table
from xorsweep.storage.manifest import FinishedManifest
from xorsweep.storage.store import Store
from xorsweep.text import percent_text

MOST_MAPS = 8
"""Columns that have a figure."""
OUTCOME = "outcome"
PIXELS = "Open the figure in a new tab to see each pixel, without interpolation."


class MapReport(ReportWriter):
    """Writes the report of a map, of networks or of whatever else has columns."""

    def __init__(self, grid: Grid, store: Store, axes: MapAxes) -> None:
        super().__init__(grid, store, workers=1)
        self._axes = axes

    def catalog(self, results: pd.DataFrame) -> Sequence[FigureSpec]:
        """Return the map of outcomes of networks, and one of each other column."""
        return map_figures(self.tables(results, results))

    def tables(self, results: pd.DataFrame, summary: pd.DataFrame) -> PixelMap:
        """Return the map."""
        del summary
        return PixelMap.of(results, self._axes, list(self.grid.columns), self.store.experiment)

    def content(
        self,
        manifest: FinishedManifest,
        results: pd.DataFrame,
        summary: pd.DataFrame,
        comparisons: pd.DataFrame,
    ) -> PageContent:
        """Return findings, and how many pixels have which outcome."""
        del comparisons
        shown = self.tables(results, summary)
        study = read_study(manifest.study)
        judged = verdicts(study, results) if study else []
        nothing = Table("", (), ())
        return PageContent(
            title=study.title if study else f"Map of {shown.axes.x.key} and {shown.axes.y.key}",
            findings=[*verdict_findings(judged), *map_findings(shown)],
            remarks=[REMARK, *dtype_remark(manifest.experiment.get("engine"))],
            cells=nothing,
            cells_as_text=nothing,
            neighbours=nothing,
            outcomes=_outcomes_table(shown) if OUTCOME in shown.names else None,
            comparison=study_comparison(study, judged) if study else None,
            facts=list(training_facts(manifest)),
        )


def map_figures(shown: PixelMap) -> list[FigureSpec]:
    """Return the figures of a map: of networks their outcomes, then flags, else all columns."""
    specs = [_outcome_figure()] if OUTCOME in shown.names else []
    columns = shown.flags if specs else [name for name in shown.columns if name != "status"]
    # The map of outcomes shows already which runs converged, and when.
    chosen = [name for name in columns if not (specs and name.startswith("converged"))]
    return [*specs, *(_column_figure(name) for name in chosen[:MOST_MAPS])]


def _outcome_figure() -> FigureSpec:
    return FigureSpec(
        "map",
        "How each network ended",
        "A pixel is a network. Blue ones solve the task, the darker the later; the colours below "
        f"are for the other outcomes. {PIXELS}",
        "outcome_map",
    )


def _column_figure(name: str) -> FigureSpec:
    return FigureSpec(f"{name}_map", name, f"A pixel is a point. {PIXELS}", "column_map", (name,))


def _outcomes_table(shown: PixelMap) -> Table:
    names, codes = shown.names[OUTCOME], shown.columns[OUTCOME]
    rows = [
        (name, f"{count:,}", f"{percent_text(count / int(shown.present.sum()))} %", meaning(name))
        for place, name in enumerate(names)
        if (count := int((codes == place).sum()))
    ]
    head = ("outcome", "pixels", "share", "meaning")
    return Table("Outcomes of the pixels.", head, rows, numbers=(1, 2))


def meaning(outcome: str) -> str:
    """Return the description of an outcome; nothing for one that isn't of networks."""
    return DESCRIPTIONS.get(outcome, "")
