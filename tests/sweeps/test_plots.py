"""The figures of a sweep as methods: what each needs, and which ones the rows allow."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from matplotlib.figure import Figure

import xorsweep as xs
from xorsweep.reporting.figures.catalog import NETWORK_FIGURES
from xorsweep.reporting.figures.methods import NEEDS, method_of
from xorsweep.sweeps.plots import SweepPlots

METHODS = [name for name in vars(SweepPlots) if not name.startswith("_")]


@pytest.fixture(scope="module")
def lone(tmp_path_factory: pytest.TempPathFactory) -> xs.Sweep:
    folder = tmp_path_factory.mktemp("sweeps") / "lone"
    return xs.sweep(folder=folder, lr=2, hidden=2, epochs=300, seed=range(4))


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> xs.Sweep:
    def measured(x: int, y: float) -> dict[str, Any]:
        return {"large": x > y, "size": x * y}

    folder = tmp_path_factory.mktemp("sweeps") / "own"
    axes = {"x": [1, 2, 3], "y": [1.5, 2.5]}
    return xs.sweep_function(measured, axes, folder, parallel="serial")


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> xs.Sweep:
    folder = tmp_path_factory.mktemp("sweeps") / "texts"
    return xs.sweep_function(lambda x: "a" * x, {"x": [1, 2]}, folder, parallel="serial")


def as_if_large(plot: SweepPlots) -> SweepPlots:
    """Return the figures of a sweep with more rows than an error takes figures from."""
    return SweepPlots(plot.report_figures, plot.column_figures, 0)


def is_drawn(draw: Callable[[], Figure]) -> bool:
    """Tell whether there is a figure, or one for each of several columns."""
    try:
        return isinstance(draw(), Figure)
    except xs.ConfigError as error:
        return "name a column, one of" in str(error)


def test_each_method_has_its_needs() -> None:
    assert {*NEEDS} == {*METHODS}
    assert {method_of(spec) for spec in NETWORK_FIGURES} <= {*METHODS}


@pytest.mark.parametrize(
    "kind", ["lone", *(pytest.param(kind, marks=pytest.mark.slow) for kind in ("own", "texts"))]
)
def test_an_error_lists_the_figures_that_the_rows_allow(
    kind: str, request: pytest.FixtureRequest
) -> None:
    sweep = request.getfixturevalue(kind)
    drawn = {name for name in METHODS if is_drawn(getattr(as_if_large(sweep.plot), name))}
    with pytest.raises(xs.ConfigError) as raised:
        sweep.plot.solutions()
    about, _, listed = str(raised.value).rpartition("; these rows allow ")
    assert about == f"plot.solutions: needs {NEEDS['solutions']}"
    # The figure of `plot.unsolved` is that of `plot.survival`, which is named once.
    allowed = {each.removeprefix("plot.") for each in listed.split(", ")} - {"no figure"}
    assert allowed == drawn - ({"survival"} if "unsolved" in drawn else set())


@pytest.mark.parametrize("method", sorted({*METHODS} - {"map"}))
def test_a_large_sweep_isnt_drawn_for_an_error(method: str, texts: xs.Sweep) -> None:
    with pytest.raises(xs.ConfigError) as raised:
        getattr(as_if_large(texts.plot), method)()
    assert str(raised.value) == f"plot.{method}: needs {NEEDS[method]}"


@pytest.mark.slow
def test_the_points_that_are_kept_and_their_axes_count(small_sweep: Path) -> None:
    plot = xs.load(small_sweep).plot
    with pytest.raises(xs.ConfigError, match=r"plot.outcomes_by_seed: needs .* allow plot.unso"):
        plot.outcomes_by_seed(where="lr == 2 and hidden == 2 and epochs == 200")
    with pytest.raises(xs.ConfigError, match=r"^plot.rate_lines: needs an axis besides seed tha"):
        plot.rate_lines(col=["lr", "hidden", "epochs"])


def test_a_map_has_other_figures(tmp_path: Path) -> None:
    lr = "logspace(-1,1,32)"
    sweep = xs.sweep(folder=tmp_path, lr=lr, lr_output=lr, hidden=2, epochs=2, seed=0)
    with pytest.raises(xs.ConfigError, match=r"^plot.unsolved: isn't drawn of maps; .* plot.map, "):
        sweep.plot.unsolved()


@pytest.mark.parametrize(
    ("method", "column", "message"),
    [
        ("metric", None, "plot.metric: name a column, one of final_error, mse, "),
        ("metric", "final_eror", "column=final_eror: column must be one of .* mean final_error?"),
        ("metric", 5, "column=5: column must be one of final_error, "),
        ("survival", "epochs", "column=epochs: column must be one of converged_epoch"),
        ("curves", "loss", "column=loss: column must be one of learning_curve"),
    ],
)
def test_columns_are_named(lone: xs.Sweep, method: str, column: Any, message: str) -> None:
    with pytest.raises(xs.ConfigError) as raised:
        getattr(lone.plot, method)(column)
    assert re.match(message.replace("?", r"\?"), str(raised.value))
