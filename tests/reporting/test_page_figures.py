"""The captions of figures on pages."""

import pytest

from xorsweep.reporting.page_figures import excluded_text


@pytest.mark.parametrize("note", ["40 of 50 runs as thin lines", "2 of 9 levels of lr"])
def test_a_caption_names_excluded_runs_and_settings(note: str) -> None:
    assert excluded_text(note) == (
        f"Not all is shown: {note}; summary.csv has all settings, results.parquet all runs."
    )
    assert not excluded_text("")
