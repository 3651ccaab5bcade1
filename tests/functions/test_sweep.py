"""A function's sweep from end to end: rows, failures, resumes, workers."""

import json
import os
import sys
from pathlib import Path
from typing import Any

import functions_to_sweep as some
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from xorsweep.functions.folder import _SEALED

from xorsweep.errors import ConfigError, StoreError
from xorsweep.execution.settings import ExecutionSettings
from xorsweep.functions import FunctionError, check_function, resume_function, sweep_function
from xorsweep.functions import folder as folder_module
from xorsweep.functions import sweep as sweep_module
from xorsweep.text import content_digest

ALONE = ExecutionSettings("serial")
X = {"x": np.linspace(0, 20, 41)}


def rows_of(folder: Path) -> tuple[bytes, bytes]:
    return (folder / "results.csv").read_bytes(), (folder / "results.parquet").read_bytes()


def test_there_is_a_row_a_point_with_what_was_returned(tmp_path: Path) -> None:
    result = sweep_function(some.squares, {"k": ["a", "b"], "x": [1.0, 2.0, 3.5]}, tmp_path, ALONE)
    frame = pd.read_csv(result.results)
    assert list(frame) == ["k", "x", "square", "count", "even", "status", "message"]
    assert frame["k"].tolist() == ["a"] * 3 + ["b"] * 3
    assert frame["square"].tolist() == [x * 2.0**0.5 * x for x in (1.0, 2.0, 3.5)] * 2
    assert frame["count"].tolist() == [1, 2, 3] * 2
    assert frame["even"].tolist() == [False, True, False] * 2
    assert set(frame["status"]) == {"ok"}
    assert result.counts == {"planned": 6, "ok": 6, "failed": 0}
    assert result.summary is None


def test_the_size_of_batches_moves_no_byte(tmp_path: Path) -> None:
    for size in (1, 7, 4096):
        sweep_function(some.squares, X, tmp_path / str(size), ALONE, batch=size)
    assert rows_of(tmp_path / "1") == rows_of(tmp_path / "7") == rows_of(tmp_path / "4096")


def test_a_failure_is_a_row(tmp_path: Path) -> None:
    result = sweep_function(some.refusing_five, {"x": range(4, 8)}, tmp_path, ALONE)
    frame = pd.read_csv(result.results)
    assert frame["status"].tolist() == ["ok", "failed", "ok", "ok"]
    assert frame["message"].dropna().tolist() == ["ArithmeticError: five, of all numbers"]
    assert frame["square"].isna().tolist() == [False, True, False, False]
    assert result.counts == {"planned": 4, "ok": 3, "failed": 1}


def test_a_function_that_always_fails_still_leaves_rows(tmp_path: Path) -> None:
    def broken(columns: Any) -> Any:
        raise KeyError("y")

    result = sweep_function(broken, {"x": range(5)}, tmp_path, ALONE, batch=2)
    assert pd.read_csv(result.results)["message"].tolist() == ["KeyError: 'y'"] * 5


def test_texts_with_commas_and_quotes_come_back(tmp_path: Path) -> None:
    result = sweep_function(some.labelled, {"x": range(3)}, tmp_path, ALONE)
    wanted = ["small", "small", 'large, "so to speak"']
    assert pd.read_csv(result.results)["label"].tolist() == wanted
    typed = pq.read_table(tmp_path / "results.parquet")
    assert typed["label"].to_pylist() == wanted


def test_a_summary_is_over_seeds(tmp_path: Path) -> None:
    result = sweep_function(
        some.noisy, {"seed": range(50), "x": [1.0, 2.0]}, tmp_path, ALONE, batch=16
    )
    assert result.summary is not None
    frame, rows = pd.read_csv(result.summary), pd.read_csv(result.results)
    assert frame["x"].tolist() == [1.0, 2.0]
    assert frame["n"].tolist() == [50, 50]
    for place, x in enumerate([1.0, 2.0]):
        values = rows.loc[rows["x"] == x, "value"].to_numpy()
        assert frame["value_mean"][place] == pytest.approx(values.mean(), rel=1e-12)
        assert frame["value_median"][place] == pytest.approx(np.median(values), rel=1e-12)
        assert frame["value_q95"][place] == pytest.approx(np.quantile(values, 0.95), rel=1e-12)


