"""The columns that `rate` and `times` name, and seeds that `precision` adds."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from experiments_to_sweep import Tosses

import xorsweep as xs
from xorsweep.errors import ConfigError

from .calls import AXES, TIMES, rows_of, sweep


def test_precision_adds_seeds_until_the_rate_is_sure(tmp_path: Path) -> None:
    def coin(p: float, seed: int) -> dict[str, bool]:
        draw = np.random.default_rng([seed, int(1000 * p)]).random()
        return {"head": bool(draw < p), "other": True}

    axes = {"p": [0.1, 0.5], "seed": range(20)}
    with pytest.raises(ConfigError, match=r"^precision: needs rate, .* choose one of head, other$"):
        sweep(tmp_path / "none", coin, axes, precision=0.06)
    found = sweep(tmp_path / "s", coin, axes, precision=0.06, rate="head").summary
    assert (found["runs"] > 20).all()
    widths = found["head_rate_high"] - found["head_rate_low"]
    assert (widths / 2 < 0.06).all()
    with pytest.raises(ConfigError, match=r"^precision: adds seeds, so it needs an axis `seed`$"):
        sweep(tmp_path / "t", lambda x: x > 1, {"x": [1, 2]}, precision=0.1)


def test_a_rate_that_is_no_column_is_refused_before_further_seeds(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as told:
        sweep(tmp_path / "s", axes={**AXES, "seed": range(3)}, precision=0.1, rate="loss")
    assert str(told.value) == "rate=loss: must be a column of true and false; choose solved"


def test_the_same_call_puts_a_wrong_rate_wrong_times_and_a_title_right(tmp_path: Path) -> None:
    folder, axes = tmp_path / "s", {"lr": [0.1, 1], "seed": range(4)}
    more: dict[str, Any] = {"precision": 0.3, "max_seeds": 20}
    with pytest.raises(ConfigError, match=r"^rate=loss: "):
        sweep(folder, axes=axes, rate="loss", **more)
    more |= {"rate": "solved"}
    wrong = sweep(folder, axes=axes, times={"steps": "nope"}, title="First", **more)
    assert "steps_mean" in wrong.summary
    right = sweep(folder, axes=axes, times=TIMES, title="Second", **more)
    assert "steps_median_low" in right.summary
    assert "steps_median_low" in pd.read_csv(folder / "summary.csv")
    manifest = json.loads((folder / "manifest.json").read_text())
    assert (manifest["options"]["times"], manifest["config"]["title"]) == (TIMES, "Second")
    before = (folder / "manifest.json").read_bytes()
    sweep(folder, axes=axes, times=TIMES, **more)  # a title isn't lost by a call without one
    assert (folder / "manifest.json").read_bytes() == before
    at_once = sweep(tmp_path / "t", axes=axes, times=TIMES, **more)
    assert rows_of(folder) == rows_of(at_once.folder)


def test_an_experiment_that_no_package_offers_is_resumed_by_its_class(tmp_path: Path) -> None:
    axes = {"p": [0.1, 0.5], "seed": range(4)}

    def toss(rate: str, **more: Any) -> xs.Sweep:
        return xs.sweep_experiment(
            Tosses(rate=rate), axes, tmp_path / "s", precision=0.3, parallel="serial", **more
        )

    with pytest.raises(ConfigError, match=r"^rate=draw: must be a column of true and false"):
        toss("draw")
    grown = toss("head", title="Tosses")
    assert "head_rate" in grown.summary
    assert grown.run(0)["head"] == grown.results["head"][0]
    more = xs.sweep_experiment(
        Tosses(rate="head"), {**axes, "p": [0.1, 0.5, 0.9]}, grown.folder, parallel="serial"
    )
    assert more.results["p"].nunique() == 3


def test_times_that_are_no_columns_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    swept = sweep(tmp_path / "s", times={"steps": "nope"})
    assert capsys.readouterr().err.startswith("times.steps=nope: steps must be a numeric column")
    assert "steps_mean" in swept.summary
