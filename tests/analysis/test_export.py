"""All tables of a sweep write a value in one way, that of results.csv."""

import csv
from pathlib import Path

import pandas as pd
import pytest

import xorsweep as xs
from xorsweep.analysis.export import write_csv

pytestmark = pytest.mark.unit

AXES = {
    "rounded": [True, False],
    "factor": [0.5, 1.0, 1e6],
    "unit": ["m", "m, or so", 'a "mile"'],
    "count": [1, 1000],
}


def measure(rounded: bool, factor: float, unit: str, count: int) -> dict[str, float]:
    return {"value": factor * count}


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_levels_in_a_summary_are_written_as_in_the_results(tmp_path: Path) -> None:
    sweep = xs.sweep_function(
        measure, AXES, folder=tmp_path / "sweep", report=False, progress=False
    )
    summary, results = (rows_of(sweep.folder / f"{name}.csv") for name in ("summary", "results"))
    assert [{key: row[key] for key in AXES} for row in summary] == [
        {key: row[key] for key in AXES} for row in results
    ]
    assert summary[0] | {"rounded": "true", "factor": "0.5"} == summary[0]


def test_texts_numbers_and_missing_values_in_one_column(tmp_path: Path) -> None:
    levels = [True, 2.0, 0.1, 3, "xor", "a,b", None, float("nan")]
    path = tmp_path / "table.csv"
    write_csv(pd.DataFrame({"level": pd.Series(levels, dtype=object), "n": 1.0}), path)
    assert [row["level"] for row in rows_of(path)] == [
        *("true", "2", "0.1", "3", "xor", "a,b", "", "")
    ]
    assert [row["n"] for row in rows_of(path)] == ["1"] * len(levels)


def test_a_table_without_rows_has_its_head(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    write_csv(pd.DataFrame({"a": [], "b": pd.Series([], dtype=object)}), path)
    assert path.read_bytes() == b"a,b\n"
