"""Results: one row a point in grid order, the same bytes whatever the order of the parts."""

import io
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from planned_batches import plan_of
from profiles import examples

from xorsweep.execution.backends import run_serial
from xorsweep.experiment import FAILED, STATUSES, ExperimentTask
from xorsweep.grid.axes import Axis
from xorsweep.grid.columns import Column
from xorsweep.grid.grid import Grid, concatenate, product_grid
from xorsweep.grid.schema import Point
from xorsweep.network_experiment import NetworkExperiment
from xorsweep.networks.metrics import OUTCOMES
from xorsweep.networks.results import output_names
from xorsweep.networks.schema import NETWORK_SCHEMA, component_of
from xorsweep.networks.tasks import Encoder, Parity, Xor
from xorsweep.storage.mapped_arrays import release_pages
from xorsweep.storage.parts import decode, encode
from xorsweep.storage.results import (
    READ_AT_ONCE,
    ResultTable,
    StoredColumns,
    assemble,
    frame_of,
    read_results,
    write_results,
)

PointOf = Callable[..., Point]

MEASURED = [
    "final_error",
    "mse",
    "max_abs_error",
    *(f"output_{row}" for row in ("00", "01", "10", "11")),
    "converged",
    "converged_epoch",
    "converged_at_end",
    "outcome",
    "solution",
    "status",
    "message",
]
AWKWARD = 'ValueError: "quoted", with a comma,\na line and a µ'


def parts_of(grid: Grid, folder: Path) -> list[pa.Table]:
    """Train a grid and return its parts, each as it comes back from disk."""
    parts = []
    for _, rows in run_serial(plan_of(grid).batches, ExperimentTask(NetworkExperiment())):
        name, data = encode([rows], NetworkExperiment())
        (folder / name).write_bytes(data)
        parts.append(decode(folder / name, NetworkExperiment()))
    return parts


@pytest.fixture(scope="module")
def grid(point_of: PointOf) -> Grid:
    """Return points of many kinds: diverging ones, two tasks, keys that only some have."""
    relu = product_grid(
        NETWORK_SCHEMA,
        [Axis("lr", (1e12, 0.1)), Axis("seed", (0, 1))],
        [point_of(activation="relu", output="linear", epochs=60)],
    )
    momentum = product_grid(
        NETWORK_SCHEMA,
        [Axis("optimizer.momentum", (0.9, 0.5)), Axis("seed", (3, 1))],
        [point_of(optimizer="momentum", lr=1 / 3, epochs=300)],
    )
    parity = product_grid(
        NETWORK_SCHEMA, [Axis("epochs", (40, 20))], [point_of(task="parity", hidden=3)]
    )
    sgd = product_grid(
        NETWORK_SCHEMA,
        [Axis("epochs", (30, 500)), Axis("seed", tuple(range(8)))],
        [point_of(lr=5.0)],
    )
    return concatenate([relu, sgd, momentum, parity])


@pytest.fixture(scope="module")
def parts(grid: Grid, tmp_path_factory: pytest.TempPathFactory) -> list[pa.Table]:
    return parts_of(grid, tmp_path_factory.mktemp("parts"))


