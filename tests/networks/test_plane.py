"""Initial weights in a plane."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from planned_batches import plan_of

from xorsweep.errors import ConfigError
from xorsweep.grid.axes import Axis
from xorsweep.grid.grid import Grid, product_grid
from xorsweep.grid.schema import Point
from xorsweep.networks.architecture import Network
from xorsweep.networks.initializers import NOTEBOOK_WEIGHTS, Plane
from xorsweep.networks.initializers.plane import (
    Center,
    WeightName,
    orthonormal_directions,
    weight_place,
)
from xorsweep.networks.schema import NETWORK_SCHEMA
from xorsweep.networks.trainer import build_training

PointOf = Callable[..., Point]

NOTEBOOK = Network(2, 2, 1)
NETWORKS = st.builds(
    Network, st.integers(2, 5), st.integers(1, 6), st.integers(1, 3), st.booleans()
)
SEEDS = st.integers(0, 2**32 - 1)


def names_of(network: Network) -> list[str]:
    """Return the names of all weights in the order of parameters, written out."""
    i, h, o = range(network.inputs), range(network.hidden), range(network.outputs)
    return [
        *(f"w1_{a}_{b}" for a in i for b in h),
        *(f"b1_{b}" for b in h),
        *(f"w2_{b}_{c}" for b in h for c in o),
        *(f"b2_{c}" for c in o),
        *(f"direct_{a}_{c}" for a in i for c in o if network.skip),
    ]


def seeds_of(*seeds: int) -> Any:
    return np.array(seeds, np.uint32)


@given(network=NETWORKS, seed=SEEDS, data=st.data())
def test_a_and_b_replace_the_two_weights_that_are_named(
    network: Network, seed: int, data: st.DataObject
) -> None:
    names = names_of(network)
    x, y = data.draw(st.lists(st.sampled_from(names), min_size=2, max_size=2, unique=True))
    a, b = np.array([-10.0, 0.5, 3.0]), np.array([7.0, -0.25, 0.0])
    found = Plane(center=str(seed), a=a, b=b, x=x, y=y).draw(network, seeds_of(0, 0, 9))
    draws = np.random.RandomState(seed).uniform(-1, 1, network.size)
    for member in range(3):
        wanted = dict(zip(names, draws, strict=True)) | {x: a[member], y: b[member]}
        assert found[:, member].tolist() == list(wanted.values())


@given(network=NETWORKS, seed=SEEDS, directions=SEEDS)
def test_random_directions_are_orthonormal_and_added_to_the_centre(
    network: Network, seed: int, directions: int
) -> None:
    a, b = np.array([0.0, 1.0, 0.0, 2.5]), np.array([0.0, 0.0, 1.0, -4.0])
    plane = Plane(center=str(seed), a=a, b=b, directions=directions)
    center, along_u, along_v, both = plane.draw(network, seeds_of(*[0] * 4)).T
    np.testing.assert_array_equal(center, np.random.RandomState(seed).uniform(-1, 1, network.size))
    u, v = along_u - center, along_v - center
    for one, other, wanted in ((u, u, 1), (v, v, 1), (u, v, 0)):
        assert math.fsum(one * other) == pytest.approx(wanted, abs=1e-14)
    np.testing.assert_allclose(both, center + 2.5 * u - 4 * v, rtol=0, atol=1e-13)
    draws = np.random.RandomState(directions).standard_normal((2, network.size))
    assert draws[0] @ u == pytest.approx(np.linalg.norm(draws[0]))
    residual = draws[1] - (draws[1] @ u) * u - (draws[1] @ v) * v
    np.testing.assert_allclose(residual, 0, atol=1e-12)
    assert draws[1] @ v > 0


def test_the_centre_may_be_the_printed_weights() -> None:
    plane = Plane(center="printed", a=5.0, b=-5.0, x="b1_1", y="w2_0_0")
    wanted = [float(number) for number in NOTEBOOK_WEIGHTS.split()]
    wanted[5], wanted[6] = 5.0, -5.0
    assert plane.draw(NOTEBOOK, seeds_of(3))[:, 0].tolist() == wanted
    with pytest.raises(ConfigError, match=r"^init\.center=printed: .* 2-2-1"):
        plane.check_network(Network(2, 3, 1), seeds_of(0))


def test_the_centre_may_be_the_row_of_a_file_that_the_seed_numbers(tmp_path: Path) -> None:
    path, table = tmp_path / "weights.npz", np.arange(18.0).reshape(2, 9)
    views = NOTEBOOK.views(np.ascontiguousarray(table.T))._asdict()
    np.savez(path, **{name: np.moveaxis(v, -1, 0) for name, v in views.items() if v.size})
    plane = Plane(center="file", path=str(path), a=-1.0, b=-2.0, x="w1_0_0", y="b2_0")
    wanted = table[[1, 0]].T.copy()
    wanted[0], wanted[8] = -1.0, -2.0
    np.testing.assert_array_equal(plane.draw(NOTEBOOK, seeds_of(1, 0)), wanted)
    plane.check_network(NOTEBOOK, seeds_of(0, 1))
    with pytest.raises(ConfigError, match=r"^seed=2: .* holds 2 networks"):
        plane.check_network(NOTEBOOK, seeds_of(2))


@pytest.mark.parametrize("form", [{"x": "w1_0_0", "y": "w2_1_0"}, {"directions": 4}])
def test_a_point_of_the_plane_has_the_same_bits_alone(form: dict[str, Any]) -> None:
    a, b = np.random.default_rng(0).uniform(-9, 9, (2, 70))
    together = Plane(a=a, b=b, **form).draw(NOTEBOOK, seeds_of(*[0] * 70))
    for member in range(70):
        alone = Plane(a=a[member], b=b[member], **form).draw(NOTEBOOK, seeds_of(0))
        assert alone[:, 0].tobytes() == together[:, member].tobytes()


@given(network=NETWORKS)
def test_every_weight_has_a_name_and_a_place(network: Network) -> None:
    names = names_of(network)
    assert [weight_place(network, "init.x", name) for name in names] == list(range(network.size))
    assert [WeightName().read(name) for name in names] == names


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("w1_2_0", "a 2-2-1 network has no such weight; its w1 go from w1_0_0 to w1_1_1"),
        ("w1_0_2", "a 2-2-1 network has no such weight; its w1 go from w1_0_0 to w1_1_1"),
        ("b1_2", "a 2-2-1 network has no such weight; its b1 go from b1_0 to b1_1"),
        ("w2_0_1", "a 2-2-1 network has no such weight; its w2 go from w2_0_0 to w2_1_0"),
        ("b2_1", "a 2-2-1 network has no such weight; its b2 go from b2_0 to b2_0"),
        ("direct_0_0", "a 2-2-1 network has no such weight; it needs skip=true"),
    ],
)
def test_a_weight_that_the_network_has_not_is_refused(
    point_of: PointOf, name: str, reason: str
) -> None:
    with pytest.raises(ConfigError, match=f"^init.y={name}: {reason}$"):
        point_of(init="plane", init__x="w1_0_0", init__y=name)


@pytest.mark.parametrize("name", ["w1", "w1_0", "b1_0_0", "w3_0_0", "w1_01_0", "w1_-1_0", "", 5])
def test_an_unknown_weight_is_refused(point_of: PointOf, name: Any) -> None:
    with pytest.raises(ConfigError, match=r"^init\.x=.*: init\.x must be the name of a weight, s"):
        point_of(init="plane", init__x=name, init__y="b2_0")


@pytest.mark.parametrize(
    ("given_", "message"),
    [
        ({}, r"^init=plane: needs two directions: init\.x and init\.y"),
        ({"x": "b2_0"}, r"^init=plane: needs two directions"),
        ({"x": "b2_0", "y": "b2_0"}, r"^init\.y=b2_0: is init\.x, too"),
        (
            {"x": "b2_0", "y": "b1_0", "directions": 5},
            r"^init\.directions=5 with init\.x=b2_0: .* the other must be null$",
        ),
        ({"directions": 5, "y": "b1_0"}, r"^init\.directions=5 with init\.y=b1_0: "),
        ({"directions": -1}, r"^init\.directions=-1: .* whole number from 0 to 4294967295"),
        ({"directions": 1, "center": "file"}, r"^init\.path=null with init\.center=file: "),
        ({"directions": 1, "path": "w.npz"}, r"^init\.path=w\.npz with init\.center=0: "),
        ({"directions": 1, "center": -1}, r"^init\.center=-1: init\.center must be a whole number"),
        ({"directions": 1, "center": "noon"}, r"^init\.center=noon: .* which is a seed, or print"),
        ({"directions": 1, "center": True}, r"^init\.center=true: "),
        ({"directions": 1, "a": float("nan")}, r"^init\.a=nan: init\.a must be a finite number"),
    ],
)
def test_a_plane_that_is_none_is_refused(
    point_of: PointOf, given_: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        point_of(init="plane", **{f"init__{key}": value for key, value in given_.items()})


@pytest.mark.parametrize("center", [3, "3", np.int64(3), 3.0])
def test_a_seed_is_one_centre_however_it_is_written(center: Any) -> None:
    assert Center().read(center) == "3"


def plane_grid(point_of: PointOf, *axes: Axis, **given_: Any) -> Grid:
    plane = {"init": "plane", "init__x": "w1_0_0", "init__y": "w1_1_1", "epochs": 30}
    return product_grid(NETWORK_SCHEMA, axes, [point_of(**{**plane, **given_})])


def test_a_and_b_differ_within_a_batch(point_of: PointOf) -> None:
    levels = tuple(np.linspace(-10, 10, 60).tolist())
    grid = plane_grid(point_of, Axis("init.a", levels), Axis("init.b", levels))
    (batch,) = plan_of(grid).batches
    parameters = build_training(batch).parameters
    for member, row in enumerate(batch.rows[0]):
        point = grid.point(int(row))
        assert parameters[[0, 3], member].tolist() == [point["init.a"], point["init.b"]]


def test_more_than_one_seed_is_refused_where_all_would_be_the_same(point_of: PointOf) -> None:
    seeds = Axis("seed", (0, 1, 2))
    with pytest.raises(ConfigError, match=r"^init=plane with 3 seeds: .* must be one value"):
        plane_grid(point_of, seeds)
    with pytest.raises(ConfigError, match=r"^init=plane with 3 seeds: "):
        plane_grid(point_of, seeds, schedule="online")
    shuffled = plane_grid(point_of, seeds, schedule="online", schedule__order="shuffled")
    assert len(shuffled) == 3


def test_seeds_are_rows_where_the_centre_is_a_file(point_of: PointOf, tmp_path: Path) -> None:
    path = tmp_path / "weights.npz"
    shapes = {"w1": (3, 2, 2), "b1": (3, 2), "w2": (3, 2, 1), "b2": (3, 1)}
    np.savez(path, **{name: np.ones(shape) for name, shape in shapes.items()})  # type: ignore[arg-type]
    given_ = {"init__center": "file", "init__path": str(path)}
    assert len(plane_grid(point_of, Axis("seed", (0, 1, 2)), **given_)) == 3
    with pytest.raises(ConfigError, match=r"^seed=3: "):
        plane_grid(point_of, Axis("seed", (0, 3)), **given_)


def test_precision_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"^precision with init=plane: .* must be null$"):
        Plane(directions=1).check_further_seeds()


def test_directions_depend_on_their_seed_and_the_size_alone() -> None:
    first, again, other = (orthonormal_directions(9, seed) for seed in (5, 5, 6))
    np.testing.assert_array_equal(first, again)
    assert not np.allclose(first[0], other[0])
