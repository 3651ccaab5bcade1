"""The points of a function's sweep: the product of its axes, as a grid, and its batches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xorsweep.errors import ConfigError
from xorsweep.fields import Boolean, Field, Integer, Real, Scalar, String, read_value, shorten
from xorsweep.functions.contract import RESERVED, Batch
from xorsweep.grid.axes import Axis, check_size
from xorsweep.grid.columns import Column
from xorsweep.grid.grid import Grid, product_grid
from xorsweep.grid.levels import levels_of_value, plain_value, range_length
from xorsweep.grid.schema import Schema

Levels = Scalar | Iterable[Any]
"""The levels of an axis, or one value."""

_WHOLE = Integer(-(2**63), 2**63 - 1)
_RULES: Mapping[type, Field] = {bool: Boolean(), int: _WHOLE, float: Real(), str: String()}
_NULL = '; the text null has quotes, "null"'


def grid_of(axes: Mapping[str, Levels]) -> Grid:
    """Return the full product of the axes, the last of them varying fastest.

    Raises ConfigError for a key that can't be a column, and for levels that aren't of one kind:
    numbers, whole numbers, true and false, or texts.
    """
    if not isinstance(axes, Mapping):
        raise ConfigError(f"axes={shorten(axes)}: must be a dictionary of keys and their levels")
    if not axes:
        raise ConfigError("a sweep needs at least one axis, such as r=0.1,0.2")
    typed = [_axis(key, levels) for key, levels in axes.items()]
    keys = tuple(axis.key for axis in typed)
    fields = {axis.key: _RULES[type(axis.levels[0])] for axis in typed}
    schema = Schema(keys, fields, components={}, independent_keys=keys)
    return product_grid(schema, typed, [{axis.key: axis.levels[0] for axis in typed}])


def batches_of(grid: Grid, rows: NDArray[np.int64], size: int) -> Iterator[Batch]:
    """Return the points at some rows, at most `size` a batch.

    Which of them share a batch depends on nothing but their rows and the size.
    """
    for start in range(0, len(grid), size):
        some = rows[np.searchsorted(rows, start) : np.searchsorted(rows, start + size)]
        if len(some):
            columns = {key: _values(column, some) for key, column in grid.columns.items()}
            yield Batch(columns, grid.identities[some])


def _values(column: Column, rows: NDArray[np.int64]) -> NDArray[Any]:
    return np.array(column.levels)[column.codes[rows]]


def _axis(key: str, levels: Levels) -> Axis:
    if not isinstance(key, str) or not key.isidentifier() or key in RESERVED:
        raise ConfigError(
            f"{shorten(key)}: a key is made of letters, digits and _, and is none of "
            f"{', '.join(RESERVED)}"
        )
    found = levels_of_value(key, levels)
    if isinstance(found, range):
        check_size({key: range_length(found)})
    values = [plain_value(levels)] if found is None else list(found)
    if not values:
        raise ConfigError(f"{key}=: an axis needs at least one level")
    rule = _rule_of(key, values)
    for value in values:
        _refuse_altered(key, value, rule)
    return Axis(key, tuple(read_value(key, value, rule) for value in values))


def _refuse_altered(key: str, value: Any, rule: Field) -> None:
    """Raise ConfigError for a level that its column would change, and read as another one."""
    if isinstance(rule, Real) and type(value) is int and read_value(key, value, rule) != value:
        raise ConfigError(f"{key}={value}: other levels are no whole numbers, and no float is that")
    if isinstance(value, str) and value.endswith("\0"):
        raise ConfigError(f"{key}={value[:-1]}: a text can't end in a null character")


def _rule_of(key: str, values: list[Any]) -> Field:
    kinds = {type(value) for value in values}
    if kinds == {int, float}:
        kinds = {float}
    if len(kinds) > 1 or not kinds <= set(_RULES):
        names = ", ".join(sorted(kind.__name__ for kind in kinds))
        raise ConfigError(
            f"{key}: its levels are {names}, and must all be numbers, whole numbers, true and "
            f"false, or texts{_NULL if type(None) in kinds else ''}"
        )
    return _RULES[kinds.pop()]
