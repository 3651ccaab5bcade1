"""The manifest: sealed by a digest, and a record of the run."""

import json
import sys
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from manifests import new_manifest, resealed
from planned_batches import plan_of
from profiles import examples

from xorsweep.errors import ConfigError
from xorsweep.grid.axes import Axis
from xorsweep.grid.grid import Grid, concatenate, product_grid
from xorsweep.grid.schema import Point
from xorsweep.grid.serialization import grid_from_data
from xorsweep.network_experiment import NetworkExperiment
from xorsweep.networks.engines import Engine
from xorsweep.networks.schema import NETWORK_SCHEMA
from xorsweep.settings import AdaptiveSeeds
from xorsweep.storage.manifest import ManifestError, describe_run, read_sealed, seal
from xorsweep.versions import FORMAT, NUMERICS

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


def written(grid: Grid, engine: Engine = Engine()) -> dict[str, Any]:
    """Return the JSON of the manifest of a sweep that has started."""
    return through_json(new_manifest(grid, engine).to_data())


@pytest.mark.parametrize(("name", "module"), [("numba", "numba"), ("cuda", "numba_cuda")])
def test_a_sweep_is_read_where_its_engine_is_missing(
    grid: Grid, name: str, module: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    experiment = NetworkExperiment.from_manifest(read_sealed(written(grid, Engine(name))))
    assert experiment == NetworkExperiment(Engine(name))
    with pytest.raises(ConfigError, match=f"^engine={name}: .* isn't installed; pip install "):
        experiment.check()


def test_a_sealed_grid_comes_back_from_json_with_its_engine(grid: Grid) -> None:
    manifest = read_sealed(written(grid))
    assert NetworkExperiment.from_manifest(manifest) == NetworkExperiment()
    found = grid_from_data(NETWORK_SCHEMA, manifest.points)
    assert [found.point(row) for row in range(len(found))] == [
        grid.point(row) for row in range(len(grid))
    ]
    assert found.identities.tolist() == grid.identities.tolist()


@examples(8, 120)
@given(
    lr=st.lists(st.floats(5e-324, 1.7e308), min_size=1, max_size=5),
    seed=st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=5),
)
def test_any_numbers_survive_the_seal(point_of: PointOf, lr: list[float], seed: list[int]) -> None:
    mine = product_grid(
        NETWORK_SCHEMA, [Axis("lr", tuple(lr)), Axis("seed", tuple(seed))], [point_of()]
    )
    found = grid_from_data(NETWORK_SCHEMA, read_sealed(written(mine)).points)
    assert found.blocks == mine.blocks
    assert found.identities.tolist() == mine.identities.tolist()


def test_the_digest_depends_on_content_alone(grid: Grid, point_of: PointOf) -> None:
    digest = seal(grid, NetworkExperiment(), AdaptiveSeeds())["digest"]
    assert seal(grid, NetworkExperiment(), AdaptiveSeeds())["digest"] == digest
    assert seal(grid, NetworkExperiment(Engine("numba")), AdaptiveSeeds())["digest"] != digest
    assert (
        seal(grid, NetworkExperiment(Engine(dtype="float32")), AdaptiveSeeds())["digest"] != digest
    )
    assert (
        seal(product_grid(NETWORK_SCHEMA, [], [point_of()]), NetworkExperiment(), AdaptiveSeeds())[
            "digest"
        ]
        != digest
    )


def test_unsealed_entries_may_change(grid: Grid) -> None:
    turned = dict(reversed(written(grid).items()))
    read_sealed({**turned, "state": "finished", "seconds": 3.5, "notes": ["by hand"]})


@pytest.mark.parametrize(
    "change",
    [
        {"experiment": NetworkExperiment(Engine("numba")).fingerprint()},
        {"experiment": NetworkExperiment(Engine(dtype="float32")).fingerprint()},
        {"experiment": {"name": "function"}},
        {"rounds": {"precision": 0.1, "max_seeds": 1000}},
        {"points": []},
        {"digest": "0" * 32},
        {"digest": None},
    ],
)
def test_sealed_entries_may_not_change(grid: Grid, change: dict[str, Any]) -> None:
    with pytest.raises(ManifestError, match=r"were changed by hand$"):
        read_sealed({**written(grid), **change})


