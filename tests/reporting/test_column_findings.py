"""Sentences on columns, each counted again with plain loops."""

import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from column_sweeps import AXES, TIMES, ColumnSweep, deterministic, measured, sweep_columns

from xorsweep.analysis.column_summary import compare_flags
from xorsweep.analysis.intervals import rate_interval, simultaneous
from xorsweep.reporting.column_findings import MOST_FINDINGS, column_findings


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> ColumnSweep:
    return sweep_columns(measured, AXES, tmp_path_factory.mktemp("columns"), times=TIMES)


@pytest.fixture(scope="module")
def sentences(swept: ColumnSweep) -> list[str]:
    return column_findings(swept.cells, compare_flags(swept.results, list(AXES)))


def test_failures_are_counted_behind_the_answer(sentences: list[str]) -> None:
    assert sentences[0].startswith("The rate of solved is highest ")
    assert sentences[1] == "Of 144 points in 12 settings, 2 failed."


def test_the_highest_and_the_lowest_rate_have_simultaneous_intervals(
    swept: ColumnSweep, sentences: list[str]
) -> None:
    counts: dict[tuple[Any, ...], list[bool]] = {}
    for row in swept.results.to_dict("records"):
        if row["status"] == "ok":
            cell = (row["lr"], row["model"], row["epochs"])
            counts.setdefault(cell, []).append(row["solved"])
    rates = {cell: sum(found) / len(found) for cell, found in counts.items()}
    (sentence,) = (each for each in sentences if each.startswith("The rate of solved"))
    lowest = [cell for cell, rate in rates.items() if rate == min(rates.values())]
    highest = [cell for cell, rate in rates.items() if rate == max(rates.values())]
    _, high = rate_interval(sum(counts[lowest[0]]), 12, simultaneous(len(rates)))
    assert f", {100 * high:.0f}" in sentence.partition("It is lowest")[2]
    for cells, text in zip((highest, lowest), sentence.split("It is lowest"), strict=True):
        assert any(f"lr {lr:g}, model {name}, epochs {n}" in text for lr, name, n in cells)
        assert (f"in {len(cells)} of 12 settings" in text) == (len(cells) > 1)


def test_medians_are_those_of_the_extreme_cells(swept: ColumnSweep, sentences: list[str]) -> None:
    ok = swept.results[swept.results["status"] == "ok"]
    medians = {
        cell: rows["error"].median()
        for cell, rows in ok.groupby(["lr", "model", "epochs"], observed=True)
    }
    low, high = min(medians, key=medians.__getitem__), max(medians, key=medians.__getitem__)

    def limits(cell: Any) -> str:
        rows = ok[(ok["lr"] == cell[0]) & (ok["model"] == cell[1]) & (ok["epochs"] == cell[2])]
        ordered = rows["error"].sort_values().to_numpy()
        # 12 runs lie on one side of the median 2 times in 4,096, less often than 1 in 20 by 12
        # settings; that at most one lies on the other side has 26 times the chance of that.
        assert len(ordered) == 12
        assert 2 / 4096 <= 0.05 / 12 < 26 / 4096
        return f"[{ordered[0]:.4g}, {ordered[-1]:.4g}]"

    assert sentences[-1] == (
        f"The median of error is lowest with lr {low[0]:g}, model {low[1]}, epochs {low[2]}: "
        f"{medians[low]:.4g} {limits(low)}. It is highest with lr {high[0]:g}, model {high[1]}, "
        f"epochs {high[2]}: {medians[high]:.4g} {limits(high)}."
    )


def test_there_is_a_sentence_on_pairs_and_on_times(sentences: list[str]) -> None:
    assert any(each.startswith("Compared seed by seed, the rate of solved") for each in sentences)
    (time,) = (s for s in sentences if s.startswith("The median of steps until solved is lowest"))
    assert re.search(r": \d+ \[\d+, (\d+|not reached)\]", time)
    assert len(sentences) <= MOST_FINDINGS


def test_without_seeds_values_take_the_place_of_medians(tmp_path: Path) -> None:
    swept = sweep_columns(deterministic, {"x": [0.0, 1.0, 1.5], "y": [1, 2]}, tmp_path)
    assert column_findings(swept.cells, pd.DataFrame()) == [
        "inside is true at 3 of 6 points.",
        "product is lowest in 2 of 6 points, such as the one with x 0, y 1: 0. It is highest with "
        "x 1.5, y 2: 3.",
        "Of 6 points, none failed.",
    ]


def failing(x: int, seed: int) -> float:
    raise ValueError(f"{x} and {seed}")


def test_where_all_fail_nothing_else_is_claimed(tmp_path: Path) -> None:
    swept = sweep_columns(failing, {"x": [1, 2], "seed": range(3)}, tmp_path)
    assert column_findings(swept.cells, pd.DataFrame()) == [
        "Of 6 points in 2 settings, all failed."
    ]


def alike(x: int, seed: int) -> dict[str, Any]:
    return {"won": True, "size": 3}


def test_equal_rates_in_all_cells_are_reported_as_equal(tmp_path: Path) -> None:
    swept = sweep_columns(alike, {"x": [1, 2], "seed": range(3)}, tmp_path)
    low = 100 * rate_interval(3, 3, simultaneous(2))[0]
    assert column_findings(swept.cells, pd.DataFrame())[:-1] == [
        f"Runs with won true: 100 % [{low:.0f}, 100] with x 1, as in the other setting.",
        "The median of size is 3 in all 2 settings that have one.",
    ]


def two_flags(x: int, seed: int) -> dict[str, Any]:
    return {"started": True, "won": x > 1, "time": 10 * x + seed}


def test_the_flag_that_is_named_comes_first(tmp_path: Path) -> None:
    swept = sweep_columns(two_flags, {"x": [1, 2], "seed": range(6)}, tmp_path)
    found = column_findings(swept.cells, pd.DataFrame(), "won")
    assert found[0].startswith("The rate of won is highest with x 2")
    assert found[1].startswith("Runs with started true: 100 % [")


def test_one_cell_has_its_rate_and_its_quartiles(tmp_path: Path) -> None:
    swept = sweep_columns(alike, {"x": [1], "seed": range(4)}, tmp_path)
    rate, number, counts = column_findings(swept.cells, pd.DataFrame())
    assert counts == "Of 4 points in 1 setting, none failed."
    assert rate.startswith("Runs with won true: 100 % [")
    assert number == "The median of size is 3, and the middle half of its runs is between 3 and 3."
