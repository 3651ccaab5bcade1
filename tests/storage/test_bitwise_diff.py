"""Comparing points: every bit counts, their order doesn't."""

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pytest
from forged_parts import last_bit_flipped, with_bit_flipped, with_value
from hypothesis import given
from hypothesis import strategies as st
from planned_batches import plan_of

from xorsweep.execution.backends import run_serial
from xorsweep.experiment import ExperimentTask
from xorsweep.grid.grid import Grid
from xorsweep.network_experiment import NetworkExperiment
from xorsweep.networks.metrics import OUTCOMES
from xorsweep.storage.bitwise_diff import Difference
from xorsweep.storage.bitwise_diff import differences as differences_of
from xorsweep.storage.parts import table_of

GridOf = Callable[..., Grid]

REALS = ["final_error", "mse", "max_abs_error", "output_0", "output_3"]


def differences(here: pa.Table, there: pa.Table) -> list[Difference]:
    return differences_of(here, there, NetworkExperiment())


@pytest.fixture(scope="module")
def grid(grid_of: GridOf) -> Grid:
    return grid_of(lr=[0.5, 1e200], activation="relu", output="linear", epochs=9, seed=range(4))


@pytest.fixture(scope="module")
def table(grid: Grid) -> pa.Table:
    """Return eight points, half of which have diverged."""
    (batch,) = plan_of(grid).batches
    ((_, rows),) = run_serial([batch], ExperimentTask(NetworkExperiment()))
    return table_of([rows])


def test_a_table_doesnt_differ_from_itself_nan_included(table: pa.Table) -> None:
    assert np.isnan(table["final_error"].to_numpy()).sum() == 4
    assert differences(table, table) == []


@given(order=st.permutations(range(8)), cut=st.integers(0, 8))
def test_neither_order_nor_parts_matter(order: list[int], cut: int, table: pa.Table) -> None:
    parts = [table.take(np.array(some, np.int64)) for some in (order[:cut], order[cut:])]
    assert differences(pa.concat_tables(parts), table) == []
    assert differences(table, pa.concat_tables(parts)) == []


@given(column=st.sampled_from(REALS), row=st.integers(0, 7), order=st.permutations(range(8)))
def test_one_changed_bit_is_found_and_reported(
    column: str, row: int, order: list[int], table: pa.Table
) -> None:
    value = table[column][row].as_py()
    if not np.isfinite(value):
        return
    (found,) = differences(table.take(order), with_bit_flipped(column, row)(table))
    assert found.point_id == table["point_id"][row].as_py()
    assert found.column == column
    assert found.here == f"{value!r} ({value.hex()})"
    flipped = last_bit_flipped(value)
    assert found.there == f"{flipped!r} ({flipped.hex()})"


@pytest.mark.parametrize(
    ("column", "value", "here", "there"),
    [
        ("converged_epoch", 3, "-1", "3"),
        ("outcome", 0, "unclassified", "solved"),
        ("status", 2, "ok", "failed"),
        ("outcome", 99, "unclassified", "99"),
        ("converged_at_end", True, "False", "True"),
        ("message", "no", "''", "'no'"),
    ],
)
def test_other_values_are_reported_by_their_names(
    column: str, value: object, here: str, there: str, table: pa.Table
) -> None:
    row = table["outcome"].to_pylist().index(OUTCOMES.index("unclassified"))
    (found,) = differences(table, with_value(column, row, value)(table))
    assert (found.column, found.here, found.there) == (column, here, there)


def test_minus_zero_isnt_zero_though_they_compare_equal(table: pa.Table) -> None:
    one, other = (with_value("mse", 2, value)(table) for value in (0.0, -0.0))
    (found,) = differences(one, other)
    assert (found.here, found.there) == ("0.0 (0x0.0p+0)", "-0.0 (-0x0.0p+0)")


def test_a_curve_is_compared_to_the_bit_and_in_length(table: pa.Table) -> None:
    row = table["status"].to_pylist().index(0)
    curve = table["learning_curve"][row].as_py()
    changed = [*curve[:4], float(np.nextafter(np.float32(curve[4]), np.float32(9))), *curve[5:]]
    (found,) = differences(table, with_value("learning_curve", row, changed)(table))
    assert found.column == "learning_curve at place 4"
    assert found.here.startswith(f"{curve[4]!r} (")
    (found,) = differences(table, with_value("learning_curve", row, curve[:-1])(table))
    assert (found.here, found.there) == (f"{len(curve)} numbers", f"{len(curve) - 1} numbers")


def test_weights_are_compared_to_the_bit_and_missed(table: pa.Table) -> None:
    row = table["status"].to_pylist().index(0)
    weights = table["parameters"][row].as_py()
    changed = [*weights[:2], last_bit_flipped(weights[2]), *weights[3:]]
    (found,) = differences(table, with_value("parameters", row, changed)(table))
    assert found.column == "parameters at place 2"
    assert found.here == f"{weights[2]!r} ({weights[2].hex()})"
    (found,) = differences(with_value("parameters", row, [])(table), table)
    assert (found.column, found.here, found.there) == ("parameters", "0 numbers", "9 numbers")


def test_a_curve_that_a_longer_point_keeps_isnt_missed(table: pa.Table) -> None:
    assert differences(with_value("learning_curve", 1, [])(table), table) == []


def test_of_two_rows_of_a_point_the_one_with_a_curve_is_compared(table: pa.Table) -> None:
    one = table.slice(0, 1)
    changed = with_value("learning_curve", 0, [*one["learning_curve"][0].as_py()[:-1], 7.0])(one)
    both = pa.concat_tables([with_value("learning_curve", 0, [])(one), changed])
    assert [each.column.split(" ")[0] for each in differences(one, both)] == ["learning_curve"]


def test_each_of_several_rows_of_a_point_is_compared(table: pa.Table) -> None:
    twice = pa.concat_tables([table, with_bit_flipped("mse", 1)(table)])
    assert [each.column for each in differences(twice, table)] == ["mse"]


def test_a_column_that_one_lacks_differs_where_the_other_has_numbers(table: pa.Table) -> None:
    without = table.drop_columns(["output_2"])
    numbers = int((~np.isnan(table["output_2"].to_numpy())).sum())
    found = differences(without, table)
    assert [each.column for each in found] == ["output_2"] * numbers


def test_points_that_one_lacks_arent_compared(table: pa.Table) -> None:
    some = table.slice(2, 3)
    changed = with_bit_flipped("mse", 1)(table)
    assert differences(some, changed) == []
    assert differences(some, table.slice(0, 0)) == []


def test_a_gap_differs_from_a_number_and_from_nothing_else(table: pa.Table) -> None:
    with_gap = with_value("converged_epoch", 3, None)(table)
    for one, other in ((with_gap, table), (table, with_gap)):
        (found,) = differences(one, other)
        assert found.point_id == table["point_id"][3].as_py()
        assert found.column == "converged_epoch"
    assert differences(with_gap, with_gap) == []
