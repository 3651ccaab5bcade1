"""The columns that a terminal shows."""

from io import StringIO
from pathlib import Path

import pytest
from column_sweeps import AXES, ColumnSweep, measured, sweep_columns
from rich.console import Console as RichConsole

from xorsweep.analysis.intervals import rate_interval
from xorsweep.reporting.column_console import log_columns
from xorsweep.reporting.console import MOST_LINES, Console


def shown(swept: ColumnSweep, width: int = 100) -> list[str]:
    stream = StringIO()
    log_columns(swept.cells, Console(RichConsole(file=stream, width=width, soft_wrap=True)))
    return [" ".join(line.split()) for line in stream.getvalue().splitlines()]


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> ColumnSweep:
    return sweep_columns(measured, AXES, tmp_path_factory.mktemp("columns"))


def test_each_cell_has_its_rate(swept: ColumnSweep) -> None:
    lines = shown(swept)
    assert lines[:2] == [
        "Rates with 95 % intervals, of the runs of each setting",
        "lr model epochs solved",
    ]
    rows = swept.results.query("lr == 0.1 and model == 'linear' and epochs == 9")
    count = int(rows["solved"].sum())
    rate, low, high = (f"{100 * share:.0f}" for share in (count / 12, *rate_interval(count, 12)))
    assert f"0.1 linear 9 {rate} % [{low}, {high}]" in lines
    assert len(lines) == 3 + 12


def number(x: int, y: int) -> float:
    return float(x * y)


def test_of_many_cells_some_are_shown_and_named(tmp_path: Path) -> None:
    lines = shown(sweep_columns(number, {"x": range(90), "y": [1, 2]}, tmp_path))
    assert lines[0] == "x y value"
    assert len(lines) <= MOST_LINES + 3
    assert lines[-1].endswith("summary.csv has all")
    assert "89 1 89" in lines


def several(x: int, seed: int) -> dict[str, float]:
    return {f"number_{place}": float(x * seed + place) for place in range(5)}


def test_columns_without_room_are_counted(tmp_path: Path) -> None:
    lines = shown(sweep_columns(several, {"x": [1, 2], "seed": range(3)}, tmp_path), width=66)
    assert lines[0] == "Medians, and the middle half, of the runs of each setting"
    assert lines[1] == "x number_0 number_1"
    assert "1 1 (0.5 to 1.5) 2 (1.5 to 2.5)" in lines
    assert lines[-1] == "and 3 more columns in summary.csv"


def test_a_single_column_without_room_is_one_column(tmp_path: Path) -> None:
    lines = shown(sweep_columns(several, {"x": [1, 2], "seed": range(3)}, tmp_path), width=126)
    assert lines[-1] == "and 1 more column in summary.csv"


def failing(x: int) -> float:
    raise ValueError("no")


def test_nothing_is_printed_where_all_fail(tmp_path: Path) -> None:
    assert shown(sweep_columns(failing, {"x": [1]}, tmp_path)) == []
