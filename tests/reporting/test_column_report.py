"""The report of a sweep of columns, as a page and as Markdown."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from column_sweeps import AXES, TIMES, ColumnSweep, measured, sweep_columns

from xorsweep.analysis.column_summary import ColumnCells, compare_flags
from xorsweep.reporting.column_report import ColumnReport
from xorsweep.reporting.column_tables import column_cells_table
from xorsweep.reporting.tables import neighbours_table
from xorsweep.sweeps.finished import finished_manifest
from xorsweep.text import number_text


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> ColumnSweep:
    folder = tmp_path_factory.mktemp("columns")
    return sweep_columns(measured, AXES, folder, report=True, times=TIMES)


@pytest.fixture(scope="module")
def markdown(swept: ColumnSweep) -> str:
    return (swept.store.folder / "report.md").read_text(encoding="utf-8")


def report_of(swept: ColumnSweep) -> ColumnReport:
    return ColumnReport(swept.grid, swept.store, 1)


def test_each_column_has_its_figures(swept: ColumnSweep, markdown: str) -> None:
    names = ["solved_heatmap", "solved_rate", "solved_variance"]
    names += ["steps_survival", "loss_by_step", "error_median"]
    assert [spec.name for spec in report_of(swept).catalog(swept.results)] == names
    for name in names:
        assert f"figures/{name}.png" in markdown
        for suffix in (".png", ".svg"):
            assert (swept.store.folder / "figures" / name).with_suffix(suffix).stat().st_size


def test_the_page_names_the_function_and_knows_no_networks(
    swept: ColumnSweep, markdown: str
) -> None:
    page = (swept.store.folder / "report.html").read_text(encoding="utf-8")
    assert "<h1>Sweep of the function measured</h1>" in page
    assert str(swept.store.experiment.fingerprint()["source"]) in page
    for word in ("network", "hidden", "converge", "training", "multirun"):
        assert word not in markdown.lower()


def test_the_table_has_a_row_per_cell(swept: ColumnSweep, markdown: str) -> None:
    table = column_cells_table(swept.cells, 1_000)
    assert table.head == [
        *("lr", "model", "epochs", "number of runs", "runs that failed"),
        *("solved, rate and 95 % interval", "steps, median", "error, median (middle half)"),
    ]
    assert len(table.rows) == 12
    row = next(row for row in table.rows if tuple(row[:3]) == ("1", "linear", "9"))
    assert row[3:5] == ("12", "2")
    ok = swept.results.query("lr == 1 and model == 'linear' and epochs == 9 and status == 'ok'")
    low, median, high = ok["error"].quantile([0.25, 0.5, 0.75])
    assert row[7] == f"{median:.4g} ({low:.4g} to {high:.4g})"
    assert "| 1 | linear | 9 | 12 | 2 |" in markdown


def waiting(x: int, seed: int) -> dict[str, Any]:
    if x == 3:
        raise ValueError("too large")
    return {
        "done": x == 1,
        "steps": seed + 1 if x == 1 else 9,
        "gap": 0.5 if x == 1 else float("nan"),
    }


def test_no_cell_of_the_table_is_empty(tmp_path: Path) -> None:
    axes = {"x": [1, 2, 3], "seed": range(4)}
    swept = sweep_columns(waiting, axes, tmp_path, times={"steps": "done"})
    rows = column_cells_table(swept.cells, 10).rows
    assert [row[4:] for row in rows[1:]] == [
        ("not reached", "none"),
        ("no run", "no run"),
    ]
    assert all(text for row in rows for text in row)


def test_of_many_cells_the_table_has_some_and_names_them(swept: ColumnSweep) -> None:
    table = column_cells_table(swept.cells, 6)
    assert len(table.rows) == 6
    assert "6 of 12 settings" in table.note


def winning(x: int, seed: int) -> dict[str, Any]:
    return {"won": x > 1, "even": seed % 2 == 0}


def test_neighbours_that_differ_are_named_with_their_flag(tmp_path: Path) -> None:
    swept = sweep_columns(winning, {"x": [1, 2, 3], "seed": range(20)}, tmp_path)
    table = neighbours_table(compare_flags(swept.results, ["x", "seed"]), flag="flag")
    assert tuple(table.head[:4]) == ("rate of", "a", "b", "both with")
    (row,) = table.rows
    assert tuple(row[:5]) == ("won", "x 1", "x 2", "", "0 % and 100 % of 20")


def growing(size: int, place: int, seed: int) -> bool:
    return size + 0 * place * seed > 1


def test_neighbours_have_their_levels_whatever_the_keys_are_called(tmp_path: Path) -> None:
    axes = {"size": [1, 2, 3], "place": [5, 6], "seed": range(20)}
    swept = sweep_columns(growing, axes, tmp_path)
    table = neighbours_table(compare_flags(swept.results, [*axes]), flag="flag")
    assert [tuple(row[1:4]) for row in table.rows] == [
        ("size 1", "size 2", "place 5"),
        ("size 1", "size 2", "place 6"),
    ]


def many_columns(x: int) -> dict[str, Any]:
    return {f"number_{place}": x * place for place in range(9)}


def test_columns_beyond_the_most_are_named_in_a_remark(tmp_path: Path) -> None:
    swept = sweep_columns(many_columns, {"x": [1, 2]}, tmp_path)
    report = report_of(swept)
    assert len(report.catalog(swept.results)) == 6
    experiment = swept.store.experiment
    summary, comparisons = (of(swept.results) for of in (experiment.summarize, experiment.compare))
    content = report.content(finished_manifest(tmp_path), swept.results, summary, comparisons)
    (remark,) = content.remarks
    assert remark.endswith("number_6, number_7 and number_8 aren't among them.")
    table = column_cells_table(swept.cells, 10)
    assert table.head[-1] == "number_5 "


def failing(lr: float, epochs: int) -> float:
    raise ValueError("no")


def test_where_all_points_fail_there_is_a_report(tmp_path: Path) -> None:
    swept = sweep_columns(failing, {"lr": [0.1, 1.0], "epochs": [1]}, tmp_path, report=True)
    text = (swept.store.folder / "report.md").read_text(encoding="utf-8")
    assert "Of 2 points, all failed." in text
    assert "ValueError: no" in text


def test_figures_are_drawn_without_the_function(
    swept: ColumnSweep,
) -> None:
    alone = replace(swept.store.experiment, function=None, signature=None)
    tables = ColumnReport(swept.grid, replace(swept.store, experiment=alone), 1).tables(
        swept.results, swept.cells.summary
    )
    assert isinstance(tables.every, ColumnCells)
    assert set(tables.curves) == {"loss"}


def test_numbers_have_four_digits_and_whole_ones_all() -> None:
    shown = [number_text(each) for each in (0.123456, 12345.0, 1e12, float("nan"), -3.0)]
    assert shown == ["0.1235", "12,345", "1e+12", "", "-3"]
    shown = [
        number_text(each) for each in (999.96, -2426.3, 36_791.2, 1.39612e7 + 0.5, 2.5e9 + 0.5)
    ]
    assert shown == ["1,000", "-2,426", "36,790", "13,960,000", "2.5e+09"]
