"""The attributes of a run in Python agree with the arithmetic of its own weights."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import xorsweep as xs

CORNERS = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]])


@pytest.fixture(scope="module")
def run() -> xs.Run:
    return xs.train(lr=1, epochs=3000, seed=1)


def forward(weights: Any, inputs: Any) -> Any:
    hidden = 1 / (1 + np.exp(-(inputs @ weights.w1 + weights.b1)))
    return 1 / (1 + np.exp(-(hidden @ weights.w2 + weights.b2)))


def test_outputs_are_those_of_the_weights(run: xs.Run) -> None:
    np.testing.assert_allclose(run.outputs, forward(run.weights, CORNERS), rtol=1e-12)
    first = run.outputs_by_epoch[..., 0]
    np.testing.assert_allclose(first, forward(run.initial_weights, CORNERS), rtol=1e-12)
    anywhere = np.random.default_rng(0).uniform(-1, 2, (50, 2))
    np.testing.assert_allclose(run.predict(anywhere), forward(run.weights, anywhere), rtol=1e-12)


def test_records_by_epoch_begin_with_the_initial_and_end_with_the_final_values(run: xs.Run) -> None:
    assert (run.epochs[0], run.epochs[-1]) == (0, 3000)
    for role in ("w1", "b1", "w2", "b2"):
        by_epoch = getattr(run.weights_by_epoch, role)
        np.testing.assert_array_equal(by_epoch[..., 0], getattr(run.initial_weights, role))
        np.testing.assert_array_equal(by_epoch[..., -1], getattr(run.weights, role))
    np.testing.assert_array_equal(run.outputs_by_epoch[..., -1], run.outputs)
    assert run.weights.w1.shape == (2, 2)
    assert run.weights.direct.shape == (0, 1)


def test_errors_are_a_table_by_epoch(run: xs.Run) -> None:
    targets = np.array([0.0, 1, 1, 0])[:, None]
    off = targets - run.outputs
    errors = run.errors
    assert errors.index.tolist() == list(run.epochs)
    assert errors["half_sse"].iloc[-1] == pytest.approx((off**2).sum() / 2) == run.final_error
    assert errors["mse"].iloc[-1] == pytest.approx((off**2).mean())
    assert errors["max_abs_error"].iloc[-1] == pytest.approx(np.abs(off).max())
    assert errors["max_abs_error"].loc[run.converged_epoch :].max() < 0.4


def test_the_truth_table_has_the_outputs_beside_the_targets(run: xs.Run) -> None:
    table = run.truth_table
    assert table.columns.tolist() == ["input 1", "input 2", "target", "output"]
    assert table.index.tolist() == ["00", "01", "10", "11"]
    assert table["target"].tolist() == [0, 1, 1, 0]
    pd.testing.assert_series_equal(table["output"].round(), table["target"], check_names=False)


def test_a_run_that_did_not_converge_describes_its_outputs() -> None:
    unsolved = xs.train(lr=0.5, seed=11)
    assert not unsolved.converged
    assert unsolved.converged_epoch is None
    assert unsolved.outcome == "two_rows_at_half"
    assert "not converged: two rows are right" in repr(unsolved)


def test_a_run_is_shown_as_network_error_and_surface(run: xs.Run) -> None:
    shown = run._repr_html_()
    assert shown.count("<svg") == 2
    assert shown.count("data:image/png;base64,") == 1
    assert f"converged after {run.converged_epoch:,} epochs" in shown
    # Alternative texts say the numbers: each of the nine weights and biases, the four outputs.
    assert len(re.findall(r"aria-label|alt=", shown)) == 3
    encoder = xs.train(task={"name": "encoder", "size": 4}, hidden=2, epochs=300)._repr_html_()
    assert (encoder.count("<svg"), encoder.count("<img")) == (2, 0)


def test_surfaces_are_those_of_the_nearest_epochs_that_were_kept(run: xs.Run) -> None:
    shown = run.surfaces(0, 500, 10**6)
    assert [each.caption.split(":")[0] for each in shown.drawings] == [
        "before training",
        f"after {min(run.epochs, key=lambda epoch: abs(epoch - 500)):,} epochs",
        "after 3,000 epochs",
    ]
    assert shown._repr_html_().count("data:image/png;base64,") == 3
    assert run.surfaces().drawings == (shown.drawings[0], shown.drawings[2])
    with pytest.raises(xs.ConfigError, match="two inputs and one output"):
        xs.train(task={"name": "encoder", "size": 3}, epochs=5).surfaces()


def test_inputs_of_another_shape_are_refused(run: xs.Run) -> None:
    with pytest.raises(xs.ConfigError, match=r"inputs of shape \(2,\): must be rows of 2 numbers"):
        run.predict([0, 1])
    with pytest.raises(xs.ConfigError, match=r"^inputs=x: must be rows of 2 numbers$"):
        run.predict("x")
    with pytest.raises(xs.ConfigError, match=r"^epochs=x: epochs must be a whole number from 0"):
        run.surfaces("x")  # type: ignore[arg-type]


def test_a_run_is_saved_as_the_command_line_does(run: xs.Run, tmp_path: Path) -> None:
    paths = run.save(tmp_path / "there")
    names = {"run.json", "learning_curve.csv", "weights.npz"}
    assert names <= {path.name for path in paths}
    assert json.loads((tmp_path / "there/run.json").read_text())["final_error"] == run.final_error
