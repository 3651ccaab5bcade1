"""Input layers against sums written with einsum."""

import tracemalloc
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from xorsweep.networks.engines.numpy.input_layers import (
    InputLayer,
    PerNetworkRow,
    SparseRows,
    TruthTable,
    input_layer,
)
from xorsweep.networks.engines.numpy.operations import run
from xorsweep.networks.tasks import Encoder, Parity, Xor

Floats = NDArray[np.float64]
MEMBERS = 8

TABLES = {
    "xor": Xor().inputs(),
    "bipolar": Xor(encoding="bipolar").inputs(),
    "parity": Parity(bits=5).inputs(),
    "encoder": Encoder(size=6).inputs(),
    "bipolar encoder": Encoder(size=3, encoding="bipolar").inputs(),
    "any numbers": np.random.default_rng(0).normal(size=(7, 3)),
}


def drawn(*shape: int) -> Floats:
    return np.random.default_rng(len(shape)).normal(size=shape)


def assert_layer(layer: InputLayer, rows: Floats, units: int) -> None:
    """Compare with the sums over rows (rows, inputs, B), which may differ between members."""
    count, inputs, _ = rows.shape
    w, b = drawn(inputs, units, MEMBERS), drawn(units, MEMBERS)
    wanted = np.einsum("rib,ikb->rkb", rows, w) + b
    for negated in (False, True):
        z = np.full((count, units, MEMBERS), np.nan)
        run((*layer.forward(w, b, z, negated),))
        np.testing.assert_allclose(z, -wanted if negated else wanted, rtol=1e-13, atol=1e-14)
    delta = drawn(count, units, MEMBERS)
    w_sums, b_sums = np.full_like(w, np.nan), np.full_like(b, np.nan)
    run((*layer.backward(delta.copy(), np.empty_like(delta), w_sums, b_sums),))
    np.testing.assert_allclose(
        w_sums, np.einsum("rib,rkb->ikb", rows, delta), rtol=1e-13, atol=1e-14
    )
    np.testing.assert_allclose(b_sums, delta.sum(axis=0), rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize("units", [1, 3])
@pytest.mark.parametrize("name", TABLES)
def test_the_layer_of_a_task_sums_over_its_inputs_and_rows(name: str, units: int) -> None:
    rows = TABLES[name]
    assert_layer(input_layer(rows), np.repeat(rows[..., None], MEMBERS, axis=2), units)


@pytest.mark.parametrize("name", TABLES)
def test_any_rows_may_be_given_one_at_a_time(name: str) -> None:
    for row in TABLES[name]:
        rows = np.repeat(row[None, :, None], MEMBERS, axis=2)
        assert_layer(SparseRows(row[None]), rows, 3)


@pytest.mark.parametrize("name", TABLES)
def test_each_network_may_be_given_a_row_of_its_own(name: str) -> None:
    table = TABLES[name]
    layer = PerNetworkRow(table.shape[1], 3, np.empty(MEMBERS))
    layer.row[...] = table[np.arange(MEMBERS) % len(table)].T
    assert_layer(layer, layer.row[None], 3)
    assert_layer(layer, layer.row[None], 1)


def test_the_quick_layer_is_for_whole_tables_in_counting_order() -> None:
    assert isinstance(input_layer(TABLES["xor"]), TruthTable)
    assert isinstance(input_layer(TABLES["parity"]), TruthTable)
    for rows in (TABLES["bipolar"], TABLES["encoder"], TABLES["xor"][::-1], TABLES["xor"][:3]):
        assert isinstance(input_layer(rows), SparseRows)


@pytest.mark.parametrize("rows", [TABLES["xor"], TABLES["bipolar"], TABLES["encoder"]])
def test_a_sum_depends_on_its_own_network_alone(rows: Floats) -> None:
    layer = input_layer(rows)
    w, b = drawn(rows.shape[1], 2, 24), drawn(2, 24)

    def forward(members: slice) -> Floats:
        z = np.empty((len(rows), 2, len(range(24)[members])))
        run((*layer.forward(w[..., members], b[..., members], z, False),))
        return z

    np.testing.assert_array_equal(forward(slice(8, 16)), forward(slice(None))[..., 8:16])


def most_of(layer_of: Callable[[int], tuple[InputLayer, int, int]], members: int) -> int:
    """Return the bytes that a layer takes at once, forward and backward."""
    layer, inputs, rows = layer_of(members)
    w, b, z = drawn(inputs, 2, members), drawn(2, members), np.empty((rows, 2, members))
    scratch = np.empty_like(z)
    operations = (*layer.forward(w, b, z, True), *layer.backward(z, scratch, w, b))
    tracemalloc.start()
    tracemalloc.reset_peak()
    before, _ = tracemalloc.get_traced_memory()
    run(operations)
    most = tracemalloc.get_traced_memory()[1] - before
    tracemalloc.stop()
    return most


@pytest.mark.parametrize(
    "layer_of",
    [
        lambda members: (TruthTable(3), 3, 8),
        lambda members: (SparseRows(TABLES["bipolar"]), 2, 4),
        lambda members: (SparseRows(TABLES["encoder"]), 6, 6),
        lambda members: (PerNetworkRow(3, 2, np.empty(members)), 3, 1),
    ],
)
def test_a_layer_allocates_no_array(
    layer_of: Callable[[int], tuple[InputLayer, int, int]],
) -> None:
    assert most_of(layer_of, 2**14) - most_of(layer_of, 2**13) < 8 * 2**12
