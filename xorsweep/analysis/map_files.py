"""The files of a map beside its figures: its arrays, and the box counts of its boundaries."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from xorsweep.analysis.boundary import measure_boundary
from xorsweep.analysis.export import write_csv
from xorsweep.analysis.maps import PixelMap
from xorsweep.storage.atomic import atomic_path

MAP, BOUNDARY = "map.npz", "boundary.csv"


def write_map(shown: PixelMap, folder: Path) -> None:
    """Write map.npz and boundary.csv into a folder."""
    names = {f"{column}_names": np.array(texts, str) for column, texts in shown.names.items()}
    axes = {
        "axes": np.array([shown.axes.x.key, shown.axes.y.key], str),
        "x": shown.axes.x.levels,
        "y": shown.axes.y.levels,
    }
    arrays: dict[str, Any] = {**shown.columns, **names, **axes}
    with atomic_path(folder / MAP) as file:
        np.savez_compressed(file, **arrays)
    write_csv(boundary_table(shown), folder / BOUNDARY)


def boundary_table(shown: PixelMap) -> pd.DataFrame:
    """Return the box counts of the boundary of each flag of a map.

    Columns: `flag`; `box`, the side of a box in pixels; `boxes`, how many of them hold a part of
    the boundary; `slope`, the local dimension between this size and the next.
    """
    tables = [pd.DataFrame(columns=["flag", "box", "boxes", "slope"])]
    for name in shown.flags:
        found = measure_boundary(shown.columns[name])
        slopes = np.full(len(found.sizes), np.nan)
        slopes[: len(found.slopes)] = found.slopes
        columns = {"flag": name, "box": found.sizes, "boxes": found.counts, "slope": slopes}
        tables.append(pd.DataFrame(columns))
    # The empty table has the columns where there is no flag; pandas warns of it beside others.
    return pd.concat(tables[1:] or tables, ignore_index=True)
