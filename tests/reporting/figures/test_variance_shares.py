"""The bars of shares of variance, of networks and of columns."""

from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from column_sweeps import AXES, TIMES, measured, sweep_columns

from xorsweep.analysis.flag_variance import flag_variance, tables_by_flag
from xorsweep.analysis.summary import summarize
from xorsweep.analysis.variance_shares import rate_variance
from xorsweep.network_experiment import NetworkExperiment
from xorsweep.reporting.figures import variance_shares
from xorsweep.reporting.figures.axes import DrawnFigure
from xorsweep.reporting.figures.column_data import AnyTables, ColumnTables
from xorsweep.reporting.figures.data import Tables
from xorsweep.reporting.figures.style import STYLE
from xorsweep.storage.results import read_results

from .figure_checks import expect_readable


def drawn(tables: AnyTables, *columns: str) -> DrawnFigure | None:
    with mpl.rc_context(STYLE):
        found = variance_shares.draw(tables, *columns)
        if found:
            found.figure.draw_without_rendering()
            expect_readable(found.figure)
    return found


def expect_bars(found: DrawnFigure | None, table: pd.DataFrame) -> None:
    """Expect a bar for each share, those of the largest total on top."""
    assert found is not None
    (axes,) = found.figure.axes
    ordered = table.sort_values("total", ascending=False, kind="stable")
    assert [tick.get_text() for tick in axes.get_yticklabels()] == ordered["axis"].tolist()
    assert axes.yaxis_inverted()
    widths = [bar.get_width() for bar in axes.patches]  # type: ignore[attr-defined]
    wanted = [*ordered["first_order"], *ordered["total"]]
    np.testing.assert_allclose(widths, np.clip(wanted, 0, 1))
    first = ordered.iloc[0]
    assert f"{first['axis']} {100 * min(first['first_order'], 1):.0f} % alone" in found.alt


@pytest.fixture(scope="module")
def results(small_sweep: Path) -> pd.DataFrame:
    return read_results(small_sweep, NetworkExperiment())


def test_bars_are_the_shares_of_the_table_that_is_written(
    results: pd.DataFrame, small_sweep: Path
) -> None:
    summary = summarize(results)
    shares = rate_variance(results, summary)
    assert shares is not None
    expect_bars(drawn(Tables(results, summary, lambda _: {})), shares.table)
    written = pd.read_csv(small_sweep / "variance_shares.csv")
    pd.testing.assert_frame_equal(written, shares.table)
    assert set(written["axis"]) == {"hidden", "lr", "epochs"}
    assert (written["cells"] == 12).all()


def test_measured_shares_are_those_of_the_rates_in_the_summary(small_sweep: Path) -> None:
    cells = pd.read_csv(small_sweep / "summary.csv")
    variance = cells["rate"].var(ddof=0)
    table = pd.read_csv(small_sweep / "variance_shares.csv").set_index("axis")
    for key in ("hidden", "lr", "epochs"):
        others = [each for each in ("hidden", "lr", "epochs") if each != key]
        first = cells.groupby(key)["rate"].mean().var(ddof=0)
        total = cells.groupby(others)["rate"].var(ddof=0).mean()
        assert table.loc[key, "measured_first_order"] == pytest.approx(first / variance)
        assert table.loc[key, "measured_total"] == pytest.approx(total / variance)


def test_levels_that_are_held_are_named(results: pd.DataFrame) -> None:
    some = results[~((results["lr"] == 1e3) & (results["hidden"] == 4))].reset_index(drop=True)
    found = drawn(Tables(some, summarize(some), lambda _: {}))
    assert found is not None
    assert found.note.startswith("cells with ")
    assert found.note.endswith(" alone")


def test_rates_that_are_alike_have_no_bars(results: pd.DataFrame) -> None:
    solved = results.assign(converged=True)
    assert drawn(Tables(solved, summarize(solved), lambda _: {})) is None


def test_so_it_is_with_the_flags_of_columns(tmp_path: Path) -> None:
    swept = sweep_columns(measured, AXES, tmp_path, times=TIMES)
    shares = flag_variance(swept.results, swept.cells, "solved")
    assert shares is not None
    table = tables_by_flag(swept.results, swept.cells)
    assert table["flag"].unique().tolist() == ["solved"]
    pd.testing.assert_frame_equal(table.drop(columns="flag"), shares.table)
    ok = swept.results[swept.results["status"] == "ok"]
    assert shares.seeds == min(ok.groupby(list(swept.cells.swept)).size())
    found = drawn(ColumnTables.of(swept.results, swept.cells), "solved")
    if shares.is_shown:
        expect_bars(found, shares.table)
    else:
        assert found is None
