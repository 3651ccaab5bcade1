"""The identities of a grid's points: hashes of keys and values, and the rows where they are."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from xorsweep.grid.columns import Codes, Column, ProductCodes
from xorsweep.text import format_value

if TYPE_CHECKING:
    from xorsweep.fields import Scalar

MOST_OFFSETS = 64
"""Combinations of axes that are tried one by one where a point of a product is searched for."""
SEARCHED_EVERY = 64
"""Points of a batch of which one is searched for, if the others are where they are expected."""


@dataclass(frozen=True)
class Identities:
    """The identities of N points, by the columns of their keys."""

    columns: Mapping[str, Column]
    most_offsets: int = MOST_OFFSETS

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())).codes)

    def of(self, rows: Any) -> NDArray[np.uint64]:
        """Return a 64-bit identity of each of some points, made of all keys and values it has.

        Each (key, value) is hashed by BLAKE2b; a point's identity is the sum of its hashes modulo
        2**64, so it depends neither on the order of keys nor on the rest of the grid.
        """
        shared, swept = self._hashes
        total = np.full(np.shape(next(iter(self.columns.values())).codes[rows]), shared)
        for codes, hashes in swept:
            # uint64 wraps around at 2**64, as the definition of the sum asks.
            total += hashes[codes[rows]]
        return total

    @cached_property
    def _hashes(self) -> tuple[np.uint64, list[tuple[Codes, NDArray[np.uint64]]]]:
        """Return the sum of the hashes that all points share, and those of codes that differ.

        Keys of one axis of a product have one sum for each of its levels.
        """
        shared, swept = 0, list[tuple[Codes, NDArray[np.uint64]]]()
        by_axis: dict[tuple[int, int], NDArray[np.uint64]] = {}
        for key, column in self.columns.items():
            hashes = _hashes_of(key, column.levels)
            if len(hashes) == 1:
                shared += int(hashes[0])
            elif isinstance(codes := column.codes, ProductCodes):
                axis = codes.stride, len(codes.of_level)
                # One look-up for zipped keys, and for the parameters that a component's axis brings
                # along.
                by_axis[axis] = by_axis.get(axis, np.uint64(0)) + hashes[codes.of_level]
            else:
                swept.append((codes, hashes))
        for (stride, size), hashes in by_axis.items():
            swept.append((ProductCodes(len(self), stride, np.arange(size, dtype=np.int32)), hashes))
        # Python's sum has no bounds; modulo 2**64 it is that of uint64.
        return np.uint64(shared % 2**64), swept

    def rows_of(self, identities: NDArray[np.uint64]) -> NDArray[np.int64]:
        """Return the rows (n,) of points with these identities, -1 for those not in the grid.

        Neighbours in a batch are mostly equally far apart in the grid, so few of them are searched
        for, and the rows between these are checked by their identities.
        """
        searched = self._search(identities[::SEARCHED_EVERY])
        if len(searched) < 2:
            return self._search(identities)
        strides = np.diff(searched) // SEARCHED_EVERY
        steps = np.append(strides, strides[-1])[:, None] * np.arange(SEARCHED_EVERY)
        expected = (searched[:, None] + steps).ravel()[: len(identities)]
        rows: NDArray[np.int64] = np.clip(expected, 0, len(self) - 1)
        # Computing an identity is cheaper than searching for it, and exact: no guess survives it.
        wrong = np.flatnonzero(self.of(rows) != identities)
        rows[wrong] = self._search(identities[wrong])
        return rows

    def _search(self, identities: NDArray[np.uint64]) -> NDArray[np.int64]:
        """Return the rows of identities, each found by binary search."""
        index = self._index
        found = np.full(len(identities), -1)
        for offset, row in zip(index.offsets, index.first_rows, strict=True):
            left = np.flatnonzero(found < 0)
            # Modulo 2**64, as the sum of hashes was.
            wanted = identities[left] - offset
            # A number above all has a place behind the end, where nothing equals it.
            place = np.minimum(np.searchsorted(index.ordered, wanted), len(index.ordered) - 1)
            hit = index.ordered[place] == wanted
            found[left[hit]] = row + index.rows[place[hit]].astype(np.int64)
        return found

    @cached_property
    def _index(self) -> _Index:
        shared, swept = self._hashes
        axes = [(codes, hashes) for codes, hashes in swept if isinstance(codes, ProductCodes)]
        if len(axes) < len(swept):
            return _Index.of(np.array([shared]), np.array([0]), self.of(slice(None)) - shared)
        few = _Sums(np.array([shared]), np.array([0]))
        many = _Sums(np.array([0], np.uint64), np.array([0]))
        # The short axes are tried one by one, so that the array to be searched has only the
        # combinations of the others, and not all points.
        for codes, hashes in sorted(axes, key=lambda each: len(each[1])):
            if len(few.rows) * len(hashes) <= self.most_offsets:
                few = few.times(hashes, codes.stride)
            else:
                many = many.times(hashes, codes.stride)
        return _Index.of(few.hashes, few.rows, many.hashes, many.rows)


@dataclass(frozen=True)
class _Sums:
    """The sums of hashes (n,) of some axes of a product, and their parts of the row number (n,)."""

    hashes: NDArray[np.uint64]
    rows: NDArray[np.int64]

    def times(self, hashes: NDArray[np.uint64], stride: int) -> _Sums:
        """Return the sums with a further axis."""
        rows = np.arange(len(hashes)) * stride
        return _Sums(
            np.add.outer(self.hashes, hashes).ravel(), np.add.outer(self.rows, rows).ravel()
        )


@dataclass(frozen=True)
class _Index:
    """Where identities are found: each is one of `offsets` and one of `ordered`, which ascend."""

    offsets: NDArray[np.uint64]
    first_rows: NDArray[np.int64]
    ordered: NDArray[np.uint64]
    rows: NDArray[np.integer[Any]]

    @classmethod
    def of(
        cls,
        offsets: NDArray[np.uint64],
        first_rows: NDArray[np.int64],
        identities: NDArray[np.uint64],
        rows: NDArray[np.int64] | None = None,
    ) -> _Index:
        order = np.argsort(identities, kind="stable")
        rows = order if rows is None else rows[order]
        # The fewest bytes that hold the largest row, as the index may be as long as the grid.
        dtype = np.min_scalar_type(int(rows.max(initial=0)))
        return cls(offsets, first_rows, identities[order], rows.astype(dtype))


def _hashes_of(key: str, levels: Iterable[Scalar]) -> NDArray[np.uint64]:
    """Return the hashes (levels,) of a key with its levels, 0 where it doesn't apply."""
    # A key that doesn't apply adds nothing, as if it weren't there.
    digests = (bytes(8) if level is None else _digest(key, level) for level in levels)
    # Little-endian on every machine: identities are stored.
    return np.frombuffer(b"".join(digests), "<u8").astype(np.uint64)


def _digest(key: str, level: Scalar) -> bytes:
    # With the type, as 1, 1.0 and True are different values; \0 is in no key.
    text = f"{key}\0{type(level).__name__}\0{format_value(level)}"
    return hashlib.blake2b(text.encode(), digest_size=8).digest()
