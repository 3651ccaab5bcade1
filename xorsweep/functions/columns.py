"""The columns of all points: one kind per name, also if batches had different kinds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from xorsweep.errors import DamagedPartError
from xorsweep.experiment import FAILED
from xorsweep.functions.calls import RETURNED, TYPES, stored_name
from xorsweep.functions.values import CURVE, WORDS
from xorsweep.storage.results import ABSENT, ResultTable, StoredColumns
from xorsweep.tabular_experiment import array_of

Kinds = Mapping[str, str]
_KIND_WORDS = {**WORDS, CURVE: "numbers by step"}


def part_types(names: Sequence[str]) -> Mapping[str, pa.DataType | None]:
    """Return the types of a part's columns; one that isn't of this form has none that fits."""
    own = [name for name in names if name != RETURNED]
    types: dict[str, pa.DataType | None] = {
        name: TYPES.get(name.rpartition(".")[2]) for name in own
    }
    return types | ({RETURNED: pa.string()} if RETURNED in names else {})


def check_part(part: pa.Table) -> None:
    """Raise DamagedPartError where a part says that points have columns that it hasn't got."""
    if RETURNED not in part.column_names:
        return
    for text in part[RETURNED].drop_null().unique().to_pylist():
        # Lists may be left unread.
        own = {name for name in text.split(",") if not name.endswith(f".{CURVE}")}
        if not own <= {*part.column_names}:
            raise DamagedPartError(f"its column {RETURNED} names columns that it hasn't got")


def tabulate(stored: StoredColumns, name: str) -> ResultTable:
    """Return one column per name of the values that a function named `name` returned.

    The first point that has columns decides their names, order and kinds. Whole numbers become
    floats where other points have floats. A point whose columns don't fit has failed: that depends
    on the points alone, and not on batches or on their order.
    """
    codes = stored.column(RETURNED, np.int32)
    found = [
        dict(each.rsplit(".", 1) for each in text.split(","))
        for text in stored.texts.get(RETURNED, ())
    ]
    status, message = stored.status.copy(), dict(stored.message)
    table = ResultTable(stored.present, status, message, {})
    with_columns = np.flatnonzero(codes != ABSENT)
    if not len(with_columns):
        return table
    first = found[codes[with_columns[0]]]
    fitting = [kinds for kinds in found if _fit(kinds, first)]

    def fail(rows: NDArray[np.bool_], text: str) -> None:
        places = np.flatnonzero(rows & (status != FAILED))
        status[places] = FAILED
        message.update(dict.fromkeys(places.tolist(), f"{name} returned {text}"))

    for code, kinds in enumerate(found):
        if kinds not in fitting:
            fail(codes == code, f"{_listed(kinds)} where the first point has {_listed(first)}")
    columns = {}
    for column in first:
        if first[column] != CURVE:
            kinds_here = {kinds[column] for kinds in fitting}
            columns[column] = _Column.of(stored, column, kinds_here)
            text = f"{column}, a whole number that a float can't hold; other points have floats"
            fail(columns[column].lost, text)
    failed = (status == FAILED) | ~stored.present
    texts = [text for each in columns.values() for text in each.texts]
    return ResultTable(
        stored.present,
        status,
        message,
        {name: array_of(each.values, each.texts, failed) for name, each in columns.items()},
        few_values=[column for column, each in columns.items() if each.texts],
        texts=texts,
    )


@dataclass(frozen=True)
class _Column:
    """The values (N,) of a column, codes of `texts` where it has any; `lost` (N,) of them are."""

    values: NDArray[np.generic]
    texts: Sequence[str]
    lost: NDArray[np.bool_]

    @classmethod
    def of(cls, stored: StoredColumns, name: str, kinds: set[str]) -> _Column:
        nothing = np.zeros(len(stored.present), bool)
        if len(kinds) == 1:
            place = stored_name(name, *kinds)
            texts = list(stored.texts.get(place, ()))
            return cls(stored.columns[place], texts, nothing)
        floats, whole = (stored.columns[stored_name(name, kind)] for kind in "fi")
        returned = stored.columns[RETURNED]
        is_whole = np.array(
            # Codes of points without a text are -1, the last one.
            [stored_name(name, "i") in text.split(",") for text in stored.texts[RETURNED]] + [False]
        )[returned]
        widened = whole.astype(np.float64)
        lost = widened >= 2.0**63  # no int64 to compare with
        lost |= np.where(lost, 0.0, widened).astype(np.int64) != np.where(lost, 0, whole)
        return cls(np.where(is_whole, widened, floats), (), lost & is_whole)


def _fit(kinds: Kinds, others: Kinds) -> bool:
    return kinds.keys() == others.keys() and all(
        # Both are numbers, whole or not.
        len({kinds[name], others[name], "i", "f"}) == 2 or kinds[name] == others[name]
        for name in kinds
    )


def _listed(kinds: Kinds) -> str:
    return ", ".join(f"{name} ({_KIND_WORDS[kind]})" for name, kind in kinds.items())
