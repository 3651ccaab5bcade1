"""The rows of networks: as parts store them, and as results.csv has them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from xorsweep.errors import DamagedPartError
from xorsweep.experiment import FAILED, STATUS, STATUSES
from xorsweep.fields import Field, FloatArray, is_number, is_whole
from xorsweep.grid.columns import combined_codes
from xorsweep.networks.metrics import OUTCOMES, Curvature
from xorsweep.networks.point_results import (
    CURVATURE_LISTS,
    LEARNING_CURVE,
    MOST_OUTPUTS,
    MOST_PARAMETERS,
    PARAMETERS,
    SOLUTION,
    PointResults,
)
from xorsweep.networks.schema import NETWORK_SCHEMA, component_of
from xorsweep.networks.solutions import is_label
from xorsweep.networks.trainability import TRAINABLE
from xorsweep.storage.parts import check_codes, check_complete
from xorsweep.storage.results import ABSENT, ArrayOf, ResultTable, StoredColumns, names_of

if TYPE_CHECKING:
    from xorsweep.grid.grid import Grid
    from xorsweep.networks.single_run import SingleRun

_TYPES = {
    "final_error": pa.float64(),
    "mse": pa.float64(),
    "max_abs_error": pa.float64(),
    "converged_epoch": pa.int64(),
    "converged_at_end": pa.bool_(),
    "outcome": pa.int8(),
    SOLUTION: pa.string(),
    PARAMETERS: pa.list_(pa.float64()),
    LEARNING_CURVE: pa.list_(pa.float32()),
}
ERRORS = ("final_error", "mse", "max_abs_error")

TABLE_TYPES: Mapping[str, Callable[[pa.DataType], bool]] = {
    **dict.fromkeys(NETWORK_SCHEMA.keys, lambda type_: not pa.types.is_nested(type_)),
    **dict.fromkeys(("hidden", "epochs", "seed", "converged_epoch"), pa.types.is_integer),
    **dict.fromkeys(("lr", "lr_output", *ERRORS), pa.types.is_float64),
    **dict.fromkeys(("converged", "converged_at_end"), pa.types.is_boolean),
    "outcome": pa.types.is_string,
    SOLUTION: pa.types.is_string,
}
"""The columns of every results.parquet of networks, with a test of their types."""

_TaskOutputs = tuple[tuple[str, ...], NDArray[np.bool_]]
"""The names of a task's outputs, and which of the grid's points (N,) have that task."""


def part_of(rows: PointResults) -> pa.Table:
    """Return finished points as a part holds them."""
    lists = {PARAMETERS: _parameters(rows), LEARNING_CURVE: _curves(rows, rows.learning_curves)}
    stored = {"point_id": pa.uint64(), **_TYPES, "status": pa.int8()}
    columns = {
        name: lists[name] if name in lists else to_arrow(getattr(rows, name), type_)
        for name, type_ in stored.items()
    }
    if rows.curvature is not None:
        columns |= {
            name: to_arrow(values, pa.float64())
            for name, values in rows.curvature._asdict().items()
        }
    # There may be no curves.
    for name, curves in zip(CURVATURE_LISTS, rows.curvature_curves, strict=False):
        columns[name] = _curves(rows, curves)
    if rows.trainable is not None:
        columns[TRAINABLE] = to_arrow(rows.trainable, pa.bool_())
    columns |= {f"output_{i}": to_arrow(each, pa.float64()) for i, each in enumerate(rows.outputs)}
    return pa.table(columns)


def part_of_run(run: SingleRun, point_id: NDArray[np.uint64]) -> pa.Table:
    """Return the end of a run as a part holds it, without its learning curves."""
    outputs, parameters = run.final_outputs.reshape(-1, 1), run.parameters[:, -1:].T
    converged_epoch = -1 if run.converged_epoch is None else run.converged_epoch
    return part_of(
        PointResults(
            point_id=point_id,
            **{name: values[-1:] for name, values in run.errors._asdict().items()},
            outputs=outputs if len(outputs) <= MOST_OUTPUTS else outputs[:0],
            converged_epoch=np.array([converged_epoch]),
            converged_at_end=np.array([run.converged_at_end]),
            outcome=np.array([OUTCOMES.index(run.outcome)], np.int8),
            solution=np.array([run.solution], object),
            status=np.array([STATUSES.index(run.status)], np.int8),
            parameters=parameters if parameters.size <= MOST_PARAMETERS else parameters[:, :0],
            learning_curves=np.empty((0, 1), np.float32),
            curve_of=np.array([-1], np.int32),
            curvature=run.final_curvature if run.keeps_curvature else None,
        )
    )


def _parameters(rows: PointResults) -> pa.Array:
    """Return the parameters of each point, empty where they aren't kept."""
    points, size = rows.parameters.shape
    offsets = np.arange(points + 1) * size
    return _lists(offsets, rows.parameters.ravel(), pa.float64())


