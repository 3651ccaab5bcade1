"""The grid: axes, levels, points as columns, filters, and how a grid is stored.

It knows no experiment: a `Schema` says which keys a point has. It may import errors, fields,
registry, text and hints.
"""

from __future__ import annotations

from xorsweep.grid.axes import Axis, Block
from xorsweep.grid.extend import extend_grid
from xorsweep.grid.grid import Grid, concatenate, product_grid
from xorsweep.grid.schema import Point, Schema
from xorsweep.grid.serialization import grid_from_data, grid_to_data

__all__ = [
    "Axis",
    "Block",
    "Grid",
    "Point",
    "Schema",
    "concatenate",
    "extend_grid",
    "grid_from_data",
    "grid_to_data",
    "product_grid",
]
