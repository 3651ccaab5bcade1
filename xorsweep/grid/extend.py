"""A grid with further levels, as a resumed sweep has them."""

from __future__ import annotations

from collections.abc import Sequence

from xorsweep.errors import ConfigError
from xorsweep.fields import Scalar
from xorsweep.grid.axes import ZIP, Axis, Block
from xorsweep.grid.columns import distinct
from xorsweep.grid.grid import Grid, concatenate, product_grid
from xorsweep.grid.schema import Schema


def extend_grid(schema: Schema, grid: Grid, more: Sequence[Axis]) -> Grid:
    """Return the grid with further levels behind those of its axes, in each of its blocks.

    A key that has had one value for all points becomes the last axis, its old value first. Raises
    ConfigError for another component or an interpolation, which would have to be composed.
    """
    return concatenate([_extended_block(schema, block, more) for block in grid.blocks])


def _extended_block(schema: Schema, block: Block, more: Sequence[Axis]) -> Grid:
    axes = {axis.key: axis for axis in block.axes}
    _check_zips(block, [axis.key for axis in more])
    for axis in more:
        known = axes.get(axis.key)
        levels = known.levels if known else _fixed_levels(schema, block, axis.key)
        # A component's levels bring parameters along, which only bases have.
        if axis.key in schema.components or axis.structural or (known and known.structural):
            if set(axis.levels) <= set(levels):
                continue
            raise ConfigError(
                f"{axis.key}: a sweep can be extended along keys with plain values alone; "
                "repeat its whole command with other config groups, or start another sweep"
            )
        # At its place if there is such an axis, else last; `product_grid` drops repeated levels.
        axes[axis.key] = Axis(axis.key, (*levels, *axis.levels))
    return product_grid(schema, list(axes.values()), block.bases, block.zipped, block.where)


def _check_zips(block: Block, keys: Sequence[str]) -> None:
    for group in block.zipped:
        missing = [key for key in group if key not in keys]
        given = [key for key in group if key in keys]
        if given and missing:
            raise ConfigError(
                f"{given[0]}: goes together with {', '.join(missing)} by {ZIP}; give further "
                "levels of each, as many of one as of the other"
            )


def _fixed_levels(schema: Schema, block: Block, key: str) -> tuple[Scalar, ...]:
    for base in block.bases:
        # Raises ConfigError where a base has no such key.
        schema.field_of(key, base)
        if key not in base:
            raise ConfigError(
                f"{key}: the sweep was started before there was this key, so it can't be extended "
                "along it; start another sweep"
            )
    levels = distinct(base[key] for base in block.bases)
    if len(levels) > 1:
        raise ConfigError(f"{key}: its value follows from another axis, so it can't be extended")
    return levels
