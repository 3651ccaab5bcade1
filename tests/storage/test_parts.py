"""A part comes back as it was written, or it is told in which way it is damaged."""

import json
import re
from collections.abc import Callable
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from forged_parts import with_value
from hypothesis import given
from hypothesis import strategies as st
from planned_batches import plan_of

from xorsweep.errors import DamagedPartError
from xorsweep.experiment import FAILED, ExperimentTask
from xorsweep.grid.axes import Axis
from xorsweep.grid.grid import product_grid
from xorsweep.grid.schema import Point
from xorsweep.network_experiment import NetworkExperiment
from xorsweep.networks.engines import Engine
from xorsweep.networks.metrics import learning_curve_epochs
from xorsweep.networks.planning import Batch
from xorsweep.networks.point_results import LEARNING_CURVE, PARAMETERS, PointResults
from xorsweep.networks.results import part_of
from xorsweep.networks.schema import NETWORK_SCHEMA
from xorsweep.networks.trainer import train_batch
from xorsweep.storage.parts import SUFFIX, decode, encode
from xorsweep.versions import FORMAT, NUMERICS

PointOf = Callable[..., Point]

MEASURED = (
    "point_id",
    "final_error",
    "mse",
    "max_abs_error",
    "converged_epoch",
    "converged_at_end",
    "outcome",
    "solution",
    "status",
)
LISTS = (PARAMETERS, LEARNING_CURVE)


@pytest.fixture(scope="module")
def batch(point_of: PointOf) -> Batch:
    """Return three trajectories with a snapshot after 3 and after 20 epochs."""
    grid = product_grid(
        NETWORK_SCHEMA, [Axis("epochs", (3, 20)), Axis("seed", (0, 1, 2))], [point_of(lr=2.0)]
    )
    (only,) = plan_of(grid).batches
    return only


@pytest.fixture(scope="module")
def rows(batch: Batch) -> PointResults:
    return train_batch(batch, Engine())


@pytest.fixture(scope="module")
def part(rows: PointResults) -> tuple[str, bytes]:
    return encode([part_of(rows)], NetworkExperiment())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("parts")


