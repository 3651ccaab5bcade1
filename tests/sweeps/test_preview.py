"""The preview describes a sweep, and trains nothing."""

import io
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console as RichConsole

from xorsweep.errors import ConfigError
from xorsweep.execution.settings import ExecutionSettings
from xorsweep.grid.axes import Axis
from xorsweep.grid.grid import Grid, concatenate, product_grid
from xorsweep.grid.schema import Point
from xorsweep.network_experiment import NetworkExperiment
from xorsweep.networks.schema import NETWORK_SCHEMA
from xorsweep.reporting.console import Console
from xorsweep.settings import AdaptiveSeeds, SweepSettings
from xorsweep.sweeps.preview import levels_text, preview_resume, preview_sweep
from xorsweep.sweeps.requests import ResumeRequest, SweepRequest
from xorsweep.sweeps.runner import run_sweep

GridOf = Callable[..., Grid]
QUIET = SweepSettings(ExecutionSettings("serial"), report=False)


def console() -> tuple[Console, io.StringIO]:
    text = io.StringIO()
    return Console(RichConsole(file=text, width=120, soft_wrap=True, highlight=False)), text


def words(text: io.StringIO) -> list[list[str]]:
    return [line.split() for line in text.getvalue().splitlines()]


def test_a_grid_is_shown_with_its_first_and_last_points(
    grid_of: GridOf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    terminal, text = console()
    preview_sweep(
        SweepRequest(
            NetworkExperiment(),
            grid_of(lr=[0.5, 2.0], epochs=[20, 40], seed=range(30)),
            QUIET,
            Path("unused"),
            notes=["a note"],
        ),
        terminal,
    )
    lines = words(text)
    assert lines[0] == ["a", "note"]
    assert " ".join(lines[1]) == (
        "2 learning rates x 2 epoch budgets x 30 seeds: 120 results, 60 trainings, "
        "1 batch, 1 worker"
    )
    assert ["seed", "30", "0,", "1,", "2,", "3,", "...,", "29"] in lines
    assert ["0", "0.5", "20", "0"] in lines
    assert ["4", "0.5", "20", "4"] in lines
    assert ["5", "0.5", "20", "5"] not in lines
    assert ["117", "2", "40", "27"] in lines
    assert ["119", "2", "40", "29"] in lines
    assert ["1", "60", "40", "2", "xor", "sgd"] in lines
    assert text.getvalue().rstrip().endswith("omit plan=true to run it")
    assert not list(tmp_path.iterdir())


def test_the_files_are_those_that_the_sweep_writes(grid_of: GridOf) -> None:
    totals = {}
    for csv in (True, False):
        terminal, text = console()
        grid = grid_of(epochs=20, seed=range(30))
        request = SweepRequest(NetworkExperiment(), grid, replace(QUIET, csv=csv), Path("unused"))
        preview_sweep(request, terminal)
        (disk,) = [line for line in text.getvalue().splitlines() if line.startswith("disk:")]
        assert ("results.csv" in disk) == csv
        totals[csv] = float(re.findall(r"about ([0-9.]+) kB", disk)[0])
    assert totals[False] < 0.7 * totals[True]


def test_blocks_are_named_by_their_own_values(point_of: Callable[..., Point]) -> None:
    seeds = Axis("seed", (0, 1))
    grid = concatenate(
        [
            product_grid(
                NETWORK_SCHEMA, [Axis("lr", (0.5, 2.0)), seeds], [point_of()], where="lr < 1"
            ),
            product_grid(
                NETWORK_SCHEMA,
                [Axis("lr", (0.1, 0.2)), Axis("hidden", (2, 3)), seeds],
                [point_of(optimizer="adam")],
                [("lr", "hidden")],
            ),
        ]
    )
    terminal, text = console()
    preview_sweep(
        SweepRequest(
            NetworkExperiment(),
            grid,
            replace(QUIET, rounds=AdaptiveSeeds(0.1, 300)),
            Path("unused"),
        ),
        terminal,
    )
    lines = words(text)
    assert ["seed", "2", "0,", "1"] in lines
    assert ["0", "hidden=2", "optimizer=sgd", "lr=0.5,", "2"] in lines
    assert ["1", "optimizer=adam", "lr=0.1,", "0.2", "hidden=2,", "3"] in lines
    assert "points excluded by where (lr < 1): 2" in text.getvalue()
    assert "precision=0.1: rounds of further seeds follow this one, up to 300" in text.getvalue()


def test_networks_that_stop_when_they_are_done_take_at_most_so_long(grid_of: GridOf) -> None:
    terminal, text = console()
    preview_sweep(
        SweepRequest(
            NetworkExperiment(),
            grid_of(epochs=9, seed=[0, 1], until_converged=True),
            QUIET,
            Path("unused"),
        ),
        terminal,
    )
    assert "training: at most about" in text.getvalue()


def test_the_plan_of_a_resumed_sweep_changes_no_file(grid_of: GridOf, tmp_path: Path) -> None:
    run_sweep(
        SweepRequest(
            NetworkExperiment(), grid_of(lr=[0.5, 2.0], epochs=20, seed=range(3)), QUIET, tmp_path
        )
    )
    (part,) = (tmp_path / "parts").iterdir()
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    terminal, text = console()
    preview_resume(ResumeRequest(tmp_path, QUIET, [Axis("seed", (3, 4))]), terminal)
    lines = text.getvalue().splitlines()
    assert lines[0] == ("found 6 finished results, 4 to run (4 new)")
    assert lines[1] == "2 learning rates x 5 seeds: 10 results, 4 trainings, 1 batch, 1 worker"
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before
    terminal, text = console()
    preview_resume(ResumeRequest(tmp_path, QUIET), terminal)
    assert text.getvalue() == "all 6 results finished: nothing to run\n"
    part.write_bytes(b"")
    terminal, text = console()
    preview_resume(ResumeRequest(tmp_path, QUIET), terminal)
    assert "is damaged" in text.getvalue()
    assert "found 0 finished results, 6 to run" in text.getvalue()
    assert part.exists()


def test_a_plan_refuses_the_same_as_its_sweep(grid_of: GridOf) -> None:
    with pytest.raises(ConfigError, match=r"^max_seeds=3: the first round already has 5"):
        preview_sweep(
            SweepRequest(
                NetworkExperiment(),
                grid_of(seed=range(5)),
                replace(QUIET, rounds=AdaptiveSeeds(0.1, 3)),
                Path("unused"),
            )
        )


def test_of_many_levels_the_first_and_the_last_are_named() -> None:
    assert levels_text((0.1, 2.0, 1000.0, None, True)) == "0.1, 2, 1,000, none, true"
    assert levels_text(tuple(range(9))) == "0, 1, 2, 3, ..., 8"
