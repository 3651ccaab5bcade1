"""A manifest that was edited by hand, or made up: an error in words, and never another one."""

import copy
import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from manifests import resealed
from profiles import examples

import xorsweep as xs
from xorsweep.errors import ConfigError, StoreError
from xorsweep.execution.settings import ExecutionSettings
from xorsweep.grid.grid import Grid, concatenate
from xorsweep.network_experiment import NetworkExperiment
from xorsweep.settings import SweepSettings
from xorsweep.sweeps.folders import open_sweep
from xorsweep.sweeps.merge import merge
from xorsweep.sweeps.report import remake_report
from xorsweep.sweeps.requests import ResumeRequest, SweepRequest
from xorsweep.sweeps.runner import resume_sweep, run_sweep

GridOf = Callable[..., Grid]
QUIET = SweepSettings(ExecutionSettings("serial"), report=False)

NONSENSE = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["", "lr", "xor", "__class__", "../../etc", "\ud800", "init.path", 10**400]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner),
    max_leaves=12,
)


@pytest.fixture(scope="module")
def folder(grid_of: GridOf, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("edits") / "sweep"
    grid = concatenate(
        [
            grid_of(hidden=[2, 3], lr=[0.5, 2.0], epochs=5, seed=range(3)),
            grid_of(optimizer="momentum", epochs=5, seed=range(2)),
        ]
    )
    run_sweep(
        SweepRequest(
            NetworkExperiment(),
            grid,
            QUIET,
            folder,
            {"command_line": ["xorsweep"], "config": {"lr": 0.5}},
        )
    )
    return folder


def places(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the way to every entry of a manifest."""
    items = node.items() if isinstance(node, dict) else enumerate(node)
    found = [path] if path else []
    for key, value in items if isinstance(node, dict | list) else ():
        found += places(value, (*path, key)) if isinstance(value, dict | list) else [(*path, key)]
    return found


def edited(manifest: dict[str, Any], place: tuple[Any, ...], how: str, value: Any) -> None:
    node = manifest
    for key in place[:-1]:
        node = node[key]
    if how == "replace":
        node[place[-1]] = value
    elif how == "remove":
        del node[place[-1]]
    elif isinstance(node[place[-1]], list):
        node[place[-1]] = node[place[-1]] * 3 + [value]
    elif isinstance(node[place[-1]], dict):
        node[place[-1]]["more"] = value
    else:
        node[place[-1]] = [node[place[-1]]]


@pytest.mark.parametrize("is_resealed", [False, True], ids=["edited", "resealed"])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_edit_is_an_error_in_words_or_none(
    is_resealed: bool, folder: Path, data: st.DataObject
) -> None:
    path = folder / "manifest.json"
    text = path.read_text()
    manifest = copy.deepcopy(json.loads(text))
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.sampled_from(places(manifest)))
        how = data.draw(st.sampled_from(["replace", "remove", "grow"]))
        edited(manifest, place, how, data.draw(NONSENSE))
        if not manifest:
            break
    path.write_text(json.dumps(resealed(manifest) if is_resealed else manifest))
    try:
        with suppress(StoreError, ConfigError):
            opened = open_sweep(folder)
            store, grid = opened.store, opened.grid
            assert len(grid)
            assert store.experiment == NetworkExperiment()
    finally:
        path.write_text(text)


SHOWN = (
    "command_line",
    "grid",
    "workers",
    "git",
    "versions",
    "machine",
    "started",
    "seconds",
    "work",
    "throughput",
    "counts",
    "earlier",
    "files",
    "study",
)


@settings(examples(6, 40), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_nonsense_in_a_manifest_gives_a_report_or_one_line(
    folder: Path, data: st.DataObject, without_figures: None
) -> None:
    path = folder / "manifest.json"
    text = path.read_text()
    manifest = json.loads(text)
    key = data.draw(st.sampled_from(SHOWN))
    if isinstance(manifest.get(key), dict | list) and data.draw(st.booleans()):
        inner = data.draw(st.sampled_from(places(manifest[key]) or [()]))
        how = data.draw(st.sampled_from(["replace", "remove"]))
        if inner:
            edited(manifest, (key, *inner), how, data.draw(NONSENSE))
    else:
        manifest[key] = data.draw(NONSENSE)
    path.write_text(json.dumps(manifest))
    try:
        with suppress(StoreError, ConfigError):
            remake_report(folder)
    finally:
        path.write_text(text)


WRONG: dict[str, list[Any]] = {
    "state": [None, 5, [], "over"],
    "command_line": [None, "xorsweep", [5], {}],
    "config": [None, [], "lr=1"],
    "study": [[], "notebook"],
    "earlier": [None, {}, [None], [{"seconds": "5"}], [{"git": {}}], [{"merged_from": 5}]],
    "merged_from": [5, [5], [{}], [{"folder": 5, "earlier": []}], [{"folder": "a", "earlier": 5}]],
    "grid": [None, [], {}, {"text": 5, "points": 3}, {"text": "lr 2", "points": "3"}],
    "files": [None, [], {"a": 5}],
    "choices": [None, [], {"task=a": None}],
    "workers": [None, -1, 2.5, True, "2", 2**70],
    "git": [
        5,
        [],
        {},
        {"commit": None, "dirty": False},
        {"commit": "a"},
        {"commit": "a", "dirty": 0},
    ],
    "versions": [None, [], {"python": 3.11}],
    "machine": [None, {}, {"processor": "a"}, {"processor": None, "cores": 1}],
    "started": [None, 5, "\ud800"],
    "finished": [None, 5],
    "seconds": [None, "5", True, float("nan"), float("inf"), 10**400, 0.5],
    "work": [None, -1, 2.5, True, 7],
    "throughput": [None, "5", float("inf"), 0.5],
    "counts": [None, {}, {"planned": 8}, {"planned": 9, "ok": 8, "diverged": 0, "failed": 0}],
    "tables": [None, [], {}, {"results.parquet": 5}],
    "warm_up": [None, "all", [5]],
    "format": [None, 0, "5", [5]],
    "experiment": [None, {}, {"name": "networks"}, {"name": 5}, {"name": "function"}],
    "rounds": [None, {}, {"precision": "a"}],
    "points": [None, {}, [], [None]],
    "digest": [None, 5, "a"],
}
OF_FINISHED = ("seconds", "work", "throughput", "counts", "tables", "state")
"""Entries some of whose values above are wrong in a finished sweep alone."""
NEEDED = {*SHOWN} - {"git", "earlier", "files", "study"}
NEEDED |= {"tables", "digest", "format", "points", "experiment"}
READERS: tuple[Callable[[Path], object], ...] = (
    remake_report,
    lambda folder: xs.load(folder).counts,
    lambda folder: merge(folder.with_name("both"), [folder, folder]),
)


@pytest.mark.parametrize("key", WRONG)
def test_an_entry_of_another_form_is_one_line(key: str, folder: Path) -> None:
    path = folder / "manifest.json"
    text = path.read_text()
    manifest = json.loads(text)
    try:
        for value in WRONG[key]:
            path.write_text(json.dumps({**manifest, key: value}))
            for read in READERS[: 2 if key in OF_FINISHED else 3]:
                with pytest.raises((StoreError, ConfigError)) as raised:
                    read(folder)
                assert "\n" not in str(raised.value)
    finally:
        path.write_text(text)


@pytest.mark.parametrize("key", [*SHOWN, "tables", "digest", "format", "points", "experiment"])
def test_a_missing_entry_is_one_line_or_none(key: str, folder: Path) -> None:
    path = folder / "manifest.json"
    text = path.read_text()
    manifest = json.loads(text)
    manifest.pop(key, None)
    try:
        path.write_text(json.dumps(manifest))
        if key in NEEDED:
            with pytest.raises(
                StoreError, match=rf"manifest.json can't be used: it has no '{key}'"
            ):
                xs.load(folder)
        else:
            assert len(xs.load(folder).results) == 14
    finally:
        path.write_text(text)


def test_a_study_of_another_form_is_refused_before_anything_is_written(folder: Path) -> None:
    path = folder / "manifest.json"
    text = path.read_text()
    before = sorted(folder.rglob("*"))
    try:
        path.write_text(json.dumps({**json.loads(text), "study": {"name": 5}}))
        wanted = (
            r"manifest.json can't be used: study.figures=None: must be a list of published values$"
        )
        with pytest.raises(StoreError, match=wanted):
            remake_report(folder)
        assert sorted(folder.rglob("*")) == before
        with pytest.raises(StoreError, match=wanted):
            resume_sweep(ResumeRequest(folder, QUIET))
    finally:
        path.write_text(text)


def test_a_manifest_that_is_nested_without_end_is_an_error(folder: Path) -> None:
    path = folder / "manifest.json"
    text = path.read_text()
    try:
        path.write_text("[" * 200_000)
        with pytest.raises(StoreError, match=r"can't be read"):
            open_sweep(folder)
    finally:
        path.write_text(text)


def test_a_grid_of_huge_size_is_refused_before_it_is_made(folder: Path) -> None:
    path = folder / "manifest.json"
    text = path.read_text()
    manifest = json.loads(text)
    block = manifest["points"][0]
    names = ("lr", "init.high", "init.low", "seed")
    block["axes"] = [
        {"key": name, "levels": list(range(1, 4000)), "structural": False} for name in names
    ]
    try:
        path.write_text(json.dumps(resealed(manifest)))
        with pytest.raises(StoreError, match=r"their rows need about"):
            open_sweep(folder)
    finally:
        path.write_text(text)
