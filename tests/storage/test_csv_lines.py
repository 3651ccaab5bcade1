"""Lines of CSV are those that Arrow writes of each value, joined columns or not."""

from dataclasses import replace

import pyarrow as pa
import pyarrow.csv
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xorsweep.storage.csv_lines import COMMA, CsvLines

pytestmark = pytest.mark.unit

TYPES = {
    "text": (pa.string(), st.sampled_from(["xor", "", "ä b", "None"])),
    "name": (pa.dictionary(pa.int32(), pa.string()), st.sampled_from(["sgd", "adam", "a b"])),
    "whole": (pa.int64(), st.integers(-3, 3)),
    "real": (pa.float64(), st.sampled_from([0.1, -0.0, 0.0, 1e300, float("nan")])),
    "flag": (pa.bool_(), st.booleans()),
    "nothing": (pa.string(), st.none()),
}


def written(batch: pa.RecordBatch, quoting: str) -> bytes:
    """Return the text that Arrow writes without joined columns."""
    sink = pa.BufferOutputStream()
    options = pyarrow.csv.WriteOptions(include_header=False, quoting_style=quoting)
    pyarrow.csv.write_csv(batch, sink, options)
    data: bytes = sink.getvalue().to_pybytes()
    return data


@given(data=st.data(), most=st.sampled_from([1, 6, 4_096]))
def test_lines_are_those_of_single_columns(data: st.DataObject, most: int) -> None:
    kinds = data.draw(st.lists(st.sampled_from(list(TYPES)), min_size=1, max_size=8))
    count = data.draw(st.integers(0, 9))
    arrays = {}
    for place, kind in enumerate(kinds):
        type_, values = TYPES[kind]
        column = data.draw(st.lists(st.none() | values, min_size=count, max_size=count))
        arrays[f"{kind}{place}"] = pa.array(column, type_)
    batch = pa.record_batch(arrays)
    few_values = data.draw(st.sets(st.sampled_from(batch.schema.names)))
    lines = replace(CsvLines.of(few_values, ["xor"]), most_texts=most).lines(batch)
    assert lines.to_pybytes() == written(batch, "none")


@pytest.mark.parametrize("text", ["a,b", 'a "b"', "a\nb", "a\rb", f"a{COMMA}b"])
def test_texts_with_marks_of_csv_are_quoted(text: str) -> None:
    batch = pa.record_batch({"a": pa.array([text, None]), "b": pa.array(["x", "y"])})
    lines = CsvLines.of(["a", "b"], [text, "x", "y"]).lines(batch).to_pybytes()
    assert lines == written(batch, "needed")
    assert COMMA in text or lines.startswith(b'"')


def test_neighbouring_columns_of_few_values_are_formatted_once() -> None:
    batch = pa.record_batch({name: pa.array([1.5, 2.5] * 50) for name in "abcd"})
    joined = CsvLines("abd", "none").joined(batch)
    assert joined.schema.names == ["a", "c", "d"]
    assert joined["a"].to_pylist() == [f"1.5{COMMA}1.5", f"2.5{COMMA}2.5"] * 50
    assert joined["c"].equals(batch["c"])
    assert joined["d"].equals(batch["d"])
