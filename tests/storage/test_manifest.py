"""The manifest: sealed by a digest, and a record of the run."""

import json
import subprocess
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xorsweep._version import FORMAT, NUMERICS, __version__
from xorsweep.errors import ConfigError
from xorsweep.grid.axes import Axis
from xorsweep.grid.grid import Grid, concatenate, product_grid
from xorsweep.grid.schema import Point
from xorsweep.networks.engines import Engine, load_capacity
from xorsweep.networks.planning import make_plan
from xorsweep.networks.schema import NETWORK_SCHEMA
from xorsweep.settings import AdaptiveSeeds, SweepSettings
from xorsweep.storage import manifest
from xorsweep.storage.manifest import (
    ManifestError,
    describe_run,
    git_state,
    machine,
    now,
    seal,
    verify_seal,
    versions,
)

PointOf = Callable[..., Point]


@pytest.fixture(scope="module")
def grid(point_of: PointOf) -> Grid:
    inits = ("uniform", "normal")
    return concatenate(
        [
            product_grid(
                NETWORK_SCHEMA,
                [Axis("init", inits, structural=True), Axis("lr", (0.1, 1 / 3, 1e-12))],
                [point_of(init=init) for init in inits],
            ),
            product_grid(
                NETWORK_SCHEMA, [Axis("seed", (0, 2**32 - 1))], [point_of(task="parity", skip=True)]
            ),
        ]
    )


def through_json(content: dict[str, Any]) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(json.dumps(content, indent=2))
    return read


def test_a_sealed_grid_comes_back_from_json_with_its_engine(grid: Grid) -> None:
    found, engine = verify_seal(through_json(seal(grid, Engine(), AdaptiveSeeds())))
    assert engine == Engine()
    assert [found.point(row) for row in range(len(found))] == [
        grid.point(row) for row in range(len(grid))
    ]
    assert found.identities.tolist() == grid.identities.tolist()


@given(
    lr=st.lists(st.floats(5e-324, 1.7e308), min_size=1, max_size=5),
    seed=st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=5),
)
def test_any_numbers_survive_the_seal(point_of: PointOf, lr: list[float], seed: list[int]) -> None:
    mine = product_grid(
        NETWORK_SCHEMA, [Axis("lr", tuple(lr)), Axis("seed", tuple(seed))], [point_of()]
    )
    found, _ = verify_seal(through_json(seal(mine, Engine(), AdaptiveSeeds())))
    assert found.blocks == mine.blocks
    assert found.identities.tolist() == mine.identities.tolist()


def test_the_digest_depends_on_content_alone(grid: Grid, point_of: PointOf) -> None:
    digest = seal(grid, Engine(), AdaptiveSeeds())["digest"]
    assert seal(grid, Engine(), AdaptiveSeeds())["digest"] == digest
    assert seal(grid, Engine("numba"), AdaptiveSeeds())["digest"] != digest
    assert seal(grid, Engine(dtype="float32"), AdaptiveSeeds())["digest"] != digest
    assert (
        seal(product_grid(NETWORK_SCHEMA, [], [point_of()]), Engine(), AdaptiveSeeds())["digest"]
        != digest
    )


def test_what_is_not_sealed_may_change(grid: Grid) -> None:
    written = seal(grid, Engine(), AdaptiveSeeds())
    turned = dict(reversed(written.items()))
    verify_seal({**turned, "state": "finished", "seconds": 3.5, "notes": ["by hand"]})


@pytest.mark.parametrize(
    "change",
    [
        {"engine": {"name": "numba", "dtype": "float64"}},
        {"engine": {"name": "numpy", "dtype": "float32"}},
        {"points": []},
        {"digest": "0" * 32},
        {"digest": None},
    ],
)
def test_what_is_sealed_may_not(grid: Grid, change: dict[str, Any]) -> None:
    with pytest.raises(ManifestError, match=r"were changed by hand$"):
        verify_seal({**seal(grid, Engine(), AdaptiveSeeds()), **change})