def test_a_summary_counts_the_points_that_failed(tmp_path: Path) -> None:
    result = sweep_function(some.refusing_five, {"x": [5, 6], "seed": [0, 1]}, tmp_path, ALONE)
    assert result.summary is not None
    frame = pd.read_csv(result.summary)
    assert frame[["n", "failed"]].to_numpy().tolist() == [[0, 2], [2, 0]]


NAMES = ["n", "failed", "point_id", "y_mean", "index", "lambda"]


@pytest.mark.parametrize("key", NAMES)
def test_a_key_may_have_any_name(key: str, tmp_path: Path) -> None:
    def function(columns: Any) -> Any:
        return {"y": columns[key] + columns["seed"]}

    axes = {key: [10, 20], "seed": [0, 1, 2]}
    result = sweep_function(function, axes, tmp_path, ALONE)
    frame = pd.read_csv(result.results)
    assert list(frame) == [key, "seed", "y", "status", "message"]
    assert frame["y"].tolist() == [10, 11, 12, 20, 21, 22]
    assert result.summary is not None
    summary = pd.read_csv(result.summary)
    ours = ["n", "failed", "y_mean", "y_q05", "y_q25", "y_median", "y_q75", "y_q95"]
    assert list(summary) == [key, *(f"{name}_" if name == key else name for name in ours)]
    assert summary[key].tolist() == [10, 20]
    assert summary["y_mean_" if key == "y_mean" else "y_mean"].tolist() == [11, 21]
    assert resume_function(tmp_path, function, ALONE).counts["ok"] == 6


@pytest.mark.parametrize("name", NAMES)
def test_a_column_may_have_any_name(name: str, tmp_path: Path) -> None:
    def function(columns: Any) -> Any:
        return {name: columns["x"] * columns["seed"], "other": columns["x"]}

    result = sweep_function(function, {"x": [10, 20], "seed": [0, 1, 2]}, tmp_path, ALONE)
    assert pd.read_csv(result.results)[name].tolist() == [0, 10, 20, 0, 20, 40]
    assert result.summary is not None
    summary = pd.read_csv(result.summary)
    assert summary["x"].tolist() == [10, 20]
    assert summary[["n", "failed"]].to_numpy().tolist() == [[3, 0], [3, 0]]
    assert summary[f"{name}_mean"].tolist() == [10, 20]


def test_a_summary_has_true_and_false_also_where_points_fail(tmp_path: Path) -> None:
    axes = {"x": range(4, 7), "seed": [0, 1]}
    result = sweep_function(some.refusing_five, axes, tmp_path, ALONE)
    assert result.summary is not None
    frame = pd.read_csv(result.summary)
    assert frame["even_mean"].tolist()[::2] == [1.0, 1.0]
    assert frame["even_mean"].isna().tolist() == [False, True, False]


def test_a_function_that_leaves_python_costs_its_points(tmp_path: Path) -> None:
    for start in (4, 5):  # also where the first points do it
        folder = tmp_path / str(start)
        result = sweep_function(some.leaving, {"x": range(start, 8)}, folder, ALONE)
        assert result.counts["failed"] == 1
        frame = pd.read_csv(result.results)
        assert frame["message"].dropna().tolist() == ["SystemExit: "]


@pytest.mark.slow
def test_a_function_that_leaves_python_ends_no_process_of_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweep_module, "WORTH_PROCESSES", 0.0)
    result = sweep_function(
        some.leaving, {"x": range(20)}, tmp_path, ExecutionSettings("loky", 2), batch=4
    )
    assert result.counts == {"planned": 20, "ok": 19, "failed": 1}


class Stopped(Exception):
    """Stands for whatever ends a process."""


@pytest.mark.parametrize("batches", [0, 1, 3])
def test_a_resumed_sweep_has_the_same_bytes_and_computes_nothing_twice(
    tmp_path: Path, batches: int
) -> None:
    sweep_function(some.squares, X, tmp_path / "whole", ALONE, batch=8)
    seen: list[float] = []

    def stopping(columns: Any) -> Any:
        if len(seen) >= 8 * batches and len(columns["x"]) > sweep_module.FIRST:
            raise Stopped
        if len(columns["x"]) > sweep_module.FIRST:
            seen.extend(columns["x"])
        return some.squares(columns)

    folder = tmp_path / "sweep"
    with pytest.raises(KeyboardInterrupt):
        sweep_function(_interrupting(stopping), X, folder, ALONE, batch=8)
    assert json.loads((folder / "manifest.json").read_text())["state"] == "interrupted"
    rest: list[float] = []

    def going_on(columns: Any) -> Any:
        rest.extend(columns["x"])
        return some.squares(columns)

    resume_function(folder, _interrupting(going_on), ALONE)
    assert rows_of(folder) == rows_of(tmp_path / "whole")
    assert sorted([*seen, *rest]) == X["x"].tolist()