def _curves(rows: PointResults, curves: NDArray[np.float32]) -> pa.Array:
    """Return curves (C, t) point by point, empty where a longer one of the trajectory has it."""
    has_curve = rows.curve_of >= 0
    lengths = np.where(has_curve, len(curves), 0)
    # Arrow's lists are one array of values and the place at which each list begins.
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    values = curves.T[rows.curve_of[has_curve]].ravel()
    return _lists(offsets, values, pa.float32())


def _lists(offsets: NDArray[np.int64], values: NDArray[Any], type_: pa.DataType) -> pa.Array:
    return pa.ListArray.from_arrays(to_arrow(offsets, pa.int32()), to_arrow(values, type_))


def to_arrow(values: NDArray[Any], type_: pa.DataType) -> pa.Array:
    """Return values (n,) without pa.array, which would import pandas in each worker."""
    if pa.types.is_string(type_):
        return _texts(values)
    if pa.types.is_boolean(type_):
        # Arrow keeps eight booleans in a byte, the first in the lowest bit.
        data = np.packbits(values, bitorder="little")
    else:
        data = np.ascontiguousarray(values, type_.to_pandas_dtype())
    return pa.Array.from_buffers(type_, len(values), [None, pa.py_buffer(data)])


def _texts(values: NDArray[Any]) -> pa.Array:
    """Return texts, some of which may be None."""
    if not (known := np.array([text is not None for text in values], bool)).any():
        return pa.nulls(len(values), pa.string())
    encoded = [(text or "").encode() for text in values]
    offsets = np.cumsum([0, *map(len, encoded)], dtype=np.int32)
    bits = np.packbits(known, bitorder="little")
    buffers = (pa.py_buffer(each) for each in (offsets, b"".join(encoded), bits))
    return pa.StringArray.from_buffers(len(values), *buffers)


def part_types(
    names: Sequence[str], curvature: bool | str = False, trainable: bool = False
) -> Mapping[str, pa.DataType]:
    """Return the type of each column of a part; raises DamagedPartError for one it hasn't.

    A part of points that all failed has none of them.
    """
    if not names:
        return {}
    types = {**_TYPES, **_curvature_types(curvature)}
    if trainable:
        types[TRAINABLE] = pa.bool_()
    outputs = [name for name in names if name not in types]
    if set(outputs) != {f"output_{place}" for place in range(len(outputs))}:
        raise DamagedPartError("its columns aren't those of a part")
    return {**types, **dict.fromkeys(outputs, pa.float64())}


def _curvature_types(curvature: bool | str) -> Mapping[str, pa.DataType]:
    """Return the columns of parts that hold the curvature."""
    columns = dict.fromkeys(Curvature._fields if curvature else (), pa.float64())
    curves = CURVATURE_LISTS if curvature == LEARNING_CURVE else ()
    return {**columns, **dict.fromkeys(curves, pa.list_(pa.float32()))}


def check_part(part: pa.Table) -> None:
    """Raise DamagedPartError where a part has no value, or no known outcome, for a point."""
    if "outcome" in part.column_names:
        known = {**_TYPES, **_curvature_types(LEARNING_CURVE), TRAINABLE: pa.bool_()}
        check_complete(
            part, [each for each in part.column_names if each in known.keys() - {SOLUTION}]
        )
        check_codes("outcome", part["outcome"], OUTCOMES)
        part[SOLUTION].validate(full=True)  # that it is UTF-8
        if not all(map(is_label, part[SOLUTION].drop_null().unique().to_pylist())):
            raise DamagedPartError(f"its column {SOLUTION} has values that mean nothing")
    elif (part[STATUS].to_numpy() != FAILED).any():
        raise DamagedPartError("it has no numbers of points that ended")