@given(data=st.data())
def test_no_level_or_value_of_a_point_can_be_changed_by_hand(
    grid: Grid, data: st.DataObject
) -> None:
    written = through_json(seal(grid, Engine(), AdaptiveSeeds()))
    block = data.draw(st.sampled_from(written["points"]))
    if data.draw(st.booleans()):
        axis = data.draw(st.sampled_from(block["axes"]))
        axis["levels"][data.draw(st.integers(0, len(axis["levels"]) - 1))] = 0.25
    else:
        base = data.draw(st.sampled_from(block["bases"]))
        base[data.draw(st.sampled_from(sorted(base)))] = 0.25
    with pytest.raises(ManifestError, match=r"were changed by hand$"):
        verify_seal(written)


@pytest.mark.parametrize("key", ["format", "numerics", "engine", "points", "digest"])
def test_a_manifest_without_a_sealed_key_is_none(grid: Grid, key: str) -> None:
    written = seal(grid, Engine(), AdaptiveSeeds())
    del written[key]
    with pytest.raises(ManifestError, match=f"^it has no '{key}', so it isn't a manifest"):
        verify_seal(written)


@pytest.mark.parametrize(("key", "mine"), [("format", FORMAT), ("numerics", NUMERICS)])
def test_another_version_is_told_before_the_digest(grid: Grid, key: str, mine: int) -> None:
    with pytest.raises(ManifestError, match=f"^its {key} is {mine + 1} and this version"):
        verify_seal({**seal(grid, Engine(), AdaptiveSeeds()), key: mine + 1})


def test_an_older_format_is_refused_with_the_commit_that_reads_it(grid: Grid) -> None:
    with pytest.raises(
        ManifestError, match=r"^its format is 5 .*, or use commit 4417bf9, the last"
    ):
        verify_seal({**seal(grid, Engine(), AdaptiveSeeds()), "format": 5})


def test_a_value_that_this_version_does_not_allow_is_refused(grid: Grid) -> None:
    written = through_json(seal(grid, Engine(), AdaptiveSeeds()))
    content = {key: value for key, value in written.items() if key != "digest"}
    content["points"][1]["bases"][0]["hidden"] = 0
    with pytest.raises(ConfigError, match=r"^hidden=0: "):
        verify_seal({**content, "digest": manifest._digest(content)})


def test_a_run_is_described(grid: Grid) -> None:
    plan = make_plan(grid, load_capacity(Engine()), 3)
    found = describe_run(grid, plan, SweepSettings(), 3, {"command_line": ["-m"], "earlier": []})
    assert found["state"] == "running"
    assert found["command_line"] == ["-m"]
    assert found["workers"] == 3
    assert found["grid"] == {
        "text": grid.text,
        "points": len(grid),
        "trajectories": plan.trajectories,
        "batches": len(plan.batches),
    }
    assert verify_seal(through_json(found))[1] == Engine()
    assert {"git", "versions", "machine", "started"} <= set(found)


def test_versions_and_the_machine_are_told() -> None:
    found = versions()
    assert found["xorsweep"] == __version__
    assert {"python", "numpy", "pyarrow", "joblib"} <= set(found)
    about = machine()
    assert about["cores"]
    assert isinstance(about["memory_gib"], float)
    json.dumps(about)


def test_the_time_has_its_offset() -> None:
    assert datetime.fromisoformat(now()).tzinfo is not None


def test_git_tells_the_commit_and_whether_files_were_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert git_state() is None
    me = ["-c", "user.name=n", "-c", "user.email=e@x", "-c", "commit.gpgsign=false"]
    (tmp_path / "file").write_text("a")
    for command in (["init", "-q"], ["add", "file"], [*me, "commit", "-q", "-m", "first"]):
        subprocess.run(["git", *command], check=True)
    commit = subprocess.run(
        ["git", "rev-parse", "HEAD"], check=True, capture_output=True, text=True
    )
    assert git_state() == {"commit": commit.stdout.strip(), "dirty": False}
    (tmp_path / "new").write_text("b")
    assert git_state() == {"commit": commit.stdout.strip(), "dirty": False}
    (tmp_path / "file").write_text("b")
    assert git_state() == {"commit": commit.stdout.strip(), "dirty": True}


def test_a_machine_without_git_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert git_state() is None