def _interrupting(function: Any) -> Any:
    def call(columns: Any) -> Any:
        try:
            return function(columns)
        except Stopped:
            raise KeyboardInterrupt from None

    return call


def test_points_that_failed_are_computed_again(tmp_path: Path) -> None:
    moods = ["bad"]

    def moody(columns: Any) -> Any:
        return (some.refusing_five if moods else some.squares)(columns)

    assert sweep_function(moody, {"x": range(8)}, tmp_path, ALONE).counts["failed"] == 1
    moods.clear()
    result = resume_function(tmp_path, moody, ALONE)
    assert result.counts == {"planned": 8, "ok": 8, "failed": 0}


def test_a_damaged_part_is_set_aside_and_computed_again(tmp_path: Path) -> None:
    sweep_function(some.squares, X, tmp_path, ALONE, batch=8)
    before = rows_of(tmp_path)
    part = max((tmp_path / "parts").iterdir(), key=lambda path: path.stat().st_size)
    part.write_bytes(part.read_bytes()[:-20])
    resume_function(tmp_path, some.squares, ALONE)
    assert rows_of(tmp_path) == before
    assert [path.name for path in (tmp_path / "damaged").iterdir()] == [part.name]


def test_a_function_whose_file_has_changed_isnt_gone_on_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    module = tmp_path / "changing_function.py"
    module.write_text("def f(columns): return {'y': columns['x']}\n")
    import changing_function  # type: ignore[import-not-found]

    folder = tmp_path / "sweep"
    sweep_function(changing_function.f, {"x": range(3)}, folder, ALONE)
    module.write_text("def f(columns): return {'y': 2 * columns['x']}\n")
    with pytest.raises(StoreError, match=r"^changing_function:f: its file isn't what it was when"):
        resume_function(folder, changing_function.f, ALONE)


def test_a_folder_that_holds_something_is_refused(tmp_path: Path) -> None:
    sweep_function(some.squares, X, tmp_path, ALONE)
    with pytest.raises(
        StoreError, match=r"holds a sweep already; go on with it by .*squares --resume"
    ):
        sweep_function(some.squares, X, tmp_path, ALONE)
    with pytest.raises(StoreError, match=r"holds no sweep: there is no manifest.json in it"):
        resume_function(tmp_path / "none", some.squares)


def test_another_function_than_before_is_refused(tmp_path: Path) -> None:
    sweep_function(some.squares, {"x": range(4)}, tmp_path, ALONE)
    with pytest.raises(StoreError, match=r"^functions_to_sweep:noisy: .* functions_to_sweep:sq"):
        resume_function(tmp_path, some.noisy, ALONE)


def test_a_function_may_be_imported_by_another_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sweep_function(some.squares, {"x": range(4)}, tmp_path, ALONE)
    monkeypatch.setattr(some.squares, "__module__", "__main__")
    assert resume_function(tmp_path, some.squares, ALONE).counts["ok"] == 4


@pytest.mark.parametrize("forged", [{"function": "victim:f"}, {"function": "victim"}])
def test_no_name_in_a_manifest_is_ever_imported(
    forged: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "sweep"
    sweep_function(some.squares, {"x": range(4)}, folder, ALONE)
    (folder / "victim.py").write_text("raise SystemExit('imported')\n")
    monkeypatch.syspath_prepend(str(folder))
    manifest = json.loads((folder / "manifest.json").read_text()) | forged
    content = {key: manifest[key] for key in folder_module._SEALED}
    manifest["digest"] = content_digest(content)
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(StoreError, match="mixes two functions"):
        resume_function(folder, some.squares, ALONE)
    assert "victim" not in sys.modules


def test_an_older_folder_is_refused_with_the_commit_that_reads_it(tmp_path: Path) -> None:
    sweep_function(some.refusing_five, {"x": [1], "seed": [0]}, tmp_path, ALONE)
    path = tmp_path / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"function_format": 3}))
    with pytest.raises(StoreError, match=r"its function_format is 3 .*, or use commit 4417bf9, "):
        resume_function(tmp_path, some.refusing_five, ALONE)


