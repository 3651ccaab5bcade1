"""Rows as lines of CSV, in threads; values that few rows differ in are formatted once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from math import inf

import numpy as np
import pyarrow as pa
import pyarrow.csv
from numpy.typing import NDArray

from xorsweep.storage.run_ahead import run_ahead

COMMA = "\x1f"
"""Stands for the commas between joined columns: Arrow writes no commas without quotes."""
MOST_TEXTS = 4_096
"""Combinations of values up to which neighbouring columns are joined."""


@dataclass(frozen=True)
class CsvLines:
    """Turns rows into lines of CSV, in threads: Arrow doesn't hold Python's lock meanwhile.

    Attributes:
        few_values: Columns whose values repeat.
        quoting: `needed` where a text in the rows needs quotes, `none` elsewhere.
        most_texts: Combinations of values that neighbouring columns may have and be joined.
    """

    few_values: Collection[str]
    quoting: str
    most_texts: int = MOST_TEXTS

    @classmethod
    def of(cls, few_values: Collection[str], texts: Iterable[str]) -> CsvLines:
        """Return the lines of a table in which all texts are among some."""
        needed = any(mark in text for text in texts for mark in f',"\r\n{COMMA}')
        return cls(few_values, "needed" if needed else "none")

    def beside(
        self, batches: Iterable[pa.RecordBatch]
    ) -> Iterator[tuple[pa.RecordBatch, Future[pa.Buffer]]]:
        """Yield each batch with its lines to come, while the next ones are under way."""
        return run_ahead(self.lines, batches, pa.cpu_count())

    def lines(self, batch: pa.RecordBatch) -> pa.Buffer:
        """Return some rows as lines of CSV."""
        # Arrow would quote the joined text as one value.
        if self.quoting == "needed":
            return _csv(batch, self.quoting)
        return _with_commas(_csv(self.joined(batch), self.quoting))

    def joined(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Return rows whose neighbouring columns of few values are one column of text."""
        columns = {}
        for run in self._runs(batch):
            joined = len(run.names) > 1
            columns[run.names[0]] = run.texts(batch) if joined else batch[run.names[0]]
        return pa.record_batch(columns)

    def _runs(self, batch: pa.RecordBatch) -> list[_Run]:
        runs: list[_Run] = []
        for name, column in zip(batch.schema.names, batch.columns, strict=True):
            if not (name in self.few_values or pa.types.is_boolean(column.type)):
                runs.append(_Run([name]))
                continue
            encoded = column
            if not pa.types.is_dictionary(column.type):
                encoded = column.dictionary_encode()
            if not (runs and runs[-1].takes(encoded, self.most_texts)):
                runs.append(_Run([]))
            runs[-1].add(name, encoded)
        return runs


class _Run:
    """Neighbouring columns, and a code for each combination of their values."""

    def __init__(self, names: list[str]) -> None:
        self.names = names
        self._codes: NDArray[np.int64] | int = 0
        # A run that starts with a column of many values takes no others.
        self._count: float = inf if names else 1

    def takes(self, column: pa.DictionaryArray, most: int) -> bool:
        """Tell whether another column may join, and leave at most so many combinations."""
        return self._count * _count(column) <= most

    def add(self, name: str, column: pa.DictionaryArray) -> None:
        """Let a column join."""
        self.names.append(name)
        self._count *= _count(column)
        if _count(column) > 1:
            codes = column.indices.fill_null(len(column.dictionary)).to_numpy()
            # As the digits of a number, of which there are few.
            self._codes = self._codes * _count(column) + codes.astype(np.int64)

    def texts(self, batch: pa.RecordBatch) -> pa.StringArray:
        """Return the text of the columns in each row."""
        codes = np.broadcast_to(self._codes, len(batch))
        _, first, place = np.unique(codes, return_index=True, return_inverse=True)
        # Arrow formats one row of each combination, so the texts are the same as without joining.
        lines = _csv(batch.select(self.names).take(pa.array(first)), "none", COMMA)
        texts = lines.to_pybytes().decode().split("\n")[:-1]
        return pa.array(texts, pa.string()).take(pa.array(place))


def _count(column: pa.DictionaryArray) -> int:
    """Return how many values a column may have, with null."""
    return len(column.dictionary) + bool(column.null_count)


def _csv(batch: pa.RecordBatch, quoting: str, delimiter: str = ",") -> pa.Buffer:
    options = pyarrow.csv.WriteOptions(
        include_header=False, quoting_style=quoting, delimiter=delimiter
    )
    sink = pa.BufferOutputStream()
    pyarrow.csv.write_csv(batch, sink, options)
    return sink.getvalue()


def _with_commas(lines: pa.Buffer) -> pa.Buffer:
    text = np.frombuffer(lines, np.uint8)
    found = (text == ord(COMMA)).view(np.uint8)  # several times as fast as bytes.replace
    found *= np.uint8((ord(",") - ord(COMMA)) % 256)
    found += text
    return pa.py_buffer(found)
