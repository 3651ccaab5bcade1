import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xorsweep.errors import ConfigError
from xorsweep.networks.architecture import Network
from xorsweep.networks.initializers import (
    INITIALIZERS,
    File,
    He,
    Normal,
    Printed,
    Symmetric,
    Uniform,
    Xavier,
)

NOTEBOOK = Network(2, 2, 1)
SEEDS = st.integers(0, 2**32 - 1)


def seeds_of(*seeds: int) -> Any:
    return np.array(seeds, np.uint32)


@given(SEEDS)
def test_a_seed_draws_the_weights_of_the_notebook(seed: int) -> None:
    np.random.seed(seed)  # noqa: NPY002 (the notebook's own stream)
    draws = [np.random.uniform(size=size) for size in [(2, 2), (1, 2), (2, 1), (1, 1)]]  # noqa: NPY002
    weights = NOTEBOOK.views(Uniform().draw(NOTEBOOK, seeds_of(seed)))
    for found, drawn in zip(weights, draws, strict=False):
        np.testing.assert_array_equal(found.ravel(), drawn.ravel())


@given(SEEDS)
def test_the_second_stream_is_that_of_default_rng_in_the_same_order(seed: int) -> None:
    generator = np.random.default_rng(seed)
    shapes = [(2, 3), (3,), (3, 1), (1,), (2, 1)]
    draws = [generator.random(shape) for shape in shapes]
    network = Network(2, 3, 1, skip=True)
    found = network.views(Uniform(stream="pcg64").draw(network, seeds_of(seed)))
    for weights, drawn in zip(found, draws, strict=True):
        np.testing.assert_array_equal(weights[..., 0], drawn)


@given(SEEDS, st.floats(0.01, 100))
def test_framework_layout_is_how_hinton_problems_draws(seed: int, scale: float) -> None:
    network = Network(3, 4, 2)
    generator = np.random.default_rng(seed)
    w1, b1, w2, b2 = (
        scale * (generator.random(shape) - 0.5) for shape in [(4, 3), (4,), (2, 4), (2,)]
    )
    init = Symmetric(range=scale / 2, stream="pcg64", layout="framework")
    found = network.views(init.draw(network, seeds_of(seed)))
    np.testing.assert_array_equal(found.w1[..., 0], w1.T)
    np.testing.assert_array_equal(found.b1[..., 0], b1)
    np.testing.assert_array_equal(found.w2[..., 0], w2.T)
    np.testing.assert_array_equal(found.b2[..., 0], b2)


@pytest.mark.parametrize("stream", ["legacy", "pcg64"])
def test_normal_draws_come_from_the_same_stream(stream: str) -> None:
    maker: Any = np.random.RandomState if stream == "legacy" else np.random.default_rng
    found = Normal(std=2.0, stream=stream).draw(NOTEBOOK, seeds_of(7, 8))
    np.testing.assert_array_equal(found[:, 0], 2.0 * maker(7).standard_normal(9))
    np.testing.assert_array_equal(found[:, 1], 2.0 * maker(8).standard_normal(9))


@pytest.mark.parametrize("name", ["uniform", "symmetric", "normal", "xavier", "he"])
@pytest.mark.parametrize("stream", ["legacy", "pcg64"])
def test_a_member_is_drawn_from_its_own_seed_alone(name: str, stream: str) -> None:
    network = Network(3, 5, 2, skip=True)
    init = INITIALIZERS[name](stream=stream, biases="drawn")  # type: ignore[call-arg]
    seeds = seeds_of(9, 2, 9, 0, 4_294_967_295, 2)
    together = init.draw(network, seeds)
    alone = np.concatenate([init.draw(network, seeds[[i]]) for i in range(len(seeds))], axis=1)
    np.testing.assert_array_equal(together, alone)


def test_members_may_differ_in_their_ranges() -> None:
    seeds = seeds_of(3, 3, 4)
    low, high = np.array([0.0, -2.0, 1.0]), np.array([1.0, 5.0, 1.5])
    together = Uniform(low=low, high=high).draw(NOTEBOOK, seeds)
    for i in range(3):
        alone = Uniform(low=low[i], high=high[i]).draw(NOTEBOOK, seeds[[i]])
        np.testing.assert_array_equal(together[:, i], alone[:, 0])
        assert ((low[i] <= together[:, i]) & (together[:, i] < high[i])).all()


