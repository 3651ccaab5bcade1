"""The points of a function's sweep: their keys, made of levels and defaults, and their batches."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xorsweep.errors import ConfigError
from xorsweep.experiment import Rows
from xorsweep.fields import Boolean, Field, Integer, Real, Scalar, String, allows
from xorsweep.fields.values import read_value
from xorsweep.functions.signature import RESERVED, Signature
from xorsweep.grid.axes import Axis, check_size
from xorsweep.grid.grid import Grid
from xorsweep.grid.levels import levels_of_value, plain_value, range_length
from xorsweep.grid.schema import Schema
from xorsweep.grid.spacing import is_spacing, read_spacing
from xorsweep.text import shorten

Levels = Scalar | Iterable[Any]
"""The levels of an axis, or one value."""


@dataclass(frozen=True)
class _Float(Real):
    """A finite float64; a whole number that no float is isn't read as another one."""

    def read(self, value: object) -> float:
        number = super().read(value)
        # float(2**53 + 1) is 2**53, another number.
        if number != value:
            raise ValueError
        return number

    @property
    def description(self) -> str:
        return "a finite number that a float can hold"


_WHOLE = Integer(-(2**63), 2**63 - 1)
_NATURAL = Integer(0, 2**63 - 1)
_SEED = Integer(0, 2**32 - 1)
_FIELDS: Mapping[type, Field] = {bool: Boolean(), int: _WHOLE, float: _Float(), str: String()}
_NULL = '; the text null has quotes, "null"'


@dataclass(frozen=True)
class PointBatch:
    """n points of a function: a column (n,) per key, and their identities (n,)."""

    columns: Mapping[str, NDArray[Any]]
    point_ids: NDArray[np.uint64]

    @property
    def work(self) -> int:
        """Return the number of points."""
        return len(self.point_ids)

    cost = work

    def part(self, points: slice) -> PointBatch:
        """Return some of the points."""
        columns = {key: values[points] for key, values in self.columns.items()}
        return PointBatch(columns, self.point_ids[points])

    def split(self) -> Sequence[PointBatch]:
        """Return the two halves of the points, none of a single point."""
        half = len(self.point_ids) // 2
        return (self.part(slice(None, half)), self.part(slice(half, None))) if half else ()


def batches_of(grid: Grid, rows: Rows, size: int) -> list[PointBatch]:
    """Return the points in some rows, `size` a batch."""
    return [batch_of(grid, rows[start : start + size]) for start in range(0, len(rows), size)]


def batch_of(grid: Grid, rows: Rows) -> PointBatch:
    """Return the points in some rows as one batch."""
    columns = {
        # The levels of an axis are of one type, so that NumPy keeps it.
        key: np.array(column.levels)[column.codes[rows]]
        for key, column in grid.columns.items()
    }
    return PointBatch(columns, grid.identities_of(rows))


def read_axes(axes: Mapping[str, Levels], signature: Signature, name: str) -> list[Axis]:
    """Return the axes that were given for a function named `name`, and its defaults behind them.

    Each has levels of one kind: numbers, whole numbers, true and false, or texts.

    Raises:
        ConfigError: A key can't be one, or its levels aren't of one kind.
    """
    if not isinstance(axes, Mapping):
        raise ConfigError(f"axes={shorten(axes)}: must be a dictionary of keys and their levels")
    for key in axes:
        if not isinstance(key, str) or not key.isidentifier():
            raise ConfigError(f"{shorten(key)}: a key is made of letters, digits and _")
        if key in RESERVED:
            raise ConfigError(f"{name}: {key} is a key of the sweep itself, and no argument's name")
    signature.check(axes, name)
    given = {**axes, **signature.with_defaults(axes)}
    if not given:
        raise ConfigError(f"{name}: has no argument to vary, and a sweep needs one")
    try:
        return [_axis(key, levels, key in signature.floats) for key, levels in given.items()]
    except ConfigError as error:
        raise ConfigError(f"{name}: {error}") from None


