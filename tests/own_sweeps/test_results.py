"""The rows of a sweep of a function, its summary, and runs made again."""

import shutil
from pathlib import Path
from typing import Any

import functions_to_sweep as some
import numpy as np
import pandas as pd
import pytest

import xorsweep as xs
from xorsweep.errors import StoreError
from xorsweep.sweeps.replay import replay
from xorsweep.sweeps.verify import verify

from .calls import AXES, sweep


def test_there_is_a_row_per_point_with_the_returned_values(swept: Path) -> None:
    frame = pd.read_csv(swept / "results.csv")
    assert list(frame) == [*AXES, "loss", "solved", "steps", "status", "message"]
    points = [(lr, w, s) for lr in AXES["lr"] for w in AXES["width"] for s in AXES["seed"]]
    for row, point in zip(frame.to_dict("records"), points, strict=True):
        wanted = some.train(*point)
        assert tuple(row[key] for key in AXES) == point
        assert {name: row[name] for name in ("loss", "solved", "steps")} == {
            name: value for name, value in wanted.items() if name != "curve"
        }
    assert set(frame["status"]) == {"ok"}


def test_a_sweep_of_a_function_is_a_sweep_as_any_other(swept: Path) -> None:
    loaded = xs.load(swept)
    assert loaded.counts == {"planned": 120, "ok": 120, "failed": 0}
    assert loaded.results["solved"].dtype == bool
    assert repr(loaded) == (
        "<Sweep 2 learning rates x 2 values of width x 30 seeds: 120 results, none failed>"
    )


def test_its_summary_has_rates_quantiles_and_times(swept: Path) -> None:
    summary = xs.load(swept).summary
    assert summary[["lr", "width", "runs", "failed"]].to_numpy().tolist() == [
        [lr, width, 30, 0] for lr in AXES["lr"] for width in AXES["width"]
    ]
    for cell in summary.to_dict("records"):
        found = [some.train(cell["lr"], cell["width"], seed) for seed in AXES["seed"]]
        assert cell["solved_rate"] == pytest.approx(np.mean([each["solved"] for each in found]))
        assert cell["loss_median"] == pytest.approx(np.median([each["loss"] for each in found]))
        assert cell["solved_rate_low"] < cell["solved_rate"] < cell["solved_rate_high"]


def test_it_prints_nothing(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    sweep(tmp_path / "sweep")
    assert capfd.readouterr() == ("", "")


def test_a_point_can_be_run_again(swept: Path) -> None:
    assert xs.load(swept, some.train).run(31) == some.train(0.1, 16, 1)
    with pytest.raises(StoreError, match=r"^train: a folder is data, .* --function functions_to"):
        xs.load(swept).run(31)


def test_verify_checks_tables_and_with_the_function_points(swept: Path) -> None:
    without = verify(str(swept))
    assert (without.compared, without.again, list(without.wrong)) == (0, False, [])
    assert "nothing was run again" in without.text
    experiment = xs.load(swept, some.train).experiment
    again = verify(str(swept), sample=None, experiment=experiment)
    assert (again.compared, again.again, list(again.wrong)) == (120, True, [])


def test_replay_compares_a_row(swept: Path, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(swept, folder)
    experiment = xs.load(folder, some.train).experiment
    assert replay(str(folder), 7, experiment=experiment) == []
    with pytest.raises(StoreError, match="a folder is data"):
        replay(str(folder), 7)


def test_arrays_and_scalars_give_the_same_values(tmp_path: Path) -> None:
    axes = {"x": np.linspace(0, 20, 41)}
    arrays = sweep(tmp_path / "a", some.squares, axes, vectorized=True).results
    scalars = sweep(tmp_path / "s", lambda x: some.squares(np.float64(x)), axes).results
    pd.testing.assert_frame_equal(arrays, scalars)


def test_texts_with_commas_and_quotes_come_back(tmp_path: Path) -> None:
    result = sweep(tmp_path, some.labelled, {"x": range(3)}, vectorized=True)
    wanted = ["small", "small", 'large, "so to speak"']
    assert pd.read_csv(tmp_path / "results.csv")["label"].tolist() == wanted
    assert result.results["label"].tolist() == wanted


NAMES = [
    "n",
    "ok",
    "failed",
    "y_mean",
    "index",
    "p",
    "key",
    "verdict",
    "epochs",
    "lr",
    "final_error",
]


@pytest.mark.parametrize("key", NAMES)
def test_a_key_may_have_any_name(key: str, tmp_path: Path) -> None:
    def function(seed: int, **keys: int) -> dict[str, Any]:
        return {"y": keys[key] + seed, "big": keys[key] + seed > 11}

    result = sweep(tmp_path, function, {key: [10, 20], "seed": range(3)})
    assert result.results["y"].tolist() == [10, 11, 12, 20, 21, 22]
    assert result.summary[key].tolist() == [10, 20]
    mean = "y_mean_" if key == "y_mean" else "y_mean"
    assert result.summary[mean].tolist() == [11, 21]
    assert len(result.comparisons) == 1


def test_a_column_may_have_any_name(tmp_path: Path) -> None:
    names = [*NAMES, "runs", "seed_", "converged"]

    def function(x: int, seed: int) -> dict[str, Any]:
        return dict.fromkeys(names, x * seed)

    result = sweep(tmp_path, function, {"x": [1, 2], "seed": range(3)})
    for name in names:
        assert result.results[name].tolist() == [0, 1, 2, 0, 2, 4]
        assert result.summary[f"{name}_mean"].tolist() == [1, 2]
