"""The allowed values of keys.

It may import errors, hints and text. The names here declare keys, also those of the components and
experiments of other packages.
"""

from __future__ import annotations

from xorsweep.fields.kinds import (
    Batched,
    Boolean,
    Choice,
    Field,
    FloatArray,
    Integer,
    ListOf,
    Nullable,
    Real,
    Scalar,
    String,
    allows,
    field,
    fields_of,
    is_number,
    is_whole,
)

__all__ = [
    "Batched",
    "Boolean",
    "Choice",
    "Field",
    "FloatArray",
    "Integer",
    "ListOf",
    "Nullable",
    "Real",
    "Scalar",
    "String",
    "allows",
    "field",
    "fields_of",
    "is_number",
    "is_whole",
]
