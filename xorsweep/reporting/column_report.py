"""The report of a sweep whose rows are columns of any meaning."""

from __future__ import annotations

from xorsweep.reporting.report import ReportWriter


class ColumnReport(ReportWriter):
    """Writes the report of a sweep whose tables are made of the kinds of its columns."""