def _axis(key: str, levels: Levels, is_float: bool) -> Axis:
    if isinstance(levels, str) and is_spacing(levels):  # as on the command line
        levels = read_spacing(key, levels).levels(whole=False)
    elif isinstance(levels, str) and levels.startswith("range("):
        raise ConfigError(
            f"{key}={shorten(levels)}: is a text; in Python, range() without quotes makes levels"
        )
    found = levels_of_value(key, levels)
    if isinstance(found, range):
        check_size({key: range_length(found)})
    values = [plain_value(levels)] if found is None else list(found)
    if not values:
        raise ConfigError(f"{key}=: an axis needs at least one level")
    for value in values:
        if not isinstance(value, Scalar):
            kind = "nested" if isinstance(value, list | tuple | Mapping) else type(value).__name__
            raise ConfigError(
                f"{key}={shorten(value)}: is {kind}; a level is a number, true or false, or a text"
            )
    if "" in values:
        raise ConfigError(f"{key}: needs a value, and an empty text is none")
    field = _field_of(key, values, is_float)
    for value in values:  # that its column would change, and read as another one
        if isinstance(field, _Float) and type(value) is int and not allows(field, value):
            raise ConfigError(
                f"{key}={value}: other levels aren't integers, and no float has this value"
            )
        if isinstance(value, str) and value.endswith("\0"):
            raise ConfigError(f"{key}={value[:-1]}: a text can't end in a null character")
    return Axis(key, tuple(read_value(key, value, field) for value in values))


def _field_of(key: str, values: Sequence[Scalar], is_float: bool = False) -> Field:
    kinds = {type(value) for value in values}
    # Rounds of further seeds count on from the largest, so seeds are whole numbers where they can
    # be.
    if key == "seed" and kinds <= {int, float} and not is_float and _are_seeds(values):
        return _SEED
    if kinds == {int, float} or (is_float and kinds == {int}):
        kinds = {float}
    if len(kinds) > 1 or not kinds <= set(_FIELDS):
        names = ", ".join(sorted(kind.__name__ for kind in kinds))
        raise ConfigError(
            f"{key}: its levels are {names}, and must all be numbers, whole numbers, true and "
            f"false, or texts{_NULL if type(None) in kinds else ''}"
        )
    return _FIELDS[kinds.pop()]


def _are_seeds(values: Sequence[Scalar]) -> bool:
    return all(allows(_NATURAL, value) for value in values)


def schema_of(levels: Mapping[str, Sequence[Scalar]]) -> Schema:
    """Return the schema of points whose keys have these levels; raises ConfigError."""
    return _schema_of_fields({key: _field_of(key, values) for key, values in levels.items()})


def _schema_of_fields(fields: Mapping[str, Field]) -> Schema:
    # No combination of arguments is checked: only the function knows which it takes.
    return Schema(tuple(fields), fields, components={}, independent_keys=tuple(fields))


def widened_schema(schema: Schema, levels: Mapping[str, Sequence[Scalar]]) -> Schema:
    """Return a schema whose whole numbers become floats, or negative, where further levels are.

    Seeds stay whole numbers.
    """
    given = {key: _widened(field, levels.get(key, ())) for key, field in schema.scalars.items()}
    return schema if given == schema.scalars else _schema_of_fields(given)


def _widened(field: Field, levels: Sequence[Scalar]) -> Field:
    kinds = {type(level) for level in levels}
    if field == _WHOLE and float in kinds:
        return _FIELDS[float]
    if field == _SEED and kinds == {int} and not _are_seeds(levels):
        return _WHOLE
    return field


def levels_in(points: Any) -> dict[str, list[Scalar]]:
    """Return the levels by key that a grid as data has, as `grid_to_data` makes it.

    Raises ConfigError where it is of another form.
    """
    found: dict[str, list[Scalar]] = {}
    try:
        for block in points:
            for base in block["bases"]:
                for key, value in base.items():
                    found.setdefault(key, []).append(value)
            for axis in block["axes"]:
                found.setdefault(axis["key"], []).extend(axis["levels"])
    except (TypeError, KeyError, AttributeError):
        raise ConfigError("its points aren't a grid") from None
    return found