@pytest.mark.parametrize("name", ["uniform", "symmetric", "normal", "xavier", "he"])
def test_direct_links_are_drawn_last(name: str) -> None:
    init = INITIALIZERS[name]()
    without = init.draw(Network(3, 2, 1), seeds_of(5))
    with_links = init.draw(Network(3, 2, 1, skip=True), seeds_of(5))
    np.testing.assert_array_equal(with_links[: len(without)], without)
    assert (with_links[len(without) :] != 0).all()


def test_zero_biases_take_no_draws() -> None:
    found = NOTEBOOK.views(Uniform(biases="zero").draw(NOTEBOOK, seeds_of(11)))
    drawn = np.random.RandomState(11).random_sample(6)
    np.testing.assert_array_equal(found.b1, 0)
    np.testing.assert_array_equal(found.b2, 0)
    np.testing.assert_array_equal(found.w1.ravel(), drawn[:4])
    np.testing.assert_array_equal(found.w2.ravel(), drawn[4:])


def test_xavier_is_uniform_up_to_a_bound_for_each_layer() -> None:
    network = Network(5, 20, 3)
    weights = network.views(Xavier(biases="drawn").draw(network, np.arange(500, dtype=np.uint32)))
    for role, fan_sum in (("w1", 25), ("b1", 25), ("w2", 23), ("b2", 23)):
        scaled = getattr(weights, role) / np.sqrt(6 / fan_sum)
        assert scaled.min() < -0.99
        assert scaled.max() > 0.99
        assert np.abs(scaled).max() <= 1
        assert scaled.std() == pytest.approx(1 / np.sqrt(3), rel=0.05)


def test_he_is_normal_with_a_deviation_for_each_layer() -> None:
    network = Network(5, 20, 3, skip=True)
    weights = network.views(He(gain=3.0).draw(network, np.arange(500, dtype=np.uint32)))
    for role, fan_in in (("w1", 5), ("w2", 20), ("direct", 5)):
        assert getattr(weights, role).std() == pytest.approx(3 * np.sqrt(2 / fan_in), rel=0.05)
    assert not weights.b1.any()
    assert not weights.b2.any()


def test_an_empty_range_is_refused_with_its_numbers() -> None:
    with pytest.raises(ConfigError, match=r"^init.low=2.0: must be below init.high, which is 1.0$"):
        Uniform(low=2.0, high=1.0).check()
    with pytest.raises(ConfigError, match=r"init.low=3.0: .* which is 3.0"):
        Uniform(low=np.array([0.0, 3.0]), high=np.array([1.0, 3.0])).check()
    Uniform(low=0.0, high=np.array([1.0, 2.0])).check()


def test_weights_beyond_the_range_of_floats_come_without_a_warning() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Uniform(low=-1.7e308, high=1.7e308).draw(NOTEBOOK, seeds_of(1, 2))


def test_printed_weights_are_those_of_the_notebook_for_every_seed() -> None:
    found = NOTEBOOK.views(Printed().draw(NOTEBOOK, seeds_of(0, 99)))
    np.testing.assert_array_equal(
        found.w1[..., 0], [[0.52399551, 0.12936348], [0.37207811, 0.09731689]]
    )
    np.testing.assert_array_equal(found.b1[..., 0], [0.76282442, 0.91433687])
    np.testing.assert_array_equal(found.w2[..., 0], [[0.31447765], [0.90309069]])
    np.testing.assert_array_equal(found.b2[..., 0], [0.46824842])
    np.testing.assert_array_equal(found.w1[..., 0], found.w1[..., 1])


@pytest.mark.parametrize(
    "network", [Network(2, 3, 1), Network(3, 2, 1), Network(2, 2, 2), Network(2, 2, 1, skip=True)]
)
def test_printed_weights_fit_no_other_network(network: Network) -> None:
    Printed().check_network(NOTEBOOK, seeds_of(0))
    with pytest.raises(ConfigError, match=r"init=printed: .* 2-2-1"):
        Printed().check_network(network, seeds_of(0))


def arrays_of(network: Network, parameters: Any) -> dict[str, Any]:
    """Return parameters (N, P) as a user would save them, by role and one network a row."""
    views = network.views(np.ascontiguousarray(parameters.T))._asdict()
    return {name: np.moveaxis(view, -1, 0) for name, view in views.items() if view.size}


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    return tmp_path / "weights.npz"


@pytest.mark.parametrize("skip", [False, True])
def test_a_file_gives_the_network_in_the_row_that_the_seed_numbers(
    weights: Path, skip: bool
) -> None:
    network = Network(2, 3, 2, skip)
    table = np.random.default_rng(0).normal(size=(5, network.size))
    np.savez(weights, note=np.array(["of no concern"]), **arrays_of(network, table))
    init = File(path=str(weights))
    init.check_network(network, seeds_of(0, 4))
    np.testing.assert_array_equal(init.draw(network, seeds_of(4, 0, 4)), table[[4, 0, 4]].T)


