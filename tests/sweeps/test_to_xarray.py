"""A sweep as a dataset of xarray: each value is where its point's levels say, by plain loops."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray
from looks import interrupt_after

import xorsweep as xs
from xorsweep.errors import ConfigError
from xorsweep.execution.settings import ExecutionSettings
from xorsweep.grid.grid import Grid
from xorsweep.network_experiment import NetworkExperiment
from xorsweep.networks.metrics import learning_curve_epochs
from xorsweep.settings import SweepSettings
from xorsweep.sweeps.folders import open_sweep
from xorsweep.sweeps.requests import SweepRequest
from xorsweep.sweeps.sweep import Sweep
from xorsweep.sweeps.to_xarray import curves_that_fit

GridOf = Callable[..., Grid]

QUIET: dict[str, Any] = {"parallel": "serial", "progress": False}


@pytest.fixture(scope="module")
def networks(tmp_path_factory: pytest.TempPathFactory) -> Sweep:
    folder = tmp_path_factory.mktemp("networks") / "sweep"
    levels: dict[str, Any] = {"lr": [2.0, 0.5, 1e9], "hidden": [3, 2], "epochs": [80, 30]}
    levels["output"] = "linear"
    return xs.sweep(folder=folder, **levels, seed=range(4), **QUIET)


def compare_by_loops(data: xarray.Dataset, sweep: Sweep) -> None:
    """Hold each value of a dataset to the row of results, and each other place to nothing."""
    rows = {}
    for row in sweep.results.to_dict("records"):
        rows[tuple(comparable(row[str(key)]) for key in data.sizes)] = row
    names = [name for name in sweep.results if name in data.data_vars]
    assert {*names} == {*data.data_vars}
    sizes = list(data.sizes.values())
    found = 0
    for place in np.ndindex(*sizes):
        at = dict(zip(data.sizes, place, strict=True))
        levels = tuple(comparable(data[key].values[index]) for key, index in at.items())
        row = rows.get(levels)
        found += row is not None
        for name in names:
            value = data[name].isel(at).values.item()
            expected = None if row is None else comparable(row[name])
            assert comparable(value) == expected, (levels, name)
    assert found == len(sweep.results)


def comparable(value: Any) -> Any:
    """Return a value as all libraries would have it: None for nothing."""
    if isinstance(value, str):
        return value or None
    return None if pd.isna(value) else float(value)


def test_each_value_is_at_the_place_of_its_levels(networks: Sweep) -> None:
    data = networks.to_xarray(curves=())
    assert dict(data.sizes) == {"lr": 3, "hidden": 2, "epochs": 2, "seed": 4}
    assert data["lr"].values.tolist() == [2.0, 0.5, 1e9]
    compare_by_loops(data, networks)
    assert data["converged"].dtype == bool
    assert data["status"].values.ravel().tolist().count("diverged") > 0


def test_keys_with_one_level_are_scalar_coordinates(networks: Sweep) -> None:
    data = networks.to_xarray(curves=())
    assert data["task"].item() == "xor"
    assert data["init.high"].item() == 1.0
    assert data["skip"].item() is False
    assert data["task"].dims == ()


def test_attributes_record_the_origin_in_texts_and_numbers(networks: Sweep) -> None:
    attributes = networks.to_xarray(curves=()).attrs
    assert all(type(value) in (str, float) for value in attributes.values())
    assert attributes["digest"] == networks.manifest.digest
    assert (
        attributes["grid"]
        == "3 learning rates x 2 hidden sizes x 2 epoch budgets x 4 seeds: 48 results"
    )
    assert json.loads(attributes["experiment"])["engine"]["name"] == "numpy"
    assert "xorsweep 0.1.0" in attributes["versions"]
    folder = f"hydra.sweep.dir={networks.folder}"
    assert attributes["command_line"].startswith(f"python -m xorsweep -m {folder} lr=")
    assert attributes["seconds"] == networks.manifest.seconds


def test_it_can_be_written_and_read_again(networks: Sweep, tmp_path: Path) -> None:
    data = networks.to_xarray()
    data.to_netcdf(tmp_path / "sweep.nc")
    with xarray.open_dataset(tmp_path / "sweep.nc") as read:
        for name in data.data_vars:
            # netCDF 3 has no truth values of its own; xarray marks them
            assert (read[name].values.astype(str) == data[name].values.astype(str)).all()
        assert read.attrs["digest"] == data.attrs["digest"]


def test_curves_are_along_their_epochs(networks: Sweep) -> None:
    data = networks.to_xarray(curves=["learning_curve"])
    curve = data["learning_curve"]
    assert curve.dims == ("lr", "hidden", "epochs", "seed", "learning_curve_step")
    steps = curve["learning_curve_step"].values.tolist()
    assert steps == list(learning_curve_epochs(80))
    for seed in range(4):
        errors = xs.train(lr=0.5, hidden=2, output="linear", epochs=80, seed=seed).errors[
            "half_sse"
        ]
        one = curve.sel(lr=0.5, hidden=2, epochs=80, seed=seed).values
        assert one.tolist() == [np.float32(errors.loc[step]) for step in steps]
    # The run with 30 epochs is the beginning of that with 80, which has the curve.
    assert np.isnan(curve.sel(epochs=30).values).all()


def test_a_grid_that_is_no_product_has_gaps(tmp_path: Path) -> None:
    sweep = xs.sweep(
        folder=tmp_path / "sweep",
        lr=[0.5, 2, 4],
        hidden=[2, 3],
        epochs=40,
        seed=range(3),
        where="lr*hidden <= 8",
        **QUIET,
    )
    data = sweep.to_xarray(curves=())
    assert dict(data.sizes) == {"lr": 3, "hidden": 2, "seed": 3}
    compare_by_loops(data, sweep)
    assert data["status"].sel(lr=4, hidden=3).values.tolist() == ["", "", ""]
    assert data["converged"].dtype == float
    assert np.isnan(data["final_error"].sel(lr=4, hidden=3).values).all()


def test_keys_that_go_together_share_a_dimension(tmp_path: Path) -> None:
    sweep = xs.sweep(
        folder=tmp_path / "sweep",
        lr=[0.5, 2, 4],
        hidden=2,
        epochs=[90, 60, 30],
        seed=range(2),
        zip=[("lr", "epochs")],
        **QUIET,
    )
    data = sweep.to_xarray(curves=())
    assert dict(data.sizes) == {"lr": 3, "seed": 2}
    assert data["epochs"].dims == ("lr",)
    assert data["epochs"].values.tolist() == [90, 60, 30]
    compare_by_loops(data, sweep)


def test_blocks_have_their_own_keys_as_dimensions_with_no_level_for_the_others(
    tmp_path: Path,
) -> None:
    sweep = xs.sweep(
        folder=tmp_path / "sweep",
        epochs=40,
        hidden=2,
        seed=range(2),
        blocks=[
            {"optimizer": "sgd", "lr": [0.5, 2]},
            {"optimizer": {"name": "momentum", "momentum": [0.5, 0.9]}, "lr": 0.5},
        ],
        **QUIET,
    )
    data = sweep.to_xarray(curves=())
    assert set(data.sizes) == {"seed", "lr", "optimizer", "optimizer.momentum"}
    compare_by_loops(data, sweep)


def test_partial_sweeps_have_the_shape_of_the_planned_grid(grid_of: GridOf, tmp_path: Path) -> None:
    grid = grid_of(lr=[0.5, 2.0], hidden=[2, 3, 4], epochs=[40, 90], seed=range(3))
    settings = SweepSettings(ExecutionSettings("serial"), report=False)
    request = SweepRequest(NetworkExperiment(), grid, settings, tmp_path / "sweep")
    sweep = xs.load(interrupt_after(1, request), partial=True)
    data = sweep.to_xarray(curves=["learning_curve"])
    assert dict(data.sizes) == {
        "lr": 2,
        "hidden": 3,
        "epochs": 2,
        "seed": 3,
        "learning_curve_step": len(learning_curve_epochs(90)),
    }
    assert np.isfinite(data["final_error"].values).sum() == len(sweep.results) < 36
    compare_by_loops(data.drop_dims("learning_curve_step"), sweep)
    assert data.attrs["state"] == "interrupted"
    assert "seconds" not in data.attrs


def shapes(x: int, kind: str) -> dict[str, Any]:
    if x == 2:
        raise ArithmeticError("two")
    return {
        "count": x * 2,
        "even": x % 2 == 0,
        "label": kind.upper(),
        "loss": np.linspace(1, 0, x + 1),
    }


def test_functions_have_their_columns_and_curves(tmp_path: Path) -> None:
    sweep = xs.sweep_function(
        shapes, {"x": [1, 2, 4], "kind": ["a", "b"]}, tmp_path / "sweep", **QUIET
    )
    data = sweep.to_xarray(curves=["loss"])
    assert data["loss"].dims == ("x", "kind", "loss_step")
    compare_by_loops(data.drop_dims("loss_step"), sweep)
    for x in (1, 4):
        values = data["loss"].sel(x=x, kind="a").values
        assert values[: x + 1].tolist() == np.linspace(1, 0, x + 1).tolist()
        assert np.isnan(values[x + 1 :]).all()
    assert np.isnan(data["loss"].sel(x=2).values).all()
    assert "two" in data["message"].sel(x=2, kind="b").item()
    assert json.loads(data.attrs["experiment"])["name"] == "function"


def test_an_unknown_curve_is_refused_with_the_known_ones(networks: Sweep) -> None:
    with pytest.raises(ConfigError) as raised:
        networks.to_xarray(curves=["loss"])
    assert str(raised.value) == (
        "curves=loss: isn't a column of lists; choose one of parameters, learning_curve"
    )
    with pytest.raises(ConfigError, match=r'^curves=loss: must be a list, such as \["loss"\]$'):
        networks.to_xarray(curves="loss")


def test_axes_whose_product_is_too_large_are_refused(tmp_path: Path) -> None:
    def first(a: int, b: int, c: int, d: int, e: int, f: int, g: int, h: int) -> int:
        return a

    levels = np.random.default_rng(0).integers(0, 40, (8, 120)).tolist()
    axes = dict(zip("abcdefgh", levels, strict=True))
    sweep = xs.sweep_function(first, axes, tmp_path / "sweep", zip=[[*axes]], **QUIET)
    with pytest.raises(ConfigError, match=r"to_xarray: a \d+ x b \d+ x .* use results"):
        sweep.to_xarray(curves=())


def test_without_xarray_the_error_is_one_line(
    networks: Sweep, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "xarray", None)
    with pytest.raises(ConfigError) as raised:
        networks.to_xarray(curves=())
    assert str(raised.value) == (
        "to_xarray: xarray isn't installed; pip install 'xorsweep[xarray]', or use results"
    )


def test_curves_with_many_values_are_excluded_with_a_note(
    networks: Sweep, capsys: pytest.CaptureFixture[str]
) -> None:
    opened = open_sweep(networks.folder)
    assert "learning_curve" in networks.to_xarray()
    assert curves_that_fit(opened.store, opened.grid, most_values=768) == ["learning_curve"]
    assert capsys.readouterr().err == ""
    assert curves_that_fit(opened.store, opened.grid, most_values=767) == []
    assert capsys.readouterr().err == (
        "to_xarray: learning_curve excluded, up to 768 numbers; curves=[...] reads them all the "
        "same\n"
    )
    assert "learning_curve" in networks.to_xarray(curves=["learning_curve"])
