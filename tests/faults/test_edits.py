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

from xorsweep import manifest as manifests
from xorsweep.config import Parallel, Sweep
from xorsweep.engines import Engine
from xorsweep.grid import Grid, concatenated
from xorsweep.orchestrator import run_sweep
from xorsweep.report import remake_report
from xorsweep.rules import ConfigError
from xorsweep.store import Store, StoreError

GridOf = Callable[..., Grid]
QUIET = Sweep(Parallel("serial"), report=False)

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
    grid = concatenated(
        [
            grid_of(hidden=[2, 3], lr=[0.5, 2.0], epochs=5, seed=range(3)),
            grid_of(optimizer="momentum", epochs=5, seed=range(2)),
        ]
    )
    run_sweep(grid, QUIET, folder, {"command_line": ["xorsweep"], "config": {"lr": 0.5}})
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


def resealed(manifest: dict[str, Any]) -> dict[str, Any]:
    """Return a manifest with the digest that its content ought to have."""
    content = {key: manifest[key] for key in manifests._SEALED if key in manifest}
    return {**manifest, "digest": manifests._digest(content)}


@pytest.mark.parametrize("is_resealed", [False, True], ids=["edited", "resealed"])
@settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
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
            store, grid, _ = Store.open(folder)
            assert len(grid)
            assert isinstance(store.engine, Engine)
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
    "net_epochs",
    "throughput",
    "counts",
    "earlier",
    "files",
    "study",
)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_what_the_report_shows_is_of_the_form_in_which_it_was_written(
    folder: Path, data: st.DataObject, monkeypatch: pytest.MonkeyPatch
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
    monkeypatch.setattr("xorsweep.report.begin_figures", lambda *_: list)
    path.write_text(json.dumps(manifest))
    try:
        with suppress(StoreError, ConfigError):
            remake_report(folder)
    finally:
        path.write_text(text)


def test_a_manifest_that_is_nested_without_end_is_an_error(folder: Path) -> None:
    path = folder / "manifest.json"
    text = path.read_text()
    try:
        path.write_text("[" * 200_000)
        with pytest.raises(StoreError, match=r"can't be read"):
            Store.open(folder)
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
            Store.open(folder)
    finally:
        path.write_text(text)