def test_a_seed_beyond_the_last_row_is_refused(weights: Path) -> None:
    np.savez(weights, **arrays_of(NOTEBOOK, np.ones((5, 9))))
    for refuse in (File(path=str(weights)).check_network, File(path=str(weights)).draw):
        with pytest.raises(ConfigError, match=r"^seed=5: .* 5 networks, so seed must be from 0 to"):
            refuse(NOTEBOOK, seeds_of(0, 5))


def broken(**changed: Any) -> dict[str, Any]:
    arrays = arrays_of(NOTEBOOK, np.ones((5, 9)))
    return {name: array for name, array in (arrays | changed).items() if array is not None}


@pytest.mark.parametrize(
    ("arrays", "reason"),
    [
        (broken(w2=None), "needs the arrays w1, b1, w2 and b2; it has w1, b1, b2$"),
        (
            broken(w1=np.ones((5, 2, 3))),
            r"its array w1 has the shape \(5, 2, 3\) and must have \(N, 2",
        ),
        ({"W1": 1}, "needs the arrays w1, b1, w2 and b2; it has W1$"),
        ({}, "needs the arrays w1, b1, w2 and b2; it has none$"),
        (broken(b2=np.float64(1)), r"its array b2 has the shape \(\) and must have \(N, 1\) for N"),
        (
            broken(b2=np.ones((4, 1))),
            "needs one row per network in .*; w1 has 5, b1 has 5, .* has 4$",
        ),
        ({n: a[:0] for n, a in broken().items()}, "needs one row per network"),
        (broken(direct=np.ones((5, 2, 1))), "holds direct connections, so skip must be true"),
        (broken(b1=np.array([["a", "b"]])), "its array b1 must hold real numbers, not <U1"),
        (broken(b1=np.full((5, 2), "1.0")), "its array b1 must hold real numbers, not <U3"),
        (broken(w1=np.ones((5, 2, 2), complex)), "its array w1 must hold real numbers, not compl"),
        (broken(w1=np.ones((5, 2, 2), bool)), "its array w1 must hold real numbers, not bool"),
        (broken(b1=np.array([[None, 1]])), "can't be read"),
    ],
)
def test_arrays_that_fit_no_network_are_refused(
    weights: Path, arrays: dict[str, Any], reason: str
) -> None:
    np.savez(weights, **arrays)
    with pytest.raises(ConfigError, match=rf"^init.path={weights}: {reason}"):
        File(path=str(weights)).check_network(NOTEBOOK, seeds_of(0))


@pytest.mark.parametrize("weight", [np.nan, np.inf, -np.inf, np.longdouble("1e400")])
@pytest.mark.parametrize("place", range(9))
def test_a_network_whose_weights_are_not_finite_is_refused(
    weights: Path, weight: float, place: int
) -> None:
    table = np.ones((5, 9), np.longdouble)
    table[3, place] = weight
    np.savez(weights, **arrays_of(NOTEBOOK, table))
    init = File(path=str(weights))
    for refuse in (init.check_network, init.draw):
        with pytest.raises(ConfigError, match=r"^seed=3: .* must be finite numbers$"):
            refuse(NOTEBOOK, seeds_of(1, 3))
    np.testing.assert_array_equal(init.draw(NOTEBOOK, seeds_of(2, 4)), np.ones((9, 2)))


def test_a_file_that_is_no_npz_is_refused(weights: Path) -> None:
    init = File(path=str(weights))
    with pytest.raises(ConfigError, match="no such file"):
        init.check_network(NOTEBOOK, seeds_of(0))
    for content in (b"", b"PK\x03\x04 and no more", b"\x93NUMPY"):
        weights.write_bytes(content)
        with pytest.raises(ConfigError, match=r"isn't an \.npz file"):
            init.check_network(NOTEBOOK, seeds_of(0))


def test_a_damaged_file_is_refused(weights: Path) -> None:
    np.savez(weights, **arrays_of(NOTEBOOK, np.ones((500, 9))))
    data = bytearray(weights.read_bytes())
    data[1000] ^= 255
    weights.write_bytes(bytes(data))
    with pytest.raises(ConfigError, match="can't be read"):
        File(path=str(weights)).check_network(NOTEBOOK, seeds_of(0))