def tabulate(
    grid: Grid, stored: StoredColumns, curvature: bool | str = False, trainable: bool = False
) -> ResultTable:
    """Return the columns of results.csv, with those of settings where they were asked for."""
    epoch, failed = stored.column("converged_epoch", np.int64), stored.status == FAILED
    holds = stored.column("converged_at_end", bool)
    # A point that failed has no code in its part.
    outcome = np.where(failed, np.int8(OUTCOMES.index("failed")), stored.column("outcome", np.int8))
    tasks = _outputs_by_task(grid)
    names = dict.fromkeys(name for outputs, _ in tasks for name in outputs)
    columns: dict[str, Any] = {
        name: _real_column(stored.column(name, np.float64)) for name in ERRORS
    }
    columns |= {name: _output_column(stored, tasks, name) for name in names}
    columns |= {
        "converged": lambda rows: pa.array(epoch[rows] >= 0),
        "converged_epoch": lambda rows: pa.array(epoch[rows], mask=epoch[rows] < 0),
        "converged_at_end": lambda rows: pa.array(holds[rows]),
        "outcome": lambda rows: names_of(outcome[rows], OUTCOMES),
        SOLUTION: _solution_column(stored),
    }
    columns |= {
        name: _real_column(stored.column(name, np.float64))
        for name in (Curvature._fields if curvature else ())
    }
    if trainable:
        flags = stored.column(TRAINABLE, bool)
        columns[TRAINABLE] = lambda rows: pa.array(flags[rows])
    return ResultTable(
        stored.present,
        stored.status,
        stored.message,
        columns,
        few_values=("outcome", SOLUTION),
        key_types=_types_of_null_keys(grid),
    )


def _solution_column(stored: StoredColumns) -> ArrayOf:
    """Return labels, their codes in the order of the labels: parts come in any order."""
    codes, texts = stored.column(SOLUTION, np.int32), stored.texts.get(SOLUTION, {})
    names = sorted(texts)
    place = np.array([*(names.index(text) for text in texts), ABSENT], np.int32)

    def array_of(rows: slice) -> pa.Array:
        found = place[codes[rows]]
        indices = pa.array(found, mask=found == ABSENT)
        return pa.DictionaryArray.from_arrays(indices, pa.array(names, pa.string()))

    return array_of


def _types_of_null_keys(grid: Grid) -> dict[str, pa.DataType]:
    """Return the types of the keys that no point has a value of, which values would have."""
    return {
        key: _type_of(NETWORK_SCHEMA.fields_for(key)[0])
        for key, column in grid.columns.items()
        if column.levels == (None,)
    }


def _type_of(field: Field) -> pa.DataType:
    if is_whole(field):
        return pa.int64()
    return pa.float64() if is_number(field) else pa.string()


def _real_column(values: FloatArray) -> Any:
    return lambda rows: _real(values[rows])


def _real(values: FloatArray) -> pa.Array:
    """Return numbers as they are, and nothing where a network has diverged or failed."""
    return pa.array(values, mask=~np.isfinite(values))


def _output_column(stored: StoredColumns, tasks: Sequence[_TaskOutputs], name: str) -> Any:
    places = [
        (stored.column(f"output_{names.index(name)}", np.float64), mine)
        for names, mine in tasks
        if name in names
    ]

    def array_of(rows: slice) -> pa.Array:
        values = np.full(rows.stop - rows.start, np.nan)
        for outputs, mine in places:
            values = np.where(mine[rows], outputs[rows], values)
        return _real(values)

    return array_of


def _outputs_by_task(grid: Grid) -> list[_TaskOutputs]:
    keys = [key for key in grid.columns if key.split(".")[0] == "task"]
    keys = [key for key in keys if len(grid.columns[key].levels) > 1]
    if not keys:
        return [(_outputs_at(grid, 0), np.broadcast_to(np.True_, (len(grid),)))]
    codes = combined_codes(grid.columns, keys, np.arange(len(grid)))
    found, first = np.unique(codes, return_index=True)
    return [
        (_outputs_at(grid, int(row)), codes == code) for code, row in zip(found, first, strict=True)
    ]


def _outputs_at(grid: Grid, row: int) -> tuple[str, ...]:
    return output_names(component_of("task", grid.point(row)))


def output_names(task: Any) -> tuple[str, ...]:
    """Return the columns of a task's outputs, by row and unit; none where they'd be too many."""
    units = task.targets().shape[1]
    labels = task.row_labels()
    if len(labels) * units > MOST_OUTPUTS:
        return ()
    if units == 1:
        return tuple(f"output_{label}" for label in labels)
    return tuple(f"output_{label}_{unit}" for label in labels for unit in range(units))