@pytest.fixture(scope="module")
def folder(grid: Grid, parts: list[pa.Table], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the results of the grid, of which two points failed."""
    folder = tmp_path_factory.mktemp("results")
    failed = grid.identities[[2, 5]]
    kept = [part.filter(pa.array(~np.isin(part["point_id"].to_numpy(), failed))) for part in parts]
    lost = {"point_id": failed, "status": np.full(2, FAILED, np.int8), "message": [AWKWARD] * 2}
    written(grid, [*kept, pa.table(lost)], folder)
    return folder


def tabulated(grid: Grid, parts: Sequence[pa.Table]) -> ResultTable:
    return NetworkExperiment().tabulate(grid, assemble(grid, parts))


def read_csv(folder: Path) -> pd.DataFrame:
    frame: pd.DataFrame = pd.read_csv(folder / "results.csv")
    return frame


def read_typed(folder: Path) -> pd.DataFrame:
    """Return all columns of results.parquet; `read_results` excludes those that no table needs."""
    frame: pd.DataFrame = pq.read_table(folder / "results.parquet").to_pandas()
    return frame


def read_texts(folder: Path) -> pd.DataFrame:
    frame: pd.DataFrame = pd.read_csv(folder / "results.csv", dtype=str, keep_default_na=False)
    return frame


def bits_of(numbers: Iterable[Any]) -> list[int | None]:
    """Return the 64 bits of each number, None for one that is absent."""
    return [
        None if number != number else int(np.float64(number).view(np.int64)) for number in numbers
    ]


def written(grid: Grid, parts: Sequence[pa.Table], folder: Path) -> tuple[bytes, bytes]:
    """Return the bytes of results.csv and of results.parquet."""
    write_results(grid, tabulated(grid, parts), folder)
    return (folder / "results.csv").read_bytes(), (folder / "results.parquet").read_bytes()


def test_a_row_is_a_point_in_grid_order(grid: Grid, folder: Path) -> None:
    frame = read_results(folder, NetworkExperiment())
    assert len(frame) == len(grid)
    for row, record in enumerate(frame[list(grid.columns)].to_dict("records")):
        present = {str(key): value for key, value in record.items() if not pd.isna(value)}
        assert present == grid.point(row)


def test_the_columns_are_the_keys_of_a_point_and_then_the_measurements(
    grid: Grid, folder: Path
) -> None:
    parity = [f"output_{number:03b}" for number in range(8)]
    columns = list(read_csv(folder).columns)
    assert columns == list(read_typed(folder).columns)
    assert [name for name in columns if name not in parity] == [*grid.columns, *MEASURED]
    assert [name for name in columns if name in parity] == parity


def test_the_csv_reads_back_to_the_bits_of_the_parquet(folder: Path) -> None:
    texts, typed = read_texts(folder), read_typed(folder)
    reals = [name for name in typed if typed[name].dtype == np.float64]
    assert {"lr", "final_error", "mse", "output_11", "output_111"} <= set(reals)
    for name in reals:
        numbers = [float(text or "nan") for text in texts[name]]
        assert bits_of(numbers) == bits_of(typed[name]), name


@pytest.mark.skipif(pd.__version__ < "3.1", reason="older pandas doesn't read the nearest float")
def test_pandas_reads_the_same_from_the_csv_and_the_parquet(folder: Path) -> None:
    text, typed = read_csv(folder), read_typed(folder)
    for name in typed:
        if typed[name].dtype == np.float64:
            assert bits_of(text[name]) == bits_of(typed[name]), name
        else:
            mine, wanted = text[name].astype(object), typed[name].astype(object)
            assert ((mine == wanted) | (mine.isna() & wanted.isna())).all(), name


def test_the_numbers_are_those_of_the_parts(grid: Grid, parts: list[pa.Table]) -> None:
    assembled = assemble(grid, parts)
    for part in parts:
        rows = grid.rows_of(part["point_id"].to_numpy())
        names = ("final_error", "mse", "max_abs_error", "converged_epoch", "outcome", "output_2")
        for name in names:
            found = assembled.column(name, np.float64)[rows]
            np.testing.assert_array_equal(found, part[name].to_numpy())
    assert assembled.present.all()


def test_texts_are_categorical_and_whole_numbers_with_gaps_stay_whole(folder: Path) -> None:
    frame = read_results(folder, NetworkExperiment())
    assert {str(frame[name].dtype) for name in ("task", "outcome", "status")} == {"category"}
    assert tuple(frame["outcome"].cat.categories) == OUTCOMES
    assert frame["task.bits"].dtype == frame["converged_epoch"].dtype == "Int64"
    assert frame["hidden"].dtype == frame["seed"].dtype == np.int64
    assert frame["converged"].dtype == frame["skip"].dtype == np.bool_
    assert frame["optimizer.momentum"].dtype == np.float64


def test_a_missing_value_is_an_empty_field(folder: Path) -> None:
    texts = read_texts(folder)
    never = texts[texts["converged"] == "false"]
    assert set(never["converged_epoch"]) == {""}
    assert set(texts[texts["status"] == "ok"]["message"]) == {""}
    assert set(texts[texts["task"] == "xor"]["task.bits"]) == {""}
    gone = texts[texts["status"] != "ok"]
    assert {"diverged", "failed"} == set(gone["status"])
    assert set(gone["final_error"]) == set(gone["output_01"]) == {""}
    assert not texts.isin(["nan", "NaN", "inf", "-inf", "None"]).any(axis=None)


def test_an_awkward_message_comes_back_as_it_was(folder: Path) -> None:
    for frame in (read_csv(folder), read_results(folder, NetworkExperiment())):
        assert frame["message"].dropna().tolist() == [AWKWARD] * 2
        assert frame["status"].tolist().count("failed") == 2


def test_convergence_follows_from_its_epoch(folder: Path) -> None:
    frame = read_results(folder, NetworkExperiment())
    assert frame["converged"].tolist() == frame["converged_epoch"].notna().tolist()
    assert 0 < frame["converged"].sum() < len(frame)
    reached = frame[frame["converged"]]
    assert (reached["converged_epoch"] <= reached["epochs"]).all()
    assert (frame["converged_at_end"] == (frame["outcome"] == "solved")).all()


@given(data=st.data())
def test_the_bytes_do_not_depend_on_the_order_of_the_parts(
    grid: Grid,
    parts: list[pa.Table],
    data: st.DataObject,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    order = data.draw(st.permutations([*parts, parts[0]]))
    first = written(grid, parts, tmp_path_factory.mktemp("first"))
    assert written(grid, order, tmp_path_factory.mktemp("second")) == first


def with_labels(part: pa.Table, labels: list[str | None]) -> pa.Table:
    place = part.column_names.index("solution")
    column = pa.array([labels[row % len(labels)] for row in range(len(part))], pa.string())
    return part.set_column(place, part.schema.field("solution"), column)


def test_labels_of_solutions_have_one_order_whatever_the_order_of_the_parts(
    grid: Grid, parts: list[pa.Table], tmp_path: Path
) -> None:
    several = [["f2+f4", None, "AND+OR"], ["answers OR", "AND+OR"]]
    mine = [with_labels(part, several[place % 2]) for place, part in enumerate(parts)]
    assert len(mine) > 1
    first = written(grid, mine, tmp_path)
    assert written(grid, mine[::-1], tmp_path) == first
    frame = read_results(tmp_path, NetworkExperiment())
    assert list(frame["solution"].cat.categories) == ["AND+OR", "answers OR", "f2+f4"]
    assert frame["solution"].isna().any()
    assert set(read_csv(tmp_path)["solution"].dropna()) == {"AND+OR", "answers OR", "f2+f4"}


def test_without_any_label_the_column_is_there_and_empty(
    grid: Grid, parts: list[pa.Table], tmp_path: Path
) -> None:
    written(grid, [with_labels(part, [None]) for part in parts], tmp_path)
    frame = read_results(tmp_path, NetworkExperiment())
    assert frame["solution"].dtype == "category"
    assert frame["solution"].isna().all()
    assert set(read_texts(tmp_path)["solution"]) == {""}


def test_the_bytes_do_not_depend_on_how_rows_are_cut_into_parts(
    grid: Grid, parts: list[pa.Table], tmp_path: Path
) -> None:
    first = written(grid, parts, tmp_path)
    pieces = [part.slice(start, 1) for part in parts for start in range(part.num_rows)]
    assert written(grid, pieces, tmp_path) == first


def test_results_are_replaced_as_a_whole(grid: Grid, parts: list[pa.Table], tmp_path: Path) -> None:
    (tmp_path / "results.csv").write_text("old")
    written(grid, parts, tmp_path)
    assert sorted(os.listdir(tmp_path)) == ["results.csv", "results.parquet"]


def test_points_without_a_part_are_pending(grid: Grid, parts: list[pa.Table]) -> None:
    assert tabulated(grid, []).pending().tolist() == list(range(len(grid)))
    assert tabulated(grid, []).counts() == {
        "planned": len(grid),
        "ok": 0,
        "diverged": 0,
        "failed": 0,
    }
    there = {row for part in parts[1:] for row in grid.rows_of(part["point_id"].to_numpy())}
    pending = tabulated(grid, parts[1:]).pending().tolist()
    assert pending == sorted(set(range(len(grid))) - there)
    assert tabulated(grid, parts).pending().tolist() == []


def test_counts_by_status_add_up_to_the_planned_points(grid: Grid, parts: list[pa.Table]) -> None:
    counts = tabulated(grid, parts).counts()
    assert list(counts) == ["planned", *STATUSES]
    assert counts == {"planned": 26, "ok": 24, "diverged": 2, "failed": 0}


def test_a_point_that_failed_is_pending_and_replaced_by_a_later_success(
    grid: Grid, parts: list[pa.Table], tmp_path: Path
) -> None:
    batch = plan_of(grid).batches[0]
    name, data = encode(
        [ExperimentTask(NetworkExperiment()).failed(batch, "lost")], NetworkExperiment()
    )
    (tmp_path / name).write_bytes(data)
    failures = decode(tmp_path / name, NetworkExperiment())
    rows = sorted(batch.rows[batch.rows >= 0].tolist())
    only = tabulated(grid, [failures])
    assert only.counts()["failed"] == len(rows)
    assert only.message == dict.fromkeys(rows, "lost")
    assert only.pending().tolist() == list(range(len(grid)))
    for order in ([failures, *parts], [*parts, failures]):
        both = tabulated(grid, order)
        assert both.message == {}
        assert both.pending().tolist() == []
        assert written(grid, order, tmp_path) == written(grid, parts, tmp_path)


def test_points_that_the_grid_does_not_have_are_passed_over(
    grid: Grid, parts: list[pa.Table], point_of: PointOf
) -> None:
    smaller = product_grid(NETWORK_SCHEMA, [Axis("seed", (5, 2))], [point_of(lr=5.0, epochs=500)])
    found = assemble(smaller, parts)
    assert found.present.all()
    whole = assemble(grid, parts)
    rows = grid.rows_of(smaller.identities)
    for name in ("final_error", "output_3"):
        values = whole.column(name, np.float64)[rows]
        np.testing.assert_array_equal(found.column(name, np.float64), values)


@examples(8, 120)
@given(
    values=st.lists(
        st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=8, unique=True
    )
)
def test_any_finite_number_reads_back_to_its_bits(
    point_of: PointOf, values: list[float], tmp_path_factory: pytest.TempPathFactory
) -> None:
    base = product_grid(NETWORK_SCHEMA, [Axis("seed", tuple(range(len(values))))], [point_of()])
    lr = Column(tuple(values), np.arange(len(values), dtype=np.int32))
    grid = Grid({**base.columns, "lr": lr}, base.blocks)
    columns = {name: np.array(values) for name in ("final_error", "output_0")}
    columns["outcome"] = np.zeros(len(grid), np.int8)
    assembled = replace(StoredColumns.empty(len(grid)), columns=columns)
    folder = tmp_path_factory.mktemp("numbers")
    write_results(grid, NetworkExperiment().tabulate(grid, assembled), folder)
    texts, typed = read_texts(folder), read_typed(folder)
    for name in ("lr", "final_error", "output_00"):
        assert bits_of(map(float, texts[name])) == bits_of(values)
        assert bits_of(typed[name]) == bits_of(values)


@pytest.mark.parametrize(
    ("task", "names"),
    [
        (Xor(), ("output_00", "output_01", "output_10", "output_11")),
        (Encoder(size=2), ("output_0_0", "output_0_1", "output_1_0", "output_1_1")),
        (Parity(bits=5), ()),
        (Encoder(size=5), ()),
    ],
)
def test_outputs_are_named_by_row_and_unit_where_they_are_few(
    task: Any, names: tuple[str, ...]
) -> None:
    assert output_names(task) == names


def test_a_task_with_many_outputs_has_none_in_the_results(
    point_of: PointOf, tmp_path: Path
) -> None:
    grid = product_grid(NETWORK_SCHEMA, [], [point_of(task="parity", task__bits=5, epochs=2)])
    written(grid, parts_of(grid, tmp_path), tmp_path)
    assert not [name for name in read_csv(tmp_path) if str(name).startswith("output_")]


def test_outputs_of_a_point_agree_with_its_error(folder: Path, grid: Grid) -> None:
    frame = read_typed(folder)
    for row, record in enumerate(frame.to_dict("records")):
        if record["status"] != "ok":
            continue
        task = component_of("task", grid.point(row))
        errors = task.targets()[:, 0] - [record[name] for name in output_names(task)]
        assert record["final_error"] == pytest.approx((errors**2).sum() / 2, rel=1e-12)


def test_tables_do_not_depend_on_where_columns_lie(
    grid: Grid, parts: list[pa.Table], tmp_path: Path
) -> None:
    folders = in_files, in_memory = tmp_path / "in_files", tmp_path / "in_memory"
    in_files.mkdir()
    in_memory.mkdir()
    stored = replace(StoredColumns.empty(len(grid), in_files), in_memory=1)
    for part in parts[::-1]:
        stored.add_part(grid.rows_of(part["point_id"].to_numpy()), part)
        release_pages()
    write_results(grid, NetworkExperiment().tabulate(grid, stored), in_files)
    with pq.ParquetFile(in_files / "results.parquet") as file:
        frame = frame_of(file, NetworkExperiment(), whole=False, folder=in_files, in_memory=1)
    written(grid, parts, in_memory)
    for name in ("results.csv", "results.parquet"):
        one, other = ((folder / name).read_bytes() for folder in folders)
        assert one == other
    pd.testing.assert_frame_equal(frame, read_results(in_memory, NetworkExperiment()))
    assert not {path.name for path in in_files.iterdir()} - {"results.csv", "results.parquet"}


@pytest.mark.parametrize("rows", [0, 3, READ_AT_ONCE // 2, READ_AT_ONCE + 1])
def test_a_table_of_any_length_is_read_column_by_column(rows: int) -> None:
    numbers = np.arange(rows)
    written = {
        "lr": pa.array(numbers / 7),
        "seed": pa.array(numbers),
        "converged_epoch": pa.array(numbers, mask=numbers % 3 == 0),
        "converged": pa.array(numbers % 2 == 0),
        "status": pa.array(np.full(rows, "ok")).dictionary_encode(),
    }
    data = io.BytesIO()
    pq.write_table(pa.table(written), data)
    found = frame_of(pq.ParquetFile(data), NetworkExperiment(), whole=True)
    assert [*found.columns] == [*written]
    assert [found[name].dtype for name in ("lr", "seed", "converged")] == ["float64", "int64", bool]
    assert found["converged_epoch"].dtype == "Int64"
    assert found["status"].dtype == "category"
    for name, column in written.items():
        assert pa.array(found[name], from_pandas=True).to_pylist() == column.to_pylist()
