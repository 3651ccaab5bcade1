"""The cells and the names on the page of a comparison."""

from pathlib import Path

import pandas as pd

from xorsweep.analysis.paired_tests import NO_DIFFERENCE
from xorsweep.analysis.sweep_comparison import SweepComparison
from xorsweep.reporting.comparison_page import MOST_CELLS, shown_cells, sweep_name


def test_of_too_many_cells_those_that_differ_are_kept_and_the_order_is_the_grids() -> None:
    places, differing = range(3 * MOST_CELLS), {1, 2, MOST_CELLS, 3 * MOST_CELLS - 2}
    verdicts = ["a higher" if place in differing else NO_DIFFERENCE for place in places]
    cells = pd.DataFrame({"lr": places, "verdict": verdicts, "difference": 0.5, "p_holm": 0.01})
    cells = cells.assign(rate_a=0.5, rate_b=0.5)
    nowhere = pd.DataFrame()
    found, note = shown_cells(SweepComparison(["lr"], cells, nowhere, nowhere, (), 0, 0))
    shown = found["lr"].tolist()
    assert f"of the others {MOST_CELLS - 4:,} of {3 * MOST_CELLS - 4:,} levels of lr" in note
    assert len(shown) == MOST_CELLS
    assert differing <= set(shown)
    assert shown == sorted(shown)
    few = cells.head(MOST_CELLS)
    assert (
        len(shown_cells(SweepComparison(["lr"], few, nowhere, nowhere, (), 0, 0))[0]) == MOST_CELLS
    )


def test_a_folder_by_date_and_time_is_named_by_both() -> None:
    assert sweep_name(Path("outputs/2026-11-26/20-06-37")) == "2026-11-26/20-06-37"
    assert sweep_name(Path("outputs/2026-11-26/20-06-37_1")) == "2026-11-26/20-06-37_1"
    assert sweep_name(Path("outputs/tanh")) == "tanh"
