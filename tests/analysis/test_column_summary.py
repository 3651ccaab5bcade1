"""Columns by their values, and their summary, against plain loops."""

from collections.abc import Iterator
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import pandas as pd
import pytest
from column_sweeps import AXES, TIMES, ColumnSweep, measured, sweep_columns

from xorsweep.analysis.column_summary import ColumnRoles, compare_flags, summarize_columns
from xorsweep.analysis.intervals import rate_interval


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> ColumnSweep:
    return sweep_columns(measured, AXES, tmp_path_factory.mktemp("columns"), times=TIMES)


def rows_by_cell(swept: ColumnSweep) -> Iterator[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """Yield each cell of the summary with its rows that are ok."""
    rows = swept.results.to_dict("records")
    keys = ("lr", "model", "epochs")
    for cell in swept.cells.summary.to_dict("records"):
        yield (
            cell,
            [
                row
                for row in rows
                if row["status"] == "ok" and all(row[key] == cell[key] for key in keys)
            ],
        )


def test_columns_have_roles(swept: ColumnSweep) -> None:
    roles = ColumnRoles.of(swept.results, list(AXES), TIMES)
    assert roles == ColumnRoles(["solved"], ["error"], TIMES, ["label"])


def test_without_its_flag_a_time_is_a_number(swept: ColumnSweep) -> None:
    roles = ColumnRoles.of(swept.results, list(AXES), {"steps": "never"})
    assert (roles.numbers, roles.times) == (["error", "steps"], {})


def test_rates_and_quantiles_are_those_of_the_runs_that_are_ok(swept: ColumnSweep) -> None:
    for cell, rows in rows_by_cell(swept):
        count = sum(row["solved"] for row in rows)
        assert (cell["runs"], cell["ok"], cell["failed"]) == (12, len(rows), 12 - len(rows))
        assert cell["solved_rate"] == count / len(rows)
        assert (cell["solved_rate_low"], cell["solved_rate_high"]) == pytest.approx(
            rate_interval(count, len(rows))
        )
        errors = [row["error"] for row in rows]
        quarters = quantiles(errors, n=4, method="inclusive")
        found = [cell[f"error_{name}"] for name in ("q25", "median", "q75")]
        assert found == pytest.approx(quarters)
        assert cell["error_mean"] == pytest.approx(sum(errors) / len(errors))


def test_the_median_of_a_time_is_reached_when_half_of_the_runs_are_there(
    swept: ColumnSweep,
) -> None:
    reached = 0
    for cell, rows in rows_by_cell(swept):
        # All runs are looked at until step 20, so that censored ones come last.
        at_risk, left = len(rows), 1.0
        wanted = None
        for step in sorted({row["steps"] for row in rows if row["solved"]}):
            left *= 1 - sum(row["steps"] == step for row in rows) / at_risk
            at_risk -= sum(row["steps"] == step for row in rows)
            if left <= 0.5 + 1e-12 and wanted is None:
                wanted = step
        found = cell["steps_median"]
        reached += wanted is not None
        assert found == wanted if wanted is not None else pd.isna(found)
    assert 0 < reached < len(swept.cells.summary)


def test_flags_are_compared_seed_by_seed(swept: ColumnSweep) -> None:
    pairs = compare_flags(swept.results, list(AXES))
    rows = swept.results.to_dict("records")
    assert set(pairs["flag"]) == {"solved"}
    assert set(pairs["key"]) == {"lr", "model", "epochs"}
    for pair in pairs.to_dict("records"):
        outcomes: list[dict[int, bool]] = []
        for which in ("a", "b"):
            levels = {
                key: pair[f"level_{which}"] if key == pair["key"] else pair[key]
                for key in ("lr", "model", "epochs")
            }
            outcomes.append(
                {
                    row["seed"]: row["solved"]
                    for row in rows
                    if row["status"] == "ok" and all(row[key] == levels[key] for key in levels)
                }
            )
        a, b = outcomes
        shared = a.keys() & b.keys()
        assert pair["n_pairs"] == len(shared)
        assert pair["only_a"] == sum(a[seed] and not b[seed] for seed in shared)
        assert pair["only_b"] == sum(b[seed] and not a[seed] for seed in shared)


def named_like_columns(p: int, key: int, final_error: int, seed: int) -> dict[str, Any]:
    return {"won": (p + key + final_error + seed) % 2 == 0, "size": p * seed}


def test_keys_may_have_the_names_of_columns(tmp_path: Path) -> None:
    axes = {"p": [1, 2], "key": [1, 2], "final_error": [1, 2], "seed": range(6)}
    swept = sweep_columns(named_like_columns, axes, tmp_path)
    pairs = compare_flags(swept.results, list(axes))
    assert {"p_", "key_", "final_error", "p", "key"} <= set(pairs.columns)
    assert pairs.columns.is_unique
    assert len(pairs) == 12


def test_a_statistic_with_the_name_of_a_key_has_another_name() -> None:
    results = pd.DataFrame(
        {"ok": [1, 1, 2, 2], "size_mean": 3, "seed": [0, 1] * 2, "size": [1.0, 2.0, 3.0, 5.0]}
    ).assign(status="ok", message=None)
    summary = summarize_columns(results, ["ok", "size_mean", "seed"], {})
    assert summary["ok"].tolist() == [1, 2]
    assert summary["ok_"].tolist() == [2, 2]
    assert summary["size_mean_"].tolist() == [1.5, 4.0]
    assert summary["size_median"].tolist() == [median([1, 2]), median([3, 5])]