def written(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def named(folder: Path, data: bytes) -> Path:
    """Write a file under the name that a part with these bytes has."""
    return written(folder, sha256(data).hexdigest()[:32] + SUFFIX, data)


def as_bytes(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink)
    return bytes(sink.getvalue().to_pybytes())


def test_a_part_comes_back_bit_for_bit(
    tmp_path: Path, rows: PointResults, part: tuple[str, bytes]
) -> None:
    table = decode(written(tmp_path, *part), NetworkExperiment())
    assert table.num_rows == len(rows) == 6
    for name in MEASURED:
        assert table[name].to_pylist() == list(getattr(rows, name)), name
    assert table["message"].to_pylist() == [None] * 6
    assert table["parameters"].to_pylist() == rows.parameters.tolist()
    for index, values in enumerate(rows.outputs):
        np.testing.assert_array_equal(table[f"output_{index}"].to_numpy(), values)


def test_lists_are_left_out_on_demand(tmp_path: Path, part: tuple[str, bytes]) -> None:
    path = written(tmp_path, *part)
    whole = decode(path, NetworkExperiment())
    assert decode(path, NetworkExperiment(), lists=False).equals(whole.drop_columns([*LISTS]))


@pytest.mark.parametrize("wanted", [[], [3], [9_000, 9_001], [0, 8_191, 8_192, 19_999]])
def test_rows_of_some_points_alone_are_read(
    tmp_path: Path, rows: PointResults, wanted: list[int]
) -> None:
    table = part_of(rows).take(np.arange(20_000) % 6)
    table = table.set_column(0, "point_id", pa.array(np.arange(1, 40_001, 2, np.uint64)[::-1]))
    path = written(tmp_path, *encode([table], NetworkExperiment()))
    whole = decode(path, NetworkExperiment())
    own = whole["point_id"].to_numpy()[wanted]
    for points in (own, np.union1d(own, np.arange(0, 40_000, 2, np.uint64))):
        found = decode(path, NetworkExperiment(), points=np.sort(points))
        assert found.equals(whole.take(pa.array(wanted, pa.int64())))


def test_the_curve_comes_back_at_the_longest_point_of_its_trajectory(
    tmp_path: Path, rows: PointResults, part: tuple[str, bytes]
) -> None:
    curves = decode(written(tmp_path, *part), NetworkExperiment())["learning_curve"].to_pylist()
    assert curves[:3] == [[], [], []]
    assert curves[3:] == rows.learning_curves.T.tolist()
    assert {len(curve) for curve in curves[3:]} == {len(learning_curve_epochs(20))}


def test_the_same_rows_have_the_same_name_and_bytes(
    rows: PointResults, part: tuple[str, bytes]
) -> None:
    assert encode([part_of(rows)], NetworkExperiment()) == part
    assert encode([part_of(rows)], NetworkExperiment(Engine("numba")))[0] != part[0]


def test_rows_of_halves_and_failures_share_a_part(tmp_path: Path, batch: Batch) -> None:
    run = ExperimentTask(NetworkExperiment())
    halves = [
        run(batch.part(slice(None, 1))),
        run.failed(batch.part(slice(1, 2)), 'ValueError: "a", b\nand c'),
        run(batch.part(slice(2, None))),
    ]
    table = decode(written(tmp_path, *encode(halves, NetworkExperiment())), NetworkExperiment())
    assert table["point_id"].to_pylist() == [
        i for some in halves for i in some["point_id"].to_pylist()
    ]
    assert table["status"].to_pylist() == [0, 0, FAILED, FAILED, 0, 0]
    assert table["message"].to_pylist()[2:4] == ['ValueError: "a", b\nand c'] * 2
    assert table["output_0"].null_count == 2
    assert [len(curve or []) for curve in table["learning_curve"].to_pylist()] == [
        *(0, len(learning_curve_epochs(20))),
        *(0, 0),
        *(0, len(learning_curve_epochs(20))),
    ]


def test_failures_alone_are_a_part(tmp_path: Path, batch: Batch) -> None:
    failed = ExperimentTask(NetworkExperiment()).failed(batch, "lost")
    part = encode([failed], NetworkExperiment())
    table = decode(written(tmp_path, *part), NetworkExperiment())
    assert table["message"].to_pylist() == ["lost"] * 6
    assert table["status"].to_pylist() == [FAILED] * 6
    assert table.column_names == ["point_id", "status", "message"]


@given(data=st.data())
def test_a_flipped_bit_anywhere_is_detected(
    folder: Path, part: tuple[str, bytes], data: st.DataObject
) -> None:
    name, whole = part
    place = data.draw(st.integers(0, len(whole) - 1))
    flipped = bytearray(whole)
    flipped[place] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(DamagedPartError, match="its bytes don't match its name"):
        decode(written(folder, name, bytes(flipped)), NetworkExperiment())


@given(data=st.data())
def test_a_part_that_was_cut_short_is_detected(
    folder: Path, part: tuple[str, bytes], data: st.DataObject
) -> None:
    name, whole = part
    kept = data.draw(st.integers(0, len(whole) - 1))
    with pytest.raises(DamagedPartError, match="its bytes don't match its name"):
        decode(written(folder, name, whole[:kept]), NetworkExperiment())


def test_a_part_under_another_name_is_detected(tmp_path: Path, part: tuple[str, bytes]) -> None:
    name, whole = part
    with pytest.raises(DamagedPartError, match="its bytes don't match its name"):
        decode(written(tmp_path, "copy of " + name, whole), NetworkExperiment())


@pytest.mark.parametrize("data", [b"", b"PAR1", b"PAR1PAR1", b"lr,seed\n0.1,3\n"])
def test_a_file_that_is_not_parquet_is_detected_whatever_its_name(
    tmp_path: Path, data: bytes
) -> None:
    with pytest.raises(DamagedPartError, match=r"^not a Parquet file"):
        decode(named(tmp_path, data), NetworkExperiment())


def test_broken_parquet_under_the_name_of_its_bytes_is_detected(
    tmp_path: Path, part: tuple[str, bytes]
) -> None:
    broken = part[1][:4] + bytes(8) + part[1][12:]
    with pytest.raises(DamagedPartError, match=r"^not a Parquet file"):
        decode(named(tmp_path, broken), NetworkExperiment())


def test_parquet_that_is_no_part_is_detected(tmp_path: Path) -> None:
    foreign = as_bytes(pa.table({"lr": [0.1]}))
    with pytest.raises(DamagedPartError, match=r"^written for xorsweep format none, not "):
        decode(named(tmp_path, foreign), NetworkExperiment())


def test_a_part_of_another_engine_is_detected(tmp_path: Path, part: tuple[str, bytes]) -> None:
    path = written(tmp_path, *part)
    for engine in (Engine("numba"), Engine(dtype="float32")):
        mine, other = (json.dumps(asdict(each), sort_keys=True) for each in (Engine(), engine))
        wanted = re.escape(f"written for xorsweep engine {mine}, not {other}")
        with pytest.raises(DamagedPartError, match=f"^{wanted}$"):
            decode(path, NetworkExperiment(engine))


@pytest.mark.parametrize(("version", "mine"), [("format", FORMAT), ("numerics", NUMERICS)])
def test_a_part_of_another_version_is_detected(
    tmp_path: Path, part: tuple[str, bytes], version: str, mine: int
) -> None:
    table = pq.read_table(written(tmp_path, *part))
    marks = {**table.schema.metadata, f"xorsweep {version}".encode(): str(mine + 1).encode()}
    newer = named(tmp_path, as_bytes(table.replace_schema_metadata(marks)))
    wanted = f"^written for xorsweep {version} {mine + 1}, not {mine}$"
    with pytest.raises(DamagedPartError, match=wanted):
        decode(newer, NetworkExperiment())


@pytest.mark.parametrize("column", [*MEASURED, "message", *LISTS])
def test_a_column_that_is_missing_or_of_another_type_is_detected(
    tmp_path: Path, part: tuple[str, bytes], column: str
) -> None:
    table = decode(written(tmp_path, *part), NetworkExperiment())
    place = table.column_names.index(column)
    other = table.set_column(place, column, pa.array([1] * 6, pa.int16()))
    for changed in (table.drop_columns([column]), other):
        with pytest.raises(DamagedPartError, match=f"^its column {column} isn't of type "):
            decode(named(tmp_path, as_bytes(changed)), NetworkExperiment())


def test_a_part_carries_no_times_or_hosts(part: tuple[str, bytes]) -> None:
    table = pq.read_table(pa.BufferReader(part[1]))
    stamps = ("format", "name", "numerics", "engine")
    assert set(table.schema.metadata) == {f"xorsweep {stamp}".encode() for stamp in stamps}


@pytest.mark.parametrize("column", ["point_id", "status", "final_error", "outcome", *LISTS])
def test_a_gap_at_a_point_that_ended_is_detected(
    tmp_path: Path, part: tuple[str, bytes], column: str
) -> None:
    whole = decode(written(tmp_path, *part), NetworkExperiment())
    damaged = as_bytes(with_value(column, 4, None)(whole))
    with pytest.raises(DamagedPartError, match=f"^its column {column} has gaps$"):
        decode(named(tmp_path, damaged), NetworkExperiment())


def test_points_that_ended_without_any_number_are_detected(
    tmp_path: Path, part: tuple[str, bytes]
) -> None:
    whole = decode(written(tmp_path, *part), NetworkExperiment())
    damaged = as_bytes(whole.select(["point_id", "status", "message"]))
    with pytest.raises(DamagedPartError, match=r"^it has no numbers of points that ended$"):
        decode(named(tmp_path, damaged), NetworkExperiment())
