"""A study's published values beside the measured ones, as texts of a page."""

from __future__ import annotations

from collections.abc import Sequence

from xorsweep.analysis.studies.spec import CERTAINTIES, Study
from xorsweep.analysis.studies.verdicts import HEAD, Verdict, notes, verdict_row
from xorsweep.reporting.tables import Comparison, Table


def study_comparison(study: Study, judged: Sequence[Verdict]) -> Comparison:
    """Return a study's published and measured values, as texts."""
    known = CERTAINTIES[study.certainty] if study.certainty else "from our own simulation"
    source = f"{study.source}; values {known}"
    rows = [verdict_row(verdict, study.certainty) for verdict in judged]
    table = Table("Reference values and measured ones.", HEAD, rows, notes(study))
    return Comparison(study.question, source, study.why, table)
