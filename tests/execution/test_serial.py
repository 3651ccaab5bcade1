"""One process: the batches in their order."""

import ast
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest
from planned_batches import planned

import xorsweep
from xorsweep.execution.serial import run_serial
from xorsweep.experiment import ExperimentTask
from xorsweep.grid.axes import Axis
from xorsweep.grid.grid import Grid, product_grid
from xorsweep.grid.schema import Point
from xorsweep.network_experiment import NetworkExperiment
from xorsweep.networks.schema import NETWORK_SCHEMA

PointOf = Callable[..., Point]


def test_a_process_trains_the_batches_in_their_order(grid: Grid) -> None:
    batches = planned(grid)
    finished = list(run_serial(batches, ExperimentTask(NetworkExperiment())))
    assert [batch for batch, _ in finished] == list(batches)
    assert len(batches) == 12


def test_no_batch_is_no_work() -> None:
    assert list(run_serial([], ExperimentTask(NetworkExperiment()))) == []


def test_networks_that_never_converge_end_the_same_when_others_leave_their_batch(
    point_of: PointOf,
) -> None:
    found = []
    for until_converged in (False, True):
        point = point_of(lr=5.0, epochs=200, until_converged=until_converged)
        batches = planned(product_grid(NETWORK_SCHEMA, [Axis("seed", tuple(range(16)))], [point]))
        ((_, rows),) = run_serial(batches, ExperimentTask(NetworkExperiment()))
        found.append(rows)
    to_the_end, leaving = found
    assert leaving["converged_epoch"].equals(to_the_end["converged_epoch"])
    never = pa.array(to_the_end["converged_epoch"].to_numpy() < 0)
    assert 0 < never.true_count < 16
    errors = (rows.filter(never)["final_error"].to_pylist() for rows in found)
    assert next(errors) == next(errors)


BLAS = {"dot", "vdot", "inner", "matmul", "matvec", "vecmat", "einsum", "tensordot", "linalg"}
NETWORKS = Path(xorsweep.__file__).parent / "networks"
FILES = sorted(
    path
    for name in (
        "engines",
        "initializers",
        "activations",
        "losses",
        "optimizers",
        "criteria",
        "schedules",
    )
    for path in [*NETWORKS.glob(f"{name}.py"), *NETWORKS.glob(f"{name}/**/*.py")]
)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(NETWORKS)))
def test_no_bit_depends_on_the_threads_of_blas(path: Path) -> None:
    nodes = list(ast.walk(ast.parse(path.read_text())))
    names = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    assert not names & BLAS
    assert not any(isinstance(node, ast.MatMult) for node in nodes)