@given(draws=st.data())
def test_no_level_or_value_of_a_point_can_be_changed_by_hand(
    grid: Grid, draws: st.DataObject
) -> None:
    data = written(grid)
    block = draws.draw(st.sampled_from(data["points"]))
    if draws.draw(st.booleans()):
        axis = draws.draw(st.sampled_from(block["axes"]))
        axis["levels"][draws.draw(st.integers(0, len(axis["levels"]) - 1))] = 0.25
    else:
        base = draws.draw(st.sampled_from(block["bases"]))
        base[draws.draw(st.sampled_from(sorted(base)))] = 0.25
    with pytest.raises(ManifestError, match=r"were changed by hand$"):
        read_sealed(data)


@pytest.mark.parametrize("key", ["format", "experiment", "points", "rounds", "digest"])
def test_a_manifest_without_a_sealed_key_is_none(grid: Grid, key: str) -> None:
    data = written(grid)
    del data[key]
    with pytest.raises(ManifestError, match=f"^it has no '{key}', so it isn't a manifest"):
        read_sealed(data)


def test_another_format_is_reported_before_the_digest(grid: Grid) -> None:
    with pytest.raises(ManifestError, match=f"^its format is {FORMAT + 1} and this version"):
        read_sealed({**written(grid), "format": FORMAT + 1})


def test_other_numerics_are_refused() -> None:
    recorded = {**NetworkExperiment().fingerprint(), "numerics": NUMERICS + 1}
    with pytest.raises(ManifestError, match=f"^its numerics is {NUMERICS + 1} and this version"):
        NetworkExperiment().check_version(recorded)


def test_an_older_format_is_refused_with_the_commit_that_reads_it(grid: Grid) -> None:
    with pytest.raises(
        ManifestError, match=r"^its format is 5 .*, or use commit 4417bf9, the last"
    ):
        read_sealed({**written(grid), "format": 5})


def test_a_value_that_this_version_does_not_allow_is_refused(grid: Grid) -> None:
    data = written(grid)
    data["points"][1]["bases"][0]["hidden"] = 0
    with pytest.raises(ConfigError, match=r"^hidden=0: "):
        grid_from_data(NETWORK_SCHEMA, read_sealed(resealed(data)).points)


def test_a_run_is_described(grid: Grid) -> None:
    plan = plan_of(grid, 3)
    provenance = {"command_line": ["-m"], "config": {"lr": 1}, "by": "hand"}
    found = describe_run(grid, plan, NetworkExperiment(), AdaptiveSeeds(), 3, provenance).to_data()
    assert found["state"] == "running"
    assert found["command_line"] == ["-m"]
    assert (found["config"], found["by"]) == ({"lr": 1}, "hand")
    assert found["workers"] == 3
    assert found["grid"] == {
        "text": grid.text,
        "points": len(grid),
        "trajectories": plan.counts["trajectories"],
        "batches": len(plan.batches),
    }
    assert {"git", "versions", "machine", "started", "files", "choices"} <= set(found)


def test_a_written_manifest_is_read_with_unknown_entries(grid: Grid) -> None:
    data = written(grid) | {"notes": ["by hand"], "finished": "later", "warm_up": ["a"]}
    data["machine"]["gpu"] = "none"
    data["git"] = None
    data["earlier"] = [{"state": "finished", "seconds": 2, "git": {"commit": "a", "dirty": True}}]
    assert read_sealed(data).to_data() == data


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("git", {"commit": None, "dirty": False}, "its git.commit isn't a text"),
        ("git", {"commit": "a"}, "its git has no 'dirty'"),
        ("machine", [], "its machine isn't a mapping"),
        ("workers", 2.5, "its workers isn't a count"),
        ("state", "over", "its state isn't one of running, unfinished, interrupted, finished"),
        ("earlier", [{"seconds": "5"}], r"its earlier\[0\].seconds isn't a number"),
        ("versions", {"python": 3.11}, "its versions.python isn't a text"),
        ("started", "\ud800", "its started isn't a text"),
    ],
)
def test_a_wrong_entry_is_named(grid: Grid, key: str, value: object, message: str) -> None:
    with pytest.raises(ManifestError, match=f"^{message}$"):
        read_sealed(written(grid) | {key: value})