def test_a_manifest_that_was_changed_by_hand_is_refused(tmp_path: Path) -> None:
    sweep_function(some.squares, X, tmp_path, ALONE)
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    manifest["axes"]["x"][0] = 0.25
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(StoreError, match=r"can't be used: it was changed by hand$"):
        resume_function(tmp_path, some.squares)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("state", 5),
        ("axes", 5),
        ("axes", {"r": 5}),
        ("axes", {"r": [[1]]}),
        ("batch", 0),
        ("batch", "1"),
        ("function", None),
        ("source", 5),
        ("git", {"commit": None}),
    ],
)
def test_an_entry_of_another_form_is_one_line(key: str, value: Any, tmp_path: Path) -> None:
    folder = sweep_function(
        some.squares, {"k": ["a"], "x": [1.0]}, tmp_path / "sweep", ALONE
    ).folder
    path = folder / "manifest.json"
    manifest = {**json.loads(path.read_text()), key: value}
    manifest["digest"] = content_digest({name: manifest[name] for name in _SEALED})
    path.write_text(json.dumps(manifest))
    with pytest.raises(
        StoreError, match=rf"manifest.json can't be used: its {key}.* (isn't|has no) "
    ):
        resume_function(folder, some.squares)


def test_a_sweep_of_networks_is_none_of_a_function(small_sweep: Path) -> None:
    with pytest.raises(StoreError, match=r"holds no sweep of a function$"):
        resume_function(small_sweep, some.squares)


def test_a_function_that_returns_no_columns_leaves_no_folder(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"^the function returned y of shape \(\) for 2 points, "):
        sweep_function(lambda columns: {"y": 1}, X, tmp_path / "sweep", ALONE)
    assert not (tmp_path / "sweep").exists()


@pytest.mark.slow
def test_workers_move_no_byte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep_module, "WORTH_PROCESSES", 0.0)
    offset = 0.5

    def local(columns: Any) -> Any:  # no module has it: it travels itself
        return {"y": np.exp(columns["x"] / 20) + offset}

    sweep_function(local, X, tmp_path / "alone", ALONE, batch=4)
    sweep_function(local, X, tmp_path / "two", ExecutionSettings("loky", 2), batch=4)
    assert rows_of(tmp_path / "alone") == rows_of(tmp_path / "two")


@pytest.mark.slow
def test_a_point_that_kills_its_process_costs_its_batch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweep_module, "WORTH_PROCESSES", 0.0)
    result = sweep_function(
        some.deadly, {"x": range(20)}, tmp_path, ExecutionSettings("loky", 2), batch=4
    )
    assert result.counts == {"planned": 20, "ok": 16, "failed": 4}
    monkeypatch.setenv("HOME_PROCESS", str(os.getpid()))
    assert resume_function(tmp_path, some.deadly, ALONE).counts["ok"] == 20


def test_a_function_that_looks_at_the_whole_batch_is_found_out() -> None:
    check_function(some.squares, X)
    with pytest.raises(FunctionError, match=r"^returned another y for x=0.0 in a batch of 1 than "):
        check_function(lambda columns: {"y": columns["x"] - columns["x"].mean()}, X)
    with pytest.raises(FunctionError, match=r"for x=20.0 in a batch of 41 than in one of 41 in "):
        check_function(_ranked, X)


def test_values_that_no_column_can_hold_are_found_out() -> None:
    def half(columns: Any) -> Any:
        return {"y": np.where(columns["x"] < 5, 2**53 + 1, 0) + (columns["x"] > 30) * 0.5}

    def huge(columns: Any) -> Any:
        return {"y": columns["x"].astype(np.uint64) + np.uint64(2**63)}

    def whole_alone(columns: Any) -> Any:
        x = columns["x"]
        return {"y": np.full(len(x), 2**53 + 1) if len(x) == 1 else x + 0.5}

    def text_alone(columns: Any) -> Any:
        return {"y": columns["x"] if len(columns["x"]) > 1 else ["text"]}

    check_function(half, X)
    with pytest.raises(FunctionError, match=r"^returned y=9223372036854775808, which its column"):
        check_function(huge, X)
    with pytest.raises(FunctionError, match=r"^returned y=9007199254740993, which its column"):
        check_function(whole_alone, X)
    with pytest.raises(FunctionError, match=r"^returned another y for x=0.0 in a batch of 1 than"):
        check_function(text_alone, X)


def _ranked(columns: Any) -> Any:
    """Depend on the order, yet not on the size of a batch of less than all points."""
    x = columns["x"]
    return {"y": x if len(x) < 41 or x[0] == 0 else x + 1}
